#include "src/cpu/pointwise_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/pointwise_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "hwy/contrib/math/math-inl.h"
#include "src/cpu/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// out[i] = function(vectors of the inputs); the rest of a vector is worked on in a copy.
template <class Function>
HWY_INLINE void map(const float* a, int64_t n, float* out, const Function& function) {
    const F32 d;
    forVectors(
        d, n, [&](int64_t i) HWY_ATTR { hn::StoreU(function(hn::LoadU(d, a + i)), d, out + i); },
        [&](int64_t i, size_t rest)
            HWY_ATTR { storeSome(function(loadSome(d, a + i, rest)), d, out + i, rest); });
}

template <class Function>
HWY_INLINE void map(const float* a, const float* b, int64_t n, float* out, const Function& function) {
    const F32 d;
    forVectors(
        d, n,
        [&](int64_t i)
            HWY_ATTR { hn::StoreU(function(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i); },
        [&](int64_t i, size_t rest) HWY_ATTR {
            storeSome(function(loadSome(d, a + i, rest), loadSome(d, b + i, rest)), d, out + i, rest);
        });
}

/// x between -limit and limit; a NaN stays one.
HWY_INLINE Vec within(Vec x, float limit) {
    const F32 d;
    const Vec high = hn::Set(d, limit);
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(hn::Min(x, high), hn::Neg(high)));
}

/// 1 / (1 + exp(-x)), 0 from -88 down: where it is multiplied by x, x is bounded too, as 0 times infinity is
/// not 0.
HWY_INLINE Vec sigmoid(Vec x) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const Vec limit = hn::Set(d, 88.0F);
    const Vec value = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(within(x, 88.0F)))));
    return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElseZero(hn::Gt(x, hn::Neg(limit)), value));
}

/// x sigmoid(y), where y has the sign of x and is as large at least.
HWY_INLINE Vec timesSigmoid(Vec x, Vec y) {
    const F32 d;
    const Vec lowest = hn::Set(d, -1e3F);
    return hn::Mul(hn::IfThenElse(hn::Lt(x, lowest), lowest, x), sigmoid(y));
}

// gelu(x) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3), as 1 + tanh(u) = 2 sigmoid(2u).
constexpr float kTwiceRoot = 1.5957691216057308F;  // 2 sqrt(2/pi)
constexpr float kCubic = 0.044715F;

HWY_INLINE Vec geluTanh(Vec x) {
    const F32 d;
    const Vec square = hn::Mul(x, x);
    const Vec inner = hn::MulAdd(hn::Mul(square, hn::Set(d, kCubic)), x, x);
    return timesSigmoid(x, hn::Mul(inner, hn::Set(d, kTwiceRoot)));
}

HWY_INLINE Vec geluTanhSlope(Vec x) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const Vec square = hn::Mul(x, x);
    const Vec inner = hn::MulAdd(hn::Mul(square, hn::Set(d, kCubic)), x, x);
    const Vec s = sigmoid(hn::Mul(inner, hn::Set(d, kTwiceRoot)));
    const Vec inner_slope = hn::Mul(hn::MulAdd(square, hn::Set(d, 3 * kCubic), one), hn::Set(d, kTwiceRoot));
    // s + x s (1 - s) u', in which the second part is 0 for all but small x.
    const Vec bell = hn::Mul(hn::Mul(s, hn::Sub(one, s)), hn::Mul(x, inner_slope));
    return hn::Add(s, hn::IfThenElse(hn::Gt(hn::Abs(x), hn::Set(d, 30.0F)), hn::Zero(d), bell));
}

/// erfc(a) exp(a^2) of a >= 0, by Numerical Recipes' Chebyshev fit (fractional error below 1.2e-7), without
/// the power.
HWY_INLINE Vec erfcFactor(Vec a, Vec& t) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    t = hn::Div(one, hn::MulAdd(a, hn::Set(d, 0.5F), one));
    constexpr float kTerms[] = {0.17087277F,  -0.82215223F, 1.48851587F, -1.13520398F, 0.27886807F,
                                -0.18628806F, 0.09678418F,  0.37409196F, 1.00002368F,  -1.26551223F};
    Vec sum = hn::Set(d, kTerms[0]);
    for (int k = 1; k < 10; ++k) {
        sum = hn::MulAdd(sum, t, hn::Set(d, kTerms[k]));
    }
    return sum;
}

/// The normal distribution function.
HWY_INLINE Vec phi(Vec x) {
    const F32 d;
    const Vec a = hn::Mul(hn::Abs(x), hn::Set(d, 0.70710678F));
    Vec t;
    const Vec power = hn::NegMulAdd(a, a, erfcFactor(a, t));
    const Vec bounded = hn::Max(power, hn::Set(d, -103.0F));
    const Vec tail = hn::Mul(hn::Mul(hn::Set(d, 0.5F), t), hn::Exp(d, bounded));  // of |x|, above it
    const Vec upper = hn::Sub(hn::Set(d, 1.0F), tail);
    return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, upper));
}

HWY_INLINE Vec geluErf(Vec x) {
    const F32 d;
    // phi(-infinity) is 0, but its product with -infinity is NaN.
    const Vec lowest = hn::Set(d, -40.0F);
    return hn::Mul(hn::IfThenElse(hn::Lt(x, lowest), lowest, x), phi(x));
}

HWY_INLINE Vec geluErfSlope(Vec x) {
    const F32 d;
    const Vec limit = hn::Set(d, 15.0F);  // where the density is 0 in f32
    const Vec bounded = hn::Max(hn::Min(x, limit), hn::Neg(limit));
    const Vec density =
        hn::Mul(hn::Set(d, 0.3989422804F), hn::Exp(d, hn::Mul(hn::Set(d, -0.5F), hn::Mul(bounded, bounded))));
    return hn::MulAdd(bounded, density, phi(x));
}

void geluRunHere(const float* x, bool uses_tanh, int64_t n, float* out) {
    if (uses_tanh) {
        map(x, n, out, [](Vec v) HWY_ATTR { return geluTanh(v); });
    } else {
        map(x, n, out, [](Vec v) HWY_ATTR { return geluErf(v); });
    }
}

void geluRunBackwardHere(const float* x, const float* dout, bool uses_tanh, int64_t n, float* dx) {
    if (uses_tanh) {
        map(x, dout, n, dx, [](Vec v, Vec g) HWY_ATTR { return hn::Mul(g, geluTanhSlope(v)); });
    } else {
        map(x, dout, n, dx, [](Vec v, Vec g) HWY_ATTR { return hn::Mul(g, geluErfSlope(v)); });
    }
}

void swigluRunHere(const float* gate, const float* up, int64_t n, float* out) {
    map(gate, up, n, out, [](Vec g, Vec u) HWY_ATTR { return hn::Mul(timesSigmoid(g, g), u); });
}

void swigluRunBackwardHere(const float* gate, const float* up, const float* dout, int64_t n, float* dgate,
                           float* dup) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const auto step = [&](Vec g, Vec u, Vec change, Vec& g_change, Vec& u_change) HWY_ATTR {
        const Vec s = sigmoid(g);
        const Vec bounded = within(g, 1e3F);
        u_change = hn::Mul(change, timesSigmoid(g, g));
        g_change = hn::Mul(hn::Mul(change, u), hn::Mul(s, hn::MulAdd(bounded, hn::Sub(one, s), one)));
    };
    forVectors(
        d, n,
        [&](int64_t i) HWY_ATTR {
            Vec g_change;
            Vec u_change;
            step(hn::LoadU(d, gate + i), hn::LoadU(d, up + i), hn::LoadU(d, dout + i), g_change, u_change);
            hn::StoreU(g_change, d, dgate + i);
            hn::StoreU(u_change, d, dup + i);
        },
        [&](int64_t i, size_t rest) HWY_ATTR {
            Vec g_change;
            Vec u_change;
            step(loadSome(d, gate + i, rest), loadSome(d, up + i, rest), loadSome(d, dout + i, rest),
                 g_change, u_change);
            storeSome(g_change, d, dgate + i, rest);
            storeSome(u_change, d, dup + i, rest);
        });
}

void rotateRunHere(const float* first, const float* second, const float* cosine, const float* sine,
                   float direction, int64_t n, float* out_first, float* out_second) {
    const F32 d;
    const Vec sign = hn::Set(d, direction);
    const auto step = [&](Vec a, Vec b, Vec c, Vec plain, Vec& out_a, Vec& out_b) HWY_ATTR {
        const Vec s = hn::Mul(plain, sign);
        out_a = hn::NegMulAdd(b, s, hn::Mul(a, c));
        out_b = hn::MulAdd(a, s, hn::Mul(b, c));
    };
    forVectors(
        d, n,
        [&](int64_t i) HWY_ATTR {
            Vec a;
            Vec b;
            step(hn::LoadU(d, first + i), hn::LoadU(d, second + i), hn::LoadU(d, cosine + i),
                 hn::LoadU(d, sine + i), a, b);
            hn::StoreU(a, d, out_first + i);
            hn::StoreU(b, d, out_second + i);
        },
        [&](int64_t i, size_t rest) HWY_ATTR {
            Vec a;
            Vec b;
            step(loadSome(d, first + i, rest), loadSome(d, second + i, rest), loadSome(d, cosine + i, rest),
                 loadSome(d, sine + i, rest), a, b);
            storeSome(a, d, out_first + i, rest);
            storeSome(b, d, out_second + i, rest);
        });
}

/// One block of Philox4x32-10 (Salmon et al., 2011).
HWY_INLINE void philox(uint64_t key, uint64_t counter, uint32_t* words) {
    uint32_t k0 = static_cast<uint32_t>(key);
    uint32_t k1 = static_cast<uint32_t>(key >> 32);
    uint32_t c0 = static_cast<uint32_t>(counter);
    uint32_t c1 = static_cast<uint32_t>(counter >> 32);
    uint32_t c2 = 0;
    uint32_t c3 = 0;
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = uint64_t{0xD2511F53U} * c0;
        const uint64_t p1 = uint64_t{0xCD9E8D57U} * c2;
        c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
        c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
        c1 = static_cast<uint32_t>(p1);
        c3 = static_cast<uint32_t>(p0);
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

void dropoutRunHere(const float* x, double probability, uint64_t seed, uint64_t block, int64_t n,
                    float* out) {
    const auto scale = static_cast<float>(1 / (1 - probability));
    const auto threshold = static_cast<uint32_t>(std::min(probability * 4294967296.0, 4294967295.0));
    for (int64_t i = 0; i < n; i += 4) {
        uint32_t words[4];
        philox(seed, block + static_cast<uint64_t>(i / 4), words);
        for (int64_t k = 0; k < 4 && i + k < n; ++k) {
            out[i + k] = words[k] >= threshold ? x[i + k] * scale : 0.0F;
        }
    }
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(geluRunHere);
HWY_EXPORT(geluRunBackwardHere);
HWY_EXPORT(swigluRunHere);
HWY_EXPORT(swigluRunBackwardHere);
HWY_EXPORT(rotateRunHere);
HWY_EXPORT(dropoutRunHere);

void geluRun(const float* x, bool uses_tanh, int64_t n, float* out) {
    HWY_DYNAMIC_DISPATCH(geluRunHere)(x, uses_tanh, n, out);
}

void geluRunBackward(const float* x, const float* dout, bool uses_tanh, int64_t n, float* dx) {
    HWY_DYNAMIC_DISPATCH(geluRunBackwardHere)(x, dout, uses_tanh, n, dx);
}

void swigluRun(const float* gate, const float* up, int64_t n, float* out) {
    HWY_DYNAMIC_DISPATCH(swigluRunHere)(gate, up, n, out);
}

void swigluRunBackward(const float* gate, const float* up, const float* dout, int64_t n, float* dgate,
                       float* dup) {
    HWY_DYNAMIC_DISPATCH(swigluRunBackwardHere)(gate, up, dout, n, dgate, dup);
}

void rotateRun(const float* first, const float* second, const float* cosine, const float* sine,
               float direction, int64_t n, float* out_first, float* out_second) {
    HWY_DYNAMIC_DISPATCH(rotateRunHere)(first, second, cosine, sine, direction, n, out_first, out_second);
}

void dropoutRun(const float* x, double probability, uint64_t seed, uint64_t block, int64_t n, float* out) {
    HWY_DYNAMIC_DISPATCH(dropoutRunHere)(x, probability, seed, block, n, out);
}

}  // namespace optirs::cpu
#endif
