#include "src/cpu/softmax_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/softmax_rows.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <cmath>
#include <limits>

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
