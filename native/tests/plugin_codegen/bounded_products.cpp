// Products of operands with dimensions whose size an argument gives.
#include "bounded_case.h"

namespace optirs::plugin::testing {
namespace {

// Memory past the size is no number.
const BoundedCase kCases[] = {
    {"convolution", ", %x: tensor<4x6x2xf32>, %k: tensor<3x2x3xf32>",
     "tensor<?x5x3xf32, #stablehlo.bounds<4, ?, ?>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x6x2xf32>, tensor<i32>) -> tensor<?x6x2xf32, #stablehlo.bounds<4, ?, ?>>
  %r = stablehlo.convolution(%s, %k) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[0, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<?x6x2xf32, #stablehlo.bounds<4, ?, ?>>, tensor<3x2x3xf32>) -> tensor<?x5x3xf32, #stablehlo.bounds<4, ?, ?>>
  return %r : tensor<?x5x3xf32, #stablehlo.bounds<4, ?, ?>>)"},
    {"convolution_spatial", ", %x: tensor<1x6x2xf32>, %k: tensor<3x2x3xf32>",
     "tensor<1x?x3xf32, #stablehlo.bounds<?, 6, ?>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<1x6x2xf32>, tensor<i32>) -> tensor<1x?x2xf32, #stablehlo.bounds<?, 6, ?>>
  %r = stablehlo.convolution(%s, %k) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [2], pad = [[1, 2]], lhs_dilate = [2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x?x2xf32, #stablehlo.bounds<?, 6, ?>>, tensor<3x2x3xf32>) -> tensor<1x?x3xf32, #stablehlo.bounds<?, 6, ?>>
  return %r : tensor<1x?x3xf32, #stablehlo.bounds<?, 6, ?>>)",
     6, 1},
    {"convolution_features", ", %x: tensor<1x6x4xf32>, %k: tensor<3x4x3xf32>", "tensor<1x4x3xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 2 : (tensor<1x6x4xf32>, tensor<i32>) -> tensor<1x6x?xf32, #stablehlo.bounds<?, ?, 4>>
  %t = stablehlo.set_dimension_size %k, %n, dim = 1 : (tensor<3x4x3xf32>, tensor<i32>) -> tensor<3x?x3xf32, #stablehlo.bounds<?, 4, ?>>
  %r = stablehlo.convolution(%s, %t) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x6x?xf32, #stablehlo.bounds<?, ?, 4>>, tensor<3x?x3xf32, #stablehlo.bounds<?, 4, ?>>) -> tensor<1x4x3xf32>
  return %r : tensor<1x4x3xf32>)",
     4, 1},
    {"dot_general", ", %x: tensor<4x3xf32>, %y: tensor<3x4xf32>", "tensor<3x3xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %t = stablehlo.set_dimension_size %y, %n, dim = 1 : (tensor<3x4xf32>, tensor<i32>) -> W<3,4>
  %r = stablehlo.dot_general %t, %s, contracting_dims = [1] x [0] : (W<3,4>, M<4,3>) -> tensor<3x3xf32>
  return %r : tensor<3x3xf32>)"},
    {"dot", ", %x: tensor<4x3xf32>, %y: tensor<3x2xf32>", "M<4,2>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %r = stablehlo.dot %s, %y : (M<4,3>, tensor<3x2xf32>) -> M<4,2>
  return %r : M<4,2>)"},
    {"einsum", ", %x: tensor<4x3xf32>, %y: tensor<3x2xf32>", "M<4,2>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %r = "stablehlo.einsum"(%s, %y) {einsum_config = "ab,bc->ac"} : (M<4,3>, tensor<3x2xf32>) -> M<4,2>
  return %r : M<4,2>)"},
    // More rows are in groups than are there, or fewer.
    {"ragged_dot_rows", ", %x: tensor<6x3xf32>, %y: tensor<3x3x2xf32>",
     "tensor<?x2xf32, #stablehlo.bounds<6, ?>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<6x3xf32>, tensor<i32>) -> M<6,3>
  %g = stablehlo.constant dense<[2, 0, 3]> : tensor<3xi32>
  %r = "chlo.ragged_dot"(%s, %y, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>} : (M<6,3>, tensor<3x3x2xf32>, tensor<3xi32>) -> M<6,2>
  return %r : M<6,2>)",
     6},
    {"ragged_dot_contracted", ", %x: tensor<4x5xf32>, %y: tensor<2x5x3xf32>", "tensor<4x3xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<4x5xf32>, tensor<i32>) -> W<4,5>
  %t = stablehlo.set_dimension_size %y, %n, dim = 1 : (tensor<2x5x3xf32>, tensor<i32>) -> tensor<2x?x3xf32, #stablehlo.bounds<?, 5, ?>>
  %g = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  %r = "chlo.ragged_dot"(%s, %t, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>} : (W<4,5>, tensor<2x?x3xf32, #stablehlo.bounds<?, 5, ?>>, tensor<2xi32>) -> tensor<4x3xf32>
  return %r : tensor<4x3xf32>)",
     5},
    {"ragged_dot_groups", ", %x: tensor<6x2xf32>, %y: tensor<4x2x3xf32>", "tensor<6x3xf32>", R"(
  %t = stablehlo.set_dimension_size %y, %n, dim = 0 : (tensor<4x2x3xf32>, tensor<i32>) -> tensor<?x2x3xf32, #stablehlo.bounds<4, ?, ?>>
  %all = stablehlo.constant dense<[1, 2, 1, 2]> : tensor<4xi32>
  %g = stablehlo.set_dimension_size %all, %n, dim = 0 : (tensor<4xi32>, tensor<i32>) -> tensor<?xi32, #stablehlo.bounds<4>>
  %r = "chlo.ragged_dot"(%x, %t, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>} : (tensor<6x2xf32>, tensor<?x2x3xf32, #stablehlo.bounds<4, ?, ?>>, tensor<?xi32, #stablehlo.bounds<4>>) -> tensor<6x3xf32>
  return %r : tensor<6x3xf32>)"},
    {"ragged_dot_batches_with_groups_of_their_own", ", %x: tensor<3x4x2xf32>, %y: tensor<2x3x2x3xf32>",
     "tensor<?x4x3xf32, #stablehlo.bounds<3, ?, ?>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<3x4x2xf32>, tensor<i32>) -> tensor<?x4x2xf32, #stablehlo.bounds<3, ?, ?>>
  %t = stablehlo.set_dimension_size %y, %n, dim = 1 : (tensor<2x3x2x3xf32>, tensor<i32>) -> tensor<2x?x2x3xf32, #stablehlo.bounds<?, 3, ?, ?>>
  %all = stablehlo.constant dense<[[1, 2], [0, 4], [3, 1], [9, 9]]> : tensor<4x2xi32>
  %g = stablehlo.set_dimension_size %all, %n, dim = 0 : (tensor<4x2xi32>, tensor<i32>) -> tensor<?x2xi32, #stablehlo.bounds<4, ?>>
  %r = "chlo.ragged_dot"(%s, %t, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2], lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]>} : (tensor<?x4x2xf32, #stablehlo.bounds<3, ?, ?>>, tensor<2x?x2x3xf32, #stablehlo.bounds<?, 3, ?, ?>>, tensor<?x2xi32, #stablehlo.bounds<4, ?>>) -> tensor<?x4x3xf32, #stablehlo.bounds<3, ?, ?>>
  return %r : tensor<?x4x3xf32, #stablehlo.bounds<3, ?, ?>>)",
     3},
    {"ragged_dot_of_the_contraction", ", %x: tensor<2x6xf32>, %y: tensor<6x3xf32>", "tensor<3x2x3xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<2x6xf32>, tensor<i32>) -> W<2,6>
  %t = stablehlo.set_dimension_size %y, %n, dim = 0 : (tensor<6x3xf32>, tensor<i32>) -> M<6,3>
  %g = stablehlo.constant dense<[2, 1, 2]> : tensor<3xi32>
  %r = "chlo.ragged_dot"(%s, %t, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0], lhs_ragged_dimensions = [1]>} : (W<2,6>, M<6,3>, tensor<3xi32>) -> tensor<3x2x3xf32>
  return %r : tensor<3x2x3xf32>)",
     6},
    {"ragged_dot_of_the_contraction_by_groups", ", %x: tensor<2x6xf32>, %y: tensor<6x3xf32>",
     "tensor<?x2x3xf32, #stablehlo.bounds<4, ?, ?>>", R"(
  %all = stablehlo.constant dense<[1, 2, 1, 2]> : tensor<4xi32>
  %g = stablehlo.set_dimension_size %all, %n, dim = 0 : (tensor<4xi32>, tensor<i32>) -> tensor<?xi32, #stablehlo.bounds<4>>
  %r = "chlo.ragged_dot"(%x, %y, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0], lhs_ragged_dimensions = [1]>} : (tensor<2x6xf32>, tensor<6x3xf32>, tensor<?xi32, #stablehlo.bounds<4>>) -> tensor<?x2x3xf32, #stablehlo.bounds<4, ?, ?>>
  return %r : tensor<?x2x3xf32, #stablehlo.bounds<4, ?, ?>>)"},
};

}  // namespace

std::vector<BoundedCase> boundedProducts() { return {std::begin(kCases), std::end(kCases)}; }

}  // namespace optirs::plugin::testing
