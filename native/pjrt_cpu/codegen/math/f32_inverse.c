// Inverse trigonometric and hyperbolic functions of floats, and the hyperbolic ones, in doubles: squares of
// floats neither overflow nor lose digits there.
#include "bits.h"

// atan2 to 1e-12 relative, without regard for NaN.
OPTIRS_LOCAL double coarseAtan2(double y, double x) {
    const double ay = __builtin_fabs(y);
    const double ax = __builtin_fabs(x);
    const double big = ay > ax ? ay : ax;
    const double small = ay > ax ? ax : ay;
    const double ratio = small / (big > 0.0 ? big : 1.0);
    const double z = small > 1e300 ? 1.0 : ratio;
    const double t = z * z;
    double p = -0.00026660196719267423;
    p = __builtin_fma(p, t, 0.0021627944221564791);
    p = __builtin_fma(p, t, -0.0082418998939968132);
    p = __builtin_fma(p, t, 0.019937442836256173);
    p = __builtin_fma(p, t, -0.035267720869422438);
    p = __builtin_fma(p, t, 0.050455577528416143);
    p = __builtin_fma(p, t, -0.063660922360968266);
    p = __builtin_fma(p, t, 0.076142501990031214);
    p = __builtin_fma(p, t, -0.090767988766504774);
    p = __builtin_fma(p, t, 0.11109428364330506);
    p = __builtin_fma(p, t, -0.14285592394282527);
    p = __builtin_fma(p, t, 0.19999995340385062);
    p = __builtin_fma(p, t, -0.33333333262479696);
    p = __builtin_fma(p, t, 0.99999999999819672);
    double a = p * z;
    a = ay > ax ? 0x1.921fb54442d18p0 - a : a;
    a = bitsOfF64(x) >> 63 ? 0x1.921fb54442d18p1 - a : a;
    return __builtin_copysign(a, y);
}

OPTIRS_MATH float optirs_atan2_f32(float y, float x) {
    const float result = (float)coarseAtan2((double)y, (double)x);
    return x != x || y != y ? __builtin_nanf("") : result;
}

OPTIRS_MATH float optirs_atan_f32(float x) {
    const float result = (float)coarseAtan2((double)x, 1.0);
    return x != x ? x : result;
}

OPTIRS_MATH float optirs_asin_f32(float x) {
    const double v = (double)x;
    const float result = (float)coarseAtan2(v, __builtin_sqrt((1.0 - v) * (1.0 + v)));
    return __builtin_fabsf(x) <= 1.0f ? result : __builtin_nanf("");
}

OPTIRS_MATH float optirs_acos_f32(float x) {
    const double v = (double)x;
    const float result = (float)coarseAtan2(__builtin_sqrt((1.0 - v) * (1.0 + v)), v);
    return __builtin_fabsf(x) <= 1.0f ? result : __builtin_nanf("");
}

// log(1 + u) for finite u >= 0.
OPTIRS_LOCAL double coarseLog1p(double u) {
    const double near = coarseLog1pReduced(u < 0.4 ? u : 0.0);
    return u < 0.4 ? near : coarseLog(1.0 + u);
}

OPTIRS_MATH float optirs_asinh_f32(float x) {
    const double a = __builtin_fabs((double)x);
    const double bounded = a < 1e300 ? a : 0.0;
    const double square = bounded * bounded;
    const double u = bounded + square / (1.0 + __builtin_sqrt(1.0 + square));
    const float result = __builtin_copysignf((float)coarseLog1p(u), x);
    return a < 1e300 ? result : x;
}

OPTIRS_MATH float optirs_acosh_f32(float x) {
    const double above = (double)x - 1.0;
    const double bounded = above >= 0.0 && above < 1e300 ? above : 0.0;
    const double u = bounded + __builtin_sqrt(bounded * (bounded + 2.0));
    float result = (float)coarseLog1p(u);
    result = x == __builtin_inff() ? x : result;
    return x >= 1.0f ? result : __builtin_nanf("");
}

OPTIRS_MATH float optirs_atanh_f32(float x) {
    const double a = __builtin_fabs((double)x);
    const double bounded = a < 1.0 ? a : 0.0;
    float result = (float)(0.5 * coarseLog1p(2.0 * bounded / (1.0 - bounded)));
    result = a == 1.0 ? __builtin_inff() : result;
    result = a > 1.0 ? __builtin_nanf("") : result;
    return x != x ? x : __builtin_copysignf(result, x);
}

OPTIRS_MATH float optirs_sinh_f32(float x) {
    const double a = __builtin_fabs((double)x);
    const double t = a < 1.0 ? a * a : 0.0;
    double p = 1.0 / 6227020800;
    p = __builtin_fma(p, t, 1.0 / 39916800);
    p = __builtin_fma(p, t, 1.0 / 362880);
    p = __builtin_fma(p, t, 1.0 / 5040);
    p = __builtin_fma(p, t, 1.0 / 120);
    p = __builtin_fma(p, t, 1.0 / 6);
    const double e = coarseExp(a);
    const double size = a < 1.0 ? __builtin_fma(p * t, a, a) : 0.5 * (e - 1.0 / e);
    return x != x ? x : __builtin_copysignf((float)size, x);
}

OPTIRS_MATH float optirs_cosh_f32(float x) {
    const double e = coarseExp(__builtin_fabs((double)x));
    return (float)(0.5 * (e + 1.0 / e));
}
