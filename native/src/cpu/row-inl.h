// Walks over the vectors of a row. Compiled once for each target: included after hwy/highway.h by files that
// foreach_target.h includes again.
//
// A walk hands out parts: each says which elements of the row one vector holds. bf16 goes in pairs of
// vectors, the even elements and the odd ones: decoding is then a shift or a mask and encoding a blend, where
// neighbours in one vector would have to be spread and packed (a third of the time of a norm's backward
// pass). Rows of f32 that such a walk reads beside it lie in the walk's order: `arrangeRow`.
#if defined(OPTIRS_CPU_ROW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OPTIRS_CPU_ROW_INL_H
#undef OPTIRS_CPU_ROW_INL_H
#else
#define OPTIRS_CPU_ROW_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

#include "src/cpu/convert-inl.h"
#include "src/cpu/prefetch.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// Whether a row of T goes in pairs: where a vector has one element there are none.
template <class T>
constexpr bool kInPairs = std::is_same_v<T, BF16> && HWY_TARGET != HWY_SCALAR;

/// Neighbouring elements.
struct WholePart {
    int64_t offset;

    template <class T>
    HWY_INLINE Vec get(const T* row) const {
        return load(F32(), row + offset);
    }
    template <class T>
    HWY_INLINE void put(Vec value, T* row) const {
        store(value, F32(), row + offset);
    }
    HWY_INLINE Vec orElse(Vec value, Vec /*otherwise*/) const { return value; }
};

/// Every second element of a row of bf16, from the first (kHalf 0) or the second (1) on.
template <int kHalf>
struct HalfPart {
    int64_t offset;

    template <class D = F32>  // not compiled where it is not called
    HWY_INLINE Vec get(const BF16* row) const {
        const Words<D> words;
        const hn::Repartition<uint16_t, D> halves;
        const auto both = hn::BitCast(words, hn::LoadU(halves, &row[offset].bits));
        return hn::BitCast(D(),
                           kHalf == 0 ? hn::ShiftLeft<16>(both) : hn::And(both, hn::Set(words, 0xFFFF0000U)));
    }
    HWY_INLINE Vec get(const float* row) const { return hn::LoadU(F32(), row + place()); }
    HWY_INLINE void put(Vec value, float* row) const { hn::StoreU(value, F32(), row + place()); }
    HWY_INLINE Vec orElse(Vec value, Vec /*otherwise*/) const { return value; }

 private:
    HWY_INLINE int64_t place() const { return offset + kHalf * static_cast<int64_t>(hn::Lanes(F32())); }
};

/// What is left of a row: neighbours, with zeros behind them.
struct RestPart {
    int64_t offset;
    size_t count;

    template <class T>
    HWY_INLINE Vec get(const T* row) const {
        return loadSome(F32(), row + offset, count);
    }
    template <class T>
    HWY_INLINE void put(Vec value, T* row) const {
        storeSome(value, F32(), row + offset, count);
    }
    /// `otherwise` in the lanes behind the row's end.
    HWY_INLINE Vec orElse(Vec value, Vec otherwise) const {
        return hn::IfThenElse(hn::FirstN(F32(), count), value, otherwise);
    }
};

/// Calls whole(parts...) for four vectors at a time, or two, or one that is no pair, then rest(part). `next`
/// are rows that are asked for meanwhile: passes over a row in the cache leave the memory idle.
template <class T, class Whole, class Rest, class... Next>
HWY_INLINE void walkRow(int64_t n, const Whole& whole, const Rest& rest, const Next*... next) {
    const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
    int64_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
        (prefetch(next + i, 4 * lanes * static_cast<int64_t>(sizeof(Next))), ...);
        if constexpr (kInPairs<T>) {
            whole(HalfPart<0>{i}, HalfPart<1>{i}, HalfPart<0>{i + 2 * lanes}, HalfPart<1>{i + 2 * lanes});
        } else {
            whole(WholePart{i}, WholePart{i + lanes}, WholePart{i + 2 * lanes}, WholePart{i + 3 * lanes});
        }
    }
    if (i + 2 * lanes <= n) {
        if constexpr (kInPairs<T>) {
            whole(HalfPart<0>{i}, HalfPart<1>{i});
        } else {
            whole(WholePart{i}, WholePart{i + lanes});
        }
        i += 2 * lanes;
    }
    if constexpr (!kInPairs<T>) {
        if (i + lanes <= n) {
            whole(WholePart{i});
            i += lanes;
        }
    }
    for (; i < n; i += lanes) {
        rest(RestPart{i, static_cast<size_t>(std::min(lanes, n - i))});
    }
}

/// Two sums over a row of T, each in four so that additions overlap: terms(part, first, second) adds.
template <class T, class Terms>
HWY_INLINE void sumPairs(int64_t n, const Terms& terms, float& first, float& second) {
    const F32 d;
    Vec a[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    Vec b[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    walkRow<T>(
        n,
        [&](auto... part) HWY_ATTR {
            int k = 0;
            ((terms(part, a[k], b[k]), ++k), ...);
        },
        [&](RestPart part) HWY_ATTR { terms(part, a[0], b[0]); });
    first = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a[0], a[1]), hn::Add(a[2], a[3]))));
    second = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(b[0], b[1]), hn::Add(b[2], b[3]))));
}

/// Calls body(part) for all of a row of T.
template <class T, class Body>
HWY_INLINE void forParts(int64_t n, const Body& body) {
    walkRow<T>(n, [&](auto... part) HWY_ATTR { (body(part), ...); }, body);
}

template <bool kAreHalves, class To>
HWY_INLINE void putAll(const Vec* values, To* row, auto... part) {
    if constexpr (kAreHalves && std::is_same_v<To, BF16>) {
        const int64_t offsets[] = {part.offset...};
        for (size_t k = 0; k < sizeof...(part); k += 2) {
            storePair(values[k], values[k + 1], F32(), row + offsets[k]);
        }
    } else {
        (part.put(*values++, row), ...);
    }
}

/// to = function(part), over a row of T; `to` is one too, or an arranged one of f32. A walk over f32 takes
/// neighbours: `to` and what the function reads may then be of any types. Vectors that go together are
/// computed before the first is stored, so that their instructions overlap. Returns a vector whose lanes add
/// up to the sum of all results, before they are rounded.
template <class T, class To, class Function, class... Next>
HWY_INLINE Vec mapParts(int64_t n, To* to, const Function& function, const Next*... next) {
    const F32 d;
    Vec sum = hn::Zero(d);
    walkRow<T>(
        n,
        [&](auto... part) HWY_ATTR {
            const Vec values[] = {function(part)...};
            putAll<kInPairs<T>>(values, to, part...);
            if constexpr (sizeof...(part) == 1) {
                sum = hn::Add(sum, values[0]);
            } else {
                for (size_t k = 0; k < sizeof...(part); k += 2) {
                    sum = hn::Add(sum, hn::Add(values[k], values[k + 1]));
                }
            }
        },
        [&](RestPart part) HWY_ATTR {
            const Vec value = function(part);
            part.put(value, to);
            sum = hn::Add(sum, part.orElse(value, hn::Zero(d)));
        },
        next...);
    return sum;
}

/// A row of f32 in the order in which walks over a row of T take it, and back.
template <class T>
HWY_INLINE void arrange(const float* row, int64_t n, float* arranged) {
    int64_t i = 0;
    if constexpr (kInPairs<T>) {
        const F32 d;
        const auto lanes = static_cast<int64_t>(hn::Lanes(d));
        for (; i + 2 * lanes <= n; i += 2 * lanes) {
            Vec even;
            Vec odd;
            hn::LoadInterleaved2(d, row + i, even, odd);
            hn::StoreU(even, d, arranged + i);
            hn::StoreU(odd, d, arranged + i + lanes);
        }
    }
    std::copy_n(row + i, n - i, arranged + i);
}

template <class T>
HWY_INLINE void restore(const float* arranged, int64_t n, float* row) {
    int64_t i = 0;
    if constexpr (kInPairs<T>) {
        const F32 d;
        const auto lanes = static_cast<int64_t>(hn::Lanes(d));
        for (; i + 2 * lanes <= n; i += 2 * lanes) {
            hn::StoreInterleaved2(hn::LoadU(d, arranged + i), hn::LoadU(d, arranged + i + lanes), d, row + i);
        }
    }
    std::copy_n(arranged + i, n - i, row + i);
}

}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
