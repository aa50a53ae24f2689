// Programs, compiled, against the reference evaluator: random ones, of which `random_programs COUNT [FIRST]`
// runs as many as wanted, and those that once were compiled wrongly.
#include <gtest/gtest.h>

#include "tests/plugin_codegen/random_evaluation.h"

namespace optirs::plugin::testing {
namespace {

TEST(RandomEvaluation, CompiledProgramsGiveWhatTheReferenceGives) {
    for (uint64_t seed = 0; seed < 60; ++seed) ASSERT_EQ(compareRandomProgram(seed), "");
}

TEST(RandomEvaluation, ProgramsOfAllOperations) {
    for (uint64_t seed = 0; seed < 40; ++seed) ASSERT_EQ(compareWrittenProgram(seed), "");
}

TEST(RandomEvaluation, NormsAndTheirGradients) {
    for (uint64_t seed = 0; seed < 15; ++seed) ASSERT_EQ(compareRows(seed), "");
}

TEST(RandomEvaluation, ConvolutionsLikeThoseOfNetworks) {
    for (uint64_t seed = 0; seed < 8; ++seed) ASSERT_EQ(compareImages(seed), "");
}

TEST(RandomEvaluation, WhatIsNearlyAttention) {
    for (uint64_t seed = 0; seed < 8; ++seed) ASSERT_EQ(compareAttention(seed), "");
}

// The compiler divided by the size of a tensor without elements.
TEST(OnceWrong, ReshapeOfNothingInsidePadding) {
    EXPECT_EQ(compareText(R"(func.func @main(%x: tensor<9x0x3xf32>, %p: tensor<f32>) -> tensor<4xf32> {
  %y = stablehlo.negate %x : tensor<9x0x3xf32>
  %r = stablehlo.reshape %y : (tensor<9x0x3xf32>) -> tensor<0xf32>
  %z = stablehlo.pad %r, %p, low = [1], high = [3], interior = [0] : (tensor<0xf32>, tensor<f32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
})"),
              "");
}

// A loop was to make a value and to read it, reshaped, from memory.
TEST(OnceWrong, ClampBetweenReshapesOfItsOperand) {
    EXPECT_EQ(compareText(R"(func.func @main(%x: tensor<1xi1>) -> (tensor<ui32>, tensor<1xui32>) {
  %y = stablehlo.convert %x : (tensor<1xi1>) -> tensor<1xui32>
  %s = stablehlo.reshape %y : (tensor<1xui32>) -> tensor<ui32>
  %c = stablehlo.clamp %s, %y, %s : (tensor<ui32>, tensor<1xui32>, tensor<ui32>) -> tensor<1xui32>
  return %s, %c : tensor<ui32>, tensor<1xui32>
})"),
              "");
}

// What a body computes of a tensor is none of the numbers that it is applied to.
TEST(OnceWrong, MapWhoseBodyComputesATensorForNobody) {
    EXPECT_EQ(compareText(R"(func.func @main(%x: tensor<33xf32>) -> tensor<33xf32> {
  %list = stablehlo.constant dense<[-3, 5]> : tensor<2xi32>
  %y = "stablehlo.map"(%x) ({
  ^bb0(%a: tensor<f32>):
    %b = stablehlo.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
    %c = stablehlo.sqrt %b : tensor<3xf32>
    %d = stablehlo.convert %list : (tensor<2xi32>) -> tensor<2xf32>
    %n = stablehlo.negate %a : tensor<f32>
    stablehlo.return %n : tensor<f32>
  }) {dimensions = array<i64: 0>} : (tensor<33xf32>) -> tensor<33xf32>
  return %y : tensor<33xf32>
})"),
              "");
}

// LLVM did not come to an end.
TEST(OnceWrong, PaddingOfUnsignedIntegersOfTwoAndFourBits) {
    const std::string text = R"(func.func @main(%x: tensor<8xi32>) -> (tensor<130xui32>, tensor<130xTYPE>) {
  %n = stablehlo.convert %x : (tensor<8xi32>) -> tensor<8xTYPE>
  %most = stablehlo.constant dense<MOST> : tensor<TYPE>
  %p = stablehlo.pad %n, %most, low = [0], high = [122], interior = [0] : (tensor<8xTYPE>, tensor<TYPE>) -> tensor<130xTYPE>
  %w = stablehlo.convert %p : (tensor<130xTYPE>) -> tensor<130xui32>
  return %w, %p : tensor<130xui32>, tensor<130xTYPE>
})";
    for (const auto& [type, most] : {std::pair{"ui2", "3"}, std::pair{"ui4", "15"}}) {
        std::string each = text;
        for (size_t at = each.find("TYPE"); at != std::string::npos; at = each.find("TYPE"))
            each.replace(at, 4, type);
        each.replace(each.find("MOST"), 4, most);
        EXPECT_EQ(compareText(each), "");
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
