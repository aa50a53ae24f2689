#include "src/cpu/softmax_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/softmax_rows.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "src/cpu/exp-inl.h"
#include "src/cpu/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

/// NaN if there is one.
template <class T>
float largestOf(const T* x, int64_t n) {
    const F32 d;
    const Vec lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
    Vec largest = lowest;
    Vec spoilt = hn::Zero(d);  // a maximum may lose a NaN
    forParts<T>(n, [&](auto part) HWY_ATTR {
        const Vec value = part.get(x);
        spoilt = hn::IfThenElse(hn::IsNaN(value), value, spoilt);
        largest = hn::Max(largest, part.orElse(value, lowest));
    });
    return hn::AllFalse(d, hn::IsNaN(spoilt)) ? hn::GetLane(hn::MaxOfLanes(d, largest))
                                              : std::numeric_limits<float>::quiet_NaN();
}

/// powers = exp(scale (x - largest)), in the order of a walk over x; returns their sum.
template <class T>
float powersOf(const T* x, float scale, float largest, int64_t n, float* powers) {
    const F32 d;
    constexpr bool kIsCoarse = !std::is_same_v<T, float>;
    constexpr float kLog2E = 1.44269504F;
    const Vec factor = hn::Set(d, kIsCoarse ? scale * kLog2E : scale);
    const Vec top = hn::Set(d, largest);
    // The difference first: products of large numbers would differ by their rounding.
    const Vec sum = mapParts<T>(n, powers, [&](auto part) HWY_ATTR {
        const Vec exponent = hn::Mul(hn::Sub(part.get(x), top), factor);
        return kIsCoarse ? coarseExp2OfNegative(d, exponent) : expOfNegative(d, exponent);
    });
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <class T>
void softmaxRowOf(const T* x, float scale, int64_t n, float* powers, T* out) {
    const F32 d;
    const float largest = largestOf(x, n);
    if (!std::isfinite(largest)) {  // all are masked; or one is NaN or infinity, and so is the sum
        const Vec value = hn::Set(d, largest < 0 ? 0.0F : std::numeric_limits<float>::quiet_NaN());
        mapParts<T>(n, out, [&](auto) HWY_ATTR { return value; });
        return;
    }
    const Vec inverse = hn::Set(d, 1.0F / powersOf(x, scale, largest, n, powers));
    mapParts<T>(n, out, [&](auto part) HWY_ATTR { return hn::Mul(part.get(powers), inverse); }, x + n);
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
    sumPairs<T>(
        n, [&](auto part, Vec& a, Vec&) HWY_ATTR { a = hn::MulAdd(part.get(y), part.get(dy), a); }, dot,
        unused);
    const Vec shift = hn::Set(d, dot);
    const Vec factor = hn::Set(d, scale);
    mapParts<T>(
        n, dx,
        [&](auto part)
            HWY_ATTR { return hn::Mul(hn::Mul(part.get(y), hn::Sub(part.get(dy), shift)), factor); },
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
    sumPairs<float>(
        n,
        [&](auto part, Vec& a, Vec& b) HWY_ATTR {
            const Vec value = part.get(x);
            a = hn::Add(a, part.orElse(expOfNegative(d, hn::Sub(value, top)), hn::Zero(d)));
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
    mapParts<float>(n, dx, [&](auto part) HWY_ATTR {
        return hn::MulAdd(factor, expOfNegative(d, hn::Sub(part.get(x), top)), offset);
    });
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(softmaxRowHere);
HWY_EXPORT(softmaxRowBackwardHere);
HWY_EXPORT(logSumOfHere);
HWY_EXPORT(crossEntropyRowBackwardHere);

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
