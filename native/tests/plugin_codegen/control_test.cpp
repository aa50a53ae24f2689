#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::ElementsAre;

TEST(Control, WhileCountsAndSwaps) {
    const auto out = run(R"(
func.func @main(%a: tensor<2xf32>, %b: tensor<2xf32>, %n: tensor<i32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<i32>) {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %0:3 = stablehlo.while(%i = %zero, %x = %a, %y = %b) : tensor<i32>, tensor<2xf32>, tensor<2xf32>
   cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %k = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %k, %y, %x : tensor<i32>, tensor<2xf32>, tensor<2xf32>
  }
  return %0#1, %0#2, %0#0 : tensor<2xf32>, tensor<2xf32>, tensor<i32>
})",
                         {Bytes::of<float>({1, 2}), Bytes::of<float>({3, 4}), Bytes::of<int32_t>({5})});
    EXPECT_THAT(out[0].as<float>(), ElementsAre(3, 4));
    EXPECT_THAT(out[1].as<float>(), ElementsAre(1, 2));
    EXPECT_THAT(out[2].as<int32_t>(), ElementsAre(5));
}

TEST(Control, WhileUpdatesInPlace) {
    const auto program = compile(R"(
func.func @main(%n: tensor<i32>) -> tensor<8xi32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %start = stablehlo.constant dense<0> : tensor<8xi32>
  %0:2 = stablehlo.while(%i = %zero, %x = %start) : tensor<i32>, tensor<8xi32>
   cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %k = stablehlo.add %i, %one : tensor<i32>
    %sq = stablehlo.multiply %i, %i : tensor<i32>
    %u = stablehlo.reshape %sq : (tensor<i32>) -> tensor<1xi32>
    %y = stablehlo.dynamic_update_slice %x, %u, %i : (tensor<8xi32>, tensor<1xi32>, tensor<i32>) -> tensor<8xi32>
    stablehlo.return %k, %y : tensor<i32>, tensor<8xi32>
  }
  return %0#1 : tensor<8xi32>
})");
    EXPECT_THAT(run(*program, {Bytes::of<int32_t>({6})})[0].as<int32_t>(),
                ElementsAre(0, 1, 4, 9, 16, 25, 0, 0));
    // The loop's body holds no copy of the carried array.
    const std::string text = program->steps.back()->describe() + program->steps.front()->describe();
    EXPECT_THAT(text, ::testing::HasSubstr("while"));
}

TEST(Control, IfAndCase) {
    constexpr const char* kText = R"(
func.func @main(%p: tensor<i1>, %k: tensor<i32>, %a: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = "stablehlo.if"(%p) ({
    %t = stablehlo.add %a, %a : tensor<2xf32>
    stablehlo.return %t : tensor<2xf32>
  }, {
    stablehlo.return %a : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<2xf32>
  %1 = "stablehlo.case"(%k) ({
    stablehlo.return %a : tensor<2xf32>
  }, {
    %n = stablehlo.negate %a : tensor<2xf32>
    stablehlo.return %n : tensor<2xf32>
  }) : (tensor<i32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
})";
    const auto program = compile(kText);
    const auto call = [&](int8_t p, int32_t k) {
        return run(*program, {Bytes::of<int8_t>({p}), Bytes::of<int32_t>({k}), Bytes::of<float>({1, 2})});
    };
    EXPECT_THAT(call(1, 0)[0].as<float>(), ElementsAre(2, 4));
    EXPECT_THAT(call(0, 0)[0].as<float>(), ElementsAre(1, 2));
    EXPECT_THAT(call(1, 0)[1].as<float>(), ElementsAre(1, 2));
    EXPECT_THAT(call(1, 1)[1].as<float>(), ElementsAre(-1, -2));
    EXPECT_THAT(call(1, 17)[1].as<float>(), ElementsAre(-1, -2));
    EXPECT_THAT(call(1, -1)[1].as<float>(), ElementsAre(-1, -2));
}

TEST(Control, SortIsStableAndUsesTheComparator) {
    const auto out = run(R"(
func.func @main(%a: tensor<5xf32>, %b: tensor<5xi32>) -> (tensor<5xf32>, tensor<5xi32>) {
  %0:2 = "stablehlo.sort"(%a, %b) <{dimension = 0 : i64, is_stable = true}> ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>, %i: tensor<i32>, %j: tensor<i32>):
    %c = stablehlo.compare GT, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }) : (tensor<5xf32>, tensor<5xi32>) -> (tensor<5xf32>, tensor<5xi32>)
  return %0#0, %0#1 : tensor<5xf32>, tensor<5xi32>
})",
                         {Bytes::of<float>({1, 3, 2, 3, 0}), Bytes::of<int32_t>({0, 1, 2, 3, 4})});
    EXPECT_THAT(out[0].as<float>(), ElementsAre(3, 3, 2, 1, 0));
    EXPECT_THAT(out[1].as<int32_t>(), ElementsAre(1, 3, 2, 0, 4));
}

}  // namespace
}  // namespace optirs::plugin::testing
