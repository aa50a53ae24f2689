#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Program, Add) {
    EXPECT_THAT(runFloats(R"(
        func.func @main(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {
          %0 = stablehlo.add %a, %b : tensor<3xf32>
          return %0 : tensor<3xf32>
        })",
                          {{1, 2, 3}, {10, 20, 30}}),
                ElementsAre(11, 22, 33));
}

TEST(Program, ExponentialOfMany) {
    std::vector<float> in(10007);
    for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i) * 0.01f - 50;
    const auto out = runFloats(R"(
        func.func @main(%a: tensor<10007xf32>) -> tensor<10007xf32> {
          %0 = stablehlo.exponential %a : tensor<10007xf32>
          return %0 : tensor<10007xf32>
        })",
                               {in});
    for (size_t i = 0; i < in.size(); ++i) {
        const float expected = std::exp(in[i]);
        EXPECT_NEAR(out[i] / expected, 1, 4e-7) << in[i];
    }
}

TEST(Program, ReduceRowsAndColumns) {
    const std::vector<float> in{1, 2, 3, 4, 5, 6};
    EXPECT_THAT(runFloats(R"(
        func.func @main(%a: tensor<2x3xf32>) -> tensor<2xf32> {
          %z = stablehlo.constant dense<0.0> : tensor<f32>
          %0 = stablehlo.reduce(%a init: %z) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
          return %0 : tensor<2xf32>
        })",
                          {in}),
                ElementsAre(6, 15));
    EXPECT_THAT(runFloats(R"(
        func.func @main(%a: tensor<2x3xf32>) -> tensor<3xf32> {
          %z = stablehlo.constant dense<0.0> : tensor<f32>
          %0 = stablehlo.reduce(%a init: %z) applies stablehlo.add across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
          return %0 : tensor<3xf32>
        })",
                          {in}),
                ElementsAre(5, 7, 9));
}

TEST(Program, DotGeneral) {
    EXPECT_THAT(runFloats(R"(
        func.func @main(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>) -> tensor<2x2xf32> {
          %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
          return %0 : tensor<2x2xf32>
        })",
                          {{1, 2, 3, 4, 5, 6}, {1, 0, 0, 1, 1, 1}}),
                ElementsAre(4, 5, 10, 11));
}

TEST(Program, TransposedProductReadsThroughViews) {
    EXPECT_THAT(runFloats(R"(
        func.func @main(%a: tensor<3x2xf32>, %b: tensor<6xf32>) -> tensor<2x2xf32> {
          %t = stablehlo.transpose %a, dims = [1, 0] : (tensor<3x2xf32>) -> tensor<2x3xf32>
          %r = stablehlo.reshape %b : (tensor<6xf32>) -> tensor<3x2xf32>
          %0 = stablehlo.dot_general %t, %r, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
          %1 = stablehlo.transpose %0, dims = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
          return %1 : tensor<2x2xf32>
        })",
                          {{1, 4, 2, 5, 3, 6}, {1, 0, 0, 1, 1, 1}}),
                ElementsAre(4, 10, 5, 11));
}

TEST(Program, ReturnsArgumentsAndConstants) {
    const auto out = run(R"(
        func.func @main(%a: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xi32>, tensor<2xf32>) {
          %c = stablehlo.constant dense<[7, 8]> : tensor<2xi32>
          return %a, %c, %a : tensor<2xf32>, tensor<2xi32>, tensor<2xf32>
        })",
                         {Bytes::of<float>({1, 2})});
    EXPECT_THAT(out[0].as<float>(), ElementsAre(1, 2));
    EXPECT_THAT(out[1].as<int32_t>(), ElementsAre(7, 8));
    EXPECT_THAT(out[2].as<float>(), ElementsAre(1, 2));
}

TEST(Program, EmptyTensors) {
    const auto out = run(R"(
        func.func @main(%a: tensor<0x3xf32>) -> (tensor<0x3xf32>, tensor<3xf32>) {
          %0 = stablehlo.add %a, %a : tensor<0x3xf32>
          %z = stablehlo.constant dense<1.5> : tensor<f32>
          %1 = stablehlo.reduce(%a init: %z) applies stablehlo.add across dimensions = [0] : (tensor<0x3xf32>, tensor<f32>) -> tensor<3xf32>
          return %0, %1 : tensor<0x3xf32>, tensor<3xf32>
        })",
                         {Bytes(0)});
    EXPECT_THAT(out[1].as<float>(), ElementsAre(1.5, 1.5, 1.5));
}

TEST(Program, IntegerEdges) {
    const auto out = run(R"(
        func.func @main(%a: tensor<4xi32>, %b: tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) {
          %0 = stablehlo.divide %a, %b : tensor<4xi32>
          %1 = stablehlo.remainder %a, %b : tensor<4xi32>
          %2 = stablehlo.shift_left %a, %b : tensor<4xi32>
          return %0, %1, %2 : tensor<4xi32>, tensor<4xi32>, tensor<4xi32>
        })",
                         {Bytes::of<int32_t>({7, -7, INT32_MIN, 5}), Bytes::of<int32_t>({2, 2, -1, 0})});
    EXPECT_THAT(out[0].as<int32_t>(), ElementsAre(3, -3, INT32_MIN, -1));
    EXPECT_THAT(out[1].as<int32_t>(), ElementsAre(1, -1, 0, 5));
    EXPECT_THAT(out[2].as<int32_t>(), ElementsAre(28, -28, 0, 5));
}

TEST(Program, ConvertSaturates) {
    const auto out = run(R"(
        func.func @main(%a: tensor<4xf32>) -> (tensor<4xi8>, tensor<4xi1>) {
          %0 = stablehlo.convert %a : (tensor<4xf32>) -> tensor<4xi8>
          %1 = stablehlo.convert %a : (tensor<4xf32>) -> tensor<4xi1>
          return %0, %1 : tensor<4xi8>, tensor<4xi1>
        })",
                         {Bytes::of<float>({1000, -1000, NAN, 0})});
    EXPECT_THAT(out[0].as<int8_t>(), ElementsAre(127, -128, 0, 0));
    EXPECT_THAT(out[1].as<int8_t>(), ElementsAre(1, 1, 1, 0));
}

TEST(Program, UnimplementedNamesOperationTypesAndLine) {
    try {
        compile(R"(
func.func @main(%a: tensor<8x8xf32>, %b: tensor<8xf32>) -> tensor<8xf32> {
  %0 = stablehlo.einsum %a, %b, config = "ii,i->i" : (tensor<8x8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
})");
        FAIL() << "compiled";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kUnimplemented);
        EXPECT_THAT(error.message(), HasSubstr("stablehlo.einsum"));
        EXPECT_THAT(error.message(), HasSubstr("(tensor<8x8xf32>, tensor<8xf32>)"));
        EXPECT_THAT(error.message(), HasSubstr("line 3"));
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
