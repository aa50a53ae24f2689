// One body in every operation that has one: loops, branches, and tensors inside of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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

// %s of %a and %b as `rotated` has it: a loop and a branch that carry tensors.
constexpr const char* kRotates = R"(
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %one = stablehlo.constant dense<1> : tensor<i32>
    %v0 = stablehlo.reshape %a : (tensor<i32>) -> tensor<1xi32>
    %v1 = stablehlo.reshape %b : (tensor<i32>) -> tensor<1xi32>
    %v2 = stablehlo.reshape %one : (tensor<i32>) -> tensor<1xi32>
    %start = stablehlo.concatenate %v0, %v1, %v2, dim = 0 : (tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<3xi32>
    %w:2 = stablehlo.while(%v = %start, %n = %zero) : tensor<3xi32>, tensor<i32>
     cond {
      %p = stablehlo.compare LT, %n, %b : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %p : tensor<i1>
     } do {
      %first = stablehlo.slice %v [0:1] : (tensor<3xi32>) -> tensor<1xi32>
      %rest = stablehlo.slice %v [1:3] : (tensor<3xi32>) -> tensor<2xi32>
      %m = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
      %last = stablehlo.add %first, %m : tensor<1xi32>
      %moved = stablehlo.concatenate %rest, %last, dim = 0 : (tensor<2xi32>, tensor<1xi32>) -> tensor<3xi32>
      %next = stablehlo.add %n, %one : tensor<i32>
      stablehlo.return %moved, %next : tensor<3xi32>, tensor<i32>
     }
    %is_positive = stablehlo.compare GT, %b, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %turned = "stablehlo.if"(%is_positive) ({
      %back = stablehlo.reverse %w#0, dims = [0] : tensor<3xi32>
      stablehlo.return %back : tensor<3xi32>
    }, {
      stablehlo.return %w#0 : tensor<3xi32>
    }) : (tensor<i1>) -> tensor<3xi32>
    %weights = stablehlo.constant dense<[2, 3, 1]> : tensor<3xi32>
    %products = stablehlo.multiply %turned, %weights : tensor<3xi32>
    %s = stablehlo.reduce(%products init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<3xi32>, tensor<i32>) -> tensor<i32>
)";

int32_t rotated(int32_t a, int32_t b) {
    std::vector<int32_t> v = {a, b, 1};
    for (int32_t n = 0; n < b; ++n) v = {v[1], v[2], v[0] + n};
    if (b > 0) std::ranges::reverse(v);
    return 2 * v[0] + 3 * v[1] + v[2];
}

// %s of %a and %b as `replaced` has it: a slice written where %b says, and what was there sorted.
constexpr const char* kSorts = R"(
    %one = stablehlo.constant dense<1> : tensor<i32>
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %numbers = stablehlo.constant dense<[[5, 1], [4, 7], [0, 9]]> : tensor<3x2xi32>
    %v0 = stablehlo.reshape %a : (tensor<i32>) -> tensor<1x1xi32>
    %v1 = stablehlo.reshape %b : (tensor<i32>) -> tensor<1x1xi32>
    %part = stablehlo.concatenate %v0, %v1, dim = 0 : (tensor<1x1xi32>, tensor<1x1xi32>) -> tensor<2x1xi32>
    %written = stablehlo.dynamic_update_slice %numbers, %part, %b, %one : (tensor<3x2xi32>, tensor<2x1xi32>, tensor<i32>, tensor<i32>) -> tensor<3x2xi32>
    %rows = stablehlo.iota dim = 0 : tensor<3x2xi32>
    %sorted:2 = "stablehlo.sort"(%written, %rows) ({
    ^bb1(%p: tensor<i32>, %q: tensor<i32>, %row0: tensor<i32>, %row1: tensor<i32>):
      %two = stablehlo.constant dense<2> : tensor<i32>
      %u = stablehlo.divide %p, %two : tensor<i32>
      %v = stablehlo.divide %q, %two : tensor<i32>
      %less = stablehlo.compare LT, %u, %v : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %less : tensor<i1>
    }) {dimension = 0 : i64, is_stable = true} : (tensor<3x2xi32>, tensor<3x2xi32>) -> (tensor<3x2xi32>, tensor<3x2xi32>)
    %places = stablehlo.constant dense<[[1, 10], [2, 20], [4, 40]]> : tensor<3x2xi32>
    %m = stablehlo.multiply %sorted#0, %places : tensor<3x2xi32>
    %n = stablehlo.multiply %sorted#1, %places : tensor<3x2xi32>
    %k = stablehlo.subtract %m, %n : tensor<3x2xi32>
    %sum = stablehlo.reduce(%k init: %zero) applies stablehlo.add across dimensions = [0, 1] : (tensor<3x2xi32>, tensor<i32>) -> tensor<i32>
    %modulus = stablehlo.constant dense<17> : tensor<i32>
    %s = stablehlo.remainder %sum, %modulus : tensor<i32>
)";

int32_t replaced(int32_t a, int32_t b) {
    const auto at = static_cast<size_t>(std::clamp(b, 0, 1));
    std::array<std::array<int32_t, 3>, 2> columns = {{{5, 4, 0}, {1, 7, 9}}};
    columns[1][at] = a;
    columns[1][at + 1] = b;
    const std::array<int32_t, 3> weights = {1, 2, 4};
    int32_t sum = 0;
    for (size_t c = 0; c < 2; ++c) {
        std::array<int32_t, 3> rows = {0, 1, 2};
        const auto value = [&](int32_t row) { return columns[c][static_cast<size_t>(row)]; };
        std::ranges::stable_sort(rows, {}, [&](int32_t row) { return value(row) / 2; });
        for (size_t i = 0; i < 3; ++i) sum += weights[i] * (c == 0 ? 1 : 10) * (value(rows[i]) - rows[i]);
    }
    return sum % 17;
}

// %s of %a and %b as `scattered` has it: what scatter and select_and_scatter write, and numbers by their
// bytes.
constexpr const char* kScatters = R"(
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %numbers = stablehlo.constant dense<[5, 1, 4, 7]> : tensor<4xi32>
    %v0 = stablehlo.reshape %a : (tensor<i32>) -> tensor<1xi32>
    %v1 = stablehlo.reshape %b : (tensor<i32>) -> tensor<1xi32>
    %pair = stablehlo.concatenate %v0, %v1, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %places = stablehlo.concatenate %v1, %v1, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
    %written = "stablehlo.scatter"(%numbers, %places, %pair) ({
    ^bb1(%old: tensor<i32>, %new: tensor<i32>):
      %twice = stablehlo.add %old, %old : tensor<i32>
      %sum = stablehlo.add %twice, %new : tensor<i32>
      stablehlo.return %sum : tensor<i32>
    }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<4xi32>
    %none = stablehlo.constant dense<0> : tensor<0xi32>
    %one = "stablehlo.scatter"(%a, %none, %b) ({
    ^bb1(%old: tensor<i32>, %new: tensor<i32>):
      %difference = stablehlo.subtract %old, %new : tensor<i32>
      stablehlo.return %difference : tensor<i32>
    }) {scatter_dimension_numbers = #stablehlo.scatter<index_vector_dim = 0>} : (tensor<i32>, tensor<0xi32>, tensor<i32>) -> tensor<i32>
    %most = "stablehlo.select_and_scatter"(%written, %pair, %one) ({
    ^bb1(%p: tensor<i32>, %q: tensor<i32>):
      %keeps = stablehlo.compare GE, %p, %q : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %keeps : tensor<i1>
    }, {
    ^bb1(%p: tensor<i32>, %q: tensor<i32>):
      %both = stablehlo.add %p, %q : tensor<i32>
      stablehlo.return %both : tensor<i32>
    }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 2>} : (tensor<4xi32>, tensor<2xi32>, tensor<i32>) -> tensor<4xi32>
    %bytes = stablehlo.bitcast_convert %most : (tensor<4xi32>) -> tensor<4x4xi8>
    %turned = stablehlo.reverse %bytes, dims = [1] : tensor<4x4xi8>
    %halves = stablehlo.reshape %turned : (tensor<4x4xi8>) -> tensor<4x2x2xi8>
    %joined = stablehlo.bitcast_convert %halves : (tensor<4x2x2xi8>) -> tensor<4x2xi16>
    %wide = stablehlo.convert %joined : (tensor<4x2xi16>) -> tensor<4x2xi32>
    %weights = stablehlo.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8]]> : tensor<4x2xi32>
    %products = stablehlo.multiply %wide, %weights : tensor<4x2xi32>
    %total = stablehlo.reduce(%products init: %zero) applies stablehlo.add across dimensions = [0, 1] : (tensor<4x2xi32>, tensor<i32>) -> tensor<i32>
    %modulus = stablehlo.constant dense<23> : tensor<i32>
    %s = stablehlo.remainder %total, %modulus : tensor<i32>
)";

int32_t scattered(int32_t a, int32_t b) {
    std::array<int32_t, 4> written = {5, 1, 4, 7};
    if (b >= 0 && b < 4) {
        int32_t& there = written[static_cast<size_t>(b)];
        there = 2 * (2 * there + a) + b;
    }
    std::array<int32_t, 4> most;
    most.fill(a - b);
    most[written[0] >= written[1] ? 0 : 1] += a;
    most[written[2] >= written[3] ? 2 : 3] += b;
    int32_t total = 0;
    int32_t weight = 1;
    for (const int32_t number : most) {
        // The highest bytes first, each pair of them with its first one lowest.
        const auto bits = static_cast<uint32_t>(number);
        for (const uint32_t half : {bits >> 16, bits & 0xffff})
            total += weight++ * static_cast<int16_t>((half >> 8) | (half << 8));
    }
    return total % 23;
}

/// A body, and what it computes.
struct Body {
    const char* text;
    int32_t (*of)(int32_t, int32_t);
    std::string reducer() const {
        return std::string("({\n  ^bb0(%a: tensor<i32>, %b: tensor<i32>):") + text +
               "    stablehlo.return %s : tensor<i32>\n  })";
    }
};

class LoopsInBodies : public ::testing::TestWithParam<Body> {};

INSTANTIATE_TEST_SUITE_P(OfScalars, LoopsInBodies, ::testing::Values(Body{kCounts, counted}));
INSTANTIATE_TEST_SUITE_P(OfTensors, LoopsInBodies, ::testing::Values(Body{kRotates, rotated}));
INSTANTIATE_TEST_SUITE_P(Scattering, LoopsInBodies, ::testing::Values(Body{kScatters, scattered}));
INSTANTIATE_TEST_SUITE_P(Sorting, LoopsInBodies, ::testing::Values(Body{kSorts, replaced}));

TEST_P(LoopsInBodies, OfReduce) {
    const auto of = GetParam().of;
    const std::string text = R"(
func.func @main(%x: tensor<4xi32>) -> tensor<i32> {
  %init = stablehlo.constant dense<5> : tensor<i32>
  %r = "stablehlo.reduce"(%x, %init) )" +
                             GetParam().reducer() +
                             R"( {dimensions = array<i64: 0>} : (tensor<4xi32>, tensor<i32>) -> tensor<i32>
  return %r : tensor<i32>
})";
    EXPECT_THAT(integers(text), ElementsAre(of(of(of(of(5, 3), -2), 2), 1)));
}

TEST_P(LoopsInBodies, OfReduceWindow) {
    const auto of = GetParam().of;
    const std::string text =
        R"(
func.func @main(%x: tensor<4xi32>) -> tensor<3xi32> {
  %init = stablehlo.constant dense<5> : tensor<i32>
  %r = "stablehlo.reduce_window"(%x, %init) )" +
        GetParam().reducer() +
        R"( {window_dimensions = array<i64: 2>} : (tensor<4xi32>, tensor<i32>) -> tensor<3xi32>
  return %r : tensor<3xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(of(of(5, 3), -2), of(of(5, -2), 2), of(of(5, 2), 1)));
}

TEST_P(LoopsInBodies, OfMap) {
    const auto of = GetParam().of;
    const std::string text =
        R"(
func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %r = "stablehlo.map"(%x, %x) )" +
        GetParam().reducer() +
        R"( {dimensions = array<i64: 0>} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %r : tensor<4xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(of(3, 3), of(-2, -2), of(2, 2), of(1, 1)));
}

TEST_P(LoopsInBodies, OfScatter) {
    const auto of = GetParam().of;
    const std::string text =
        R"(
func.func @main(%x: tensor<4xi32>) -> tensor<3xi32> {
  %y = stablehlo.constant dense<[10, 20, 30]> : tensor<3xi32>
  %at = stablehlo.constant dense<[[0], [1], [0], [2]]> : tensor<4x1xi32>
  %r = "stablehlo.scatter"(%y, %at, %x) )" +
        GetParam().reducer() +
        R"( {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<3xi32>, tensor<4x1xi32>, tensor<4xi32>) -> tensor<3xi32>
  return %r : tensor<3xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(of(of(10, 3), 2), of(20, -2), of(30, 1)));
}

// Windows {3, -2}, {-2, 2}, {2, 1}: the larger element is selected, and takes what its windows add.
TEST_P(LoopsInBodies, OfBothFunctionsOfSelectAndScatter) {
    const auto of = GetParam().of;
    const std::string text = std::string(R"(
func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
  %source = stablehlo.constant dense<[10, 20, 30]> : tensor<3xi32>
  %init = stablehlo.constant dense<1> : tensor<i32>
  %r = "stablehlo.select_and_scatter"(%x, %source, %init) ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):)") +
                             GetParam().text + R"(
    %keeps = stablehlo.compare GE, %a, %b : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %same = stablehlo.compare EQ, %s, %s : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %both = stablehlo.and %keeps, %same : tensor<i1>
    stablehlo.return %both : tensor<i1>
  }, {
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):)" +
                             GetParam().text + R"(
    stablehlo.return %s : tensor<i32>
  }) {window_dimensions = array<i64: 2>} : (tensor<4xi32>, tensor<3xi32>, tensor<i32>) -> tensor<4xi32>
  return %r : tensor<4xi32>
})";
    EXPECT_THAT(integers(text), ElementsAre(of(1, 10), 1, of(of(1, 20), 30), 1));
}

}  // namespace
}  // namespace optirs::plugin::testing
