// Bodies that run once for each element: branches and loops in comparators, how deep they may go, and numbers
// wider than the operands'. Bodies in every operation: bodies_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::ElementsAre;

const std::vector<int32_t> kValues = {3, -2, 2, 1};

std::vector<int32_t> integers(const std::string& text) {
    return run(text, {Bytes::of(kValues)})[0].as<int32_t>();
}

// The largest first, by a number that depends on a branch: 1 -> 10, 2 -> -2, others -> themselves.
TEST(Reducer, BranchesInComparators) {
    std::string text = R"(
func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %r = "stablehlo.sort"(%x) ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):)";
    for (const std::string side : {"a", "b"}) {
        text += "%key" + side + " = \"stablehlo.case\"(%" + side + R"() ({
      stablehlo.return %)" +
                side + R"( : tensor<i32>
    }, {
      %ten = stablehlo.constant dense<10> : tensor<i32>
      stablehlo.return %ten : tensor<i32>
    }, {
      %n = stablehlo.negate %)" +
                side + R"( : tensor<i32>
      stablehlo.return %n : tensor<i32>
    }, {
      stablehlo.return %)" +
                side + R"( : tensor<i32>
    }) : (tensor<i32>) -> tensor<i32>
)";
    }
    text += R"(
    %p = stablehlo.compare GT, %keya, %keyb : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) {dimension = 0 : i64, is_stable = true} : (tensor<4xi32>) -> tensor<4xi32>
  return %r : tensor<4xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(1, 3, -2, 2));
}

// Each branch takes what the branch before it gave.
TEST(Reducer, ChainsOfBranchesAreCompiledOnce) {
    std::string text = R"(
func.func @main(%x: tensor<4xi32>) -> tensor<i32> {
  %init = stablehlo.constant dense<0> : tensor<i32>
  %r = "stablehlo.reduce"(%x, %init) ({
  ^bb0(%s0: tensor<i32>, %b: tensor<i32>):
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %p = stablehlo.compare GT, %b, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
)";
    constexpr int kLinks = 40;
    for (int i = 1; i <= kLinks; ++i) {
        const std::string to = "%s" + std::to_string(i);
        const std::string from = "%s" + std::to_string(i - 1);
        text += to + R"( = "stablehlo.if"(%p) ({
      %t = stablehlo.add )" +
                from + R"(, %b : tensor<i32>
      stablehlo.return %t : tensor<i32>
    }, {
      %t = stablehlo.subtract )" +
                from + R"(, %b : tensor<i32>
      stablehlo.return %t : tensor<i32>
    }) : (tensor<i1>) -> tensor<i32>
)";
    }
    text += "stablehlo.return %s" + std::to_string(kLinks) +
            " : tensor<i32>\n}) {dimensions = array<i64: 0>} : (tensor<4xi32>, tensor<i32>) -> tensor<i32>\n"
            "return %r : tensor<i32>\n}";
    EXPECT_THAT(integers(text), ElementsAre(kLinks * (3 + 2 + 2 + 1)));
}

// By a key that a loop computes in a tensor: twice the number's remainder by 3.
TEST(Reducer, TensorsOfLoopsInComparators) {
    std::string text = R"(
func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %r = "stablehlo.sort"(%x) ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %three = stablehlo.constant dense<3> : tensor<2xi32>
    %limit = stablehlo.constant dense<2> : tensor<i32>)";
    for (const std::string side : {"a", "b"}) {
        text +=
            "%start" + side + " = stablehlo.broadcast_in_dim %" + side +
            ", dims = [] : (tensor<i32>) -> tensor<2xi32>\n%w" + side + " = stablehlo.while(%v = %start" +
            side + R"() : tensor<2xi32>
     cond {
      %f = stablehlo.slice %v [1:2] : (tensor<2xi32>) -> tensor<1xi32>
      %g = stablehlo.reshape %f : (tensor<1xi32>) -> tensor<i32>
      %p = stablehlo.compare GT, %g, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %p : tensor<i1>
     } do {
      %less = stablehlo.subtract %v, %three : tensor<2xi32>
      stablehlo.return %less : tensor<2xi32>
     }
    %zero)" +
            side + R"( = stablehlo.constant dense<0> : tensor<i32>
    %key)" + side +
            " = stablehlo.reduce(%w" + side + " init: %zero" + side +
            R"() applies stablehlo.add across dimensions = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<i32>
)";
    }
    text += R"(
    %p = stablehlo.compare GT, %keya, %keyb : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) {dimension = 0 : i64, is_stable = true} : (tensor<4xi32>) -> tensor<4xi32>
  return %r : tensor<4xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(2, 1, 3, -2));
}

TEST(Reducer, TensorsTooLargeForItsStackAreRefused) {
    const std::string text = R"(
func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %r = "stablehlo.map"(%x) ({
  ^bb0(%a: tensor<i32>):
    %wide = stablehlo.broadcast_in_dim %a, dims = [] : (tensor<i32>) -> tensor<1000000xi32>
    %w = stablehlo.while(%v = %wide) : tensor<1000000xi32>
     cond {
      %f = stablehlo.slice %v [0:1] : (tensor<1000000xi32>) -> tensor<1xi32>
      %g = stablehlo.reshape %f : (tensor<1xi32>) -> tensor<i32>
      %p = stablehlo.compare GT, %g, %a : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %p : tensor<i1>
     } do {
      %less = stablehlo.negate %v : tensor<1000000xi32>
      stablehlo.return %less : tensor<1000000xi32>
     }
    %f = stablehlo.slice %w [7:8] : (tensor<1000000xi32>) -> tensor<1xi32>
    %g = stablehlo.reshape %f : (tensor<1xi32>) -> tensor<i32>
    stablehlo.return %g : tensor<i32>
  }) {dimensions = array<i64: 0>} : (tensor<4xi32>) -> tensor<4xi32>
  return %r : tensor<4xi32>
})";
    try {
        integers(text);
        ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kUnimplemented);
        EXPECT_THAT(error.message(), ::testing::HasSubstr("65536 bytes, not tensor<1000000xi32>"));
    }
}

constexpr const char* kWideSum = R"(
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %s = stablehlo.add %a, %b : tensor<i32>
    stablehlo.return %s : tensor<i32>
  }))";

TEST(Reducer, ScatterComputesInWiderNumbers) {
    const auto out = run(
        std::string(R"(
func.func @main(%x: tensor<2xi8>, %u: tensor<3xi8>) -> tensor<2xi32> {
  %at = stablehlo.constant dense<[[0], [0], [1]]> : tensor<3x1xi32>
  %r = "stablehlo.scatter"(%x, %at, %u) ({)") +
            kWideSum +
            R"( {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<2xi8>, tensor<3x1xi32>, tensor<3xi8>) -> tensor<2xi32>
  return %r : tensor<2xi32>
})",
        {Bytes::of<int8_t>({100, -100}), Bytes::of<int8_t>({100, 27, -100})});
    EXPECT_THAT(out[0].as<int32_t>(), ElementsAre(227, -200));
}

TEST(Reducer, SelectAndScatterComputesInWiderNumbers) {
    const auto out = run(
        std::string(R"(
func.func @main(%x: tensor<3xi8>, %source: tensor<2xi8>, %init: tensor<i8>) -> tensor<3xi32> {
  %r = "stablehlo.select_and_scatter"(%x, %source, %init) ({
  ^bb0(%a: tensor<i8>, %b: tensor<i8>):
    %p = stablehlo.compare GE, %a, %b : (tensor<i8>, tensor<i8>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {)") + kWideSum +
            R"( {window_dimensions = array<i64: 2>} : (tensor<3xi8>, tensor<2xi8>, tensor<i8>) -> tensor<3xi32>
  return %r : tensor<3xi32>
})",
        {Bytes::of<int8_t>({1, 9, 2}), Bytes::of<int8_t>({100, 90}), Bytes::of<int8_t>({-5})});
    EXPECT_THAT(out[0].as<int32_t>(), ElementsAre(-5, 185, -5));
}

}  // namespace
}  // namespace optirs::plugin::testing
