// Activations of vectors of f32, and their slopes. Compiled once for each target: included after
// hwy/highway.h by files that foreach_target.h includes again.
//
// T is what a result is rounded to: for types of 16 bits shorter polynomials do.
#if defined(OPTIRS_CPU_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OPTIRS_CPU_ACTIVATION_INL_H
#undef OPTIRS_CPU_ACTIVATION_INL_H
#else
#define OPTIRS_CPU_ACTIVATION_INL_H
#endif

#include <hwy/highway.h>

#include <type_traits>

#include "src/cpu/convert-inl.h"
#include "src/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// x between -limit and limit; a NaN stays one.
HWY_INLINE Vec within(Vec x, float limit) {
    const F32 d;
    const Vec high = hn::Set(d, limit);
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(hn::Min(x, high), hn::Neg(high)));
}

/// 1 / (1 + exp(-x)), by the power that cannot overflow. Where it is multiplied by x, x is bounded: 0 times
/// infinity is not 0. Of NaN it may be a number unless T is f32.
template <class T>
HWY_INLINE Vec sigmoid(Vec x) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const Vec power = std::is_same_v<T, float>
                          ? expOfNegative(d, hn::Neg(hn::Abs(x)))
                          : coarseExp2OfNegative(d, hn::Mul(hn::Abs(x), hn::Set(d, -1.44269504F)));
    return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), power, one), hn::Add(one, power));
}

/// x sigmoid(y), where y has the sign of x and is as large at least.
template <class T>
HWY_INLINE Vec timesSigmoid(Vec x, Vec y) {
    const F32 d;
    return hn::Mul(atLeast(d, hn::Set(d, -1e3F), x), sigmoid<T>(y));
}

// gelu(x) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3), as 1 + tanh(u) = 2 sigmoid(2u).
constexpr float kTwiceRoot = 1.5957691216057308F;  // 2 sqrt(2/pi)
constexpr float kCubic = 0.044715F;

template <class T>
HWY_INLINE Vec geluTanh(Vec x) {
    const F32 d;
    const Vec square = hn::Mul(x, x);
    const Vec inner = hn::MulAdd(hn::Mul(square, hn::Set(d, kCubic)), x, x);
    return timesSigmoid<T>(x, hn::Mul(inner, hn::Set(d, kTwiceRoot)));
}

template <class T>
HWY_INLINE Vec geluTanhSlope(Vec x) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const Vec square = hn::Mul(x, x);
    const Vec inner = hn::MulAdd(hn::Mul(square, hn::Set(d, kCubic)), x, x);
    const Vec s = sigmoid<T>(hn::Mul(inner, hn::Set(d, kTwiceRoot)));
    const Vec inner_slope = hn::Mul(hn::MulAdd(square, hn::Set(d, 3 * kCubic), one), hn::Set(d, kTwiceRoot));
    // s + x s (1 - s) u', in which the second part is 0 for all but small x.
    const Vec bell = hn::Mul(hn::Mul(s, hn::Sub(one, s)), hn::Mul(x, inner_slope));
    return hn::Add(s, hn::IfThenElse(hn::Gt(hn::Abs(x), hn::Set(d, 30.0F)), hn::Zero(d), bell));
}

/// The normal distribution function of -|x|; and exp(-x^2 / 2), times which it is a polynomial in
/// t = 1 / (1 + c |x|): minimax for |x| <= 14.8, beyond which the power is 0. For f32 within some 5 units in
/// the last place; for results of 16 bits within a part in 28,000.
template <class T>
HWY_INLINE Vec lowerTail(Vec x, Vec& bell) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const Vec magnitude = hn::Abs(x);
    const Vec exponent = hn::Mul(hn::Mul(x, x), hn::Set(d, -0.72134752F));  // of 2
    if constexpr (std::is_same_v<T, float>) {
        // Within some units in the last place: minimax of degree 5.
        bell = exp2OfNegative(d, exponent,
                              {0.0013264727F, 0.009671513F, 0.055507336F, 0.24022242F, 0.693147F, 1.0F});
        const Vec t = hn::Div(one, hn::MulAdd(magnitude, hn::Set(d, 0.345F), one));
        Vec sum = hn::Set(d, -0.028019484F);
        for (const float term : {0.1436304F, -0.26799151F, 0.18382302F, -0.035455205F, 0.11096336F,
                                 0.11743247F, 0.13799638F, 0.13762057F}) {
            sum = hn::MulAdd(sum, t, hn::Set(d, term));
        }
        return hn::Mul(hn::Mul(sum, t), bell);
    } else {
        bell = coarseExp2OfNegative(d, exponent);
        const Vec t = hn::Div(one, hn::MulAdd(magnitude, hn::Set(d, 0.38F), one));
        Vec sum = hn::Set(d, -0.089928293F);
        for (const float term : {0.18887639F, 0.091979807F, 0.15782945F, 0.15122514F}) {
            sum = hn::MulAdd(sum, t, hn::Set(d, term));
        }
        return hn::Mul(hn::Mul(sum, t), bell);
    }
}

/// The normal distribution function from its lower tail.
HWY_INLINE Vec phi(Vec x, Vec tail) {
    const F32 d;
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 1.0F), tail));
}

template <class T>
HWY_INLINE Vec geluErf(Vec x) {
    const F32 d;
    Vec bell;
    const Vec tail = lowerTail<T>(x, bell);
    // phi(-infinity) is 0, but its product with -infinity is NaN. (phi keeps a NaN that the maximum loses.)
    return hn::Mul(hn::Max(x, hn::Set(d, -40.0F)), phi(x, tail));
}

template <class T>
HWY_INLINE Vec geluErfSlope(Vec x) {
    const F32 d;
    const Vec limit = hn::Set(d, 15.0F);  // where the density is 0
    Vec bell;
    const Vec tail = lowerTail<T>(x, bell);
    const Vec bounded = hn::Max(hn::Min(x, limit), hn::Neg(limit));
    return hn::MulAdd(bounded, hn::Mul(bell, hn::Set(d, 0.3989422804F)), phi(x, tail));
}

}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
