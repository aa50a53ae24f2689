#include "src/cpu/row_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/row_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "src/cpu/convert-inl.h"
#include "src/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// Two sums, each in four parts so that additions overlap.
template <class Terms>
HWY_INLINE void sumPairs(int64_t n, const Terms& terms, float& first, float& second) {
    constexpr int kParts = 4;
    const F32 d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    Vec a[kParts];
    Vec b[kParts];
#pragma GCC unroll 4
    for (int k = 0; k < kParts; ++k) {
        a[k] = b[k] = hn::Zero(d);
    }
    int64_t i = 0;
    for (; i + kParts * lanes <= n; i += kParts * lanes) {
#pragma GCC unroll 4
        for (int k = 0; k < kParts; ++k) {
            terms(i + k * lanes, static_cast<size_t>(lanes), a[k], b[k]);
        }
    }
    for (; i < n; i += lanes) {
        terms(i, static_cast<size_t>(HWY_MIN(lanes, n - i)), a[0], b[0]);
    }
    first = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a[0], a[1]), hn::Add(a[2], a[3]))));
    second = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(b[0], b[1]), hn::Add(b[2], b[3]))));
}

/// A whole vector, or what is left of a row with zeros behind it.
template <class T>
HWY_INLINE Vec part(const T* from, size_t count) {
    const F32 d;
    return count == hn::Lanes(d) ? load(d, from) : loadSome(d, from, count);
}

template <class T>
HWY_INLINE void putPart(Vec value, T* to, size_t count) {
    const F32 d;
    if (count == hn::Lanes(d)) {
        store(value, d, to);
    } else {
        storeSome(value, d, to, count);
    }
}

/// Asks for `count` elements from memory.
template <class T>
HWY_INLINE void prefetch(const T* from, int64_t count) {
    constexpr int64_t kLine = 64 / sizeof(T);
    for (int64_t i = 0; i < count; i += kLine) {
        hwy::Prefetch(from + i);
    }
}

/// Calls body(offset, count) for the vectors of a row. `next` are rows that are asked for meanwhile: passes
/// over a row in the cache leave the memory idle.
template <class Body, class... T>
HWY_INLINE void forParts(int64_t n, const Body& body, const T*... next) {
    const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
    int64_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
        (prefetch(next + i, 4 * lanes), ...);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) {
            body(i + k * lanes, static_cast<size_t>(lanes));
        }
    }
    for (; i < n; i += lanes) {
        body(i, static_cast<size_t>(HWY_MIN(lanes, n - i)));
    }
}

template <class T>
RowStatistics statisticsOfRow(const T* x, int64_t n, float epsilon, bool centers) {
    const F32 d;
    const auto length = static_cast<float>(n);
    float sum = 0;
    float unused = 0;
    if (centers) {
        sumPairs(
            n, [&](int64_t i, size_t count, Vec& a, Vec&) HWY_ATTR { a = hn::Add(a, part(x + i, count)); },
            sum, unused);
    }
    RowStatistics statistics;
    statistics.mean = sum / length;
    const Vec mean = hn::Set(d, statistics.mean);
    float squares = 0;
    sumPairs(
        n,
        [&](int64_t i, size_t count, Vec& a, Vec&) HWY_ATTR {
            Vec deviation = hn::Sub(part(x + i, count), mean);
            if (count < hn::Lanes(d)) {
                deviation = hn::IfThenElseZero(hn::FirstN(d, count), deviation);
            }
            a = hn::MulAdd(deviation, deviation, a);
        },
        squares, unused);
    statistics.rstd = 1.0F / std::sqrt(squares / length + epsilon);
    return statistics;
}

RowStatistics statisticsOfHere(Element type, const void* x, int64_t n, float epsilon, bool centers) {
    return visitFloat(type, x, [&](const auto* from) { return statisticsOfRow(from, n, epsilon, centers); });
}

template <class T>
void normalizeRowOf(const T* x, RowStatistics statistics, const float* gamma, const float* beta, int64_t n,
                    T* out) {
    const F32 d;
    const Vec mean = hn::Set(d, statistics.mean);
    const Vec rstd = hn::Set(d, statistics.rstd);
    forParts(
        n,
        [&](int64_t i, size_t count) HWY_ATTR {
            Vec value = hn::Mul(hn::Sub(part(x + i, count), mean), rstd);
            if (gamma != nullptr) {
                value = hn::Mul(value, part(gamma + i, count));
            }
            if (beta != nullptr) {
                value = hn::Add(value, part(beta + i, count));
            }
            putPart(value, out + i, count);
        },
        x + n);
}

void normalizeRowHere(Element type, const void* x, RowStatistics statistics, const float* gamma,
                      const float* beta, int64_t n, void* out) {
    visitFloat(type, x, [&]<class T>(const T* from) {
        normalizeRowOf(from, statistics, gamma, beta, n, static_cast<T*>(out));
    });
}

template <class T>
void normalizeRowBackwardOf(const T* x, const T* dout, RowStatistics statistics, const float* gamma,
                            int64_t n, bool centers, T* dx, float* dgamma, float* dbeta) {
    const F32 d;
    const Vec mean = hn::Set(d, statistics.mean);
    const Vec rstd = hn::Set(d, statistics.rstd);
    float slope = 0;      // sum of gamma dout
    float curvature = 0;  // sum of gamma dout (x - mean) rstd
    sumPairs(
        n,
        [&](int64_t i, size_t count, Vec& a, Vec& b) HWY_ATTR {
            const Vec normal = hn::Mul(hn::Sub(part(x + i, count), mean), rstd);
            const Vec change = part(dout + i, count);
            const Vec scaled = gamma != nullptr ? hn::Mul(change, part(gamma + i, count)) : change;
            a = hn::Add(a, scaled);
            b = hn::MulAdd(scaled, normal, b);  // behind the end scaled is 0
            if (dgamma != nullptr) {
                putPart(hn::MulAdd(change, normal, part(dgamma + i, count)), dgamma + i, count);
            }
            if (dbeta != nullptr) {
                putPart(hn::Add(change, part(dbeta + i, count)), dbeta + i, count);
            }
        },
        slope, curvature);
    const Vec shift = hn::Set(d, centers ? slope / static_cast<float>(n) : 0.0F);
    const Vec tilt = hn::Set(d, curvature / static_cast<float>(n));
    forParts(
        n,
        [&](int64_t i, size_t count) HWY_ATTR {
            const Vec normal = hn::Mul(hn::Sub(part(x + i, count), mean), rstd);
            const Vec change = part(dout + i, count);
            const Vec scaled = gamma != nullptr ? hn::Mul(change, part(gamma + i, count)) : change;
            putPart(hn::Mul(rstd, hn::NegMulAdd(normal, tilt, hn::Sub(scaled, shift))), dx + i, count);
        },
        x + n, dout + n);
}

void normalizeRowBackwardHere(Element type, const void* x, const void* dout, RowStatistics statistics,
                              const float* gamma, int64_t n, bool centers, void* dx, float* dgamma,
                              float* dbeta) {
    visitFloat(type, x, [&]<class T>(const T* from) {
        normalizeRowBackwardOf(from, static_cast<const T*>(dout), statistics, gamma, n, centers,
                               static_cast<T*>(dx), dgamma, dbeta);
    });
}

/// NaN if there is one.
template <class T>
float largestOf(const T* x, int64_t n) {
    const F32 d;
    const Vec lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
    Vec largest = lowest;
    Vec spoilt = hn::Zero(d);  // a maximum may lose a NaN
    forParts(n, [&](int64_t i, size_t count) HWY_ATTR {
        Vec value = part(x + i, count);
        spoilt = hn::IfThenElse(hn::IsNaN(value), value, spoilt);
        if (count < hn::Lanes(d)) {
            value = hn::IfThenElse(hn::FirstN(d, count), value, lowest);
        }
        largest = hn::Max(largest, value);
    });
    return hn::AllFalse(d, hn::IsNaN(spoilt)) ? hn::GetLane(hn::MaxOfLanes(d, largest))
                                              : std::numeric_limits<float>::quiet_NaN();
}

template <class T>
void softmaxRowOf(const T* x, float scale, int64_t n, float* powers, T* out) {
    const F32 d;
    const float largest = largestOf(x, n) * scale;
    const Vec factor = hn::Set(d, scale);
    if (largest == -std::numeric_limits<float>::infinity()) {
        forParts(n, [&](int64_t i, size_t count) HWY_ATTR { putPart(hn::Zero(d), out + i, count); });
        return;
    }
    const Vec top = hn::Set(d, largest);
    const Vec sum = mapVectors(
        d, n, powers, [&](Vec v) HWY_ATTR { return expOfNegative(d, hn::MulSub(v, factor, top)); }, x);
    const Vec inverse = hn::Set(d, 1.0F / hn::GetLane(hn::SumOfLanes(d, sum)));
    forParts(
        n,
        [&](int64_t i, size_t count)
            HWY_ATTR { putPart(hn::Mul(part(powers + i, count), inverse), out + i, count); },
        x + n);
}

void softmaxRowHere(Element type, const void* x, float scale, int64_t n, float* powers, void* out) {
    visitFloat(type, x,
               [&]<class T>(const T* from) { softmaxRowOf(from, scale, n, powers, static_cast<T*>(out)); });
}

template <class T>
void softmaxRowBackwardOf(const T* y, const T* dy, float scale, int64_t n, T* dx) {
    const F32 d;
    float dot = 0;
    float unused = 0;
    sumPairs(
        n,
        [&](int64_t i, size_t count, Vec& a, Vec&)
            HWY_ATTR { a = hn::MulAdd(part(y + i, count), part(dy + i, count), a); },
        dot, unused);
    const Vec shift = hn::Set(d, dot);
    const Vec factor = hn::Set(d, scale);
    forParts(
        n,
        [&](int64_t i, size_t count) HWY_ATTR {
            const Vec change = hn::Mul(part(y + i, count), hn::Sub(part(dy + i, count), shift));
            putPart(hn::Mul(change, factor), dx + i, count);
        },
        y + n, dy + n);
}

void softmaxRowBackwardHere(Element type, const void* y, const void* dy, float scale, int64_t n, void* dx) {
    visitFloat(type, y, [&]<class T>(const T* from) {
        softmaxRowBackwardOf(from, static_cast<const T*>(dy), scale, n, static_cast<T*>(dx));
    });
}

LogSum logSumOfHere(const float* x, int64_t n) {
    const F32 d;
    LogSum result;
    result.largest = largestOf(x, n);
    const bool is_empty = result.largest == -std::numeric_limits<float>::infinity();
    const Vec top = hn::Set(d, is_empty ? 0.0F : result.largest);
    float powers = 0;
    sumPairs(
        n,
        [&](int64_t i, size_t count, Vec& a, Vec& b) HWY_ATTR {
            const Vec value = part(x + i, count);
            Vec power = expOfNegative(d, hn::Sub(value, top));
            if (count < hn::Lanes(d)) {
                power = hn::IfThenElseZero(hn::FirstN(d, count), power);
            }
            a = hn::Add(a, power);
            b = hn::Add(b, value);
        },
        powers, result.sum);
    result.log_sum = is_empty ? result.largest : result.largest + std::log(powers);
    return result;
}

void crossEntropyRowBackwardHere(const float* x, float log_sum, float scale, float shift, int64_t n,
                                 float* dx) {
    const F32 d;
    const Vec top = hn::Set(d, log_sum);
    const Vec factor = hn::Set(d, scale);
    const Vec offset = hn::Set(d, shift);
    mapVectors(
        d, n, dx,
        [&](Vec v) HWY_ATTR { return hn::MulAdd(factor, expOfNegative(d, hn::Sub(v, top)), offset); }, x);
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(statisticsOfHere);
HWY_EXPORT(normalizeRowHere);
HWY_EXPORT(normalizeRowBackwardHere);
HWY_EXPORT(softmaxRowHere);
HWY_EXPORT(softmaxRowBackwardHere);
HWY_EXPORT(logSumOfHere);
HWY_EXPORT(crossEntropyRowBackwardHere);

RowStatistics statisticsOf(Element type, const void* x, int64_t n, float epsilon, bool centers) {
    return HWY_DYNAMIC_DISPATCH(statisticsOfHere)(type, x, n, epsilon, centers);
}

void normalizeRow(Element type, const void* x, RowStatistics statistics, const float* gamma,
                  const float* beta, int64_t n, void* out) {
    HWY_DYNAMIC_DISPATCH(normalizeRowHere)(type, x, statistics, gamma, beta, n, out);
}

void normalizeRowBackward(Element type, const void* x, const void* dout, RowStatistics statistics,
                          const float* gamma, int64_t n, bool centers, void* dx, float* dgamma,
                          float* dbeta) {
    HWY_DYNAMIC_DISPATCH(normalizeRowBackwardHere)
    (type, x, dout, statistics, gamma, n, centers, dx, dgamma, dbeta);
}

void softmaxRow(Element type, const void* x, float scale, int64_t n, float* powers, void* out) {
    HWY_DYNAMIC_DISPATCH(softmaxRowHere)(type, x, scale, n, powers, out);
}

void softmaxRowBackward(Element type, const void* y, const void* dy, float scale, int64_t n, void* dx) {
    HWY_DYNAMIC_DISPATCH(softmaxRowBackwardHere)(type, y, dy, scale, n, dx);
}

LogSum logSumOf(const float* x, int64_t n) { return HWY_DYNAMIC_DISPATCH(logSumOfHere)(x, n); }

void crossEntropyRowBackward(const float* x, float log_sum, float scale, float shift, int64_t n, float* dx) {
    HWY_DYNAMIC_DISPATCH(crossEntropyRowBackwardHere)(x, log_sum, scale, shift, n, dx);
}

}  // namespace optirs::cpu
#endif
