// Vectors of f32 out of, and into, the narrower element types. Compiled once for each target: included after
// hwy/highway.h by files that foreach_target.h includes again.
//
// Every conversion to a narrower type rounds to nearest, ties to even. bf16 and f16 overflow to infinity; the
// 8-bit types saturate at their largest finite value, infinities too; a NaN stays one.
#if defined(OPTIRS_CPU_CONVERT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OPTIRS_CPU_CONVERT_INL_H
#undef OPTIRS_CPU_CONVERT_INL_H
#else
#define OPTIRS_CPU_CONVERT_INL_H
#endif

#include <hwy/highway.h>

#include "src/cpu/element.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
using Words = hn::RebindToUnsigned<D>;

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const float* from) {
    return hn::LoadU(d, from);
}

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const BF16* from) {
    const Words<D> words;
    const hn::Rebind<uint16_t, D> halves;
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(words, hn::LoadU(halves, &from->bits))));
}

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const F16* from) {
    const Words<D> words;
    const hn::Rebind<uint16_t, D> narrow;
    const auto bits = hn::PromoteTo(words, hn::LoadU(narrow, &from->bits));
    // Exponent and mantissa in their place for f32, with the exponent still f16's: a multiplication sets it
    // right, for subnormals too.
    const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(words, 0x8000U)));
    const auto magnitude = hn::ShiftLeft<13>(hn::And(bits, hn::Set(words, 0x7FFFU)));
    const auto scaled =
        hn::BitCast(words, hn::Mul(hn::BitCast(d, magnitude), hn::Set(d, 5.192296858534828e+33F)));  // 2^112
    const hn::RebindToSigned<D> integers;
    const auto special = hn::Gt(hn::BitCast(integers, magnitude), hn::Set(integers, (0x7C00 << 13) - 1));
    const auto infinite = hn::Or(scaled, hn::Set(words, 0x7F800000U));
    return hn::BitCast(d, hn::Or(sign, hn::IfThenElse(hn::RebindMask(words, special), infinite, scaled)));
}

/// 8-bit formats: the bits of the magnitude moved into place, and the exponent set right by a multiplication.
template <class Format, class D>
HWY_INLINE hn::Vec<D> decode8(D d, hn::Vec<Words<D>> code) {
    const Words<D> words;
    constexpr int kShift = 23 - Format::kMantissaBits;
    const auto sign = hn::ShiftLeft<24>(hn::And(code, hn::Set(words, 0x80U)));
    const auto magnitude = hn::And(code, hn::Set(words, 0x7FU));
    const auto scaled = hn::BitCast(
        words, hn::Mul(hn::BitCast(d, hn::ShiftLeft<kShift>(magnitude)), hn::Set(d, Format::kDecodeScale)));
    const hn::RebindToSigned<D> integers;
    const auto special =
        hn::Gt(hn::BitCast(integers, magnitude), hn::Set(integers, int32_t{Format::kMaxCode}));
    // E5M2's infinity has no mantissa bits, its NaNs do; E4M3 has one NaN and no infinity.
    const auto beyond = Format::kHasInfinity
                            ? hn::Or(hn::ShiftLeft<kShift>(magnitude), hn::Set(words, 0x7F800000U))
                            : hn::Set(words, 0x7FC00000U);
    return hn::BitCast(d, hn::Or(sign, hn::IfThenElse(hn::RebindMask(words, special), beyond, scaled)));
}

/// The same of codes that are finite: the sign stays where it is, and an arithmetic shift leaves the
/// magnitude in its place.
template <class Format, class D>
HWY_INLINE hn::Vec<D> decodeFinite8(D d, hn::Vec<Words<D>> code) {
    const hn::RebindToSigned<D> integers;
    constexpr int kShift = Format::kMantissaBits + 1;
    constexpr auto kPlaces = static_cast<int32_t>(0x80000000U | (0x7FU << (24 - kShift)));
    const auto top = hn::BitCast(integers, hn::ShiftLeft<24>(code));
    const auto bits = hn::And(hn::ShiftRight<kShift>(top), hn::Set(integers, kPlaces));
    return hn::Mul(hn::BitCast(d, bits), hn::Set(d, Format::kDecodeScale));
}

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const E4M3* from) {
    return decode8<E4M3>(d, hn::PromoteTo(Words<D>(), hn::LoadU(hn::Rebind<uint8_t, D>(), &from->bits)));
}

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const E5M2* from) {
    return decode8<E5M2>(d, hn::PromoteTo(Words<D>(), hn::LoadU(hn::Rebind<uint8_t, D>(), &from->bits)));
}

template <class D>
HWY_INLINE void store(hn::Vec<D> value, D d, float* to) {
    hn::StoreU(value, d, to);
}

/// The bf16 nearest to a number in the upper half of its word; the lower half is arbitrary.
template <class D>
HWY_INLINE hn::Vec<Words<D>> roundBf16(D /*d*/, hn::Vec<D> value) {
    const Words<D> words;
    const auto bits = hn::BitCast(words, value);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(words, 1U));
    const auto rounded = hn::Add(hn::Add(bits, hn::Set(words, 0x7FFFU)), odd);
    const auto quiet = hn::Or(bits, hn::Set(words, 0x400000U));
    return hn::IfThenElse(hn::RebindMask(words, hn::IsNaN(value)), quiet, rounded);
}

template <class D>
HWY_INLINE hn::Vec<Words<D>> encodeBf16(D d, hn::Vec<D> value) {
    return hn::ShiftRight<16>(roundBf16(d, value));
}

template <class D>
HWY_INLINE void store(hn::Vec<D> value, D d, BF16* to) {
    const hn::Rebind<uint16_t, D> narrow;
    const auto bits = hn::BitCast(hn::RebindToSigned<D>(), encodeBf16(d, value));
    hn::StoreU(hn::DemoteTo(narrow, bits), narrow, &to->bits);
}

/// Two vectors in turns: to[2 i] = even[i], to[2 i + 1] = odd[i].
template <class D>
HWY_INLINE void storePair(hn::Vec<D> even, hn::Vec<D> odd, D d, BF16* to) {
    const hn::Repartition<uint16_t, D> narrow;
    const auto low = hn::BitCast(narrow, encodeBf16(d, even));
    const auto high = hn::BitCast(narrow, roundBf16(d, odd));
    hn::StoreU(hn::OddEven(high, low), narrow, &to->bits);
}

/// The code of a magnitude below the smallest normal number falls out of an addition, whose last place is the
/// unit of the subnormals; that of others of the usual addition of a half to the bits.
template <class Format, class D>
HWY_INLINE hn::Vec<Words<D>> encodeMagnitude(D d, hn::Vec<D> magnitude) {
    const Words<D> words;
    const hn::RebindToSigned<D> integers;
    constexpr int kDropped = 23 - Format::kMantissaBits;
    constexpr uint32_t kShifter = static_cast<uint32_t>(127 + 24 - Format::kBias - Format::kMantissaBits)
                                  << 23;
    const auto bits = hn::BitCast(words, magnitude);
    const auto rebiased = hn::Sub(bits, hn::Set(words, static_cast<uint32_t>(127 - Format::kBias) << 23));
    const auto odd = hn::And(hn::ShiftRight<kDropped>(rebiased), hn::Set(words, 1U));
    const auto normal =
        hn::ShiftRight<kDropped>(hn::Add(hn::Add(rebiased, hn::Set(words, (1U << (kDropped - 1)) - 1)), odd));
    const auto shifter = hn::BitCast(d, hn::Set(words, kShifter));
    const auto subnormal = hn::Sub(hn::BitCast(words, hn::Add(magnitude, shifter)), hn::Set(words, kShifter));
    const auto is_small = hn::Lt(hn::BitCast(integers, bits),
                                 hn::Set(integers, static_cast<int32_t>(128 - Format::kBias) << 23));
    return hn::IfThenElse(hn::RebindMask(words, is_small), subnormal, normal);
}

template <class Format, class D>
HWY_INLINE hn::Vec<Words<D>> encode8(D d, hn::Vec<D> value) {
    const Words<D> words;
    const auto bits = hn::BitCast(words, value);
    const auto sign = hn::ShiftRight<24>(hn::And(bits, hn::Set(words, 0x80000000U)));
    const auto magnitude = hn::Min(hn::Abs(value), hn::Set(d, Format::kMax));
    const auto code = hn::IfThenElse(hn::RebindMask(words, hn::IsNaN(value)), hn::Set(words, 0x7FU),
                                     encodeMagnitude<Format>(d, magnitude));
    return hn::Or(code, sign);
}

template <class Format, class D>
HWY_INLINE void store8(hn::Vec<D> value, D d, uint8_t* to) {
    const hn::Rebind<uint8_t, D> narrow;
    const auto code = hn::BitCast(hn::RebindToSigned<D>(), encode8<Format>(d, value));
    hn::StoreU(hn::DemoteTo(narrow, code), narrow, to);
}

template <class D>
HWY_INLINE void store(hn::Vec<D> value, D d, E4M3* to) {
    store8<E4M3>(value, d, &to->bits);
}

template <class D>
HWY_INLINE void store(hn::Vec<D> value, D d, E5M2* to) {
    store8<E5M2>(value, d, &to->bits);
}

template <class D>
HWY_INLINE void store(hn::Vec<D> value, D d, F16* to) {
    const Words<D> words;
    const hn::Rebind<uint16_t, D> narrow;
    const auto bits = hn::BitCast(words, value);
    const auto sign = hn::ShiftRight<16>(hn::And(bits, hn::Set(words, 0x80000000U)));
    // What rounds beyond the largest number is infinite; the bound keeps the code from running over.
    const auto magnitude = hn::Min(hn::Abs(value), hn::Set(d, F16::kInfinite));
    const auto nan =
        hn::Or(hn::Set(words, 0x7E00U), hn::And(hn::ShiftRight<13>(bits), hn::Set(words, 0x3FFU)));
    const auto code =
        hn::IfThenElse(hn::RebindMask(words, hn::IsNaN(value)), nan, encodeMagnitude<F16>(d, magnitude));
    const auto all = hn::BitCast(hn::RebindToSigned<D>(), hn::Or(code, sign));
    hn::StoreU(hn::DemoteTo(narrow, all), narrow, &to->bits);
}

/// The first `count` elements, fewer than a vector has; the others are 0. Never reads behind them.
template <class D, class T>
HWY_INLINE hn::Vec<D> loadSome(D d, const T* from, size_t count) {
    HWY_ALIGN T lanes[hn::MaxLanes(D())] = {};
    for (size_t i = 0; i < count; ++i) {
        lanes[i] = from[i];
    }
    return load(d, lanes);
}

template <class D, class T>
HWY_INLINE void storeSome(hn::Vec<D> value, D d, T* to, size_t count) {
    HWY_ALIGN T lanes[hn::MaxLanes(D())];
    store(value, d, lanes);
    for (size_t i = 0; i < count; ++i) {
        to[i] = lanes[i];
    }
}

/// Calls body(offset, lanes) for whole vectors, then once for the rest, with fewer lanes.
template <class D, class Whole, class Rest>
HWY_INLINE void forVectors(D d, int64_t count, const Whole& whole, const Rest& rest) {
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        whole(i);
    }
    if (i < count) {
        rest(i, static_cast<size_t>(count - i));
    }
}

}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
