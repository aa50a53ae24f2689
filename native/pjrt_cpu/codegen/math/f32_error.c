// erf, erfc and the inverse of erf for floats; but for erf in doubles.
#include "bits.h"

// erf of a >= 0, to 1e-10 relative.
OPTIRS_LOCAL double coarseErf(double a) {
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
    return a < 2.0 ? near_zero : far;
}

// erfc of a >= 0, to 2e-10 relative: (1 + 2a) exp(a^2) erfc(a) is a polynomial in (a - 15/4) / (a + 15/4).
OPTIRS_LOCAL double coarseErfc(double a) {
    const double bounded = a < 30.0 ? a : 30.0;
    const double t = (bounded - 3.75) / (bounded + 3.75);
    double p = -6.3524046510746428e-6;
    p = __builtin_fma(p, t, 1.8521947386750103e-5);
    p = __builtin_fma(p, t, 4.4280135184455274e-5);
    p = __builtin_fma(p, t, -0.00028431307575109805);
    p = __builtin_fma(p, t, 0.00029959650888898393);
    p = __builtin_fma(p, t, 0.0017511576292398035);
    p = __builtin_fma(p, t, -0.009749243355606895);
    p = __builtin_fma(p, t, 0.028364105117372055);
    p = __builtin_fma(p, t, -0.058692735833347576);
    p = __builtin_fma(p, t, 0.09230393753827405);
    p = __builtin_fma(p, t, -0.10880401165954679);
    p = __builtin_fma(p, t, 0.082276773990099183);
    p = __builtin_fma(p, t, 0.0035854193209410433);
    p = __builtin_fma(p, t, -0.14024059953590887);
    p = __builtin_fma(p, t, 1.2375126308081394);
    return p * coarseExp(-bounded * bounded) / (1.0 + 2.0 * bounded);
}

// Below 1 a polynomial in x^2; above, 1 - exp(-g) with a polynomial g. Both are fits of least greatest error,
// weighted by what they contribute to the error of erf.
OPTIRS_MATH float optirs_erf_f32(float x) {
    const float a = __builtin_fabsf(x);
    const float t = a * a;
    float p = 7.85385345807299e-05f;
    p = __builtin_fmaf(p, t, -0.000801019137725234f);
    p = __builtin_fmaf(p, t, 0.00518832728266716f);
    p = __builtin_fmaf(p, t, -0.026853810995817184f);
    p = __builtin_fmaf(p, t, 0.1128358542919159f);
    p = __builtin_fmaf(p, t, -0.3761262595653534f);
    p = __builtin_fmaf(p, t, 0.12837916709551256f);  // less 1, which keeps the digits
    const float near_zero = __builtin_fmaf(p, a, a);
    const float b = a < 4.0f ? a : 4.0f;
    float g = 0.0011572260409593582f;
    g = __builtin_fmaf(g, b, -0.014831882901489735f);
    g = __builtin_fmaf(g, b, 0.08879983425140381f);
    g = __builtin_fmaf(g, b, 0.6542398929595947f);
    g = __builtin_fmaf(g, b, 1.1176214218139648f);
    g = __builtin_fmaf(g, b, 0.002619141014292836f);
    const float far = 1.0f - expOfNegative(-g);
    return x != x ? x : __builtin_copysignf(a < 1.0f ? near_zero : far, x);
}

OPTIRS_MATH float optirs_erfc_f32(float x) {
    const double a = __builtin_fabs((double)x);
    const double tail = coarseErfc(a);
    // Below 1/2 the tail is not small, and the difference keeps its digits.
    const double right = a < 0.5 ? 1.0 - coarseErf(a) : tail;
    const float result = (float)(x < 0.0f ? 2.0 - right : right);
    return x != x ? x : result;
}

// Giles' polynomials in w = -log(1 - x^2) ("Approximating the erfinv function", 2011) give seven digits; a
// step of Newton's method doubles them.
OPTIRS_MATH float optirs_erf_inv_f32(float x) {
    const double a = __builtin_fabs((double)x);
    const double bounded = a < 1.0 ? a : 0.0;
    const double w = -coarseLog((1.0 - bounded) * (1.0 + bounded));
    const double u = w < 5.0 ? w - 2.5 : __builtin_sqrt(w) - 3.0;
    double p = w < 5.0 ? 2.81022636e-08 : -0.000200214257;
    p = __builtin_fma(p, u, w < 5.0 ? 3.43273939e-07 : 0.000100950558);
    p = __builtin_fma(p, u, w < 5.0 ? -3.5233877e-06 : 0.00134934322);
    p = __builtin_fma(p, u, w < 5.0 ? -4.39150654e-06 : -0.00367342844);
    p = __builtin_fma(p, u, w < 5.0 ? 0.00021858087 : 0.00573950773);
    p = __builtin_fma(p, u, w < 5.0 ? -0.00125372503 : -0.0076224613);
    p = __builtin_fma(p, u, w < 5.0 ? -0.00417768164 : 0.00943887047);
    p = __builtin_fma(p, u, w < 5.0 ? 0.246640727 : 1.00167406);
    p = __builtin_fma(p, u, w < 5.0 ? 1.50140941 : 2.83297682);
    const double y = p * bounded;
    // erf(y) - a, by whichever of erf and erfc has the digits.
    const double excess = bounded < 0.5 ? coarseErf(y) - bounded : (1.0 - bounded) - coarseErfc(y);
    const double slope = 1.1283791670955126 * coarseExp(-y * y);
    float result = (float)(y - excess / slope);
    result = a == 1.0 ? __builtin_inff() : result;
    result = a > 1.0 ? __builtin_nanf("") : result;
    return x != x ? x : __builtin_copysignf(result, x);
}
