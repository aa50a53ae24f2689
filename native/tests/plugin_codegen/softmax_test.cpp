// Softmax divides once a row; formulas that only look like it divide each element.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

constexpr size_t kRows = 64;
constexpr size_t kColumns = 64;

struct Formula {
    std::string first_maximum = "0xFF800000";
    int maximum_over = 1;
};

std::string program(const Formula& formula) {
    const std::string kept = std::to_string(1 - formula.maximum_over);
    return R"(
func.func @main(%a: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %low = stablehlo.constant dense<)" +
           formula.first_maximum + R"(> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %m = stablehlo.reduce(%a init: %low) applies stablehlo.maximum across dimensions = [)" +
           std::to_string(formula.maximum_over) + R"(] : (tensor<64x64xf32>, tensor<f32>) -> tensor<64xf32>
  %mb = stablehlo.broadcast_in_dim %m, dims = [)" +
           kept + R"(] : (tensor<64xf32>) -> tensor<64x64xf32>
  %d = stablehlo.subtract %a, %mb : tensor<64x64xf32>
  %e = stablehlo.exponential %d : tensor<64x64xf32>
  %s = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<64x64xf32>, tensor<f32>) -> tensor<64xf32>
  %sb = stablehlo.broadcast_in_dim %s, dims = [0] : (tensor<64xf32>) -> tensor<64x64xf32>
  %r = stablehlo.divide %e, %sb : tensor<64x64xf32>
  return %r : tensor<64x64xf32>
})";
}

TEST(Softmax, IsWithinFourUnitsInTheLastPlace) {
    std::vector<float> in = numbers(kRows * kColumns, 1);
    for (size_t i = 0; i < in.size(); ++i) in[i] *= 0.5F * static_cast<float>(i / kColumns);
    const auto out = runFloats(program({}), {in});
    for (size_t row = 0; row < kRows; ++row) {
        double greatest = -INFINITY;
        double sum = 0;
        for (size_t c = 0; c < kColumns; ++c) greatest = std::fmax(greatest, in[row * kColumns + c]);
        for (size_t c = 0; c < kColumns; ++c) sum += std::exp(in[row * kColumns + c] - greatest);
        for (size_t c = 0; c < kColumns; ++c) {
            // The difference is exact in double only: its rounding to f32 shifts the exponential.
            const auto rounded = static_cast<float>(in[row * kColumns + c] - static_cast<float>(greatest));
            const double expected = std::exp(static_cast<double>(rounded)) / sum;
            EXPECT_NEAR(out[row * kColumns + c] / expected, 1, 4 * 0x1p-23) << row << " " << c;
        }
    }
}

TEST(Softmax, SpecialRowsAreAsTheDivisionSays) {
    std::vector<float> in(kRows * kColumns, 0.0F);
    std::fill_n(in.begin(), kColumns, -INFINITY);
    in[kColumns + 5] = NAN;
    in[2 * kColumns + 5] = INFINITY;
    in[3 * kColumns + 5] = -INFINITY;
    const auto out = runFloats(program({}), {in});
    for (size_t c = 0; c < kColumns; ++c) {
        for (size_t row = 0; row < 3; ++row) EXPECT_TRUE(std::isnan(out[row * kColumns + c])) << row;
        EXPECT_EQ(out[3 * kColumns + c], c == 5 ? 0.0F : 1.0F / 63.0F);
        EXPECT_EQ(out[4 * kColumns + c], 1.0F / 64.0F);
    }
}

// Sums below 2^-126: their reciprocals are infinite, the quotients are not.
TEST(Softmax, WhatOnlyLooksLikeItKeepsItsDivisions) {
    std::vector<float> in(kRows * kColumns, 0.0F);
    std::fill_n(in.begin() + kColumns, kColumns, -97.0F);
    const auto over_rows = runFloats(program({.maximum_over = 0}), {in});
    for (size_t c = 0; c < kColumns; ++c) EXPECT_EQ(over_rows[kColumns + c], 1.0F / 64.0F);
    const auto from_above = runFloats(program({.first_maximum = "97.0"}), {in});
    for (size_t c = 0; c < kColumns; ++c) EXPECT_EQ(from_above[c], 1.0F / 64.0F);
}

}  // namespace
}  // namespace optirs::plugin::testing
