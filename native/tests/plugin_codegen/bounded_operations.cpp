// Operations on dimensions whose size an argument gives. Products: bounded_products.cpp.
#include "bounded_case.h"

namespace optirs::plugin::testing {
namespace {

// %s is the vector or matrix that has the size. Memory past it is no number.
const BoundedCase kCases[] = {
    {"elementwise", ", %x: tensor<4xf32>, %y: tensor<6xf32>", "V<4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %t = stablehlo.set_dimension_size %y, %n, dim = 0 : (tensor<6xf32>, tensor<i32>) -> V<6>
  %r = "stablehlo.add"(%s, %t) : (V<4>, V<6>) -> V<4>
  return %r : V<4>)"},
    {"transpose", ", %x: tensor<4x3xf32>", "W<3,4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %r = stablehlo.transpose %s, dims = [1, 0] : (M<4,3>) -> W<3,4>
  return %r : W<3,4>)"},
    {"reverse", ", %x: tensor<3x4xf32>", "W<3,4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<3x4xf32>, tensor<i32>) -> W<3,4>
  %r = stablehlo.reverse %s, dims = [0, 1] : W<3,4>
  return %r : W<3,4>)"},
    {"concatenate", ", %x: tensor<4xf32>, %y: tensor<2xf32>", "V<10>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %r = stablehlo.concatenate %s, %y, %s, dim = 0 : (V<4>, tensor<2xf32>, V<4>) -> V<10>
  return %r : V<10>)"},
    {"concatenate_along_another", ", %x: tensor<4x3xf32>", "tensor<?x6xf32, #stablehlo.bounds<4, ?>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %r = stablehlo.concatenate %s, %s, dim = 1 : (M<4,3>, M<4,3>) -> M<4,6>
  return %r : M<4,6>)"},
    {"pad", ", %x: tensor<4xf32>, %v: tensor<f32>", "V<13>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %r = stablehlo.pad %s, %v, low = [1], high = [2], interior = [2] : (V<4>, tensor<f32>) -> V<13>
  return %r : V<13>)"},
    {"pad_negative", ", %x: tensor<6xf32>, %v: tensor<f32>", "V<4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<6xf32>, tensor<i32>) -> V<6>
  %r = stablehlo.pad %s, %v, low = [-1], high = [-1], interior = [0] : (V<6>, tensor<f32>) -> V<4>
  return %r : V<4>)",
     6, 2},
    {"bitcast_convert", ", %x: tensor<4x2xf32>", "tensor<?xf64, #stablehlo.bounds<4>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x2xf32>, tensor<i32>) -> M<4,2>
  %r = stablehlo.bitcast_convert %s : (M<4,2>) -> tensor<?xf64, #stablehlo.bounds<4>>
  return %r : tensor<?xf64, #stablehlo.bounds<4>>)"},
    {"dynamic_slice", ", %x: tensor<5xf32>", "tensor<2xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<5xf32>, tensor<i32>) -> V<5>
  %i = stablehlo.constant dense<4> : tensor<i64>
  %r = stablehlo.dynamic_slice %s, %i, sizes = [2] : (V<5>, tensor<i64>) -> tensor<2xf32>
  return %r : tensor<2xf32>)",
     5, 2},
    {"dynamic_update_slice", ", %x: tensor<5xf32>, %y: tensor<4xf32>", "V<5>", R"(
  %one = stablehlo.constant dense<1> : tensor<i32>
  %m = stablehlo.subtract %n, %one : tensor<i32>
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<5xf32>, tensor<i32>) -> V<5>
  %u = stablehlo.set_dimension_size %y, %m, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %i = stablehlo.constant dense<3> : tensor<ui8>
  %r = stablehlo.dynamic_update_slice %s, %u, %i : (V<5>, V<4>, tensor<ui8>) -> V<5>
  return %r : V<5>)",
     5, 1},
    {"gather", ", %x: tensor<4x3xf32>", "W<2,4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %all = stablehlo.constant dense<[[2], [0], [9], [1]]> : tensor<4x1xi64>
  %i = stablehlo.set_dimension_size %all, %n, dim = 0 : (tensor<4x1xi64>, tensor<i32>) -> tensor<?x1xi64, #stablehlo.bounds<4, ?>>
  %r = "stablehlo.gather"(%s, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 2>} : (M<4,3>, tensor<?x1xi64, #stablehlo.bounds<4, ?>>) -> W<2,4>
  return %r : W<2,4>)",
     4, 1},
    {"torch_index_select", ", %x: tensor<4x3xf32>", "W<2,4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %t = stablehlo.transpose %s, dims = [1, 0] : (M<4,3>) -> W<3,4>
  %i = stablehlo.constant dense<[2, 0]> : tensor<2xi32>
  %r = "stablehlo.torch_index_select"(%t, %i) {dim = 0 : i64, batch_dims = 0 : i64} : (W<3,4>, tensor<2xi32>) -> W<2,4>
  return %r : W<2,4>)"},
    {"dynamic_gather", ", %x: tensor<5xf32>", "W<2,4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<5xf32>, tensor<i32>) -> V<5>
  %i = stablehlo.constant dense<[[0], [7]]> : tensor<2x1xi32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %m = stablehlo.subtract %n, %one : tensor<i32>
  %k = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
  %r = "stablehlo.dynamic_gather"(%s, %i, %k) {dimension_numbers = #stablehlo.gather<offset_dims = [1], start_index_map = [0], index_vector_dim = 1>} : (V<5>, tensor<2x1xi32>, tensor<1xi32>) -> W<2,4>
  return %r : W<2,4>)",
     5, 1},
    {"scatter", ", %x: tensor<4xf32>, %y: tensor<3x2xf32>", "tensor<4xf32>", R"(
  %u = stablehlo.set_dimension_size %y, %n, dim = 0 : (tensor<3x2xf32>, tensor<i32>) -> M<3,2>
  %i = stablehlo.constant dense<[[1], [0], [2]]> : tensor<3x1xi32>
  %k = stablehlo.set_dimension_size %i, %n, dim = 0 : (tensor<3x1xi32>, tensor<i32>) -> tensor<?x1xi32, #stablehlo.bounds<3, ?>>
  %r = "stablehlo.scatter"(%x, %k, %u) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.subtract %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xf32>, tensor<?x1xi32, #stablehlo.bounds<3, ?>>, M<3,2>) -> tensor<4xf32>
  return %r : tensor<4xf32>)",
     3},
    {"scatter_windows", ", %x: tensor<4xf32>, %y: tensor<2x3xf32>", "V<4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %u = stablehlo.set_dimension_size %y, %n, dim = 1 : (tensor<2x3xf32>, tensor<i32>) -> W<2,3>
  %i = stablehlo.constant dense<0> : tensor<2x1xi32>
  %r = "stablehlo.scatter"(%s, %i, %u) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (V<4>, tensor<2x1xi32>, W<2,3>) -> V<4>
  return %r : V<4>)",
     3},
    {"sort", ", %x: tensor<2x5xf32>, %y: tensor<2x5xf32>", "W<2,5>, W<2,5>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<2x5xf32>, tensor<i32>) -> W<2,5>
  %t = stablehlo.set_dimension_size %y, %n, dim = 1 : (tensor<2x5xf32>, tensor<i32>) -> W<2,5>
  %r:2 = "stablehlo.sort"(%s, %t) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<f32>, %d: tensor<f32>):
    %p = stablehlo.compare GT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) {dimension = 1 : i64, is_stable = true} : (W<2,5>, W<2,5>) -> (W<2,5>, W<2,5>)
  return %r#0, %r#1 : W<2,5>, W<2,5>)",
     5},
    {"top_k", ", %x: tensor<5xf32>", "tensor<2xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<5xf32>, tensor<i32>) -> V<5>
  %r:2 = "chlo.top_k"(%s) {k = 2 : i64} : (V<5>) -> (tensor<2xf32>, tensor<2xi32>)
  return %r#0 : tensor<2xf32>)",
     5, 2},
    {"reduce_with_a_body", ", %x: tensor<4x3xf32>, %y: tensor<4x3xf32>", "tensor<3xf32>, tensor<3xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %t = stablehlo.set_dimension_size %y, %n, dim = 0 : (tensor<4x3xf32>, tensor<i32>) -> M<4,3>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %r:2 = "stablehlo.reduce"(%s, %t, %low, %zero) ({
  ^bb0(%a: tensor<f32>, %i: tensor<f32>, %b: tensor<f32>, %j: tensor<f32>):
    %p = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %c = stablehlo.select %p, %a, %b : tensor<i1>, tensor<f32>
    %k = stablehlo.select %p, %i, %j : tensor<i1>, tensor<f32>
    stablehlo.return %c, %k : tensor<f32>, tensor<f32>
  }) {dimensions = array<i64: 0>} : (M<4,3>, M<4,3>, tensor<f32>, tensor<f32>) -> (tensor<3xf32>, tensor<3xf32>)
  return %r#0, %r#1 : tensor<3xf32>, tensor<3xf32>)"},
    {"reduce_window", ", %x: tensor<6xf32>", "V<8>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<6xf32>, tensor<i32>) -> V<6>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %r = "stablehlo.reduce_window"(%s, %zero) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) {window_dimensions = array<i64: 3>, window_strides = array<i64: 2>, base_dilations = array<i64: 2>, padding = dense<[[1, 2]]> : tensor<1x2xi64>} : (V<6>, tensor<f32>) -> V<8>
  return %r : V<8>)",
     6},
    {"select_and_scatter", ", %x: tensor<6xf32>, %y: tensor<4xf32>", "V<6>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<6xf32>, tensor<i32>) -> V<6>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %two = stablehlo.constant dense<2> : tensor<i32>
  %h = stablehlo.divide %n, %two : tensor<i32>
  %m = stablehlo.add %h, %one : tensor<i32>
  %t = stablehlo.set_dimension_size %y, %m, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %r = "stablehlo.select_and_scatter"(%s, %t, %zero) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %p = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) {window_dimensions = array<i64: 3>, window_strides = array<i64: 2>, padding = dense<[[1, 2]]> : tensor<1x2xi64>} : (V<6>, V<4>, tensor<f32>) -> V<6>
  return %r : V<6>)",
     6, 2},
    {"scan", ", %x: tensor<2x5xf32>, %a: tensor<2xf32>", "W<2,5>, tensor<2xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<2x5xf32>, tensor<i32>) -> W<2,5>
  %r:2 = chlo.scan(%s) inits(%a) dimension=1 attributes {is_reverse = false} {
  ^bb0(%e: tensor<2xf32>, %sum: tensor<2xf32>):
    %c = stablehlo.add %e, %sum : tensor<2xf32>
    stablehlo.return %c, %c : tensor<2xf32>, tensor<2xf32>
  } : (W<2,5>, tensor<2xf32>) -> (W<2,5>, tensor<2xf32>)
  return %r#0, %r#1 : W<2,5>, tensor<2xf32>)",
     5},
    {"scan_from_the_end", ", %x: tensor<6xf32>, %y: tensor<5xf32>, %a: tensor<f32>", "V<5>, tensor<f32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<6xf32>, tensor<i32>) -> V<6>
  %t = stablehlo.set_dimension_size %y, %n, dim = 0 : (tensor<5xf32>, tensor<i32>) -> V<5>
  %r:2 = chlo.scan(%s, %t) inits(%a) dimension=0 attributes {is_reverse = true} {
  ^bb0(%e: tensor<f32>, %f: tensor<f32>, %last: tensor<f32>):
    %c = stablehlo.subtract %e, %last : tensor<f32>
    stablehlo.return %c, %f : tensor<f32>, tensor<f32>
  } : (V<6>, V<5>, tensor<f32>) -> (V<5>, tensor<f32>)
  return %r#0, %r#1 : V<5>, tensor<f32>)",
     5},
    {"broadcast", ", %x: tensor<4xf32>", "tensor<2x?xf32, #stablehlo.bounds<?, 4>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %r = stablehlo.broadcast %s, sizes = [2] : (V<4>) -> W<2,4>
  return %r : W<2,4>)"},
    // Sums are taken in another order at the size than below the bound: the last bits are rounded off.
    {"batch_norm_training", ", %x: tensor<4x2xf32>", "M<4,2>, tensor<2xf32>, tensor<2xf32>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x2xf32>, tensor<i32>) -> M<4,2>
  %one = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y:3 = "stablehlo.batch_norm_training"(%s, %one, %one) {epsilon = 1.0 : f32, feature_index = 1 : i64} : (M<4,2>, tensor<2xf32>, tensor<2xf32>) -> (M<4,2>, tensor<2xf32>, tensor<2xf32>)
  %r = stablehlo.reduce_precision %y#0, format = e8m12 : M<4,2>
  %mean = stablehlo.reduce_precision %y#1, format = e8m12 : tensor<2xf32>
  %variance = stablehlo.reduce_precision %y#2, format = e8m12 : tensor<2xf32>
  return %r, %mean, %variance : M<4,2>, tensor<2xf32>, tensor<2xf32>)",
     4, 1},
    {"batch_norm_grad", ", %x: tensor<2x4xf32>, %g: tensor<2x4xf32>", "W<2,4>, tensor<2xf32>, tensor<2xf32>",
     R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<2x4xf32>, tensor<i32>) -> W<2,4>
  %t = stablehlo.set_dimension_size %g, %n, dim = 1 : (tensor<2x4xf32>, tensor<i32>) -> W<2,4>
  %one = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y:3 = "stablehlo.batch_norm_grad"(%s, %one, %one, %one, %t) {epsilon = 1.0 : f32, feature_index = 0 : i64} : (W<2,4>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, W<2,4>) -> (W<2,4>, tensor<2xf32>, tensor<2xf32>)
  %r = stablehlo.reduce_precision %y#0, format = e8m12 : W<2,4>
  %scale = stablehlo.reduce_precision %y#1, format = e8m12 : tensor<2xf32>
  %offset = stablehlo.reduce_precision %y#2, format = e8m12 : tensor<2xf32>
  return %r, %scale, %offset : W<2,4>, tensor<2xf32>, tensor<2xf32>)",
     4, 1},
    {"batch_norm_inference", ", %x: tensor<4x2xf32>", "M<4,2>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x2xf32>, tensor<i32>) -> M<4,2>
  %one = stablehlo.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %r = "stablehlo.batch_norm_inference"(%s, %one, %one, %one, %one) {epsilon = 0.0 : f32, feature_index = 1 : i64} : (M<4,2>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> M<4,2>
  return %r : M<4,2>)"},
    {"chlo", ", %x: tensor<4xf32>, %y: tensor<f32>", "V<4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %t = chlo.square %s : V<4> -> V<4>
  %r = chlo.broadcast_add %t, %y : (V<4>, tensor<f32>) -> V<4>
  return %r : V<4>)"},
    {"map", ", %x: tensor<4xf32>", "V<4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %r = "stablehlo.map"(%s) ({
  ^bb0(%a: tensor<f32>):
    %b = stablehlo.multiply %a, %a : tensor<f32>
    stablehlo.return %b : tensor<f32>
  }) {dimensions = array<i64: 0>} : (V<4>) -> V<4>
  return %r : V<4>)"},
    {"cholesky", ", %x: tensor<4x1x1xf32>", "tensor<?x1x1xf32, #stablehlo.bounds<4, ?, ?>>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4x1x1xf32>, tensor<i32>) -> tensor<?x1x1xf32, #stablehlo.bounds<4, ?, ?>>
  %p = stablehlo.multiply %s, %s : tensor<?x1x1xf32, #stablehlo.bounds<4, ?, ?>>
  %r = stablehlo.cholesky %p, lower = true : tensor<?x1x1xf32, #stablehlo.bounds<4, ?, ?>>
  return %r : tensor<?x1x1xf32, #stablehlo.bounds<4, ?, ?>>)"},
    {"dynamic_broadcast_in_dim", ", %x: tensor<4xf32>", "W<3,4>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> V<4>
  %l = stablehlo.constant dense<3> : tensor<1xi32>
  %h = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %d = stablehlo.concatenate %l, %h, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %r = "stablehlo.dynamic_broadcast_in_dim"(%s, %d) {broadcast_dimensions = array<i64: 1>} : (V<4>, tensor<2xi32>) -> W<3,4>
  return %r : W<3,4>)"},
    {"dynamic_iota", "", "M<4,2>", R"(
  %h = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %l = stablehlo.constant dense<2> : tensor<1xi32>
  %d = stablehlo.concatenate %h, %l, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %r = stablehlo.dynamic_iota %d, dim = 0 : (tensor<2xi32>) -> M<4,2>
  return %r : M<4,2>)"},
    {"dynamic_pad", ", %x: tensor<3xf32>, %v: tensor<f32>", "V<16>", R"(
  %s = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<3xf32>, tensor<i32>) -> V<3>
  %m = stablehlo.negate %n : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %two = stablehlo.constant dense<2> : tensor<1xi32>
  %less = stablehlo.subtract %one, %n : tensor<i32>
  %l = stablehlo.reshape %less : (tensor<i32>) -> tensor<1xi32>
  %h = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %r = "stablehlo.dynamic_pad"(%s, %v, %l, %h, %two) : (V<3>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> V<16>
  return %r : V<16>)",
     3},
    {"real_dynamic_slice", ", %x: tensor<8xf32>", "V<5>", R"(
  %one = stablehlo.constant dense<1> : tensor<1xi32>
  %two = stablehlo.constant dense<2> : tensor<1xi32>
  %h = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
  %r = "stablehlo.real_dynamic_slice"(%x, %one, %h, %two) : (tensor<8xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> V<5>
  return %r : V<5>)",
     8, 1},
};

}  // namespace

std::vector<BoundedCase> boundedOperations() { return {std::begin(kCases), std::end(kCases)}; }

}  // namespace optirs::plugin::testing
