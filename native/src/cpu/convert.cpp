#include "src/cpu/convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/convert.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "src/cpu/prefetch.h"
#include "src/cpu/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using U32 = Words<F32>;

/// Keeps the largest magnitude; as integers, so that a NaN is not lost.
struct Largest {
    HWY_INLINE Largest() : bits(hn::Zero(U32())) {}

    HWY_INLINE void take(Vec value) { bits = hn::Max(bits, hn::BitCast(U32(), hn::Abs(value))); }
    HWY_INLINE uint32_t result() const { return hn::GetLane(hn::MaxOfLanes(U32(), bits)); }

    hn::Vec<U32> bits;
};

/// to = from * scale for 8-bit floats. Codes that are not finite are rare: they are looked for by the vector
/// of bytes, and only where there is one each is decoded with them in mind. Returns how many were converted:
/// what is left is less than such a vector.
template <class From, class To, class D>
int64_t decodeRun(D d, const From* from, float scale, To* to, int64_t count) {
    const hn::Repartition<uint8_t, D> bytes;
    const hn::RebindToSigned<decltype(bytes)> signed_bytes;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    const auto factor = hn::Set(d, scale);
    int64_t i = 0;
    for (; i + 4 * lanes <= count; i += 4 * lanes) {
        const auto codes = hn::And(hn::LoadU(bytes, &from[i].bits), hn::Set(bytes, uint8_t{0x7F}));
        const bool are_finite =
            hn::AllFalse(signed_bytes, hn::Gt(hn::BitCast(signed_bytes, codes),
                                              hn::Set(signed_bytes, static_cast<int8_t>(From::kMaxCode))));
#pragma GCC unroll 4
        for (int64_t k = i; k < i + 4 * lanes; k += lanes) {
            const auto code = hn::PromoteTo(Words<D>(), hn::LoadU(hn::Rebind<uint8_t, D>(), &from[k].bits));
            const auto value = are_finite ? decodeFinite8<From>(d, code) : decode8<From>(d, code);
            store(hn::Mul(value, factor), d, to + k);
        }
    }
    return i;
}

template <class From, class To>
uint32_t convertRun(const From* from, float scale, To* to, int64_t count) {
    const F32 d;
    if constexpr (sizeof(From) == 1 && sizeof(To) > 1 && HWY_TARGET != HWY_SCALAR) {
        const int64_t done = decodeRun(d, from, scale, to, count);
        from += done;
        to += done;
        count -= done;
    }
    const Vec factor = hn::Set(d, scale);
    Largest largest;
    mapParts<float>(count, to, [&](auto part) HWY_ATTR {
        const Vec value = part.get(from);
        largest.take(value);
        return hn::Mul(value, factor);
    });
    return largest.result();
}

uint32_t convertHere(Element from_type, const void* from, float scale, Element to_type, void* to,
                     int64_t count) {
    return visitElement(from_type, from, [&](const auto* typed_from) {
        return visitElement(to_type, to,
                            [&](auto* typed_to) { return convertRun(typed_from, scale, typed_to, count); });
    });
}

template <class T>
uint32_t maxMagnitudeOf(const T* from, int64_t rows, int64_t stride, int64_t columns) {
    const F32 d;
    Largest largest;
    // What the processor fetches ahead by itself ends with each row, where rows are not close together.
    constexpr int64_t kAhead = 8;
    for (int64_t row = 0; row < rows; ++row, from += stride) {
        if (stride != columns && row + kAhead < rows)
            prefetch(from + kAhead * stride, columns * static_cast<int64_t>(sizeof(T)));
        forVectors(
            d, columns, [&](int64_t i) HWY_ATTR { largest.take(load(d, from + i)); },
            [&](int64_t i, size_t rest) HWY_ATTR { largest.take(loadSome(d, from + i, rest)); });
    }
    return largest.result();
}

uint32_t maxMagnitudeHere(Element type, const void* from, int64_t rows, int64_t stride, int64_t columns) {
    return visitElement(type, from,
                        [&](const auto* typed) { return maxMagnitudeOf(typed, rows, stride, columns); });
}

template <class T>
double sumOfSquaresOf(const T* from, int64_t count) {
    const F32 d;
    Vec sum = hn::Zero(d);
    forVectors(
        d, count,
        [&](int64_t i) HWY_ATTR {
            const Vec value = load(d, from + i);
            sum = hn::MulAdd(value, value, sum);
        },
        [&](int64_t i, size_t rest) HWY_ATTR {
            const Vec value = loadSome(d, from + i, rest);
            sum = hn::MulAdd(value, value, sum);
        });
    return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
}

double sumOfSquaresHere(Element type, const void* from, int64_t count) {
    return visitElement(type, from, [&](const auto* typed) { return sumOfSquaresOf(typed, count); });
}

template <class T>
void addToOf(float* to, const T* from, int64_t count) {
    const F32 d;
    forVectors(
        d, count,
        [&](int64_t i) HWY_ATTR { hn::StoreU(hn::Add(hn::LoadU(d, to + i), load(d, from + i)), d, to + i); },
        [&](int64_t i, size_t rest) HWY_ATTR {
            storeSome(hn::Add(loadSome(d, to + i, rest), loadSome(d, from + i, rest)), d, to + i, rest);
        });
}

void addToHere(float* to, Element type, const void* from, int64_t count) {
    visitElement(type, from, [&](const auto* typed) { addToOf(to, typed, count); });
}

void streamBytesHere(void* to, const void* from, int64_t bytes) {
    const hn::ScalableTag<uint8_t> d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    auto* target = static_cast<uint8_t*>(to);
    const auto* source = static_cast<const uint8_t*>(from);
    for (int64_t i = 0; i < bytes; i += lanes) {
        hn::Stream(hn::LoadU(d, source + i), d, target + i);
    }
}

void splitMastersHere(const float* master, BF16* param, int16_t* remainder, int64_t count) {
    const F32 d;
    const U32 words;
    const hn::Rebind<uint16_t, F32> halves;
    const auto split = [&](Vec value, uint16_t* high, uint16_t* low) HWY_ATTR {
        const auto bits = hn::BitCast(words, value);
        const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Set(words, 0x8000U)));
        const hn::RebindToSigned<F32> integers;
        const auto rest = hn::And(bits, hn::Set(words, 0xFFFFU));
        hn::StoreU(hn::DemoteTo(halves, hn::BitCast(integers, rounded)), halves, high);
        hn::StoreU(hn::DemoteTo(halves, hn::BitCast(integers, rest)), halves, low);
    };
    forVectors(
        d, count,
        [&](int64_t i) HWY_ATTR {
            split(hn::LoadU(d, master + i), &param[i].bits, reinterpret_cast<uint16_t*>(remainder + i));
        },
        [&](int64_t i, size_t rest) HWY_ATTR {
            HWY_ALIGN uint16_t high[hn::MaxLanes(F32())];
            HWY_ALIGN uint16_t low[hn::MaxLanes(F32())];
            split(loadSome(d, master + i, rest), high, low);
            for (size_t k = 0; k < rest; ++k) {
                param[static_cast<size_t>(i) + k].bits = high[k];
                remainder[static_cast<size_t>(i) + k] = static_cast<int16_t>(low[k]);
            }
        });
}

void joinMastersHere(const BF16* param, const int16_t* remainder, float* master, int64_t count) {
    const F32 d;
    const U32 words;
    const hn::RebindToSigned<F32> integers;
    const hn::Rebind<uint16_t, F32> halves;
    const hn::Rebind<int16_t, F32> signed_halves;
    const auto join = [&](const uint16_t* high, const int16_t* low) HWY_ATTR {
        const auto upper = hn::ShiftLeft<16>(hn::PromoteTo(words, hn::LoadU(halves, high)));
        const auto lower = hn::BitCast(words, hn::PromoteTo(integers, hn::LoadU(signed_halves, low)));
        return hn::BitCast(d, hn::Add(upper, lower));
    };
    forVectors(
        d, count, [&](int64_t i) HWY_ATTR { hn::StoreU(join(&param[i].bits, remainder + i), d, master + i); },
        [&](int64_t i, size_t rest) HWY_ATTR {
            HWY_ALIGN uint16_t high[hn::MaxLanes(F32())] = {};
            HWY_ALIGN int16_t low[hn::MaxLanes(F32())] = {};
            for (size_t k = 0; k < rest; ++k) {
                high[k] = param[static_cast<size_t>(i) + k].bits;
                low[k] = remainder[static_cast<size_t>(i) + k];
            }
            storeSome(join(high, low), d, master + i, rest);
        });
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(convertHere);
HWY_EXPORT(maxMagnitudeHere);
HWY_EXPORT(sumOfSquaresHere);
HWY_EXPORT(addToHere);
HWY_EXPORT(streamBytesHere);
HWY_EXPORT(splitMastersHere);
HWY_EXPORT(joinMastersHere);

uint32_t convert(Element from_type, const void* from, float scale, Element to_type, void* to, int64_t count) {
    return HWY_DYNAMIC_DISPATCH(convertHere)(from_type, from, scale, to_type, to, count);
}

uint32_t maxMagnitude(Element type, const void* from, int64_t count) {
    return maxMagnitude(type, from, 1, count, count);
}

uint32_t maxMagnitude(Element type, const void* from, int64_t rows, int64_t stride, int64_t columns) {
    return HWY_DYNAMIC_DISPATCH(maxMagnitudeHere)(type, from, rows, stride, columns);
}

double sumOfSquares(Element type, const void* from, int64_t count) {
    return HWY_DYNAMIC_DISPATCH(sumOfSquaresHere)(type, from, count);
}

void addTo(float* to, Element type, const void* from, int64_t count) {
    HWY_DYNAMIC_DISPATCH(addToHere)(to, type, from, count);
}

void streamBytes(void* to, const void* from, int64_t bytes) {
    HWY_DYNAMIC_DISPATCH(streamBytesHere)(to, from, bytes);
}

void streamFence() { hwy::FlushStream(); }

void splitMasters(const float* master, BF16* param, int16_t* remainder, int64_t count) {
    HWY_DYNAMIC_DISPATCH(splitMastersHere)(master, param, remainder, count);
}

void joinMasters(const BF16* param, const int16_t* remainder, float* master, int64_t count) {
    HWY_DYNAMIC_DISPATCH(joinMastersHere)(param, remainder, master, count);
}

}  // namespace optirs::cpu
#endif
