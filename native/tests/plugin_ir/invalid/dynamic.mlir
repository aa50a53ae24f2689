func.func @broadcast_count(%a: tensor<?xf32>, %s: tensor<2xi32>) {
  // expected: should have 1 values
  %0 = stablehlo.dynamic_broadcast_in_dim %a, %s, dims = [0, 1] : (tensor<?xf32>, tensor<2xi32>) -> tensor<?x?xf32>
  return
}
// -----
func.func @broadcast_range(%a: tensor<?xf32>, %s: tensor<2xi32>) {
  // expected: should be in [0, 2)
  %0 = stablehlo.dynamic_broadcast_in_dim %a, %s, dims = [2] : (tensor<?xf32>, tensor<2xi32>) -> tensor<?x?xf32>
  return
}
// -----
func.func @broadcast_rank(%a: tensor<?xf32>, %s: tensor<3xi32>) {
  // expected: the shape operand and the rank of the result: 3 and 2 differ
  %0 = stablehlo.dynamic_broadcast_in_dim %a, %s, dims = [1] : (tensor<?xf32>, tensor<3xi32>) -> tensor<?x?xf32>
  return
}
// -----
func.func @broadcast_size(%a: tensor<3xf32>, %s: tensor<2xi32>) {
  // expected: operand dimension 0 and the result: 3 and 4 differ
  %0 = stablehlo.dynamic_broadcast_in_dim %a, %s, dims = [1] : (tensor<3xf32>, tensor<2xi32>) -> tensor<?x4xf32>
  return
}
// -----
func.func @broadcast_expanding(%a: tensor<?x?xf32>, %s: tensor<2xi32>) {
  // expected: known_
  %0 = "stablehlo.dynamic_broadcast_in_dim"(%a, %s) {broadcast_dimensions = array<i64: 0, 1>, known_expanding_dimensions = array<i64: 0>, known_nonexpanding_dimensions = array<i64: 0, 1>} : (tensor<?x?xf32>, tensor<2xi32>) -> tensor<?x?xf32>
  return
}
// -----
func.func @broadcast_float_shape(%a: tensor<?xf32>, %s: tensor<2xf32>) {
  // expected: should be of integers
  %0 = stablehlo.dynamic_broadcast_in_dim %a, %s, dims = [1] : (tensor<?xf32>, tensor<2xf32>) -> tensor<?x?xf32>
  return
}
// -----
func.func @iota_dimension(%s: tensor<2xi32>) {
  // expected: iota_dimension 2 should be in [0, 2)
  %0 = stablehlo.dynamic_iota %s, dim = 2 : (tensor<2xi32>) -> tensor<?x?xi32>
  return
}
// -----
func.func @iota_shape() {
  %s = stablehlo.constant dense<[-1, 2]> : tensor<2xi32>
  // expected: has a negative dimension
  %0 = stablehlo.dynamic_iota %s, dim = 0 : (tensor<2xi32>) -> tensor<?x?xi32>
  return
}
// -----
func.func @pad_lengths(%a: tensor<?xf32>, %v: tensor<f32>, %p: tensor<2xi32>) {
  // expected: padding [?, ?] should have 1 values
  %0 = stablehlo.dynamic_pad %a, %v, %p, %p, %p : (tensor<?xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?xf32>
  return
}
// -----
func.func @reshape_rank(%a: tensor<?xf32>, %s: tensor<2xi32>) {
  // expected: the shape operand and the rank of the result: 2 and 3 differ
  %0 = stablehlo.dynamic_reshape %a, %s : (tensor<?xf32>, tensor<2xi32>) -> tensor<?x?x?xf32>
  return
}
// -----
func.func @reshape_elements(%a: tensor<6xf32>) {
  %s = stablehlo.constant dense<[2, 4]> : tensor<2xi32>
  // expected: has 6 elements
  %0 = stablehlo.dynamic_reshape %a, %s : (tensor<6xf32>, tensor<2xi32>) -> tensor<?x?xf32>
  return
}
// -----
func.func @slice_lengths(%a: tensor<?xf32>, %i: tensor<2xi32>) {
  // expected: slice [?, ?] should have 1 values
  %0 = stablehlo.real_dynamic_slice %a, %i, %i, %i : (tensor<?xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?xf32>
  return
}
// -----
func.func @slice_types(%a: tensor<?xf32>, %i: tensor<1xi32>, %j: tensor<1xi64>) {
  // expected: same element type
  %0 = stablehlo.real_dynamic_slice %a, %i, %j, %i : (tensor<?xf32>, tensor<1xi32>, tensor<1xi64>, tensor<1xi32>) -> tensor<?xf32>
  return
}
// -----
func.func @get_size_dimension(%a: tensor<?xf32>) {
  // expected: dimension 1 should be in [0, 1)
  %0 = stablehlo.get_dimension_size %a, dim = 1 : (tensor<?xf32>) -> tensor<i32>
  return
}
// -----
func.func @get_size_result(%a: tensor<?xf32>) {
  // expected: should be tensor<i32>
  %0 = stablehlo.get_dimension_size %a, dim = 0 : (tensor<?xf32>) -> tensor<i64>
  return
}
// -----
func.func @set_size_dimension(%a: tensor<4xf32>, %n: tensor<i32>) {
  // expected: dimension 1 should be in [0, 1)
  %0 = stablehlo.set_dimension_size %a, %n, dim = 1 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32>
  return
}
// -----
func.func @set_size_rank(%a: tensor<4xf32>, %n: tensor<1xi32>) {
  // expected: should have rank 0
  %0 = stablehlo.set_dimension_size %a, %n, dim = 0 : (tensor<4xf32>, tensor<1xi32>) -> tensor<?xf32>
  return
}
// -----
func.func @set_size_element(%a: tensor<4xf32>, %n: tensor<f32>) {
  // expected: i32
  %0 = stablehlo.set_dimension_size %a, %n, dim = 0 : (tensor<4xf32>, tensor<f32>) -> tensor<?xf32>
  return
}
// -----
func.func @gather_sizes(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>, %s: tensor<3xi32>) {
  // expected: the slice sizes and the rank of the operand: 3 and 2 differ
  %0 = "stablehlo.dynamic_gather"(%a, %i, %s) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>} : (tensor<4x3xf32>, tensor<2x1xi32>, tensor<3xi32>) -> tensor<2x?xf32>
  return
}
// -----
func.func @conv_padding(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>, %p: tensor<2x2xi32>) {
  // expected: the padding should be integers of shape [1, 2]
  %0 = "stablehlo.dynamic_conv"(%a, %b, %p) {dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>, tensor<2x2xi32>) -> tensor<1x?x4xf32>
  return
}
