// The compiled functions of real numbers against the C library's long double versions, over their whole
// range.
#include <gtest/gtest.h>

#include <functional>

#include "pjrt_cpu/ir/float_format.h"
#include "tests/plugin_codegen/accuracy.h"

namespace optirs::plugin::testing {
namespace {

using Real = long double;
using Reference = std::function<Real(Real)>;
using Reference2 = std::function<Real(Real, Real)>;

Real logisticOf(Real x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

struct Function {
    const char* op;
    Reference reference;
    bool skips_f64 = false;  ///< its f64 version is this reference
    double bound = 3;
};

const std::vector<Function>& functions() {
    static const std::vector<Function> all = {
        {"stablehlo.exponential", [](Real x) { return std::exp(x); }},
        {"stablehlo.exponential_minus_one", [](Real x) { return std::expm1(x); }},
        {"stablehlo.log", [](Real x) { return std::log(x); }},
        {"stablehlo.log_plus_one", [](Real x) { return std::log1p(x); }},
        {"stablehlo.tanh", [](Real x) { return std::tanh(x); }},
        {"stablehlo.logistic", logisticOf},
        {"stablehlo.sine", [](Real x) { return std::sin(x); }},
        {"stablehlo.cosine", [](Real x) { return std::cos(x); }},
        {"stablehlo.tan", [](Real x) { return std::tan(x); }},
        {"stablehlo.cbrt", [](Real x) { return std::cbrt(x); }, true},
        {"stablehlo.sqrt", [](Real x) { return std::sqrt(x); }, false, 0.51},
        {"stablehlo.rsqrt", [](Real x) { return 1 / std::sqrt(x); }},
        {"chlo.asin", [](Real x) { return std::asin(x); }},
        {"chlo.acos", [](Real x) { return std::acos(x); }},
        {"chlo.atan", [](Real x) { return std::atan(x); }},
        {"chlo.asinh", [](Real x) { return std::asinh(x); }},
        {"chlo.acosh", [](Real x) { return std::acosh(x); }},
        {"chlo.atanh", [](Real x) { return std::atanh(x); }},
        {"chlo.sinh", [](Real x) { return std::sinh(x); }},
        {"chlo.cosh", [](Real x) { return std::cosh(x); }},
        {"chlo.erf", [](Real x) { return std::erf(x); }},
        {"chlo.erfc", [](Real x) { return std::erfc(x); }, true},
        {"chlo.lgamma", [](Real x) { return std::lgamma(x); }, true},
    };
    return all;
}

template <class T>
void check(const Function& f, const std::vector<T>& x) {
    const std::vector<T> got = evaluate<T>(f.op, x);
    double worst = 0;
    T where = 0;
    for (size_t i = 0; i < x.size(); ++i) {
        const double distance = ulps(got[i], f.reference(static_cast<Real>(x[i])));
        if (distance > worst) {
            worst = distance;
            where = x[i];
        }
    }
    EXPECT_LE(worst, f.bound) << f.op << " of " << std::hexfloat << where << ", a " << kTypeName<T>;
}

TEST(Math, FloatsWithinThreeUnits) {
    const auto x = everyKindOfNumber<float>(100000);
    for (const Function& f : functions()) check<float>(f, x);
}

TEST(Math, DoublesWithinThreeUnits) {
    const auto x = everyKindOfNumber<double>(40000);
    for (const Function& f : functions()) {
        if (!f.skips_f64) check<double>(f, x);
    }
}

template <class T>
void check2(const char* op, const Reference2& reference, uint64_t count) {
    std::vector<T> x = everyKindOfNumber<T>(count);
    // Every pair of the first few, and the others with whatever stands far from them.
    std::vector<T> y(x.size());
    for (size_t i = 0; i < x.size(); ++i) y[i] = x[(i * 7919 + 13) % x.size()];
    for (const T a : {T(0), -T(0), T(1), -T(1), T(2), T(-3), T(0.5), T(1e30), T(-1e-30), T(INFINITY),
                      T(-INFINITY), T(NAN)}) {
        for (const T b : {T(0), -T(0), T(1), -T(1), T(2), T(-3), T(0.5), T(1e30), T(7), T(INFINITY),
                          T(-INFINITY), T(NAN)}) {
            x.push_back(a);
            y.push_back(b);
        }
    }
    for (int i = -200; i <= 200; ++i) {
        x.push_back(static_cast<T>(1 + i * 1e-5));
        y.push_back(static_cast<T>(i * 1e5));
    }
    const std::vector<T> got = evaluate<T>(op, x, y);
    double worst = 0;
    size_t where = 0;
    for (size_t i = 0; i < x.size(); ++i) {
        const double distance = ulps(got[i], reference(static_cast<Real>(x[i]), static_cast<Real>(y[i])));
        if (distance > worst) {
            worst = distance;
            where = i;
        }
    }
    EXPECT_LE(worst, 3) << op << " of " << std::hexfloat << x[where] << " and " << y[where] << ", got "
                        << got[where];
}

TEST(Math, PowerAndAtan2WithinThreeUnits) {
    const Reference2 power = [](Real x, Real y) { return std::pow(x, y); };
    const Reference2 angle = [](Real y, Real x) { return std::atan2(y, x); };
    check2<float>("stablehlo.power", power, 50000);
    check2<double>("stablehlo.power", power, 20000);
    check2<float>("stablehlo.atan2", angle, 50000);
    check2<double>("stablehlo.atan2", angle, 20000);
}

/// f64 functions that are made in long doubles have tests of another kind: the cube of the root is the
/// number.
TEST(Math, CubeRootCubed) {
    const auto x = everyKindOfNumber<double>(40000);
    const auto root = evaluate<double>("stablehlo.cbrt", x);
    for (size_t i = 0; i < x.size(); ++i) {
        if (std::isnan(x[i])) {
            EXPECT_TRUE(std::isnan(root[i]));
            continue;
        }
        if (std::isinf(x[i]) || x[i] == 0) {
            EXPECT_EQ(std::bit_cast<uint64_t>(root[i]), std::bit_cast<uint64_t>(x[i])) << x[i];
            continue;
        }
        const Real r = root[i];
        EXPECT_LT(std::fabs((r * r * r - x[i]) / (3 * r * r)) / std::ldexp(1.0L, std::ilogb(r) - 52), 0.51L)
            << x[i];
    }
}

/// All numbers of the 16-bit types: within one unit of theirs.
TEST(Math, SixteenBitTypesWithinOneUnit) {
    std::vector<uint16_t> bits(65536);
    for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
    for (const ElementType type : {ElementType::kBF16, ElementType::kF16}) {
        const std::string name(elementTypeName(type));
        const int digits = type == ElementType::kBF16 ? 8 : 11;
        const int lowest = type == ElementType::kBF16 ? -133 : -24;
        const double largest = type == ElementType::kBF16 ? 0x1.fep127 : 65504;
        for (const Function& f : functions()) {
            const auto got =
                run(programOf(f.op, tensorOf(bits.size(), name), false), {Bytes::of(bits)})[0].as<uint16_t>();
            double worst = 0;
            double where = 0;
            for (const uint16_t each : bits) {
                const double x = decodeFloat(each, type);
                const double y = decodeFloat(got[each], type);
                const Real want = f.reference(x);
                double distance = 0;
                if (std::isnan(want) || std::isnan(y)) {
                    distance = std::isnan(want) == std::isnan(y) ? 0 : 1e9;
                } else if (std::isinf(y) || std::isinf(want)) {
                    distance = std::fabs(want) > largest && std::isinf(y) && (y > 0) == (want > 0) ? 0 : 1e9;
                } else {
                    const int exponent = want == 0 ? lowest : std::max(std::ilogb(want) - digits + 1, lowest);
                    distance = static_cast<double>(std::fabs(y - want) / std::ldexp(1.0L, exponent));
                }
                if (distance > worst) {
                    worst = distance;
                    where = x;
                }
            }
            EXPECT_LE(worst, 1) << f.op << " of " << where << ", a " << name;
        }
    }
}

/// exp(x - max(x, 0)): of rows [x, 0], so that the maximum shows.
TEST(Math, ExponentialBelowTheMaximum) {
    const std::string program = R"(
func.func @main(%x: tensor<4096x2xf32>) -> tensor<4096x2xf32> {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %m = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<4096x2xf32>, tensor<f32>) -> tensor<4096xf32>
  %mb = stablehlo.broadcast_in_dim %m, dims = [0] : (tensor<4096xf32>) -> tensor<4096x2xf32>
  %d = stablehlo.subtract %x, %mb : tensor<4096x2xf32>
  %e = stablehlo.exponential %d : tensor<4096x2xf32>
  return %e : tensor<4096x2xf32>
})";
    std::vector<float> x;
    for (size_t i = 0; i < 4096; ++i) {
        x.push_back(-120.0F * static_cast<float>(i) / 4095.0F);
        x.push_back(0.0F);
    }
    x[2] = -std::numeric_limits<float>::infinity();
    x[4] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> got = testing::runFloats(program, {x});
    for (size_t i = 0; i < x.size(); ++i) {
        const bool is_nan_row = i / 2 == 2;
        const long double want = is_nan_row ? std::numeric_limits<long double>::quiet_NaN()
                                            : std::exp(static_cast<long double>(x[i]));
        EXPECT_LE(testing::ulps<float>(got[i], want), 3) << x[i];
    }
    // Less something else, the argument may be large.
    std::string other = program;
    other.replace(other.find("stablehlo.maximum"), 17, "stablehlo.minimum");
    other.replace(other.find("0xFF800000"), 10, "0x7F800000");
    EXPECT_LE(testing::ulps<float>(testing::runFloats(other, {x})[2 * 3000 + 1],
                                   std::exp(-static_cast<long double>(x[2 * 3000]))),
              3);
}

}  // namespace
}  // namespace optirs::plugin::testing
