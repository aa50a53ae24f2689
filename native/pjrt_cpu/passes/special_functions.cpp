// Approximations: erf and erfc by the rational functions of Cephes (f64) and, in f32, by the ratio of
// polynomials in x^2 that fits erf on [-3.75, 3.75]; erf_inv by Giles' polynomials ("Approximating the
// erfinv function", 2011), in f64 refined by Halley's method; lgamma and digamma by Lanczos' series with
// g = 7 and nine terms.
#include <cmath>
#include <limits>

#include "pjrt_cpu/passes/formula.h"

namespace optirs::plugin {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool isDouble(Term x) { return x.value()->tensor().element() == ElementType::kF64; }

// erf on |x| <= 1.
Term erfSmall(Term x) {
    static constexpr double kT[] = {9.60497373987051638749E0, 9.00260197203842689217E1,
                                    2.23200534594684319226E3, 7.00332514112805075473E3,
                                    5.55923013010394962768E4};
    static constexpr double kU[] = {1.0,
                                    3.35617141647503099647E1,
                                    5.21357949780152679795E2,
                                    4.59432382970980127987E3,
                                    2.26290000613890934246E4,
                                    4.92673942608635921086E4};
    const Term square = x * x;
    return x * polynomial(square, kT) / polynomial(square, kU);
}

// exp(-x^2) without the error that rounding x^2 brings for large x: the square's low part, by
// splitting x, corrects it.
Term expOfMinusSquare(Term x) {
    // A multiple of 1/16 has an exact square here.
    const Term high = (x * 16.0).floor() / 16.0;
    const Term low = x - high;
    return (-(high * high)).exp() * (-(low * (x + high))).exp();
}

// erfc on x >= 1.
Term erfcLarge(Term x) {
    static constexpr double kP[] = {
        2.46196981473530512524E-10, 5.64189564831068821977E-1, 7.46321056442269912687E0,
        4.86371970985681366614E1,   1.96520832956077098242E2,  5.26445194995477358631E2,
        9.34528527171957607540E2,   1.02755188689515710272E3,  5.57535335369399327526E2};
    static constexpr double kQ[] = {1.0,
                                    1.32281951154744992508E1,
                                    8.67072140885989742329E1,
                                    3.54937778887819891062E2,
                                    9.75708501743205489753E2,
                                    1.82390916687909736289E3,
                                    2.24633760818710981792E3,
                                    1.65666309194161350182E3,
                                    5.57535340817727675546E2};
    static constexpr double kR[] = {5.64189583547755073984E-1, 1.27536670759978104416E0,
                                    5.01905042251180477414E0,  6.16021097993053585195E0,
                                    7.40974269950448939160E0,  2.97886665372100240670E0};
    static constexpr double kS[] = {1.0,
                                    2.26052863220117276590E0,
                                    9.39603524938001434673E0,
                                    1.20489539808096656605E1,
                                    1.70814450747565897222E1,
                                    9.60896809063285878198E0,
                                    3.36907645100081516050E0};
    // Beyond 28 even f64 has nothing left; large powers must not become infinity / infinity.
    const Term bounded = x.apply(OpKind::kMinimum, x.constant(28.0));
    const Term middle = polynomial(bounded, kP) / polynomial(bounded, kQ);
    const Term far = polynomial(bounded, kR) / polynomial(bounded, kS);
    return expOfMinusSquare(bounded) * bounded.compare("LT", 8.0).select(middle, far);
}

Term erfFloat(Term x) {
    static constexpr double kAlpha[] = {0.00022905065861350646, 0.0034082910107109506, 0.050955695062380861,
                                        0.18520832239976145, 1.128379143519084};
    static constexpr double kBeta[] = {-1.1791602954361697e-7,
                                       0.000023547966471313185,
                                       0.0010179625278914885,
                                       0.014070470171167667,
                                       0.11098505178285362,
                                       0.49746925110067538,
                                       1.0};
    constexpr double kLimit = 3.7439211627767994;  // erf rounds to 1 from here on
    const Term clamped =
        x.apply(OpKind::kMaximum, x.constant(-kLimit)).apply(OpKind::kMinimum, x.constant(kLimit));
    const Term square = clamped * clamped;
    return clamped * polynomial(square, kAlpha) / polynomial(square, kBeta);
}

// Giles' polynomial in w = -log(1 - x^2), of single precision.
Term erfInvStart(Term x) {
    static constexpr double kNear[] = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                       -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                       -0.00417768164,  0.246640727,    1.50140941};
    static constexpr double kFar[] = {-0.000200214257, 0.000100950558, 0.00134934322,
                                      -0.00367342844,  0.00573950773,  -0.0076224613,
                                      0.00943887047,   1.00167406,     2.83297682};
    const Term w = -((-(x * x)).log1p());
    const Term near = polynomial(w - 2.5, kNear);
    const Term far = polynomial(w.sqrt() - 3.0, kFar);
    return w.compare("LT", 5.0).select(near, far) * x;
}

constexpr double kLanczosG = 7;
constexpr double kLanczosBase = 0.99999999999980993227684700473478;
constexpr double kLanczos[] = {676.520368121885098567009190444019, -1259.13921672240287047156078755283,
                               771.3234287776530788486528258894,   -176.61502916214059906584551354,
                               12.507343278686904814458936853,     -0.13857109526572011689554707,
                               9.984369578019570859563e-6,         1.50563273514931155834e-7};

}  // namespace

Term erf(Term x) {
    if (!isDouble(x)) return erfFloat(x);
    const Term size = x.abs();
    const Term large = x.sign() * (1.0 - erfcLarge(size.apply(OpKind::kMaximum, x.constant(1.0))));
    return size.compare("LT", 1.0).select(erfSmall(x), large);
}

Term erfc(Term x) {
    const Term size = x.abs();
    const Term large = erfcLarge(size.apply(OpKind::kMaximum, x.constant(1.0)));
    const Term signed_large = x.compare("LT", 0.0).select(2.0 - large, large);
    return size.compare("LT", 1.0).select(1.0 - erfSmall(x), signed_large);
}

Term erfInv(Term x) {
    Term y = erfInvStart(x);
    if (isDouble(x)) {
        const Term tail = 1.0 - x.abs();
        for (int step = 0; step < 2; ++step) {
            // The error by whichever of erf and erfc is accurate there; Halley: e / (f' + y e).
            const Term near = erf(y) - x;
            const Term far = x.sign() * (tail - erfc(y.abs()));
            const Term error = x.abs().compare("LT", 0.5).select(near, far);
            const Term slope = (2 / std::sqrt(std::numbers::pi)) * (-(y * y)).exp();
            y = y - error / (slope + y * error);
        }
    }
    const Term edge = x.abs().compare("EQ", 1.0).select(x * x.constant(kInfinity), y);
    return edge;
}

Term lgamma(Term x) {
    // Gamma(x) Gamma(1-x) = pi / sin(pi x) carries the left half over to the right.
    const Term reflect = x.compare("LT", 0.5);
    const Term z = reflect.select(-x, x - 1.0);
    Term sum = z.constant(kLanczosBase);
    for (size_t i = 0; i < std::size(kLanczos); ++i)
        sum = sum + kLanczos[i] / (z + static_cast<double>(i + 1));
    // log(z + g + 1/2) without losing the small part of z.
    const Term log_t = (z / (kLanczosG + 0.5)).log1p() + std::log(kLanczosG + 0.5);
    const Term t = z + (kLanczosG + 0.5);
    const Term right = (0.5 * std::log(2 * std::numbers::pi)) + ((z + 0.5 - t / log_t) * log_t + sum.log());
    const Term size = x.abs();
    const Term fraction = size - size.floor();
    const Term folded = fraction.compare("GT", 0.5).select(1.0 - fraction, fraction);
    const Term log_sine = (std::numbers::pi * folded).apply(OpKind::kSine).log();
    const Term left = std::log(std::numbers::pi) - log_sine - right;
    // At the poles the sine's logarithm is -infinity, and the left side +infinity, as it should be.
    const Term finite = reflect.select(left, right);
    return size.compare("EQ", kInfinity).select(x.constant(kInfinity), finite);
}

Term digamma(Term x) {
    const Term reflect = x.compare("LT", 0.5);
    const Term z = reflect.select(-x, x - 1.0);
    Term numerator = z.constant(0);
    Term denominator = z.constant(kLanczosBase);
    for (size_t i = 0; i < std::size(kLanczos); ++i) {
        const Term shifted = z + static_cast<double>(i + 1);
        numerator = numerator - kLanczos[i] / (shifted * shifted);
        denominator = denominator + kLanczos[i] / shifted;
    }
    const Term log_t = (z / (kLanczosG + 0.5)).log1p() + std::log(kLanczosG + 0.5);
    const Term t = z + (kLanczosG + 0.5);
    const Term right = log_t + numerator / denominator - kLanczosG / t;
    // psi(1-x) - psi(x) = pi cot(pi x), with the argument brought near zero.
    const Term reduced = x + (x + 0.5).abs().floor();
    const Term angle = std::numbers::pi * reduced;
    const Term cotangent = angle.apply(OpKind::kCosine) / angle.apply(OpKind::kSine);
    const Term finite = reflect.select(right - std::numbers::pi * cotangent, right);
    const Term is_pole = x.compare("LE", 0.0).apply(OpKind::kAnd, x.compare("EQ", x.floor()));
    return is_pole.select(x.constant(kNan), finite);
}

}  // namespace optirs::plugin
