// Sums of columns that a loop nest takes on its way over the rows.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

void expectNear(const std::vector<float>& actual, const std::vector<double>& expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i)
        EXPECT_NEAR(actual[i], expected[i], tolerance) << "column " << i;
}

/// %y = tanh(%x), and the sum of %y or of something made of it over all rows.
std::string tanhAndSum(const std::string& type, const std::string& operations, const std::string& dimensions,
                       const std::string& sum) {
    return "func.func @main(%x: tensor<" + type + ">) -> (tensor<" + type + ">, tensor<" + sum + R"(>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y = stablehlo.tanh %x : tensor<)" +
           type + ">\n" + operations + R"(
  %s = stablehlo.reduce(%z init: %zero) applies stablehlo.add across dimensions = )" +
           dimensions + " : (tensor<" + type + ">, tensor<f32>) -> tensor<" + sum + R"(>
  return %y, %s : tensor<)" +
           type + ">, tensor<" + sum + ">\n}";
}

TEST(ColumnSums, GradientsOfANormalisationAreOneKernelAndTheSumOfItsParts) {
    constexpr size_t kRows = 1024;
    constexpr size_t kColumns = 128;
    const auto program = compile(R"(
func.func @main(%x: tensor<1024x128xf32>, %g: tensor<1024x128xf32>) -> (tensor<1024x128xf32>, tensor<128xf32>, tensor<128xf32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %inverse = stablehlo.constant dense<0.0078125> : tensor<1024xf32>
  %sum = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<1024x128xf32>, tensor<f32>) -> tensor<1024xf32>
  %mean = stablehlo.multiply %sum, %inverse : tensor<1024xf32>
  %means = stablehlo.broadcast_in_dim %mean, dims = [0] : (tensor<1024xf32>) -> tensor<1024x128xf32>
  %d = stablehlo.subtract %x, %means : tensor<1024x128xf32>
  %d2 = stablehlo.multiply %d, %d : tensor<1024x128xf32>
  %v = stablehlo.reduce(%d2 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<1024x128xf32>, tensor<f32>) -> tensor<1024xf32>
  %vm = stablehlo.multiply %v, %inverse : tensor<1024xf32>
  %r = stablehlo.rsqrt %vm : tensor<1024xf32>
  %rs = stablehlo.broadcast_in_dim %r, dims = [0] : (tensor<1024xf32>) -> tensor<1024x128xf32>
  %n = stablehlo.multiply %d, %rs : tensor<1024x128xf32>
  %gn = stablehlo.multiply %g, %n : tensor<1024x128xf32>
  %scale = stablehlo.reduce(%gn init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<1024x128xf32>, tensor<f32>) -> tensor<128xf32>
  %shift = stablehlo.reduce(%g init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<1024x128xf32>, tensor<f32>) -> tensor<128xf32>
  return %n, %scale, %shift : tensor<1024x128xf32>, tensor<128xf32>, tensor<128xf32>
})");
    EXPECT_EQ(program->steps.size(), 2U);
    const std::vector<float> x = numbers(kRows * kColumns, 1);
    const std::vector<float> g = numbers(kRows * kColumns, 2);
    std::vector<double> scale(kColumns);
    std::vector<double> shift(kColumns);
    for (size_t row = 0; row < kRows; ++row) {
        double mean = 0;
        double variance = 0;
        for (size_t c = 0; c < kColumns; ++c) mean += x[row * kColumns + c] / double{kColumns};
        for (size_t c = 0; c < kColumns; ++c) {
            const double d = x[row * kColumns + c] - mean;
            variance += d * d / double{kColumns};
        }
        for (size_t c = 0; c < kColumns; ++c) {
            scale[c] += g[row * kColumns + c] * (x[row * kColumns + c] - mean) / std::sqrt(variance);
            shift[c] += g[row * kColumns + c];
        }
    }
    const auto out = run(*program, {Bytes::of(x), Bytes::of(g)});
    expectNear(out[1].as<float>(), scale, 1e-4);
    expectNear(out[2].as<float>(), shift, 1e-4);
    // Parts are added in one order, whoever makes them.
    const auto alone = run(*program, {Bytes::of(x), Bytes::of(g)}, 1);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(out[i].as<float>(), alone[i].as<float>());
}

TEST(ColumnSums, RowsOfSeveralDimensions) {
    const auto program = compile(tanhAndSum(
        "4x96x256xf32", "  %z = stablehlo.multiply %y, %x : tensor<4x96x256xf32>", "[0, 1]", "256xf32"));
    EXPECT_EQ(program->steps.size(), 2U);
    const std::vector<float> x = numbers(size_t{4} * 96 * 256, 3);
    std::vector<double> sum(256);
    for (size_t i = 0; i < x.size(); ++i) sum[i % 256] += std::tanh(double{x[i]}) * x[i];
    const auto out = run(*program, {Bytes::of(x)});
    expectNear(out[1].as<float>(), sum, 1e-4);
    const std::vector<float> y = out[0].as<float>();
    for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(y[i], std::tanh(double{x[i]}), 1e-6);
}

TEST(ColumnSums, WhatIsReadAtOtherRowsIsNotJoined) {
    // Weighted by the row, so that an element of a wrong row shows.
    const auto program = compile(tanhAndSum("768x128xf32", R"(
  %back = stablehlo.reverse %y, dims = [0] : tensor<768x128xf32>
  %row = stablehlo.iota dim = 0 : tensor<768x128xf32>
  %z = stablehlo.multiply %back, %row : tensor<768x128xf32>)",
                                            "[0]", "128xf32"));
    const std::vector<float> x = numbers(size_t{768} * 128, 4);
    std::vector<double> sum(128);
    for (size_t i = 0; i < x.size(); ++i)
        sum[i % 128] += std::tanh(double{x[i]}) * static_cast<double>(767 - i / 128);
    expectNear(run(*program, {Bytes::of(x)})[1].as<float>(), sum, 0.1);
}

TEST(ColumnSums, AnArgumentMayBeOverwritten) {
    // The sum reads what the nest overwrites: before it does.
    std::string text = tanhAndSum("1024x128xf32", "  %z = stablehlo.multiply %x, %x : tensor<1024x128xf32>",
                                  "[0]", "128xf32");
    text.replace(text.find("(%x: tensor<1024x128xf32>)"), 26,
                 "(%x: tensor<1024x128xf32> {tf.aliasing_output = 0 : i32})");
    const std::vector<float> x = numbers(size_t{1024} * 128, 5);
    std::vector<double> sum(128);
    for (size_t i = 0; i < x.size(); ++i) sum[i % 128] += double{x[i]} * x[i];
    const auto out = run(text, {Bytes::of(x)});
    expectNear(out[1].as<float>(), sum, 1e-3);
    EXPECT_NEAR(out[0].as<float>()[77], std::tanh(x[77]), 1e-6);
}

}  // namespace
}  // namespace optirs::plugin::testing
