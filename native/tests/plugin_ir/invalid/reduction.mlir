func.func @reduce_dimension(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: should be in [0, 2)
  %0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [2] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_twice(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: names dimension 1 twice
  %0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [1, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_init_rank(%a: tensor<2x3xf32>, %i: tensor<1xf32>) {
  // expected: should have rank 0
  %0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<1xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_init_element(%a: tensor<2x3xf32>, %i: tensor<i32>) {
  // expected: same element type
  %0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<i32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_input_shapes(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>, %i: tensor<f32>) {
  // expected: inputs should have the same shape
  %0:2 = "stablehlo.reduce"(%a, %b, %i, %i) ({
  ^bb0(%w: tensor<f32>, %x: tensor<f32>, %y: tensor<f32>, %z: tensor<f32>):
    stablehlo.return %w, %x : tensor<f32>, tensor<f32>
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<3x2xf32>, tensor<f32>, tensor<f32>) -> (tensor<2xf32>, tensor<2xf32>)
  return
}
// -----
func.func @reduce_body_arguments(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: reducer should take 2 arguments, it takes 1
  %0 = "stablehlo.reduce"(%a, %i) ({
  ^bb0(%x: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_body_results(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: should return 1 values, it returns 2
  %0 = "stablehlo.reduce"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x, %y : tensor<f32>, tensor<f32>
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_body_rank(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: argument 0 of the reducer should be tensor<f32>
  %0 = "stablehlo.reduce"(%a, %i) ({
  ^bb0(%x: tensor<1xf32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_body_element(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: of the reducer should be tensor<f32>
  %0 = "stablehlo.reduce"(%a, %i) ({
  ^bb0(%x: tensor<i32>, %y: tensor<i32>):
    stablehlo.return %y : tensor<i32>
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_promotes_down(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: not f32 to f16
  %0 = "stablehlo.reduce"(%a, %i) ({
  ^bb0(%x: tensor<f16>, %y: tensor<f16>):
    stablehlo.return %y : tensor<f16>
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf16>
  return
}
// -----
func.func @reduce_result(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: should be tensor<2xf32>
  %0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
  return
}
// -----
func.func @reduce_no_block(%a: tensor<2x3xf32>, %i: tensor<f32>) {
  // expected: should have one block
  %0 = "stablehlo.reduce"(%a, %i) ({
  }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_window_count(%a: tensor<4x4xf32>, %i: tensor<f32>) {
  // expected: window_dimensions
  %0 = "stablehlo.reduce_window"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>} : (tensor<4x4xf32>, tensor<f32>) -> tensor<3x3xf32>
  return
}
// -----
func.func @reduce_window_zero(%a: tensor<4xf32>, %i: tensor<f32>) {
  // expected: should be positive
  %0 = "stablehlo.reduce_window"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 0>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return
}
// -----
func.func @reduce_window_strides(%a: tensor<4xf32>, %i: tensor<f32>) {
  // expected: should be positive
  %0 = "stablehlo.reduce_window"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 0>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return
}
// -----
func.func @reduce_window_stride_count(%a: tensor<4xf32>, %i: tensor<f32>) {
  // expected: window_strides
  %0 = "stablehlo.reduce_window"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 1, 1>} : (tensor<4xf32>, tensor<f32>) -> tensor<3xf32>
  return
}
// -----
func.func @reduce_window_dilation(%a: tensor<4xf32>, %i: tensor<f32>) {
  // expected: should be positive
  %0 = "stablehlo.reduce_window"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>, base_dilations = array<i64: -1>} : (tensor<4xf32>, tensor<f32>) -> tensor<3xf32>
  return
}
// -----
func.func @reduce_window_padding(%a: tensor<4xf32>, %i: tensor<f32>) {
  // expected: padding
  %0 = "stablehlo.reduce_window"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>, padding = dense<0> : tensor<2x2xi64>} : (tensor<4xf32>, tensor<f32>) -> tensor<3xf32>
  return
}
// -----
func.func @reduce_window_result(%a: tensor<4xf32>, %i: tensor<f32>) {
  // expected: should be tensor<3xf32>
  %0 = "stablehlo.reduce_window"(%a, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return
}
// -----
func.func @select_and_scatter_source(%a: tensor<4xf32>, %s: tensor<3xf32>, %i: tensor<f32>) {
  // expected: the windows of the operand and the source
  %0 = "stablehlo.select_and_scatter"(%a, %s, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %p = stablehlo.compare GE, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 2>} : (tensor<4xf32>, tensor<3xf32>, tensor<f32>) -> tensor<4xf32>
  return
}
// -----
func.func @select_and_scatter_select(%a: tensor<4xf32>, %s: tensor<2xf32>, %i: tensor<f32>) {
  // expected: of the select function should be tensor<i1>
  %0 = "stablehlo.select_and_scatter"(%a, %s, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }, {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %y : tensor<f32>
  }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 2>} : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
  return
}
// -----
func.func @select_and_scatter_scatter(%a: tensor<4xf32>, %s: tensor<2xf32>, %i: tensor<f32>) {
  // expected: scatter function
  %0 = "stablehlo.select_and_scatter"(%a, %s, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %p = stablehlo.compare GE, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%x: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 2>} : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
  return
}
// -----
func.func @select_and_scatter_elements(%a: tensor<4xf32>, %s: tensor<2xi32>, %i: tensor<f32>) {
  // expected: same element type
  %0 = "stablehlo.select_and_scatter"(%a, %s, %i) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %p = stablehlo.compare GE, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 2>} : (tensor<4xf32>, tensor<2xi32>, tensor<f32>) -> tensor<4xf32>
  return
}
// -----
func.func @sort_dimension(%a: tensor<4xf32>) {
  // expected: dimension 1 should be in [-1, 1)
  %0 = "stablehlo.sort"(%a) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    %p = stablehlo.compare LT, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) {dimension = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @sort_nothing() {
  // expected: at least one operand is needed
  "stablehlo.sort"() ({
    %p = stablehlo.constant dense<true> : tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) : () -> ()
  return
}
// -----
func.func @sort_shapes(%a: tensor<4xf32>, %b: tensor<3xf32>) {
  // expected: operands should have the same shape
  %0:2 = "stablehlo.sort"(%a, %b) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>, %v: tensor<f32>, %w: tensor<f32>):
    %p = stablehlo.compare LT, %x, %y : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) : (tensor<4xf32>, tensor<3xf32>) -> (tensor<4xf32>, tensor<3xf32>)
  return
}
// -----
func.func @sort_comparator_arguments(%a: tensor<4xf32>) {
  // expected: comparator should take 2 arguments
  %0 = "stablehlo.sort"(%a) ({
  ^bb0(%x: tensor<f32>):
    %p = stablehlo.compare LT, %x, %x : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @sort_comparator_result(%a: tensor<4xf32>) {
  // expected: of the comparator should be tensor<i1>
  %0 = "stablehlo.sort"(%a) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @map_dimensions(%a: tensor<4x4xf32>) {
  // expected: dimensions should be 0, 1
  %0 = "stablehlo.map"(%a) ({
  ^bb0(%x: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {dimensions = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return
}
// -----
func.func @map_shapes(%a: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected: should have the same shape
  %0 = "stablehlo.map"(%a, %b) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {dimensions = array<i64: 0>} : (tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  return
}
// -----
func.func @map_computation(%a: tensor<4xf32>) {
  // expected: computation should take 1 arguments
  %0 = "stablehlo.map"(%a) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {dimensions = array<i64: 0>} : (tensor<4xf32>) -> tensor<4xf32>
  return
}
