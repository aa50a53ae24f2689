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

/// exp(x) of x <= 0 (and a little above), within 2 units in the last place: 0 for -infinity and where the
/// result is below 2^-126.5, NaN for NaN.
///
/// x log2(e) = k + r; 2^r is a polynomial of degree 6, minimax on |r| <= 1/2.
template <class D>
HWY_INLINE hn::Vec<D> expOfNegative(D d, hn::Vec<D> x) {
    const auto log2e = hn::Set(d, 0x1.715476p0F);
    const auto shifter = hn::Set(d, kIntegerShifter);
    x = atLeast(d, hn::Set(d, -88.0F), x);  // for which k is -127
    const auto shifted = hn::MulAdd(x, log2e, shifter);
    const auto k = hn::Sub(shifted, shifter);
    const auto r = hn::MulAdd(x, hn::Set(d, 0x1.4ae0c0p-26F), hn::MulSub(x, log2e, k));
    auto p = hn::Set(d, 0.00015594678F);
    for (const float term : {0.0013406643F, 0.0096176928F, 0.055503104F, 0.24022653F}) {
        p = hn::MulAdd(p, r, hn::Set(d, term));
    }
    p = hn::MulAdd(p, hn::Mul(r, r), hn::MulAdd(hn::Set(d, 0.69314724F), r, hn::Set(d, 1.0F)));
    return hn::Mul(p, powerOf2(d, shifted));
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
