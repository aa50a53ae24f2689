// Bit casts and the two reductions that most functions of this folder share. All of it is branch-free, so
// that the loops it is inlined into can be vectorised.
#pragma once

#include <stdint.h>

#define OPTIRS_MATH __attribute__((always_inline)) __attribute__((used))
#define OPTIRS_LOCAL static inline __attribute__((always_inline))

OPTIRS_LOCAL uint32_t bitsOfF32(float x) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, 4);
    return bits;
}
OPTIRS_LOCAL float f32OfBits(uint32_t bits) {
    float x;
    __builtin_memcpy(&x, &bits, 4);
    return x;
}
OPTIRS_LOCAL uint64_t bitsOfF64(double x) {
    uint64_t bits;
    __builtin_memcpy(&bits, &x, 8);
    return bits;
}
OPTIRS_LOCAL double f64OfBits(uint64_t bits) {
    double x;
    __builtin_memcpy(&x, &bits, 8);
    return x;
}

// Reduces x = k ln2 + r, returns expm1(r) and leaves the integer in *k.
OPTIRS_LOCAL float reducedExpm1(float x, int32_t* k) {
    const float shifted = __builtin_fmaf(x, 0x1.715476p0f, 0x1.8p23f);
    const float kf = shifted - 0x1.8p23f;
    *k = (int32_t)(bitsOfF32(shifted) - 0x4b400000u);
    float r = __builtin_fmaf(kf, -0x1.62e400p-1f, x);
    r = __builtin_fmaf(kf, -0x1.7f7d1cp-20f, r);
    float q = 0.0001989198131397769f;
    q = __builtin_fmaf(q, r, 0.0013934541928270264f);
    q = __builtin_fmaf(q, r, 0.0083333100242252924f);
    q = __builtin_fmaf(q, r, 0.041666456809677876f);
    q = __builtin_fmaf(q, r, 0.16666666682534356f);
    q = __builtin_fmaf(q, r, 0.50000000142862234f);
    return __builtin_fmaf(q, r * r, r);
}

// exp(x) is 2^k times this, |x| < 2^22: x log2(e) = k + r, and 2^r is a polynomial of degree 6, minimax on
// |r| <= 1/2 with a relative error of 2.6e-9.
OPTIRS_LOCAL float reducedExp(float x, int32_t* k) {
    const float shifted = __builtin_fmaf(x, 0x1.715476p0f, 0x1.8p23f);
    *k = (int32_t)(bitsOfF32(shifted) - 0x4b400000u);
    float r = __builtin_fmaf(x, 0x1.715476p0f, 0x1.8p23f - shifted);
    r = __builtin_fmaf(x, 0x1.4ae0c0p-26f, r);
    float p = 0.00015594677824992687f;
    p = __builtin_fmaf(p, r, 0.0013406643411144614f);
    p = __builtin_fmaf(p, r, 0.009617692790925503f);
    p = __builtin_fmaf(p, r, 0.055503103882074356f);
    p = __builtin_fmaf(p, r, 0.24022652208805084f);
    return __builtin_fmaf(p, r * r, __builtin_fmaf(0.6931472420692444f, r, 1.0f));
}

// exp(x) of x <= 0, NaN kept. 2^k alone may be below 2^-126: it is taken 2^24 too large.
OPTIRS_LOCAL float expOfNegative(float x) {
    x = x < -104.0f ? -104.0f : x;
    int32_t k;
    const float p = reducedExp(x, &k);
    return p * f32OfBits((uint32_t)(k + 127 + 24) << 23) * 0x1p-24f;
}

// exp of a double, to 1e-10 relative: enough for a float result. Results below 2^-1022 are 0, above 2^1023
// infinite.
OPTIRS_LOCAL double coarseExp(double x) {
    x = x < -708.0 ? -708.0 : x;
    x = x > 709.0 ? 709.0 : x;
    // Adding 1.5 * 2^52 leaves the nearest integer in the low bits.
    const double shifted = __builtin_fma(x, 0x1.71547652b82fep0, 0x1.8p52);
    const double k = shifted - 0x1.8p52;
    double r = __builtin_fma(k, -0x1.62e42fefa39efp-1, x);
    double p = 1.0 / 362880;
    p = __builtin_fma(p, r, 1.0 / 40320);
    p = __builtin_fma(p, r, 1.0 / 5040);
    p = __builtin_fma(p, r, 1.0 / 720);
    p = __builtin_fma(p, r, 1.0 / 120);
    p = __builtin_fma(p, r, 1.0 / 24);
    p = __builtin_fma(p, r, 1.0 / 6);
    p = __builtin_fma(p, r, 0.5);
    p = __builtin_fma(p, r, 1.0);
    p = __builtin_fma(p, r, 1.0);
    const double scale = f64OfBits((bitsOfF64(shifted) + 1023) << 52);
    return p * scale;
}

// log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1], to 1e-13 relative: 2 atanh(s) with s = f / (2 + f).
OPTIRS_LOCAL double coarseLog1pReduced(double f) {
    const double s = f / (2.0 + f);
    const double t = s * s;
    double p = 2.0 / 15;
    p = __builtin_fma(p, t, 2.0 / 13);
    p = __builtin_fma(p, t, 2.0 / 11);
    p = __builtin_fma(p, t, 2.0 / 9);
    p = __builtin_fma(p, t, 2.0 / 7);
    p = __builtin_fma(p, t, 2.0 / 5);
    p = __builtin_fma(p, t, 2.0 / 3);
    return __builtin_fma(p * t, s, 2.0 * s);
}

// log of a positive, normal, finite double.
OPTIRS_LOCAL double coarseLog(double x) {
    const uint64_t shifted = bitsOfF64(x) - 0x3fe6a09e667f3bcdULL;
    const int32_t e = (int32_t)((int64_t)shifted >> 52);
    const double m = f64OfBits(bitsOfF64(x) - ((uint64_t)(int64_t)e << 52));
    return __builtin_fma((double)e, 0x1.62e42fefa39efp-1, coarseLog1pReduced(m - 1.0));
}
