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
