// exp, expm1, log, log1p, tanh, logistic and powers of floats. Polynomials are Chebyshev fits on the reduced
// interval.
#include "bits.h"

OPTIRS_MATH float optirs_exp_f32(float x) {
    x = x < -104.0f ? -104.0f : x;
    x = x > 89.0f ? 89.0f : x;
    int32_t k;
    const float p = reducedExp(x, &k);
    // Two factors, so that results below 2^-126 are rounded once and those above 2^128 become infinite.
    const int32_t half = k >> 1;
    const float low = f32OfBits((uint32_t)(half + 127) << 23);
    const float high = f32OfBits((uint32_t)(k - half + 127) << 23);
    return p * low * high;
}

OPTIRS_MATH float optirs_expm1_f32(float x) {
    float y = x < -30.0f ? -30.0f : x;
    y = y > 89.0f ? 89.0f : y;
    int32_t k;
    const float p = reducedExpm1(y, &k);
    const float half_scale = f32OfBits((uint32_t)(k + 126) << 23);
    const float result = 2.0f * __builtin_fmaf(half_scale, p, half_scale - 0.5f);
    return __builtin_fabsf(x) < 1e-10f ? x : result;
}

OPTIRS_MATH float optirs_tanh_f32(float x) {
    float a = __builtin_fabsf(x);
    a = a > 10.0f ? 10.0f : a;
    const float t = optirs_expm1_f32(2.0f * a);
    const float result = __builtin_copysignf(t / (t + 2.0f), x);
    return x != x ? x : result;
}

OPTIRS_MATH float optirs_exp_negative_f32(float x) { return expOfNegative(x); }

OPTIRS_MATH float optirs_logistic_f32(float x) {
    const float e = expOfNegative(-__builtin_fabsf(x));
    return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}

OPTIRS_MATH float optirs_log_f32(float x) {
    const int tiny = x < 0x1p-126f;
    const float scaled = tiny ? x * 0x1p23f : x;
    const uint32_t shifted = bitsOfF32(scaled) - 0x3f3504f3u;
    const int32_t e = (int32_t)shifted >> 23;
    const float f = f32OfBits(bitsOfF32(scaled) - ((uint32_t)e << 23)) - 1.0f;
    const float kf = (float)(e - (tiny ? 23 : 0));
    float p = 0.069807019586649742f;
    p = __builtin_fmaf(p, f, -0.11494546612890219f);
    p = __builtin_fmaf(p, f, 0.11689071137457869f);
    p = __builtin_fmaf(p, f, -0.12424037717650197f);
    p = __builtin_fmaf(p, f, 0.14248551264361469f);
    p = __builtin_fmaf(p, f, -0.16667850972851766f);
    p = __builtin_fmaf(p, f, 0.20000730503852239f);
    p = __builtin_fmaf(p, f, -0.24999996626939481f);
    p = __builtin_fmaf(p, f, 0.33333331121880151f);
    const float f2 = f * f;
    float tail = __builtin_fmaf(p * f, f2, kf * 0x1.7f7d1cp-20f);
    tail = __builtin_fmaf(-0.5f, f2, tail);
    float result = __builtin_fmaf(kf, 0x1.62e400p-1f, tail + f);
    result = x == __builtin_inff() ? x : result;
    result = x == 0.0f ? -__builtin_inff() : result;
    return x < 0.0f || x != x ? __builtin_nanf("") : result;
}

OPTIRS_MATH float optirs_log1p_f32(float x) {
    const double u = 1.0 + (double)x;
    // Near 0 the sum has lost bits of x, and the reduced argument is x itself.
    const int near_one = x > -0.25f && x < 0.25f;
    const double reduced = coarseLog1pReduced(near_one ? (double)x : 0.0);
    const double full = coarseLog(u > 0.0 && u < 1e300 ? u : 1.0);
    float result = (float)(near_one ? reduced : full);
    result = x == 0.0f || x == __builtin_inff() ? x : result;
    result = x == -1.0f ? -__builtin_inff() : result;
    return x < -1.0f || x != x ? __builtin_nanf("") : result;
}

OPTIRS_MATH float optirs_pow_f32(float x, float y) {
    const double a = __builtin_fabs((double)x);
    const double w = (double)y;
    double log_a = coarseLog(a > 0.0 && a < 1e300 ? a : 1.0);
    log_a = a == 0.0 ? -__builtin_inf() : log_a;
    log_a = a > 1e300 ? __builtin_inf() : log_a;
    float result = (float)coarseExp(w * log_a);
    const int whole = __builtin_trunc(w) == w;
    const int odd = whole && __builtin_trunc(0.5 * w) != 0.5 * w;
    const int negative = bitsOfF32(x) >> 31;
    result = negative && odd ? -result : result;
    result = negative && a > 0.0 && a < 1e300 && !whole ? __builtin_nanf("") : result;
    result = x != x || y != y ? __builtin_nanf("") : result;
    result = a == 1.0 && __builtin_fabs(w) > 1e300 ? 1.0f : result;
    return y == 0.0f || x == 1.0f ? 1.0f : result;
}

OPTIRS_MATH float optirs_cbrt_f32(float x) {
    const double a = __builtin_fabs((double)x);
    const int regular = a > 0.0 && a < 1e300;
    const float root = (float)coarseExp(coarseLog(regular ? a : 1.0) * (1.0 / 3));
    return regular ? __builtin_copysignf(root, x) : x;
}
