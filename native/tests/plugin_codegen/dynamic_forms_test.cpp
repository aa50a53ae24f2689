// Operations whose places, strides and padding the program computes, while their types say what they give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

using ::testing::ElementsAre;
using Floats = std::vector<float>;

Floats counting(size_t count) {
    Floats values(count);
    for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
    return values;
}

/// What the program gives of floats and of lists of integers.
template <class Integer>
Floats runWith(const std::string& text, const Floats& x, const std::vector<std::vector<Integer>>& lists) {
    std::vector<Bytes> arguments = {Bytes::of(x)};
    for (const std::vector<Integer>& list : lists) arguments.push_back(Bytes::of(list));
    return run(text, arguments)[0].as<float>();
}

TEST(DynamicForms, ASlice) {
    const std::string text =
        R"(func.func @main(%x: tensor<5x7xf32>, %s: tensor<2xi64>, %l: tensor<2xi64>, %d: tensor<2xi64>) -> tensor<2x3xf32> {
  %0 = stablehlo.real_dynamic_slice %x, %s, %l, %d : (tensor<5x7xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
})";
    const Floats x = counting(35);
    struct Range {
        int64_t start, limit, stride;
    };
    for (const auto& [rows, columns] :
         {std::pair<Range, Range>{{0, 2, 1}, {0, 3, 1}}, {{3, 5, 1}, {1, 6, 2}}, {{1, 5, 3}, {0, 7, 3}}}) {
        Floats wanted;
        for (int64_t r = rows.start; r < rows.limit; r += rows.stride) {
            for (int64_t c = columns.start; c < columns.limit; c += columns.stride)
                wanted.push_back(x[static_cast<size_t>(r * 7 + c)]);
        }
        EXPECT_EQ(
            runWith<int64_t>(
                text, x,
                {{rows.start, columns.start}, {rows.limit, columns.limit}, {rows.stride, columns.stride}}),
            wanted);
    }
}

TEST(DynamicForms, Padding) {
    const std::string text =
        R"(func.func @main(%x: tensor<3xf32>, %l: tensor<1xi32>, %h: tensor<1xi32>, %i: tensor<1xi32>) -> tensor<6xf32> {
  %v = stablehlo.constant dense<-1.0> : tensor<f32>
  %0 = stablehlo.dynamic_pad %x, %v, %l, %h, %i : (tensor<3xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
})";
    const auto padded = [&](int32_t low, int32_t high, int32_t interior) {
        return runWith<int32_t>(text, {5, 6, 7}, {{low}, {high}, {interior}});
    };
    EXPECT_THAT(padded(1, 2, 0), ElementsAre(-1, 5, 6, 7, -1, -1));
    EXPECT_THAT(padded(0, 1, 1), ElementsAre(5, -1, 6, -1, 7, -1));
    EXPECT_THAT(padded(-1, 0, 2), ElementsAre(-1, -1, 6, -1, -1, 7));
    EXPECT_THAT(padded(4, -1, 0), ElementsAre(-1, -1, -1, -1, 5, 6));
}

TEST(DynamicForms, AConvolution) {
    const std::string text =
        R"(func.func @main(%x: tensor<1x3x1xf32>, %p: tensor<1x2xi32>) -> tensor<1x4x1xf32> {
  %k = stablehlo.constant dense<[[[1.0]], [[10.0]]]> : tensor<2x1x1xf32>
  %0 = "stablehlo.dynamic_conv"(%x, %k, %p) {dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>, feature_group_count = 1 : i64, batch_group_count = 1 : i64} : (tensor<1x3x1xf32>, tensor<2x1x1xf32>, tensor<1x2xi32>) -> tensor<1x4x1xf32>
  return %0 : tensor<1x4x1xf32>
})";
    EXPECT_THAT(runWith<int32_t>(text, {1, 2, 3}, {{1, 1}}), ElementsAre(10, 21, 32, 3));
    EXPECT_THAT(runWith<int32_t>(text, {1, 2, 3}, {{2, 0}}), ElementsAre(0, 10, 21, 32));
}

TEST(DynamicForms, AGather) {
    const std::string text =
        R"(func.func @main(%x: tensor<4x3xf32>, %i: tensor<2xi32>, %s: tensor<2xi32>) -> tensor<2x2xf32> {
  %0 = "stablehlo.dynamic_gather"(%x, %i, %s) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>} : (tensor<4x3xf32>, tensor<2xi32>, tensor<2xi32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
})";
    EXPECT_THAT(runWith<int32_t>(text, counting(12), {{2, 9}, {1, 2}}), ElementsAre(6, 7, 9, 10));
}

// Each round takes a slice of its own.
TEST(DynamicForms, InsideALoop) {
    const std::string text = R"(func.func @main(%x: tensor<6xf32>, %d: tensor<1xi32>) -> tensor<2xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<2xf32>
  %start = stablehlo.constant dense<0> : tensor<1xi32>
  %two = stablehlo.constant dense<2> : tensor<1xi32>
  %w:2 = stablehlo.while(%i = %start, %sum = %zero) : tensor<1xi32>, tensor<2xf32>
   cond {
    %p = stablehlo.compare LT, %i, %two : (tensor<1xi32>, tensor<1xi32>) -> tensor<1xi1>
    %q = stablehlo.reshape %p : (tensor<1xi1>) -> tensor<i1>
    stablehlo.return %q : tensor<i1>
   } do {
    %l = stablehlo.add %i, %two : tensor<1xi32>
    %one = stablehlo.constant dense<1> : tensor<1xi32>
    %e = stablehlo.add %i, %d : tensor<1xi32>
    %f = stablehlo.add %e, %one : tensor<1xi32>
    %part = stablehlo.real_dynamic_slice %x, %i, %f, %d : (tensor<6xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<2xf32>
    %more = stablehlo.add %sum, %part : tensor<2xf32>
    %next = stablehlo.add %i, %one : tensor<1xi32>
    stablehlo.return %next, %more : tensor<1xi32>, tensor<2xf32>
   }
  return %w#1 : tensor<2xf32>
})";
    // 0 + 1, and 3 + 4; 0 + 1, and 2 + 3.
    EXPECT_THAT(runWith<int32_t>(text, counting(6), {{3}}), ElementsAre(1, 7));
    EXPECT_THAT(runWith<int32_t>(text, counting(6), {{2}}), ElementsAre(1, 5));
}

// Nobody says what they give; memory and the program stay whole.
TEST(DynamicForms, WhatIsOutsideReadsNothingElse) {
    const std::string text =
        R"(func.func @main(%x: tensor<3xf32>, %s: tensor<1xi64>, %l: tensor<1xi64>, %d: tensor<1xi64>) -> (tensor<2xf32>, tensor<2xf32>) {
  %v = stablehlo.constant dense<-1.0> : tensor<f32>
  %0 = stablehlo.real_dynamic_slice %x, %s, %l, %d : (tensor<3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2xf32>
  %1 = stablehlo.dynamic_pad %x, %v, %s, %l, %d : (tensor<3xf32>, tensor<f32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
})";
    constexpr int64_t kLeast = INT64_MIN;
    constexpr int64_t kMost = INT64_MAX;
    for (const int64_t start : {kLeast, int64_t{-1}, int64_t{7}, kMost}) {
        for (const int64_t stride : {kLeast, int64_t{-1}, int64_t{0}, kMost}) {
            const auto results = run(text, {Bytes::of<float>({1, 2, 3}), Bytes::of<int64_t>({start}),
                                            Bytes::of<int64_t>({start}), Bytes::of<int64_t>({stride})});
            for (const Bytes& each : results)
                EXPECT_THAT(each.as<float>(), ::testing::Each(::testing::AnyOf(1, 2, 3, -1)));
        }
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
