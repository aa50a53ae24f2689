// Walks over the vectors of a row. Compiled once for each target: included after hwy/highway.h by files that
// foreach_target.h includes again.
#if defined(OPTIRS_CPU_ROW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OPTIRS_CPU_ROW_INL_H
#undef OPTIRS_CPU_ROW_INL_H
#else
#define OPTIRS_CPU_ROW_INL_H
#endif

#include <hwy/highway.h>

#include "src/cpu/convert-inl.h"
#include "src/cpu/prefetch.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {

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

/// Calls body(offset, count) for the vectors of a row. `next` are rows that are asked for meanwhile: passes
/// over a row in the cache leave the memory idle.
template <class Body, class... T>
HWY_INLINE void forParts(int64_t n, const Body& body, const T*... next) {
    const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
    int64_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
        (prefetch(next + i, 4 * lanes * static_cast<int64_t>(sizeof(T))), ...);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) {
            body(i + k * lanes, static_cast<size_t>(lanes));
        }
    }
    for (; i < n; i += lanes) {
        body(i, static_cast<size_t>(HWY_MIN(lanes, n - i)));
    }
}

}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
