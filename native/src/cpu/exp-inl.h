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

/// exp(x) of x <= 0 (and a little above), within 2 units in the last place: 0 for -infinity and where the
/// result is below half of the smallest number, NaN for NaN.
///
/// x = k ln 2 + r; exp(r) is a polynomial of degree 7, minimax on |r| <= ln(2) / 2. 2^k alone may be below
/// 2^-126: it is taken 2^24 too large.
template <class D>
HWY_INLINE hn::Vec<D> expOfNegative(D d, hn::Vec<D> x) {
    const hn::RebindToUnsigned<D> words;
    const auto lowest = hn::Set(d, -104.0F);
    const auto shifter = hn::Set(d, 0x1.8p23F);  // leaves the nearest integer in the low bits
    x = hn::IfThenElse(hn::Lt(x, lowest), lowest, x);
    const auto shifted = hn::MulAdd(x, hn::Set(d, 0x1.715476p0F), shifter);
    const auto k = hn::Sub(shifted, shifter);
    auto r = hn::NegMulAdd(k, hn::Set(d, 0x1.62e400p-1F), x);
    r = hn::NegMulAdd(k, hn::Set(d, 0x1.7f7d1cp-20F), r);
    auto q = hn::Set(d, 0.0001989198131397769F);
    for (const float term : {0.0013934541928270264F, 0.0083333100242252924F, 0.041666456809677876F,
                             0.16666666682534356F, 0.50000000142862234F}) {
        q = hn::MulAdd(q, r, hn::Set(d, term));
    }
    const auto p = hn::Add(hn::Set(d, 1.0F), hn::MulAdd(q, hn::Mul(r, r), r));
    const auto exponent = hn::Add(hn::BitCast(words, shifted), hn::Set(words, 127U + 24U - 0x4b400000U));
    const auto power = hn::BitCast(d, hn::ShiftLeft<23>(exponent));
    return hn::Mul(hn::Mul(p, power), hn::Set(d, 0x1p-24F));
}

/// 2^x of x <= 0 within a part in 300,000, which is far below what a result of 16 bits can tell apart; 0 for
/// -infinity and where the result is below 2^-126. NaN gives anything.
///
/// x = k + r; 2^r is a polynomial of degree 4, minimax on |r| <= 1/2.
template <class D>
HWY_INLINE hn::Vec<D> coarseExp2OfNegative(D d, hn::Vec<D> x) {
    const hn::RebindToUnsigned<D> words;
    const auto shifter = hn::Set(d, 0x1.8p23F);  // leaves the nearest integer in the low bits
    x = hn::Max(x, hn::Set(d, -127.0F));
    const auto shifted = hn::Add(x, shifter);
    const auto r = hn::Sub(x, hn::Sub(shifted, shifter));
    auto p = hn::Set(d, 0.009570102F);
    for (const float term : {0.05591786F, 0.24024745F, 0.6931218F, 0.99999926F}) {
        p = hn::MulAdd(p, r, hn::Set(d, term));
    }
    const auto exponent = hn::Add(hn::BitCast(words, shifted), hn::Set(words, 127U - 0x4b400000U));
    return hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(exponent)));
}

}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
