// What the pass makes of bounded dimensions, as text.
#include <gtest/gtest.h>

#include <regex>

#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

void expectPadded(const char* before, const char* after) {
    const auto module = parseModule(before);
    verify(*module);
    Function& main = module->entry();
    EXPECT_TRUE(padBounded(main));
    while (eliminateCommonSubexpressions(main) || eliminateDeadCode(main)) {
    }
    verify(*module);
    EXPECT_EQ(print(*module), print(*parseModule(after)));
}

TEST(PadBounded, ASumSeesZerosPastTheSize) {
    expectPadded(R"(
func.func @main(%n: tensor<i32>, %x: tensor<4xf32>) -> tensor<f32> {
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>>
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %r = stablehlo.reduce(%s init: %z) applies stablehlo.add across dimensions = [0] : (tensor<?xf32, #stablehlo.bounds<4>>, tensor<f32>) -> tensor<f32>
  return %r : tensor<f32>
})",
                 R"(
func.func @main(%n: tensor<i32>, %x: tensor<4xf32>) -> tensor<f32> {
  %four = stablehlo.constant dense<4> : tensor<i32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %0 = stablehlo.maximum %n, %zero : tensor<i32>
  %size = stablehlo.minimum %0, %four : tensor<i32>
  %s = stablehlo.optimization_barrier %x : tensor<4xf32>
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %nothing = stablehlo.constant dense<-0.0> : tensor<f32>
  %3 = stablehlo.broadcast_in_dim %size, dims = [] : (tensor<i32>) -> tensor<4xi32>
  %4 = stablehlo.iota dim = 0 : tensor<4xi32>
  %5 = stablehlo.compare LT, %4, %3, SIGNED : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi1>
  %6 = stablehlo.broadcast_in_dim %nothing, dims = [] : (tensor<f32>) -> tensor<4xf32>
  %7 = stablehlo.select %5, %s, %6 : tensor<4xi1>, tensor<4xf32>
  %r = stablehlo.reduce(%7 init: %z) applies stablehlo.add across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
  return %r : tensor<f32>
})");
}

TEST(PadBounded, ALoopCarriesASize) {
    expectPadded(R"(
func.func @main(%n: tensor<i32>, %p: tensor<i1>, %x: tensor<4xf32>) -> tensor<?xf32, #stablehlo.bounds<4>> {
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>>
  %r = stablehlo.while(%v = %s) : tensor<?xf32, #stablehlo.bounds<4>>
  cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %w = stablehlo.negate %v : tensor<?xf32, #stablehlo.bounds<4>>
    stablehlo.return %w : tensor<?xf32, #stablehlo.bounds<4>>
  }
  return %r : tensor<?xf32, #stablehlo.bounds<4>>
})",
                 R"(
func.func @main(%n: tensor<i32>, %p: tensor<i1>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<1xi32> {optirs.sizes = array<i64: 0, 0>}) {
  %four = stablehlo.constant dense<4> : tensor<i32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %0 = stablehlo.maximum %n, %zero : tensor<i32>
  %size = stablehlo.minimum %0, %four : tensor<i32>
  %s = stablehlo.optimization_barrier %x : tensor<4xf32>
  %r:2 = stablehlo.while(%v = %s, %m = %size) : tensor<4xf32>, tensor<i32>
  cond {
    stablehlo.return %p : tensor<i1>
  } do {
    %w = stablehlo.negate %v : tensor<4xf32>
    stablehlo.return %w, %m : tensor<4xf32>, tensor<i32>
  }
  %5 = stablehlo.reshape %r#1 : (tensor<i32>) -> tensor<1xi32>
  %6 = stablehlo.concatenate %5, dim = 0 : (tensor<1xi32>) -> tensor<1xi32>
  return %r#0, %6 : tensor<4xf32>, tensor<1xi32>
})");
}

// Its memory, which may be smaller, is not that of the result any more.
TEST(PadBounded, AnArgumentComesWithItsSize) {
    expectPadded(R"(
func.func @main(%x: tensor<2x?xf32, #stablehlo.bounds<?, 4>> {tf.aliasing_output = 0 : i32}) -> tensor<2x?xf32, #stablehlo.bounds<?, 4>> {
  %y = stablehlo.negate %x : tensor<2x?xf32, #stablehlo.bounds<?, 4>>
  return %y : tensor<2x?xf32, #stablehlo.bounds<?, 4>>
})",
                 R"(
func.func @main(%x: tensor<2x4xf32> {jax.buffer_donor = true}, %sizes: tensor<1xi32> {optirs.sizes = array<i64: 0, 1>}) -> (tensor<2x4xf32>, tensor<1xi32> {optirs.sizes = array<i64: 0, 1>}) {
  %0 = stablehlo.slice %sizes [0:1] : (tensor<1xi32>) -> tensor<1xi32>
  %size = stablehlo.reshape %0 : (tensor<1xi32>) -> tensor<i32>
  %y = stablehlo.negate %x : tensor<2x4xf32>
  %3 = stablehlo.reshape %size : (tensor<i32>) -> tensor<1xi32>
  %4 = stablehlo.concatenate %3, dim = 0 : (tensor<1xi32>) -> tensor<1xi32>
  return %y, %4 : tensor<2x4xf32>, tensor<1xi32>
})");
}

TEST(PadBounded, ArgumentsWithoutABoundAndThoseOfOtherFunctionsStayAsTheyAre) {
    const auto unbounded = parseModule(
        "func.func @main(%x: tensor<?xf32, #stablehlo.bounds<4>>, %y: tensor<?xf32>) -> tensor<?xf32> {\n"
        "  return %y : tensor<?xf32>\n}");
    const std::string before = print(*unbounded);
    EXPECT_FALSE(padBounded(unbounded->entry()));
    EXPECT_EQ(print(*unbounded), before);
    const auto other = parseModule("func.func @main(%x: tensor<?xf32, #stablehlo.bounds<4>>) {\n  return\n}");
    EXPECT_FALSE(padBounded(other->entry(), false));
    EXPECT_TRUE(padBounded(other->entry(), true));
}

TEST(PadBounded, WhatHasNoBoundsStaysAsItIs) {
    const std::string text =
        "func.func @main(%x: tensor<4xf32> ATTRIBUTES) -> (tensor<4xf32> ATTRIBUTES) {\n"
        "  %r = stablehlo.negate %x : tensor<4xf32>\n  return %r : tensor<4xf32>\n}";
    const auto with = [&](const char* attributes) {
        return parseModule(std::regex_replace(text, std::regex("ATTRIBUTES"), attributes));
    };
    // That an argument or a result holds sizes is for the pass to say.
    const auto module = with("{optirs.sizes = array<i64: 0, 0>}");
    EXPECT_FALSE(padBounded(module->entry()));
    EXPECT_EQ(print(*module), print(*with("")));
}

}  // namespace
}  // namespace optirs::plugin
