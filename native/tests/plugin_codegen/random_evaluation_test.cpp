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
    for (uint64_t seed = 0; seed < 40; ++seed) ASSERT_EQ(compareWritten(writeProgram(seed)), "");
}

TEST(RandomEvaluation, NormsAndTheirGradients) {
    for (uint64_t seed = 0; seed < 15; ++seed) ASSERT_EQ(compareWritten(writeRows(seed)), "");
}

TEST(RandomEvaluation, ConvolutionsLikeThoseOfNetworks) {
    for (uint64_t seed = 0; seed < 8; ++seed) ASSERT_EQ(compareWritten(writeImages(seed)), "");
}

TEST(RandomEvaluation, WhatIsNearlyAttention) {
    for (uint64_t seed = 0; seed < 8; ++seed) ASSERT_EQ(compareWritten(writeAttention(seed)), "");
}

TEST(RandomEvaluation, LoopsThatUpdateTables) {
    for (uint64_t seed = 0; seed < 30; ++seed) ASSERT_EQ(compareWritten(writeLoops(seed)), "");
}

TEST(RandomEvaluation, ProgramsOfSeveralPartitions) {
    for (uint64_t seed = 0; seed < 30; ++seed) ASSERT_EQ(compareWritten(writePartitions(seed)), "");
}

TEST(RandomEvaluation, ArraysBelowABound) {
    for (uint64_t seed = 0; seed < 25; ++seed) ASSERT_EQ(compareWritten(writeBounded(seed)), "");
}

TEST(RandomEvaluation, LayersOfNetworksAndOptimizers) {
    for (uint64_t seed = 0; seed < 8; ++seed) {
        ASSERT_EQ(compareWritten(writeLayers(seed)), "");
        ASSERT_EQ(compareWritten(writeOptimizer(seed)), "");
    }
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

// A value from outside, whose last reader in the body it was, was updated in its place in the first round.
TEST(OnceWrong, LoopWhoseBodyUpdatesAValueFromOutside) {
    EXPECT_EQ(compareText(R"(func.func @main(%x: tensor<8x4xi8>, %row: tensor<1x4xi8>) -> tensor<8x4xi8> {
  %y = stablehlo.add %x, %x : tensor<8x4xi8>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %three = stablehlo.constant dense<3> : tensor<i32>
  %start = stablehlo.dynamic_update_slice %y, %row, %one, %zero : (tensor<8x4xi8>, tensor<1x4xi8>, tensor<i32>, tensor<i32>) -> tensor<8x4xi8>
  %rows = stablehlo.constant dense<[5, 3, -2, 0, 9, 4, 0, 3]> : tensor<8xi32>
  %w:2 = "stablehlo.while"(%zero, %start) ({
  ^bb0(%i: tensor<i32>, %v: tensor<8x4xi8>):
    %c = stablehlo.compare LT, %i, %three : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }, {
  ^bb0(%i: tensor<i32>, %v: tensor<8x4xi8>):
    %s = "stablehlo.scatter"(%y, %rows, %v) ({
    ^bb0(%l: tensor<i8>, %r: tensor<i8>):
      %t = stablehlo.add %l, %r : tensor<i8>
      stablehlo.return %t : tensor<i8>
    }) {scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<8x4xi8>, tensor<8xi32>, tensor<8x4xi8>) -> tensor<8x4xi8>
    %n = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %n, %s : tensor<i32>, tensor<8x4xi8>
  }) : (tensor<i32>, tensor<8x4xi8>) -> (tensor<i32>, tensor<8x4xi8>)
  return %w#1 : tensor<8x4xi8>
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
