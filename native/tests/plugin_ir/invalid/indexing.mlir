func.func @dynamic_slice_index_count(%a: tensor<4x4xf32>, %i: tensor<i64>) {
  // expected: 1 start indices for tensor<4x4xf32>
  %0 = stablehlo.dynamic_slice %a, %i, sizes = [1, 1] : (tensor<4x4xf32>, tensor<i64>) -> tensor<1x1xf32>
  return
}
// -----
func.func @dynamic_slice_index_rank(%a: tensor<4xf32>, %i: tensor<1xi64>) {
  // expected: operand 1 should
  %0 = stablehlo.dynamic_slice %a, %i, sizes = [1] : (tensor<4xf32>, tensor<1xi64>) -> tensor<1xf32>
  return
}
// -----
func.func @dynamic_slice_index_float(%a: tensor<4xf32>, %i: tensor<f32>) {
  // expected: integer
  %0 = stablehlo.dynamic_slice %a, %i, sizes = [1] : (tensor<4xf32>, tensor<f32>) -> tensor<1xf32>
  return
}
// -----
func.func @dynamic_slice_index_types(%a: tensor<4x4xf32>, %i: tensor<i64>, %j: tensor<i32>) {
  // expected: same element type
  %0 = stablehlo.dynamic_slice %a, %i, %j, sizes = [1, 1] : (tensor<4x4xf32>, tensor<i64>, tensor<i32>) -> tensor<1x1xf32>
  return
}
// -----
func.func @dynamic_slice_size(%a: tensor<4xf32>, %i: tensor<i64>) {
  // expected: slice_sizes
  %0 = stablehlo.dynamic_slice %a, %i, sizes = [5] : (tensor<4xf32>, tensor<i64>) -> tensor<5xf32>
  return
}
// -----
func.func @dynamic_slice_size_count(%a: tensor<4xf32>, %i: tensor<i64>) {
  // expected: slice_sizes
  %0 = stablehlo.dynamic_slice %a, %i, sizes = [1, 1] : (tensor<4xf32>, tensor<i64>) -> tensor<1xf32>
  return
}
// -----
func.func @dynamic_slice_result(%a: tensor<4xf32>, %i: tensor<i64>) {
  // expected: should be tensor<2xf32>
  %0 = stablehlo.dynamic_slice %a, %i, sizes = [2] : (tensor<4xf32>, tensor<i64>) -> tensor<1xf32>
  return
}
// -----
func.func @update_slice_too_large(%a: tensor<4xf32>, %u: tensor<5xf32>, %i: tensor<i64>) {
  // expected: update
  %0 = stablehlo.dynamic_update_slice %a, %u, %i : (tensor<4xf32>, tensor<5xf32>, tensor<i64>) -> tensor<4xf32>
  return
}
// -----
func.func @update_slice_rank(%a: tensor<4xf32>, %u: tensor<1x1xf32>, %i: tensor<i64>) {
  // expected: rank
  %0 = stablehlo.dynamic_update_slice %a, %u, %i : (tensor<4xf32>, tensor<1x1xf32>, tensor<i64>) -> tensor<4xf32>
  return
}
// -----
func.func @update_slice_element(%a: tensor<4xf32>, %u: tensor<1xi32>, %i: tensor<i64>) {
  // expected: same element type
  %0 = stablehlo.dynamic_update_slice %a, %u, %i : (tensor<4xf32>, tensor<1xi32>, tensor<i64>) -> tensor<4xf32>
  return
}
// -----
func.func @update_slice_index_count(%a: tensor<4xf32>, %u: tensor<1xf32>) {
  // expected: start ind
  %0 = "stablehlo.dynamic_update_slice"(%a, %u) : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @gather_float_indices(%a: tensor<4x3xf32>, %i: tensor<2x1xf32>) {
  // expected: integer
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_rank(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: offset_dims
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_index_vector_dim(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: index_vector_dim
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 3>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_index_size(%a: tensor<4x3xf32>, %i: tensor<2x2xi32>) {
  // expected: start_index_map
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x2xi32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_offset_order(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: sorted
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [2, 1], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x1x3xf32>
  return
}
// -----
func.func @gather_offset_twice(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: twice
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1, 1], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x1x3xf32>
  return
}
// -----
func.func @gather_offset_range(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: offset_dims
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [4], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_collapsed_order(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: sorted
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [1, 0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 1>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2xf32>
  return
}
// -----
func.func @gather_collapsed_size(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: slice size of removed dimension 0 should be at most 1
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 2, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_slice_size(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: slice_sizes
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @gather_map_twice(%a: tensor<4x3xf32>, %i: tensor<2x2xi32>) {
  // expected: twice
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0, 0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x2xi32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_batching_collapsed(%a: tensor<4x3xf32>, %i: tensor<4x1xi32>) {
  // expected: twice
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return
}
// -----
func.func @gather_batching_sizes(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: batching
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @gather_batching_index_vector(%a: tensor<4x3xf32>, %i: tensor<4x1xi32>) {
  // expected: index_vector_dim
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [1], start_index_map = [1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return
}
// -----
func.func @gather_result(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>) {
  // expected: should be tensor<2x3xf32>
  %0 = "stablehlo.gather"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<3x2xf32>
  return
}
// -----
func.func @scatter_operands(%a: tensor<4xf32>, %i: tensor<2x1xi32>) {
  // expected: inputs
  %0 = "stablehlo.scatter"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xf32>, tensor<2x1xi32>) -> tensor<4xf32>
  return
}
// -----
func.func @scatter_update_rank(%a: tensor<4xf32>, %i: tensor<2x1xi32>, %u: tensor<2x1xf32>) {
  // expected: update
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xf32>, tensor<2x1xi32>, tensor<2x1xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @scatter_update_shape(%a: tensor<4xf32>, %i: tensor<2x1xi32>, %u: tensor<3xf32>) {
  // expected: update
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xf32>, tensor<2x1xi32>, tensor<3xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @scatter_window(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>, %u: tensor<2x4xf32>) {
  // expected: window
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4x3xf32>, tensor<2x1xi32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}
// -----
func.func @scatter_window_dims(%a: tensor<4x3xf32>, %i: tensor<2x1xi32>, %u: tensor<2x3xf32>) {
  // expected: window_dims
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4x3xf32>, tensor<2x1xi32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return
}
// -----
func.func @scatter_index_size(%a: tensor<4xf32>, %i: tensor<2x2xi32>, %u: tensor<2xf32>) {
  // expected: scatter_dims_to_operand_dims
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xf32>, tensor<2x2xi32>, tensor<2xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @scatter_float_indices(%a: tensor<4xf32>, %i: tensor<2x1xf32>, %u: tensor<2xf32>) {
  // expected: integer
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xf32>, tensor<2x1xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @scatter_computation(%a: tensor<4xf32>, %i: tensor<2x1xi32>, %u: tensor<2xf32>) {
  // expected: update computation
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<4xf32>, tensor<2x1xi32>, tensor<2xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @scatter_index_vector_dim(%a: tensor<4xf32>, %i: tensor<2x1xi32>, %u: tensor<2xf32>) {
  // expected: index_vector_dim
  %0 = "stablehlo.scatter"(%a, %i, %u) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = -1>} : (tensor<4xf32>, tensor<2x1xi32>, tensor<2xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @torch_index_select_dim(%a: tensor<4x3xf32>, %i: tensor<2xi32>) {
  // expected: dim 2 should be in [0, 2)
  %0 = "stablehlo.torch_index_select"(%a, %i) {dim = 2 : i64, batch_dims = 0 : i64} : (tensor<4x3xf32>, tensor<2xi32>) -> tensor<4x2xf32>
  return
}
// -----
func.func @torch_index_select_batch(%a: tensor<4x3xf32>, %i: tensor<2xi32>) {
  // expected: batch_dims
  %0 = "stablehlo.torch_index_select"(%a, %i) {dim = 1 : i64, batch_dims = 2 : i64} : (tensor<4x3xf32>, tensor<2xi32>) -> tensor<4x2xf32>
  return
}
// -----
func.func @torch_index_select_float(%a: tensor<4x3xf32>, %i: tensor<2xf32>) {
  // expected: integers
  %0 = "stablehlo.torch_index_select"(%a, %i) {dim = 1 : i64, batch_dims = 0 : i64} : (tensor<4x3xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return
}
