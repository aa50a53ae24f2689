// The compiled math functions against the C library in higher precision, over the whole range of floats.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

std::vector<float> everyKindOfFloat() {
    std::vector<float> values{0.0f, -0.0f, INFINITY, -INFINITY, NAN,
                              1.0f, -1.0f, 1e-45f,   -1e-45f,   1.17549435e-38f};
    // A stride that is odd visits all exponents and all patterns of low bits.
    for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 65521)
        values.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
    return values;
}

/// Units in the last place of the result's type between `got` and the exact `want`; huge where only one is
/// NaN.
double distance(float got, double want) {
    const auto rounded = static_cast<float>(want);
    if (std::isnan(got) || std::isnan(rounded)) return std::isnan(got) == std::isnan(rounded) ? 0 : 1e9;
    if (std::isinf(got) || std::isinf(rounded)) return got == rounded ? 0 : 1e9;
    if (rounded == 0 && got == 0) return std::signbit(got) == std::signbit(rounded) ? 0 : 1e9;
    const int exponent = rounded == 0 ? -149 : std::max(std::ilogb(rounded) - 23, -149);
    return std::fabs(got - want) / std::ldexp(1.0, exponent);
}

void check(const std::string& op, const std::function<double(double)>& reference, double bound) {
    const std::vector<float> in = everyKindOfFloat();
    const std::string type = "tensor<" + std::to_string(in.size()) + "xf32>";
    const auto out = runFloats("func.func @main(%a: " + type + ") -> " + type + " {\n  %0 = stablehlo." + op +
                                   " %a : " + type + "\n  return %0 : " + type + "\n}",
                               {in});
    double worst = 0;
    float where = 0;
    for (size_t i = 0; i < in.size(); ++i) {
        const double d = distance(out[i], reference(in[i]));
        if (d > worst) {
            worst = d;
            where = in[i];
        }
    }
    EXPECT_LE(worst, bound) << op << " of " << where;
}

using Real = double (*)(double);

TEST(Math, WithinThreeUnits) {
    check("exponential", static_cast<Real>(std::exp), 3);
    check("exponential_minus_one", static_cast<Real>(std::expm1), 3);
    check("log", static_cast<Real>(std::log), 3);
    check("log_plus_one", static_cast<Real>(std::log1p), 3);
    check("tanh", static_cast<Real>(std::tanh), 3);
    check(
        "logistic", [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); },
        3);
    check("sine", static_cast<Real>(std::sin), 3);
    check("cosine", static_cast<Real>(std::cos), 3);
    check("tan", static_cast<Real>(std::tan), 3);
    check("cbrt", static_cast<Real>(std::cbrt), 3);
    check("sqrt", static_cast<Real>(std::sqrt), 0.51);
    check("rsqrt", [](double x) { return 1 / std::sqrt(x); }, 3);
}

}  // namespace
}  // namespace optirs::plugin::testing
