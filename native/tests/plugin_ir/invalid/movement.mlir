func.func @constant_shape() {
  // expected: a value of tensor<2xf32> for a result of tensor<3xf32>
  %0 = "stablehlo.constant"() {value = dense<1.0> : tensor<2xf32>} : () -> tensor<3xf32>
  return
}
// -----
func.func @constant_without_value() {
  // expected: value
  %0 = "stablehlo.constant"() : () -> tensor<3xf32>
  return
}
// -----
func.func @iota_dimension() {
  // expected: iota_dimension 1 should be in [0, 1)
  %0 = stablehlo.iota dim = 1 : tensor<3xf32>
  return
}
// -----
func.func @iota_scalar() {
  // expected: iota_dimension 0 should be in [0, 0)
  %0 = stablehlo.iota dim = 0 : tensor<f32>
  return
}
// -----
func.func @broadcast_in_dim_count(%a: tensor<2xf32>) {
  // expected: should have 1 values
  %0 = stablehlo.broadcast_in_dim %a, dims = [0, 1] : (tensor<2xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @broadcast_in_dim_range(%a: tensor<2xf32>) {
  // expected: should be in [0, 2)
  %0 = stablehlo.broadcast_in_dim %a, dims = [2] : (tensor<2xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @broadcast_in_dim_twice(%a: tensor<2x2xf32>) {
  // expected: names dimension 0 twice
  %0 = stablehlo.broadcast_in_dim %a, dims = [0, 0] : (tensor<2x2xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @broadcast_in_dim_element(%a: tensor<2xf32>) {
  // expected: should be tensor<2x3xf32>
  %0 = stablehlo.broadcast_in_dim %a, dims = [0] : (tensor<2xf32>) -> tensor<2x3xi32>
  return
}
// -----
func.func @broadcast_negative(%a: tensor<2xf32>) {
  // expected: should not be negative
  %0 = stablehlo.broadcast %a, sizes = [-1] : (tensor<2xf32>) -> tensor<1x2xf32>
  return
}
// -----
func.func @broadcast_result(%a: tensor<2xf32>) {
  // expected: should be tensor<3x2xf32>
  %0 = stablehlo.broadcast %a, sizes = [3] : (tensor<2xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @concatenate_nothing() {
  // expected: at least one operand is needed
  %0 = "stablehlo.concatenate"() {dimension = 0 : i64} : () -> tensor<2xf32>
  return
}
// -----
func.func @concatenate_dimension(%a: tensor<2xf32>) {
  // expected: dimension 1 should be in [0, 1)
  %0 = stablehlo.concatenate %a, %a, dim = 1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @concatenate_negative_dimension(%a: tensor<2xf32>) {
  // expected: dimension -1 should be in [0, 1)
  %0 = "stablehlo.concatenate"(%a, %a) {dimension = -1 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @concatenate_element(%a: tensor<2xf32>, %b: tensor<2xi32>) {
  // expected: same element type
  %0 = stablehlo.concatenate %a, %b, dim = 0 : (tensor<2xf32>, tensor<2xi32>) -> tensor<4xf32>
  return
}
// -----
func.func @concatenate_size(%a: tensor<2xf32>) {
  // expected: should be tensor<4xf32>
  %0 = stablehlo.concatenate %a, %a, dim = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<5xf32>
  return
}
// -----
func.func @pad_value_rank(%a: tensor<2xf32>, %v: tensor<1xf32>) {
  // expected: operand 1 should have rank 0
  %0 = stablehlo.pad %a, %v, low = [0], high = [0], interior = [0] : (tensor<2xf32>, tensor<1xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @pad_value_element(%a: tensor<2xf32>, %v: tensor<i32>) {
  // expected: same element type
  %0 = stablehlo.pad %a, %v, low = [0], high = [0], interior = [0] : (tensor<2xf32>, tensor<i32>) -> tensor<2xf32>
  return
}
// -----
func.func @pad_count(%a: tensor<2xf32>, %v: tensor<f32>) {
  // expected: should have 1 values
  %0 = stablehlo.pad %a, %v, low = [0, 1], high = [0], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @pad_interior(%a: tensor<2xf32>, %v: tensor<f32>) {
  // expected: should not be negative
  %0 = stablehlo.pad %a, %v, low = [0], high = [0], interior = [-1] : (tensor<2xf32>, tensor<f32>) -> tensor<1xf32>
  return
}
// -----
func.func @pad_below_zero(%a: tensor<2xf32>, %v: tensor<f32>) {
  // expected: the negative size -1
  %0 = stablehlo.pad %a, %v, low = [-2], high = [-1], interior = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<0xf32>
  return
}
// -----
func.func @reshape_element(%a: tensor<4xf32>) {
  // expected: should be tensor<2x2xf32>
  %0 = stablehlo.reshape %a : (tensor<4xf32>) -> tensor<2x2xi32>
  return
}
// -----
func.func @reverse_twice(%a: tensor<2x2xf32>) {
  // expected: names dimension 1 twice
  %0 = stablehlo.reverse %a, dims = [1, 1] : tensor<2x2xf32>
  return
}
// -----
func.func @reverse_range(%a: tensor<2x2xf32>) {
  // expected: should be in [0, 2)
  %0 = stablehlo.reverse %a, dims = [-1] : tensor<2x2xf32>
  return
}
// -----
func.func @slice_counts(%a: tensor<4x4xf32>) {
  // expected: should have 2 values
  %0 = stablehlo.slice %a [0:2] : (tensor<4x4xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @slice_order(%a: tensor<4xf32>) {
  // expected: range [3:2]
  %0 = stablehlo.slice %a [3:2] : (tensor<4xf32>) -> tensor<0xf32>
  return
}
// -----
func.func @slice_negative(%a: tensor<4xf32>) {
  // expected: range [-1:2]
  %0 = "stablehlo.slice"(%a) {start_indices = array<i64: -1>, limit_indices = array<i64: 2>, strides = array<i64: 1>} : (tensor<4xf32>) -> tensor<3xf32>
  return
}
// -----
func.func @slice_result(%a: tensor<4xf32>) {
  // expected: should be tensor<2xf32>
  %0 = stablehlo.slice %a [0:4:2] : (tensor<4xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @transpose_count(%a: tensor<2x3xf32>) {
  // expected: should have 2 values
  %0 = stablehlo.transpose %a, dims = [0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @transpose_result(%a: tensor<2x3xf32>) {
  // expected: should be tensor<3x2xf32>
  %0 = stablehlo.transpose %a, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @bitcast_widths(%a: tensor<2xf32>) {
  // expected: should be tensor<2x2xf16>
  %0 = stablehlo.bitcast_convert %a : (tensor<2xf32>) -> tensor<4xf16>
  return
}
// -----
func.func @bitcast_parts(%a: tensor<2x3xf16>) {
  // expected: the last dimension should hold the parts of one element
  %0 = stablehlo.bitcast_convert %a : (tensor<2x3xf16>) -> tensor<2xf32>
  return
}
// -----
func.func @bitcast_complex_and_real(%a: tensor<2xcomplex<f32>>) {
  // expected: complex
  %0 = stablehlo.bitcast_convert %a : (tensor<2xcomplex<f32>>) -> tensor<2xf64>
  return
}
// -----
func.func @replica_id_type() {
  // expected: should be tensor<ui32>
  %0 = stablehlo.replica_id : tensor<i32>
  return
}
