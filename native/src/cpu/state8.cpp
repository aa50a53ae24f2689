#include "src/cpu/state8.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/state8.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>

#include "src/cpu/row-inl.h"

#ifndef OPTIRS_CPU_STATE8_DECADES
#define OPTIRS_CPU_STATE8_DECADES
namespace optirs::cpu {

/// A map of core/state_map.h for vectors: by decade, padded to the longest.
struct Decades {
    explicit Decades(bool has_sign);

    float first;       // cells of decade 0
    int32_t exponent;  // of `first`, as bits of a float
    alignas(64) float width[16] = {};
    alignas(64) float base[16] = {};
    alignas(64) float bound[16] = {};
    alignas(64) float slope[16] = {};
    alignas(64) float offset[16] = {};
};

const Decades& decadesOf(bool has_sign);

}  // namespace optirs::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using I32 = hn::RebindToSigned<F32>;
using Ints = hn::Vec<I32>;
using Bytes = hn::Rebind<uint8_t, F32>;

/// table[index] of eight.
HWY_INLINE Vec lookup(const float* table, Ints index) {
    const F32 d;
    if constexpr (hn::MaxLanes(F32()) >= 8) {
        return hn::TableLookupLanes(hn::Load(d, table), hn::IndicesFromVec(d, index));
    } else {
        return hn::GatherIndex(d, table, index);
    }
}

/// Values by their number; 0 for number 0.
HWY_INLINE Vec valuesOf(const Decades& decades, Vec number) {
    const F32 d;
    const I32 integers;
    const Ints bits = hn::BitCast(integers, hn::Add(number, hn::Set(d, decades.first - 1.0F)));
    const Ints exponent = hn::Sub(hn::ShiftRight<23>(bits), hn::Set(integers, decades.exponent));
    const Ints decade = hn::Max(exponent, hn::Zero(integers));
    const Vec mantissa =
        hn::BitCast(d, hn::Or(hn::And(bits, hn::Set(integers, 0x7FFFFF)), hn::Set(integers, 0x3F800000)));
    const Vec value = hn::MulAdd(hn::Sub(mantissa, hn::Set(d, 1.0F)), lookup(decades.width, decade),
                                 lookup(decades.base, decade));
    return hn::IfThenElseZero(hn::Gt(number, hn::Zero(d)), value);
}

/// The numbers of the values that are nearest to what is from 0 to 1.
HWY_INLINE Vec numbersOf(const Decades& decades, Vec x) {
    const F32 d;
    const I32 integers;
    const Ints one = hn::Set(integers, 1);
    // The bits of a float are its logarithm, up to 0.09 too little. 0.45 below that to base ten, and rounded
    // down, it is the decade or the one below: bounds lie up to 0.44 above the powers of ten.
    const Vec bits = hn::ConvertTo(d, hn::BitCast(integers, x));
    const Vec estimate = hn::MulAdd(bits, hn::Set(d, 3.5885572e-8F), hn::Set(d, 7.55F - 38.230809F));
    const Ints next = hn::ConvertTo(
        integers, hn::Min(hn::Max(estimate, hn::Zero(d)), hn::Set(d, StateMap::kDecades - 1.0F)));
    const auto is_next = hn::RebindMask(integers, hn::Ge(x, lookup(decades.bound, next)));
    const Ints reached = hn::Add(next, hn::IfThenElseZero(is_next, one));  // decade + 1, 0 for none
    const Ints decade = hn::Max(hn::Sub(reached, one), hn::Zero(integers));
    const Vec cells = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(decade, hn::Set(integers, decades.exponent))));
    const Vec place = hn::MulSub(x, lookup(decades.slope, decade), lookup(decades.offset, decade));
    const Vec cell = hn::Floor(hn::Min(hn::Max(place, hn::Zero(d)), hn::Sub(cells, hn::Set(d, 1.0F))));
    const Vec number = hn::Add(hn::Sub(cells, hn::Set(d, decades.first - 1.0F)), cell);
    return hn::IfThenElseZero(hn::RebindMask(d, hn::Gt(reached, hn::Zero(integers))), number);
}

struct Code {
    uint8_t bits;
};
constexpr float kZero = StateMap::kZero;

HWY_INLINE Vec load(F32 d, const Code* from) {
    return hn::ConvertTo(d, hn::BitCast(I32(), hn::PromoteTo(Words<F32>(), hn::LoadU(Bytes(), &from->bits))));
}

HWY_INLINE void store(Vec code, F32 /*d*/, Code* to) {
    hn::StoreU(hn::DemoteTo(Bytes(), hn::ConvertTo(I32(), code)), Bytes(), &to->bits);
}

template <bool kHasSign>
void decodeBlock(const Code* codes, float scale, float* to, int64_t count) {
    const F32 d;
    const Decades& decades = decadesOf(kHasSign);
    const Vec factor = hn::Set(d, scale);
    mapParts<float>(count, to, [&](auto part) HWY_ATTR {
        const Vec code = part.get(codes);
        if constexpr (!kHasSign) {
            return hn::Mul(valuesOf(decades, code), factor);
        }
        const Vec number = hn::Sub(code, hn::Set(d, kZero));
        return hn::Mul(hn::CopySign(valuesOf(decades, hn::Abs(number)), number), factor);
    });
}

template <bool kHasSign>
float encodeBlock(const float* from, Code* codes, int64_t count) {
    const F32 d;
    // Bits of magnitudes are ordered as the numbers are, with NaN on top.
    const I32 integers;
    Ints largest = hn::Zero(integers);
    const auto raise = [&](Vec x) HWY_ATTR { largest = hn::Max(largest, hn::BitCast(integers, hn::Abs(x))); };
    forVectors(
        d, count, [&](int64_t i) HWY_ATTR { raise(hn::LoadU(d, from + i)); },
        [&](int64_t i, size_t rest) HWY_ATTR { raise(loadSome(d, from + i, rest)); });
    const float scale = hn::GetLane(hn::BitCast(d, hn::MaxOfLanes(integers, largest)));
    const Decades& decades = decadesOf(kHasSign);
    const Vec divisor = hn::Set(d, scale > 0 ? scale : 1.0F);
    const Vec zero = hn::Set(d, kZero);
    mapParts<float>(count, codes, [&](auto part) HWY_ATTR {
        const Vec x = hn::Div(part.get(from), divisor);
        if constexpr (!kHasSign) {
            return numbersOf(decades, x);
        }
        const Vec number = numbersOf(decades, hn::Abs(x));
        return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(zero, hn::Min(number, zero)),
                              hn::Add(zero, number));
    });
    return scale;
}

void decodeStateHere(const uint8_t* codes, const float* scales, bool has_sign, float* to, int64_t count) {
    const auto* from = reinterpret_cast<const Code*>(codes);
    for (int64_t i = 0; i < count; i += kStateBlock) {
        (has_sign ? decodeBlock<true> : decodeBlock<false>)(from + i, scales[i / kStateBlock], to + i,
                                                            std::min(kStateBlock, count - i));
    }
}

void encodeStateHere(const float* from, bool has_sign, uint8_t* codes, float* scales, int64_t count) {
    auto* to = reinterpret_cast<Code*>(codes);
    for (int64_t i = 0; i < count; i += kStateBlock) {
        scales[i / kStateBlock] =
            (has_sign ? encodeBlock<true> : encodeBlock<false>)(from + i, to + i,
                                                                std::min(kStateBlock, count - i));
    }
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

Decades::Decades(bool has_sign)
    : first(static_cast<float>(firstCells(has_sign))), exponent(has_sign ? 127 : 128) {
    const StateMap map = stateMap(has_sign);
    for (int e = 0; e < StateMap::kDecades; ++e) {
        width[e] = map.decades[e].width;
        base[e] = map.decades[e].base;
        bound[e] = map.decades[e].bound;
        slope[e] = map.decades[e].slope;
        offset[e] = map.decades[e].offset;
    }
}

HWY_EXPORT(decodeStateHere);
HWY_EXPORT(encodeStateHere);

const Decades& decadesOf(bool has_sign) {
    static const Decades with_sign(true);
    static const Decades without_sign(false);
    return has_sign ? with_sign : without_sign;
}

void decodeState(const uint8_t* codes, const float* scales, bool has_sign, float* to, int64_t count) {
    HWY_DYNAMIC_DISPATCH(decodeStateHere)(codes, scales, has_sign, to, count);
}

void encodeState(const float* from, bool has_sign, uint8_t* codes, float* scales, int64_t count) {
    HWY_DYNAMIC_DISPATCH(encodeStateHere)(from, has_sign, codes, scales, count);
}

}  // namespace optirs::cpu
#endif
