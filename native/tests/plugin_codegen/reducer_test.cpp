// Bodies that run once for each element: loops and branches in them, and numbers wider than the operands'.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::ElementsAre;

// %s = a + b, counted upwards b times where b is positive; a where it is not.
constexpr const char* kCounts = R"(
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %one = stablehlo.constant dense<1> : tensor<i32>
    %is_positive = stablehlo.compare GT, %b, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %s = "stablehlo.if"(%is_positive) ({
      %w:2 = stablehlo.while(%n = %zero, %sum = %a) : tensor<i32>, tensor<i32>
       cond {
        %p = stablehlo.compare LT, %n, %b : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
       } do {
        %next = stablehlo.add %n, %one : tensor<i32>
        %more = stablehlo.add %sum, %one : tensor<i32>
        stablehlo.return %next, %more : tensor<i32>, tensor<i32>
       }
      stablehlo.return %w#1 : tensor<i32>
    }, {
      stablehlo.return %a : tensor<i32>
    }) : (tensor<i1>) -> tensor<i32>
)";

int32_t counted(int32_t a, int32_t b) { return a + std::max(b, 0); }

const std::vector<int32_t> kValues = {3, -2, 2, 1};

std::vector<int32_t> integers(const std::string& text) {
    return run(text, {Bytes::of(kValues)})[0].as<int32_t>();
}

std::string reducer() {
    return std::string("({\n  ^bb0(%a: tensor<i32>, %b: tensor<i32>):") + kCounts +
           "    stablehlo.return %s : tensor<i32>\n  })";
}

TEST(Reducer, LoopsInReduce) {
    const std::string text = R"(
func.func @main(%x: tensor<4xi32>) -> tensor<i32> {
  %init = stablehlo.constant dense<5> : tensor<i32>
  %r = "stablehlo.reduce"(%x, %init) )" +
                             reducer() +
                             R"( {dimensions = array<i64: 0>} : (tensor<4xi32>, tensor<i32>) -> tensor<i32>
  return %r : tensor<i32>
})";
    EXPECT_THAT(integers(text), ElementsAre(counted(counted(counted(counted(5, 3), -2), 2), 1)));
}

TEST(Reducer, LoopsInReduceWindow) {
    const std::string text =
        R"(
func.func @main(%x: tensor<4xi32>) -> tensor<3xi32> {
  %init = stablehlo.constant dense<5> : tensor<i32>
  %r = "stablehlo.reduce_window"(%x, %init) )" +
        reducer() + R"( {window_dimensions = array<i64: 2>} : (tensor<4xi32>, tensor<i32>) -> tensor<3xi32>
  return %r : tensor<3xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(counted(counted(5, 3), -2), counted(counted(5, -2), 2),
                                            counted(counted(5, 2), 1)));
}

TEST(Reducer, LoopsInMap) {
    const std::string text =
        R"(
func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %r = "stablehlo.map"(%x, %x) )" +
        reducer() + R"( {dimensions = array<i64: 0>} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %r : tensor<4xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(counted(3, 3), counted(-2, -2), counted(2, 2), counted(1, 1)));
}

TEST(Reducer, LoopsInScatter) {
    const std::string text =
        R"(
func.func @main(%x: tensor<4xi32>) -> tensor<3xi32> {
  %y = stablehlo.constant dense<[10, 20, 30]> : tensor<3xi32>
  %at = stablehlo.constant dense<[[0], [1], [0], [2]]> : tensor<4x1xi32>
  %r = "stablehlo.scatter"(%y, %at, %x) )" +
        reducer() +
        R"( {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<3xi32>, tensor<4x1xi32>, tensor<4xi32>) -> tensor<3xi32>
  return %r : tensor<3xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(counted(counted(10, 3), 2), counted(20, -2), counted(30, 1)));
}

// Windows {3, -2}, {-2, 2}, {2, 1}: the larger element is selected, and takes what its windows add.
TEST(Reducer, LoopsInBothFunctionsOfSelectAndScatter) {
    const std::string text = std::string(R"(
func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %source = stablehlo.constant dense<[10, 20, 30]> : tensor<3xi32>
  %init = stablehlo.constant dense<1> : tensor<i32>
  %r = "stablehlo.select_and_scatter"(%x, %source, %init) ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):)") +
                             kCounts + R"(
    %keeps = stablehlo.compare GE, %a, %b : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %same = stablehlo.compare EQ, %s, %s : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %both = stablehlo.and %keeps, %same : tensor<i1>
    stablehlo.return %both : tensor<i1>
  }, {
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):)" +
                             kCounts + R"(
    stablehlo.return %s : tensor<i32>
  }) {window_dimensions = array<i64: 2>} : (tensor<4xi32>, tensor<3xi32>, tensor<i32>) -> tensor<4xi32>
  return %r : tensor<4xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(counted(1, 10), 1, counted(counted(1, 20), 30), 1));
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
