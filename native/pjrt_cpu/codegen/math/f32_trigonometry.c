// sin, cos, tan, atan2 and erf of floats, over the whole range. The work is done in doubles.
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

OPTIRS_MATH float optirs_atan2_f32(float y, float x) {
    const double ay = __builtin_fabs((double)y);
    const double ax = __builtin_fabs((double)x);
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
    a = bitsOfF32(x) >> 31 ? 0x1.921fb54442d18p1 - a : a;
    const float result = __builtin_copysignf((float)a, y);
    return x != x || y != y ? __builtin_nanf("") : result;
}

OPTIRS_MATH float optirs_erf_f32(float x) {
    const double v = (double)x;
    const double a = __builtin_fabs(v);
    const double t = a < 2.0 ? a * a : 0.0;
    double p = -1.1135555084236513e-12;
    p = __builtin_fma(p, t, 4.4892748011575034e-11);
    p = __builtin_fma(p, t, -9.2716919160126071e-10);
    p = __builtin_fma(p, t, 1.3506072631216451e-8);
    p = __builtin_fma(p, t, -1.5965614414537401e-7);
    p = __builtin_fma(p, t, 1.6373788696463959e-6);
    p = __builtin_fma(p, t, -1.4911727778921094e-5);
    p = __builtin_fma(p, t, 0.00012053789448157154);
    p = __builtin_fma(p, t, -0.00085482101101389107);
    p = __builtin_fma(p, t, 0.005223971860397843);
    p = __builtin_fma(p, t, -0.026866168935666351);
    p = __builtin_fma(p, t, 0.11283791644418211);
    p = __builtin_fma(p, t, -0.37612638901556467);
    p = __builtin_fma(p, t, 1.1283791670953466);
    const double near_zero = p * a;
    const double u = (a < 4.0 ? a : 4.0) - 3.0;
    double q = 5.8981147425043311e-7;
    q = __builtin_fma(q, u, 1.4435392858272128e-6);
    q = __builtin_fma(q, u, -1.1383800164887717e-5);
    q = __builtin_fma(q, u, 1.7786657170637008e-5);
    q = __builtin_fma(q, u, 1.4292589566721316e-5);
    q = __builtin_fma(q, u, -0.00013625061979031886);
    q = __builtin_fma(q, u, 0.00039043988384887842);
    q = __builtin_fma(q, u, -0.00073752691285685927);
    q = __builtin_fma(q, u, 0.0010165689359535222);
    q = __builtin_fma(q, u, -0.0010444834447017258);
    q = __builtin_fma(q, u, 0.0007890992837223776);
    q = __builtin_fma(q, u, -0.00041775381374487464);
    q = __builtin_fma(q, u, 0.00013925306564173327);
    q = __builtin_fma(q, u, 0.99997790944850046);
    const double far = a < 4.0 ? q : 1.0;
    const float result = __builtin_copysignf((float)(a < 2.0 ? near_zero : far), x);
    return x != x ? x : result;
}
