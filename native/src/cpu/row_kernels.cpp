#include "src/cpu/row_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/row_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "hwy/contrib/math/math-inl.h"
#include "src/cpu/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// Two sums, each in two parts so that additions overlap.
template <class Terms>
HWY_INLINE void sumPairs(int64_t n, const Terms& terms, float& first, float& second) {
    const F32 d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    Vec a0 = hn::Zero(d), a1 = hn::Zero(d), b0 = hn::Zero(d), b1 = hn::Zero(d);
    int64_t i = 0;
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
        terms(i, static_cast<size_t>(lanes), a0, b0);
        terms(i + lanes, static_cast<size_t>(lanes), a1, b1);
    }
    for (; i < n; i += lanes) {
        terms(i, static_cast<size_t>(HWY_MIN(lanes, n - i)), a0, b0);
    }
    first = hn::GetLane(hn::SumOfLanes(d, hn::Add(a0, a1)));
    second = hn::GetLane(hn::SumOfLanes(d, hn::Add(b0, b1)));
}

/// A whole vector, or what is left of a row with zeros behind it.
HWY_INLINE Vec part(const float* from, size_t count) {
    const F32 d;
    return count == hn::Lanes(d) ? hn::LoadU(d, from) : loadSome(d, from, count);
}

HWY_INLINE void putPart(Vec value, float* to, size_t count) {
    const F32 d;
    if (count == hn::Lanes(d)) {
        hn::StoreU(value, d, to);
    } else {
        storeSome(value, d, to, count);
    }
}

/// Calls body(offset, count) for the vectors of a row.
template <class Body>
HWY_INLINE void forParts(int64_t n, const Body& body) {
    const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        body(i, static_cast<size_t>(lanes));
    }
    if (i < n) {
        body(i, static_cast<size_t>(n - i));
    }
}

RowStatistics statisticsOfHere(const float* x, int64_t n, float epsilon, bool centers) {
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

void normalizeRowHere(const float* x, RowStatistics statistics, const float* gamma, const float* beta,
                      int64_t n, float* out) {
    const F32 d;
    const Vec mean = hn::Set(d, statistics.mean);
    const Vec rstd = hn::Set(d, statistics.rstd);
    forParts(n, [&](int64_t i, size_t count) HWY_ATTR {
        Vec value = hn::Mul(hn::Sub(part(x + i, count), mean), rstd);
        if (gamma != nullptr) {
            value = hn::Mul(value, part(gamma + i, count));
        }
        if (beta != nullptr) {
            value = hn::Add(value, part(beta + i, count));
        }
        putPart(value, out + i, count);
    });
}

void normalizeRowBackwardHere(const float* x, const float* dout, RowStatistics statistics, const float* gamma,
                              int64_t n, bool centers, float* dx, float* dgamma, float* dbeta) {
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
    forParts(n, [&](int64_t i, size_t count) HWY_ATTR {
        const Vec normal = hn::Mul(hn::Sub(part(x + i, count), mean), rstd);
        const Vec change = part(dout + i, count);
        const Vec scaled = gamma != nullptr ? hn::Mul(change, part(gamma + i, count)) : change;
        putPart(hn::Mul(rstd, hn::NegMulAdd(normal, tilt, hn::Sub(scaled, shift))), dx + i, count);
    });
}

/// NaN if there is one.
float largestOf(const float* x, int64_t n) {
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

/// exp, 0 where the library's own leaves its range: of -infinity and of what is too small to be a number.
HWY_INLINE Vec expOf(Vec x) {
    const F32 d;
    const Vec lowest = hn::Set(d, -104.0F);
    const Vec value = hn::Exp(d, hn::Max(x, lowest));
    // NaN compares false to everything and comes through the addition.
    return hn::IfThenElse(hn::Lt(x, lowest), hn::Zero(d), hn::IfThenElse(hn::IsNaN(x), x, value));
}

void softmaxRowHere(const float* x, float scale, int64_t n, float* out) {
    const F32 d;
    const float largest = largestOf(x, n) * scale;
    const Vec factor = hn::Set(d, scale);
    if (largest == -std::numeric_limits<float>::infinity()) {
        forParts(n, [&](int64_t i, size_t count) HWY_ATTR { putPart(hn::Zero(d), out + i, count); });
        return;
    }
    const Vec top = hn::Set(d, largest);
    float sum = 0;
    float unused = 0;
    sumPairs(
        n,
        [&](int64_t i, size_t count, Vec& a, Vec&) HWY_ATTR {
            Vec value = expOf(hn::MulSub(part(x + i, count), factor, top));
            putPart(value, out + i, count);
            if (count < hn::Lanes(d)) {
                value = hn::IfThenElseZero(hn::FirstN(d, count), value);
            }
            a = hn::Add(a, value);
        },
        sum, unused);
    const Vec inverse = hn::Set(d, 1.0F / sum);
    forParts(n, [&](int64_t i, size_t count)
                    HWY_ATTR { putPart(hn::Mul(part(out + i, count), inverse), out + i, count); });
}

void softmaxRowBackwardHere(const float* y, const float* dy, float scale, int64_t n, float* dx) {
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
    forParts(n, [&](int64_t i, size_t count) HWY_ATTR {
        const Vec change = hn::Mul(part(y + i, count), hn::Sub(part(dy + i, count), shift));
        putPart(hn::Mul(change, factor), dx + i, count);
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
            Vec power = expOf(hn::Sub(value, top));
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
    forParts(n, [&](int64_t i, size_t count) HWY_ATTR {
        putPart(hn::MulAdd(factor, expOf(hn::Sub(part(x + i, count), top)), offset), dx + i, count);
    });
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

RowStatistics statisticsOf(const float* x, int64_t n, float epsilon, bool centers) {
    return HWY_DYNAMIC_DISPATCH(statisticsOfHere)(x, n, epsilon, centers);
}

void normalizeRow(const float* x, RowStatistics statistics, const float* gamma, const float* beta, int64_t n,
                  float* out) {
    HWY_DYNAMIC_DISPATCH(normalizeRowHere)(x, statistics, gamma, beta, n, out);
}

void normalizeRowBackward(const float* x, const float* dout, RowStatistics statistics, const float* gamma,
                          int64_t n, bool centers, float* dx, float* dgamma, float* dbeta) {
    HWY_DYNAMIC_DISPATCH(normalizeRowBackwardHere)(x, dout, statistics, gamma, n, centers, dx, dgamma, dbeta);
}

void softmaxRow(const float* x, float scale, int64_t n, float* out) {
    HWY_DYNAMIC_DISPATCH(softmaxRowHere)(x, scale, n, out);
}

void softmaxRowBackward(const float* y, const float* dy, float scale, int64_t n, float* dx) {
    HWY_DYNAMIC_DISPATCH(softmaxRowBackwardHere)(y, dy, scale, n, dx);
}

LogSum logSumOf(const float* x, int64_t n) { return HWY_DYNAMIC_DISPATCH(logSumOfHere)(x, n); }

void crossEntropyRowBackward(const float* x, float log_sum, float scale, float shift, int64_t n, float* dx) {
    HWY_DYNAMIC_DISPATCH(crossEntropyRowBackwardHere)(x, log_sum, scale, shift, n, dx);
}

}  // namespace optirs::cpu
#endif
