func.func @broadcast_add_elements(%a: tensor<2xf32>, %b: tensor<2xi32>) {
  // expected: same element type
  %0 = chlo.broadcast_add %a, %b : (tensor<2xf32>, tensor<2xi32>) -> tensor<2xf32>
  return
}
// -----
func.func @broadcast_add_shapes(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected: sizes 2 and 3 do not broadcast
  %0 = chlo.broadcast_add %a, %b : (tensor<2xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}
// -----
func.func @broadcast_add_result(%a: tensor<2x1xf32>, %b: tensor<3xf32>) {
  // expected: should be tensor<2x3xf32>
  %0 = chlo.broadcast_add %a, %b : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<3x3xf32>
  return
}
// -----
func.func @broadcast_dimensions_order(%a: tensor<2x3x4xf32>, %b: tensor<2x3xf32>) {
  // expected: broadcast_dimensions
  %0 = chlo.broadcast_add %a, %b {broadcast_dimensions = array<i64: 1, 0>} : (tensor<2x3x4xf32>, tensor<2x3xf32>) -> tensor<2x3x4xf32>
  return
}
// -----
func.func @broadcast_dimensions_count(%a: tensor<2x3x4xf32>, %b: tensor<2x3xf32>) {
  // expected: broadcast_dimensions
  %0 = chlo.broadcast_add %a, %b {broadcast_dimensions = array<i64: 1>} : (tensor<2x3x4xf32>, tensor<2x3xf32>) -> tensor<2x3x4xf32>
  return
}
// -----
func.func @broadcast_compare_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xi1>
  %0 = chlo.broadcast_compare %a, %a {comparison_direction = #chlo<comparison_direction LT>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @broadcast_select_predicate(%p: tensor<2xi32>, %a: tensor<2xf32>) {
  // expected: does not take operands of type
  %0 = chlo.broadcast_select %p, %a, %a : (tensor<2xi32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @constant_like_type(%a: tensor<2xi64>) {
  // expected: value should be a number of type i32, got 3.2 : f32
  %0 = "chlo.constant_like"(%a) {value = 3.2 : f32} : (tensor<2xi64>) -> tensor<2xi32>
  return
}
// -----
func.func @acos_of_integers(%a: tensor<2xi32>) {
  // expected: does not take operands of type
  %0 = chlo.acos %a : tensor<2xi32> -> tensor<2xi32>
  return
}
// -----
func.func @erf_of_complex(%a: tensor<2xcomplex<f32>>) {
  // expected: does not take operands of type
  %0 = chlo.erf %a : tensor<2xcomplex<f32>> -> tensor<2xcomplex<f32>>
  return
}
// -----
func.func @is_inf_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xi1>
  %0 = chlo.is_inf %a : tensor<2xf32> -> tensor<2xf32>
  return
}
// -----
func.func @next_after_shapes(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected: same shape
  %0 = chlo.next_after %a, %b : tensor<2xf32>, tensor<3xf32> -> tensor<2xf32>
  return
}
// -----
func.func @top_k_scalar(%a: tensor<f32>) {
  // expected: rank
  %0:2 = chlo.top_k(%a, k = 1) : tensor<f32> -> (tensor<1xf32>, tensor<1xi32>)
  return
}
// -----
func.func @top_k_count(%a: tensor<4xf32>) {
  // expected: k = 5
  %0:2 = chlo.top_k(%a, k = 5) : tensor<4xf32> -> (tensor<5xf32>, tensor<5xi32>)
  return
}
// -----
func.func @top_k_result(%a: tensor<4xf32>) {
  // expected: should be tensor<2xi32>
  %0:2 = chlo.top_k(%a, k = 2) : tensor<4xf32> -> (tensor<2xf32>, tensor<2xi64>)
  return
}
// -----
func.func @ragged_dot_two_dimensions(%a: tensor<11x5xf32>, %b: tensor<3x5x7xf32>, %g: tensor<3xi64>) {
  // expected: lhs_ragged_dimensions [0, 1] should have 1 values
  %0 = "chlo.ragged_dot"(%a, %b, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0, 1], rhs_group_dimensions = [0]>} : (tensor<11x5xf32>, tensor<3x5x7xf32>, tensor<3xi64>) -> tensor<11x7xf32>
  return
}
// -----
func.func @ragged_dot_contracting(%a: tensor<11x5xf32>, %b: tensor<3x2x7xf32>, %g: tensor<3xi64>) {
  // expected: contracting dimensions: 5 and 2 differ
  %0 = "chlo.ragged_dot"(%a, %b, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>} : (tensor<11x5xf32>, tensor<3x2x7xf32>, tensor<3xi64>) -> tensor<11x7xf32>
  return
}
// -----
func.func @ragged_dot_sizes(%a: tensor<19x17x11x5xf32>, %b: tensor<3x19x5x7xf32>, %g: tensor<19x11x3xi64>) {
  // expected: should have the shape [19, 17, 3] or rank 1
  %0 = "chlo.ragged_dot"(%a, %b, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1], lhs_contracting_dimensions = [3], rhs_contracting_dimensions = [2], lhs_ragged_dimensions = [2], rhs_group_dimensions = [0]>} : (tensor<19x17x11x5xf32>, tensor<3x19x5x7xf32>, tensor<19x11x3xi64>) -> tensor<19x17x11x7xf32>
  return
}
// -----
func.func @ragged_dot_groups(%a: tensor<11x5xf32>, %b: tensor<3x5x7xf32>, %g: tensor<2xi64>) {
  // expected: the group dimension and the group sizes: 3 and 2 differ
  %0 = "chlo.ragged_dot"(%a, %b, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>} : (tensor<11x5xf32>, tensor<3x5x7xf32>, tensor<2xi64>) -> tensor<11x7xf32>
  return
}
// -----
func.func @ragged_dot_batch_groups(%a: tensor<2x11x5xf32>, %b: tensor<3x2x5x7xf32>, %g: tensor<3xi64>) {
  // expected: rhs_group_dimensions should be empty
  %0 = "chlo.ragged_dot"(%a, %b, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>} : (tensor<2x11x5xf32>, tensor<3x2x5x7xf32>, tensor<3xi64>) -> tensor<2x11x7xf32>
  return
}
// -----
func.func @ragged_dot_group_is_batch(%a: tensor<3x11x5xf32>, %b: tensor<3x5x7xf32>, %g: tensor<3xi64>) {
  // expected: names dimension 0 twice
  %0 = "chlo.ragged_dot"(%a, %b, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [1], rhs_group_dimensions = [0]>} : (tensor<3x11x5xf32>, tensor<3x5x7xf32>, tensor<3xi64>) -> tensor<3x11x7xf32>
  return
}
// -----
func.func @ragged_dot_result(%a: tensor<11x5xf32>, %b: tensor<3x5x7xf32>, %g: tensor<3xi64>) {
  // expected: should be tensor<11x7xf32>
  %0 = "chlo.ragged_dot"(%a, %b, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>} : (tensor<11x5xf32>, tensor<3x5x7xf32>, tensor<3xi64>) -> tensor<11x5xf32>
  return
}
