#include "src/cpu/pointwise_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/pointwise_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "src/cpu/convert-inl.h"
#include "src/cpu/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// x between -limit and limit; a NaN stays one.
HWY_INLINE Vec within(Vec x, float limit) {
    const F32 d;
    const Vec high = hn::Set(d, limit);
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(hn::Min(x, high), hn::Neg(high)));
}

/// 1 / (1 + exp(-x)), by the power that cannot overflow. Where it is multiplied by x, x is bounded: 0 times
/// infinity is not 0.
HWY_INLINE Vec sigmoid(Vec x) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    const Vec power = expOfNegative(d, hn::Neg(hn::Abs(x)));
    return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), power, one), hn::Add(one, power));
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

/// exp(-x^2 / 2), within some units in the last place where it is above 2^-126, 0 below: 2^(k + r) with a
/// polynomial of degree 5 that is minimax on |r| <= 1/2.
HWY_INLINE Vec bellOf(Vec x) {
    const F32 d;
    const Words<F32> words;
    const Vec shifter = hn::Set(d, 0x1.8p23F);  // leaves the nearest integer in the low bits
    const Vec y = hn::Max(hn::Mul(hn::Mul(x, x), hn::Set(d, -0.72134752F)), hn::Set(d, -127.0F));
    const Vec shifted = hn::Add(y, shifter);
    const Vec r = hn::Sub(y, hn::Sub(shifted, shifter));
    Vec p = hn::Set(d, 0.0013264727F);
    for (const float term : {0.009671513F, 0.055507336F, 0.24022242F, 0.693147F, 1.0F}) {
        p = hn::MulAdd(p, r, hn::Set(d, term));
    }
    const auto exponent = hn::Add(hn::BitCast(words, shifted), hn::Set(words, 127U - 0x4b400000U));
    return hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(exponent)));
}

/// The normal distribution function of -|x|, within some 5 units in the last place of a float; and
/// exp(-x^2 / 2), times which it is a polynomial in t = 1 / (1 + 0.345 |x|): minimax for |x| <= 14.8, beyond
/// which the power is 0.
HWY_INLINE Vec lowerTail(Vec x, Vec& bell) {
    const F32 d;
    const Vec one = hn::Set(d, 1.0F);
    bell = bellOf(x);
    const Vec t = hn::Div(one, hn::MulAdd(hn::Abs(x), hn::Set(d, 0.345F), one));
    Vec sum = hn::Set(d, -0.028019484F);
    for (const float term : {0.1436304F, -0.26799151F, 0.18382302F, -0.035455205F, 0.11096336F, 0.11743247F,
                             0.13799638F, 0.13762057F}) {
        sum = hn::MulAdd(sum, t, hn::Set(d, term));
    }
    return hn::Mul(hn::Mul(sum, t), bell);
}

/// The normal distribution function from its lower tail.
HWY_INLINE Vec phi(Vec x, Vec tail) {
    const F32 d;
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 1.0F), tail));
}

HWY_INLINE Vec geluErf(Vec x) {
    const F32 d;
    Vec bell;
    const Vec tail = lowerTail(x, bell);
    // phi(-infinity) is 0, but its product with -infinity is NaN. (phi keeps a NaN that the maximum loses.)
    return hn::Mul(hn::Max(x, hn::Set(d, -40.0F)), phi(x, tail));
}

HWY_INLINE Vec geluErfSlope(Vec x) {
    const F32 d;
    const Vec limit = hn::Set(d, 15.0F);  // where the density is 0
    Vec bell;
    const Vec tail = lowerTail(x, bell);
    const Vec bounded = hn::Max(hn::Min(x, limit), hn::Neg(limit));
    return hn::MulAdd(bounded, hn::Mul(bell, hn::Set(d, 0.3989422804F)), phi(x, tail));
}

template <class T>
void geluRunOf(const T* x, bool uses_tanh, int64_t n, T* out) {
    if (uses_tanh) {
        mapVectors(F32(), n, out, [](Vec v) HWY_ATTR { return geluTanh(v); }, x);
    } else {
        mapVectors(F32(), n, out, [](Vec v) HWY_ATTR { return geluErf(v); }, x);
    }
}

void geluRunHere(Element type, const void* x, bool uses_tanh, int64_t n, void* out) {
    visitFloat(type, x, [&]<class T>(const T* from) { geluRunOf(from, uses_tanh, n, static_cast<T*>(out)); });
}

template <class T>
void geluRunBackwardOf(const T* x, const T* dout, bool uses_tanh, int64_t n, T* dx) {
    if (uses_tanh) {
        mapVectors(F32(), n, dx, [](Vec v, Vec g) HWY_ATTR { return hn::Mul(g, geluTanhSlope(v)); }, x, dout);
    } else {
        mapVectors(F32(), n, dx, [](Vec v, Vec g) HWY_ATTR { return hn::Mul(g, geluErfSlope(v)); }, x, dout);
    }
}

void geluRunBackwardHere(Element type, const void* x, const void* dout, bool uses_tanh, int64_t n, void* dx) {
    visitFloat(type, x, [&]<class T>(const T* from) {
        geluRunBackwardOf(from, static_cast<const T*>(dout), uses_tanh, n, static_cast<T*>(dx));
    });
}

void swigluRunHere(const float* gate, const float* up, int64_t n, float* out) {
    mapVectors(F32(), n, out, [](Vec g, Vec u) HWY_ATTR { return hn::Mul(timesSigmoid(g, g), u); }, gate, up);
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

void geluRun(Element type, const void* x, bool uses_tanh, int64_t n, void* out) {
    HWY_DYNAMIC_DISPATCH(geluRunHere)(type, x, uses_tanh, n, out);
}

void geluRunBackward(Element type, const void* x, const void* dout, bool uses_tanh, int64_t n, void* dx) {
    HWY_DYNAMIC_DISPATCH(geluRunBackwardHere)(type, x, dout, uses_tanh, n, dx);
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
