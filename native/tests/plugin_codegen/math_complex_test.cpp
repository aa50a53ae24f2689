// The compiled functions of complex numbers, each part for itself: f32 parts against the C library's long
// double versions, f64 parts against tables of more digits.
#include <gtest/gtest.h>

#include <complex>
#include <functional>
#include <map>

#include "tests/plugin_codegen/accuracy.h"

namespace optirs::plugin::testing {
namespace {

using Wide = std::complex<long double>;

template <class T>
std::vector<std::complex<T>> evaluateComplex(const std::string& op, const std::vector<std::complex<T>>& x,
                                             const std::vector<std::complex<T>>& y = {}) {
    const std::string type = tensorOf(x.size(), "complex<" + std::string(kTypeName<T>) + ">");
    std::vector<Bytes> arguments = {Bytes::of(x)};
    if (!y.empty()) arguments.push_back(Bytes::of(y));
    return run(programOf(op, type, !y.empty()), arguments)[0].template as<std::complex<T>>();
}

struct Row {
    const char* op;
    double re, im, value_re, value_im;
};
constexpr Row kRows[] = {
#include "tests/plugin_codegen/complex_direct_values.inc"
#include "tests/plugin_codegen/complex_inverse_values.inc"
};

TEST(ComplexMath, DoublesAgreeWithTheTable) {
    std::map<std::string, std::vector<Row>> by_op;
    for (const Row& row : kRows) by_op[row.op].push_back(row);
    EXPECT_EQ(by_op.size(), 20U);
    for (const auto& [op, rows] : by_op) {
        std::vector<std::complex<double>> x;
        for (const Row& row : rows) x.emplace_back(row.re, row.im);
        const auto got = evaluateComplex<double>(op, x);
        for (size_t i = 0; i < rows.size(); ++i) {
            EXPECT_LE(ulps(got[i].real(), static_cast<long double>(rows[i].value_re)), 3)
                << "real part of " << op << x[i] << " = " << got[i] << ", not " << rows[i].value_re;
            EXPECT_LE(ulps(got[i].imag(), static_cast<long double>(rows[i].value_im)), 3)
                << "imaginary part of " << op << x[i] << " = " << got[i] << ", not " << rows[i].value_im;
        }
    }
}

/// The plane on a grid of parts that is fine near 0, 1 and the multiples of pi/2 and reaches the ends.
std::vector<std::complex<float>> plane() {
    std::vector<float> parts;
    for (const float v :
         {0.0F,        1e-45F,     1e-38F,      1e-20F, 1e-7F,      3e-4F, 0.1F,       0.5F,
          0.70710677F, 0.8660254F, 0.99999994F, 1.0F,   1.0000001F, 1.25F, 1.5707964F, 2.0F,
          3.1415927F,  5.0F,       20.0F,       88.0F,  1e4F,       1e9F,  1e19F,      3e38F}) {
        parts.push_back(v);
        parts.push_back(-v);
    }
    std::vector<std::complex<float>> points;
    for (const float re : parts)
        for (const float im : parts) points.emplace_back(re, im);
    for (int i = 0; i < 4000; ++i) {
        // A spiral through the unit circle.
        const double angle = 0.37 * i;
        points.emplace_back(std::polar(0.5F + static_cast<float>(i) / 4000, static_cast<float>(angle)));
    }
    return points;
}

Wide log1pOf(Wide z) {
    // Parts of f32: all terms of |1 + z|^2 - 1 are exact, and their sum nearly so.
    const long double excess = 2 * z.real() + z.real() * z.real() + z.imag() * z.imag();
    const long double angle = std::atan2(z.imag(), 1 + z.real());
    return {
        excess > -0.9L && excess < 4 ? std::log1p(excess) / 2 : std::log(std::hypot(1 + z.real(), z.imag())),
        angle};
}

Wide expm1Of(Wide z) {
    const long double half = std::sin(z.imag() / 2);
    const long double imag = z.imag() == 0 ? z.imag() : std::exp(z.real()) * std::sin(z.imag());
    return {std::expm1(z.real()) * std::cos(z.imag()) - 2 * half * half, imag};
}

TEST(ComplexMath, FloatsWithinThreeUnits) {
    const std::vector<std::pair<const char*, std::function<Wide(Wide)>>> functions = {
        {"stablehlo.exponential", [](Wide z) { return std::exp(z); }},
        {"stablehlo.exponential_minus_one", expm1Of},
        {"stablehlo.log", [](Wide z) { return std::log(z); }},
        {"stablehlo.log_plus_one", log1pOf},
        {"stablehlo.sqrt", [](Wide z) { return std::sqrt(z); }},
        {"stablehlo.sine", [](Wide z) { return std::sin(z); }},
        {"stablehlo.cosine", [](Wide z) { return std::cos(z); }},
        {"stablehlo.tan", [](Wide z) { return std::tan(z); }},
        {"stablehlo.tanh", [](Wide z) { return std::tanh(z); }},
        {"chlo.asin", [](Wide z) { return std::asin(z); }},
        {"chlo.acos", [](Wide z) { return std::acos(z); }},
        {"chlo.atan", [](Wide z) { return std::atan(z); }},
        {"chlo.asinh", [](Wide z) { return std::asinh(z); }},
        {"chlo.acosh", [](Wide z) { return std::acosh(z); }},
        {"chlo.atanh", [](Wide z) { return std::atanh(z); }},
        {"chlo.sinh", [](Wide z) { return std::sinh(z); }},
        {"chlo.cosh", [](Wide z) { return std::cosh(z); }},
    };
    const auto x = plane();
    for (const auto& [op, reference] : functions) {
        const auto got = evaluateComplex<float>(op, x);
        double worst = 0;
        size_t where = 0;
        for (size_t i = 0; i < x.size(); ++i) {
            const Wide want = reference(Wide(x[i]));
            const double distance =
                std::max(ulps(got[i].real(), want.real()), ulps(got[i].imag(), want.imag()));
            if (distance > worst) {
                worst = distance;
                where = i;
            }
        }
        EXPECT_LE(worst, 3) << op << " of " << x[where] << " is " << got[where] << ", not "
                            << reference(Wide(x[where]));
    }
}

template <class T>
void checkArithmetic() {
    // A quotient times its divisor, and a power against the logarithm's: as a whole, not each part for
    // itself.
    std::vector<std::complex<T>> x, y;
    for (int i = 0; i < 2000; ++i) {
        x.push_back(std::polar(static_cast<T>(std::exp((i % 41 - 20) * 0.2)), static_cast<T>(i * 0.7)));
        y.push_back(std::polar(static_cast<T>(std::exp((i % 17 - 8) * 0.3)), static_cast<T>(i * 1.1)));
    }
    const auto quotient = evaluateComplex<T>("stablehlo.divide", x, y);
    const auto power = evaluateComplex<T>("stablehlo.power", x, y);
    const auto sign = evaluateComplex<T>("stablehlo.sign", x);
    const auto root = evaluateComplex<T>("stablehlo.cbrt", x);
    const auto inverse_root = evaluateComplex<T>("stablehlo.rsqrt", x);
    const auto logistic = evaluateComplex<T>("stablehlo.logistic", x);
    const auto angle = evaluateComplex<T>("stablehlo.atan2", y, x);
    constexpr auto kEpsilon = static_cast<long double>(std::numeric_limits<T>::epsilon());
    const auto near = [&](std::complex<T> got, Wide want, const char* what, size_t i) {
        if (std::abs(want) > std::numeric_limits<T>::max() || std::abs(want) < std::numeric_limits<T>::min())
            return;
        EXPECT_LE(static_cast<double>(std::abs(Wide(got) - want) / std::abs(want) / kEpsilon), 3)
            << what << " of " << x[i] << " and " << y[i];
    };
    const Wide one = 1;
    for (size_t i = 0; i < x.size(); ++i) {
        const Wide a = x[i], b = y[i];
        near(quotient[i], a / b, "divide", i);
        near(power[i], std::exp(b * std::log(a)), "power", i);
        near(sign[i], a / std::abs(a), "sign", i);
        near(root[i], std::exp(std::log(a) / 3.0L), "cbrt", i);
        near(inverse_root[i], one / std::sqrt(a), "rsqrt", i);
        near(logistic[i], one / (one + std::exp(-a)), "logistic", i);
        // tan of it is y / x.
        const Wide tangent = std::tan(Wide(angle[i]));
        EXPECT_LE(static_cast<double>(std::abs(tangent * a - b) /
                                      ((one.real() + std::norm(tangent)) * std::abs(a)) / kEpsilon),
                  16)
            << "atan2 " << y[i] << x[i];
    }
}

TEST(ComplexMath, ArithmeticAndPowers) {
    checkArithmetic<float>();
    checkArithmetic<double>();
}

TEST(ComplexMath, ZerosAndOverflow) {
    using C = std::complex<float>;
    const auto power = evaluateComplex<float>("stablehlo.power", {C(0, 0), C(0, 0), C(0, 0), C(2, 0)},
                                              {C(0, 0), C(2, 0), C(-1, 0), C(3, 0)});
    EXPECT_EQ(power[0], C(1, 0));
    EXPECT_EQ(power[1], C(0, 0));
    EXPECT_TRUE(std::isnan(power[2].real()));
    EXPECT_NEAR(power[3].real(), 8, 1e-6);
    const auto sign = evaluateComplex<float>("stablehlo.sign", {C(0, 0), C(3e38F, 3e38F), C(0, -1e-45F)});
    EXPECT_EQ(sign[0], C(0, 0));
    EXPECT_NEAR(sign[1].real(), std::sqrt(0.5), 1e-7);
    EXPECT_EQ(sign[2], C(0, -1));
    const auto quotient = evaluateComplex<float>("stablehlo.divide", {C(3e38F, 3e38F), C(1, 0), C(1, 1)},
                                                 {C(3e38F, 3e38F), C(1e-45F, 1e-45F), C(0, 0)});
    EXPECT_EQ(quotient[0], C(1, 0));
    EXPECT_EQ(quotient[1].real(), INFINITY);
    EXPECT_EQ(quotient[2].real(), INFINITY);
    const auto size = evaluateComplex<float>("stablehlo.logistic", {C(-200, 1), C(200, 1)});
    EXPECT_EQ(size[0].real(), 0);
    EXPECT_EQ(size[1], C(1, 0));
}

}  // namespace
}  // namespace optirs::plugin::testing
