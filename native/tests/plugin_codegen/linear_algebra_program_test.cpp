// fft, cholesky, triangular_solve, rng and the chlo functions as whole programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>

#include "tests/plugin_codegen/accuracy.h"

namespace optirs::plugin::testing {
namespace {

TEST(LinearAlgebraPrograms, InverseRealTransformOfATransform) {
    std::vector<float> x(4 * 6 * 10);
    for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i * i % 97));
    const auto back = runFloats(
        "func.func @main(%a: tensor<4x6x10xf32>) -> tensor<4x6x10xf32> {\n"
        "%0 = stablehlo.fft %a, type = RFFT, length = [6, 10] : (tensor<4x6x10xf32>) -> "
        "tensor<4x6x6xcomplex<f32>>\n"
        "%1 = stablehlo.fft %0, type = IRFFT, length = [6, 10] : (tensor<4x6x6xcomplex<f32>>) -> "
        "tensor<4x6x10xf32>\n"
        "return %1 : tensor<4x6x10xf32>\n}",
        {x});
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(back[i], x[i], 1e-6);
}

TEST(LinearAlgebraPrograms, SolvingWithACholeskyFactorInBfloat16) {
    // A = [[4, 2], [2, 5]] = L L^T with L = [[2, 0], [1, 2]]; A x = [8, 12] has x = [1, 2].
    const auto x = runFloats(
        "func.func @main(%a: tensor<2x2xf32>, %b: tensor<2x1xf32>) -> tensor<2x1xf32> {\n"
        "%0 = stablehlo.convert %a : (tensor<2x2xf32>) -> tensor<2x2xbf16>\n"
        "%1 = stablehlo.convert %b : (tensor<2x1xf32>) -> tensor<2x1xbf16>\n"
        "%2 = stablehlo.cholesky %0, lower = true : tensor<2x2xbf16>\n"
        "%3 = \"stablehlo.triangular_solve\"(%2, %1) {left_side = true, lower = true, unit_diagonal = false, "
        "transpose_a = "
        "#stablehlo<transpose NO_TRANSPOSE>} : (tensor<2x2xbf16>, tensor<2x1xbf16>) -> tensor<2x1xbf16>\n"
        "%4 = \"stablehlo.triangular_solve\"(%2, %3) {left_side = true, lower = true, unit_diagonal = false, "
        "transpose_a = "
        "#stablehlo<transpose ADJOINT>} : (tensor<2x2xbf16>, tensor<2x1xbf16>) -> tensor<2x1xbf16>\n"
        "%5 = stablehlo.convert %4 : (tensor<2x1xbf16>) -> tensor<2x1xf32>\n"
        "return %5 : tensor<2x1xf32>\n}",
        {{4, 2, 2, 5}, {8, 12}});
    EXPECT_EQ(x, (std::vector<float>{1, 2}));
}

TEST(LinearAlgebraPrograms, RandomNumbersDifferBetweenRoundsOfALoop) {
    const std::string text =
        "func.func @main() -> tensor<4x8xf32> {\n"
        "%zero = stablehlo.constant dense<0> : tensor<i32>\n"
        "%none = stablehlo.constant dense<0.0> : tensor<4x8xf32>\n"
        "%0:2 = stablehlo.while(%i = %zero, %all = %none) : tensor<i32>, tensor<4x8xf32>\n"
        "cond {\n%n = stablehlo.constant dense<4> : tensor<i32>\n%c = stablehlo.compare LT, %i, %n : "
        "(tensor<i32>, "
        "tensor<i32>) -> tensor<i1>\nstablehlo.return %c : tensor<i1>\n} do {\n"
        "%low = stablehlo.constant dense<-2.0> : tensor<f32>\n%high = stablehlo.constant dense<3.0> : "
        "tensor<f32>\n"
        "%shape = stablehlo.constant dense<[1, 8]> : tensor<2xi64>\n%column = stablehlo.constant dense<0> : "
        "tensor<i32>\n"
        "%one = stablehlo.constant dense<1> : tensor<i32>\n"
        "%x = stablehlo.rng %low, %high, %shape, distribution = UNIFORM : (tensor<f32>, tensor<f32>, "
        "tensor<2xi64>) -> "
        "tensor<1x8xf32>\n"
        "%next = stablehlo.dynamic_update_slice %all, %x, %i, %column : (tensor<4x8xf32>, tensor<1x8xf32>, "
        "tensor<i32>, "
        "tensor<i32>) -> tensor<4x8xf32>\n"
        "%j = stablehlo.add %i, %one : tensor<i32>\nstablehlo.return %j, %next : tensor<i32>, "
        "tensor<4x8xf32>\n}\n"
        "return %0#1 : tensor<4x8xf32>\n}";
    const auto x = runFloats(text, {});
    std::vector<float> sorted = x;
    std::ranges::sort(sorted);
    EXPECT_GE(sorted.front(), -2);
    EXPECT_LT(sorted.back(), 3);
    EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end()) << "no number twice in 32 draws of 2^24";
    // The same execution (number 0 here) draws the same.
    EXPECT_EQ(x, runFloats(text, {}));
}

/// Every function of CHLO for every type that it takes: all compile and give finite numbers in the middle of
/// their domain.
TEST(ChloPrograms, EveryFunctionForEveryType) {
    const std::vector<std::string> real_only = {"bessel_i1e", "digamma", "erf", "erfc", "erf_inv", "lgamma"};
    const std::vector<std::string> both = {"acos",  "acosh", "asin", "asinh", "atan",
                                           "atanh", "cosh",  "sinh", "tan",   "square"};
    const auto check = [](const std::string& name, const std::string& element, bool binary) {
        const std::string type = "tensor<3x" + element + ">";
        const bool is_complex = element.starts_with("complex");
        const std::string size = is_complex ? "tensor<3x" + element.substr(8, 3) + ">" : type;
        const double at = name == "acosh" ? 1.5 : name == "zeta" ? 2 : 0.5;
        const std::string value = is_complex ? "(" + std::to_string(at) + ", 0.25)"
                                             : std::to_string(name == "polygamma" ? 1.0 : at);
        std::string text = "func.func @main() -> tensor<3xf32> {\n%a = stablehlo.constant dense<" + value +
                           "> : " + type + "\n%0 = chlo." + name + " %a" +
                           (binary ? ", %a : " + type + ", " + type : " : " + type) + " -> " + type + "\n";
        text += is_complex ? "%1 = stablehlo.abs %0 : (" + type + ") -> " + size + "\n"
                           : "%1 = stablehlo.abs %0 : " + size + "\n";
        text += "%2 = stablehlo.convert %1 : (" + size + ") -> tensor<3xf32>\nreturn %2 : tensor<3xf32>\n}";
        for (const float each : runFloats(text, {}))
            EXPECT_TRUE(std::isfinite(each) && each > 0) << name << " " << element;
    };
    for (const std::string element : {"f32", "f64", "bf16", "f16", "f8E5M2"}) {
        for (const auto& name : real_only) check(name, element, false);
        for (const auto& name : both) check(name, element, false);
        check("zeta", element, true);
        check("polygamma", element, true);
    }
    for (const std::string element : {"complex<f32>", "complex<f64>"})
        for (const auto& name : both) check(name, element, false);
}

TEST(ChloPrograms, ComplexAtan2AndConj) {
    const auto got =
        run("func.func @main(%a: tensor<2xcomplex<f32>>, %b: tensor<2xcomplex<f32>>) -> "
            "tensor<2xcomplex<f32>> {\n"
            "%0 = chlo.conj %a : tensor<2xcomplex<f32>> -> tensor<2xcomplex<f32>>\n"
            "%1 = stablehlo.atan2 %0, %b : tensor<2xcomplex<f32>>\nreturn %1 : tensor<2xcomplex<f32>>\n}",
            {Bytes::of(std::vector<float>{1, 0, 0, -0.5F}), Bytes::of(std::vector<float>{1, 0, 1, 0})})[0]
            .as<float>();
    EXPECT_FLOAT_EQ(got[0], 0.78539816F);
    EXPECT_NEAR(got[1], 0, 1e-15);
    // atan(i/2) = i atanh(1/2).
    EXPECT_NEAR(got[2], 0, 1e-9);
    EXPECT_FLOAT_EQ(got[3], 0.54930614F);
}

// Running sums along a dimension, from either end, with their squares' total as a second carried value.
TEST(ChloPrograms, ScanFromEitherEnd) {
    for (const bool reverse : {false, true}) {
        std::vector<float> x(3 * 5 * 2);
        for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 7 % 11);
        const auto got =
            run("func.func @main(%x: tensor<3x5x2xf32>, %a: tensor<3x2xf32>, %b: tensor<f32>) -> "
                "(tensor<3x5x2xf32>, "
                "tensor<3x2xf32>, tensor<f32>) {\n"
                "%0:3 = chlo.scan(%x) inits(%a, %b) dimension=1 attributes {is_reverse = " +
                    std::string(reverse ? "true" : "false") +
                    "} {\n^bb0(%s: tensor<3x2xf32>, %sum: tensor<3x2xf32>, %count: tensor<f32>):\n"
                    "%one = stablehlo.constant dense<1.0> : tensor<f32>\n%1 = stablehlo.add %s, %sum : "
                    "tensor<3x2xf32>\n"
                    "%2 = stablehlo.add %count, %one : tensor<f32>\n"
                    "stablehlo.return %1, %1, %2 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<f32>\n} : "
                    "(tensor<3x5x2xf32>, tensor<3x2xf32>, tensor<f32>) -> (tensor<3x5x2xf32>, "
                    "tensor<3x2xf32>, tensor<f32>)\n"
                    "return %0#0, %0#1, %0#2 : tensor<3x5x2xf32>, tensor<3x2xf32>, tensor<f32>\n}",
                {Bytes::of(x), Bytes::of(std::vector<float>(6, 100)), Bytes::of(std::vector<float>{0})});
        const auto sums = got[0].as<float>();
        for (size_t i = 0; i < 3; ++i) {
            for (size_t k = 0; k < 2; ++k) {
                float sum = 100;
                for (size_t step = 0; step < 5; ++step) {
                    const size_t at = (i * 5 + (reverse ? 4 - step : step)) * 2 + k;
                    sum += x[at];
                    EXPECT_EQ(sums[at], sum) << at;
                }
                EXPECT_EQ(got[1].as<float>()[i * 2 + k], sum);
            }
        }
        EXPECT_EQ(got[2].as<float>()[0], 5);
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
