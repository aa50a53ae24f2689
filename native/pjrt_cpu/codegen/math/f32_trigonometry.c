// sin, cos and tan of floats, over the whole range. The work is done in doubles.
#include "bits.h"
#include "two_over_pi.h"

typedef struct {
    double sine;
    double cosine;
    uint64_t quadrant;
} Reduced;

// x = (quadrant + r) * pi/2 with r in [-1/2, 1/2]; exact for every float: the significand times 2^e * 2/pi
// mod 4.
OPTIRS_LOCAL Reduced reduce(float x) {
    const uint32_t bits = bitsOfF32(x);
    const uint32_t exponent = (bits >> 23) & 255u;
    const uint32_t finite = exponent > 254u ? 254u : exponent;
    const int32_t significand = (int32_t)((bits & 0x7fffffu) | (finite > 0u ? 0x800000u : 0u));
    const double m = (double)(bits >> 31 ? -significand : significand);
    const double high = m * kTwoOverPiModFour[finite][0];
    const double low = m * kTwoOverPiModFour[finite][1];
    const double shifted = high + low + 0x1.8p52;
    const double k = shifted - 0x1.8p52;
    const double r = (high - k) + low;
    const double t = r * r;
    double s = 5.6316158757257959e-8;
    s = __builtin_fma(s, t, -3.5986270978327216e-6);
    s = __builtin_fma(s, t, 0.00016044114650211596);
    s = __builtin_fma(s, t, -0.0046817541318362394);
    s = __builtin_fma(s, t, 0.079692626246016176);
    s = __builtin_fma(s, t, -0.6459640975062438);
    s = __builtin_fma(s, t, 1.5707963267948966);
    double c = 4.6530856535457077e-7;
    c = __builtin_fma(c, t, -2.5199980241563765e-5);
    c = __builtin_fma(c, t, 0.00091925990960442029);
    c = __builtin_fma(c, t, -0.020863480730132889);
    c = __builtin_fma(c, t, 0.25366950789960888);
    c = __builtin_fma(c, t, -1.2337005501361464);
    c = __builtin_fma(c, t, 1.0);
    Reduced result = {s * r, c, bitsOfF64(shifted)};
    return result;
}

OPTIRS_MATH float optirs_sin_f32(float x) {
    const Reduced r = reduce(x);
    double v = r.quadrant & 1u ? r.cosine : r.sine;
    v = r.quadrant & 2u ? -v : v;
    const float result = x == 0.0f ? x : (float)v;
    return __builtin_fabsf(x) <= 0x1.fffffep127f ? result : __builtin_nanf("");
}

OPTIRS_MATH float optirs_cos_f32(float x) {
    const Reduced r = reduce(x);
    double v = r.quadrant & 1u ? r.sine : r.cosine;
    v = (r.quadrant + 1u) & 2u ? -v : v;
    return __builtin_fabsf(x) <= 0x1.fffffep127f ? (float)v : __builtin_nanf("");
}

OPTIRS_MATH float optirs_tan_f32(float x) {
    const Reduced r = reduce(x);
    const double top = r.quadrant & 1u ? -r.cosine : r.sine;
    const double bottom = r.quadrant & 1u ? r.sine : r.cosine;
    const float result = x == 0.0f ? x : (float)(top / bottom);
    return __builtin_fabsf(x) <= 0x1.fffffep127f ? result : __builtin_nanf("");
}
