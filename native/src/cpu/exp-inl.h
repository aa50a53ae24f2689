// exp of vectors of f32. Compiled once for each target: included after hwy/highway.h by files that
// foreach_target.h includes again.
#if defined(OPTIRS_CPU_EXP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OPTIRS_CPU_EXP_INL_H
#undef OPTIRS_CPU_EXP_INL_H
#else
#define OPTIRS_CPU_EXP_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// x, or `lowest` if x is below it; a NaN stays one.
template <class D>
HWY_INLINE hn::Vec<D> atLeast(D /*d*/, hn::Vec<D> lowest, hn::Vec<D> x) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
    return hn::Max(lowest, x);  // of a NaN and a number x86 takes the second
#else
    return hn::IfThenElse(hn::Lt(x, lowest), lowest, x);
#endif
}

/// What leaves the nearest integer in the low bits when it is added.
constexpr float kIntegerShifter = 0x1.8p23F;

/// 2^k of k + kIntegerShifter, from -126 on; the bits of -127 are those of 0.
template <class D>
HWY_INLINE hn::Vec<D> powerOf2(D d, hn::Vec<D> shifted) {
    const hn::RebindToUnsigned<D> words;
    const auto exponent = hn::Add(hn::BitCast(words, shifted), hn::Set(words, 127U - 0x4b400000U));
    return hn::BitCast(d, hn::ShiftLeft<23>(exponent));
}

/// 2^r of |r| <= 1/2: minimax of degree 6, in pairs of terms, whose chains of instructions are shorter than
/// those of one term after the other.
template <class D>
HWY_INLINE hn::Vec<D> exp2OfFraction(D d, hn::Vec<D> r) {
    const auto square = hn::Mul(r, r);
    const auto low = hn::MulAdd(r, hn::Set(d, 0.69314724F), hn::Set(d, 1.0F));
    const auto middle = hn::MulAdd(r, hn::Set(d, 0.055503104F), hn::Set(d, 0.24022653F));
    const auto high = hn::MulAdd(r, hn::Set(d, 0.0013406643F), hn::Set(d, 0.0096176928F));
    const auto upper = hn::MulAdd(square, hn::MulAdd(square, hn::Set(d, 0.00015594678F), high), middle);
    return hn::MulAdd(square, upper, low);
}

/// exp(x) of x <= 0 (and a little above): 0 for -infinity and where the result is below 2^-126.5, NaN for
/// NaN. x log2(e) = k + r, where log2(e) has the bits of one f32, or of two.
template <bool kOfTwo, class D>
HWY_INLINE hn::Vec<D> expOfNegativeBy(D d, hn::Vec<D> x) {
    const auto log2e = hn::Set(d, 0x1.715476p0F);
    const auto shifter = hn::Set(d, kIntegerShifter);
    x = atLeast(d, hn::Set(d, -88.0F), x);  // for which k is -127
    const auto shifted = hn::MulAdd(x, log2e, shifter);
    auto r = hn::MulSub(x, log2e, hn::Sub(shifted, shifter));
    if constexpr (kOfTwo) {
        r = hn::MulAdd(x, hn::Set(d, 0x1.4ae0c0p-26F), r);
    }
    return hn::Mul(exp2OfFraction(d, r), powerOf2(d, shifted));
}

/// The same within 2 units in the last place.
template <class D>
HWY_INLINE hn::Vec<D> expOfNegative(D d, hn::Vec<D> x) {
    return expOfNegativeBy<true>(d, x);
}

/// The same where it is a weight among others up to 1: within a part in 8 million, of 1, not of itself.
template <class D>
HWY_INLINE hn::Vec<D> weightOfNegative(D d, hn::Vec<D> x) {
    return expOfNegativeBy<false>(d, x);
}

/// 2^x of x <= 0; 0 for -infinity and where the result is below 2^-126.5. NaN gives anything. x = k + r; 2^r
/// is a polynomial on |r| <= 1/2, of these terms from the highest on.
template <class D, size_t kTerms>
HWY_INLINE hn::Vec<D> exp2OfNegative(D d, hn::Vec<D> x, const float (&terms)[kTerms]) {
    const auto shifter = hn::Set(d, kIntegerShifter);
    x = hn::Max(x, hn::Set(d, -127.0F));
    const auto shifted = hn::Add(x, shifter);
    const auto r = hn::Sub(x, hn::Sub(shifted, shifter));
    auto p = hn::Set(d, terms[0]);
#pragma GCC unroll 8
    for (size_t i = 1; i < kTerms; ++i) {
        p = hn::MulAdd(p, r, hn::Set(d, terms[i]));
    }
    return hn::Mul(p, powerOf2(d, shifted));
}

/// The same within a part in 300,000, which is far below what a result of 16 bits can tell apart: minimax of
/// degree 4.
template <class D>
HWY_INLINE hn::Vec<D> coarseExp2OfNegative(D d, hn::Vec<D> x) {
    return exp2OfNegative(d, x, {0.009570102F, 0.05591786F, 0.24024745F, 0.6931218F, 0.99999926F});
}

}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
