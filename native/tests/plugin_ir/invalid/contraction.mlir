func.func @dot_rank(%a: tensor<2x2x2xf32>) {
  // expected: should have rank 1 or 2
  %0 = stablehlo.dot %a, %a : (tensor<2x2x2xf32>, tensor<2x2x2xf32>) -> tensor<2x2xf32>
  return
}
// -----
func.func @dot_sizes(%a: tensor<2x3xf32>) {
  // expected: contracted dimensions: 3 and 2 differ
  %0 = stablehlo.dot %a, %a : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @dot_general_batch_count(%a: tensor<2x3xf32>) {
  // expected: rhs_batching_dimensions
  %0 = stablehlo.dot_general %a, %a, batching_dims = [0] x [], contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @dot_general_contracting_count(%a: tensor<2x3xf32>) {
  // expected: rhs_contracting_dimensions
  %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @dot_general_twice(%a: tensor<2x3xf32>) {
  // expected: names dimension 0 twice
  %0 = stablehlo.dot_general %a, %a, batching_dims = [0] x [0], contracting_dims = [0] x [1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @dot_general_range(%a: tensor<2x3xf32>) {
  // expected: should be in [0, 2)
  %0 = stablehlo.dot_general %a, %a, contracting_dims = [2] x [1] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}
// -----
func.func @dot_general_batch_size(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>) {
  // expected: batching dimensions: 2 and 4 differ
  %0 = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @dot_general_contracting_size(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected: contracting dimensions: 3 and 4 differ
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x2xf32>
  return
}
// -----
func.func @dot_general_result(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected: should be tensor<2x4xf32>
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  return
}
// -----
func.func @dot_general_precisions(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected: precision_config
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], precision = [HIGH] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @dot_general_precision(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected: has no case BEST
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], precision = [BEST, HIGH] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @dot_general_algorithm_and_precision(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected: algorithm
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], precision = [HIGH, HIGH], algorithm = <lhs_precision_type = f32, rhs_precision_type = f32, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @dot_general_components(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected: component
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], algorithm = <lhs_precision_type = f32, rhs_precision_type = f32, accumulation_type = f32, lhs_component_count = 0, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @dot_general_without_numbers(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected: dot_dimension_numbers
  %0 = "stablehlo.dot_general"(%a, %b) : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @convolution_rank(%a: tensor<1x8x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: should have one rank of at least 2
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return
}
// -----
func.func @convolution_stride(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: strides and dilations should be positive
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [0]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_stride_count(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: window_strides
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_padding_count(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: padding
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {pad = [[0, 0], [0, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_dilation(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: strides and dilations should be positive
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {lhs_dilate = [0]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_features(%a: tensor<1x8x4xf32>, %b: tensor<3x3x4xf32>) {
  // expected: input features of a group and of the kernel: 4 and 3 differ
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x3x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_feature_groups(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: do not divide into 3 groups
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 3 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_batch_groups(%a: tensor<3x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: does not divide into 2 groups
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 2 : i64, feature_group_count = 1 : i64} : (tensor<3x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_both_groups(%a: tensor<2x8x4xf32>, %b: tensor<3x2x4xf32>) {
  // expected: one of them 1
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 2 : i64, feature_group_count = 2 : i64} : (tensor<2x8x4xf32>, tensor<3x2x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_zero_groups(%a: tensor<2x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: should be positive
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 0 : i64} : (tensor<2x8x4xf32>, tensor<3x4x4xf32>) -> tensor<2x6x4xf32>
  return
}
// -----
func.func @convolution_numbers(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: 'f'
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, b]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @convolution_result(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected: should be tensor<1x6x4xf32>
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xf32>) -> tensor<1x8x4xf32>
  return
}
// -----
func.func @convolution_elements(%a: tensor<1x8x4xf32>, %b: tensor<3x4x4xi32>) {
  // expected: same element type
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x4xf32>, tensor<3x4x4xi32>) -> tensor<1x6x4xf32>
  return
}
// -----
func.func @fft_length_count(%a: tensor<4xcomplex<f32>>) {
  // expected: should have 1 to 3 values
  %0 = "stablehlo.fft"(%a) {fft_type = #stablehlo<fft_type FFT>, fft_length = array<i64>} : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return
}
// -----
func.func @fft_rank(%a: tensor<4xcomplex<f32>>) {
  // expected: more values than
  %0 = stablehlo.fft %a, type = FFT, length = [4, 4] : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return
}
// -----
func.func @fft_of_reals(%a: tensor<4xf32>) {
  // expected: takes complex numbers
  %0 = stablehlo.fft %a, type = FFT, length = [4] : (tensor<4xf32>) -> tensor<4xcomplex<f32>>
  return
}
// -----
func.func @rfft_of_complex(%a: tensor<4xcomplex<f32>>) {
  // expected: RFFT takes f32 or f64
  %0 = stablehlo.fft %a, type = RFFT, length = [4] : (tensor<4xcomplex<f32>>) -> tensor<3xcomplex<f32>>
  return
}
// -----
func.func @rfft_result(%a: tensor<4xf32>) {
  // expected: should be tensor<3xcomplex<f32>>
  %0 = stablehlo.fft %a, type = RFFT, length = [4] : (tensor<4xf32>) -> tensor<4xcomplex<f32>>
  return
}
// -----
func.func @irfft_size(%a: tensor<4xcomplex<f32>>) {
  // expected: should be 3
  %0 = stablehlo.fft %a, type = IRFFT, length = [4] : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
  return
}
// -----
func.func @fft_type(%a: tensor<4xcomplex<f32>>) {
  // expected: has no case DCT
  %0 = stablehlo.fft %a, type = DCT, length = [4] : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return
}
// -----
func.func @cholesky_rank(%a: tensor<2xf32>) {
  // expected: rank
  %0 = stablehlo.cholesky %a : tensor<2xf32>
  return
}
// -----
func.func @cholesky_square(%a: tensor<2x3xf32>) {
  // expected: the matrix should be square
  %0 = stablehlo.cholesky %a : tensor<2x3xf32>
  return
}
// -----
func.func @cholesky_integers(%a: tensor<2x2xi32>) {
  // expected: does not take operands of type
  %0 = stablehlo.cholesky %a : tensor<2x2xi32>
  return
}
// -----
func.func @triangular_solve_square(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected: square
  %0 = "stablehlo.triangular_solve"(%a, %b) {left_side = true, lower = true, unit_diagonal = false, transpose_a = #stablehlo<transpose NO_TRANSPOSE>} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
// -----
func.func @triangular_solve_sizes(%a: tensor<2x2xf32>, %b: tensor<3x3xf32>) {
  // expected: 2 and 3 differ
  %0 = "stablehlo.triangular_solve"(%a, %b) {left_side = true, lower = true, unit_diagonal = false, transpose_a = #stablehlo<transpose NO_TRANSPOSE>} : (tensor<2x2xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  return
}
// -----
func.func @triangular_solve_batch(%a: tensor<4x2x2xf32>, %b: tensor<5x2x2xf32>) {
  // expected: 4 and 5 differ
  %0 = "stablehlo.triangular_solve"(%a, %b) {left_side = true, lower = true, unit_diagonal = false, transpose_a = #stablehlo<transpose NO_TRANSPOSE>} : (tensor<4x2x2xf32>, tensor<5x2x2xf32>) -> tensor<5x2x2xf32>
  return
}
// -----
func.func @triangular_solve_rank(%a: tensor<2x2xf32>, %b: tensor<2xf32>) {
  // expected: rank
  %0 = "stablehlo.triangular_solve"(%a, %b) {left_side = true, lower = true, unit_diagonal = false, transpose_a = #stablehlo<transpose NO_TRANSPOSE>} : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @triangular_solve_elements(%a: tensor<2x2xf32>, %b: tensor<2x2xf64>) {
  // expected: same element type
  %0 = "stablehlo.triangular_solve"(%a, %b) {left_side = true, lower = true, unit_diagonal = false, transpose_a = #stablehlo<transpose NO_TRANSPOSE>} : (tensor<2x2xf32>, tensor<2x2xf64>) -> tensor<2x2xf64>
  return
}
// -----
func.func @triangular_solve_transpose(%a: tensor<2x2xf32>) {
  // expected: TRANSPOSE_INVALID
  %0 = "stablehlo.triangular_solve"(%a, %a) {left_side = true, lower = true, unit_diagonal = false, transpose_a = #stablehlo<transpose TRANSPOSE_INVALID>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return
}
// -----
func.func @batch_norm_feature(%x: tensor<4x3xf32>, %s: tensor<3xf32>) {
  // expected: feature_index 2 should be in [0, 2)
  %0:3 = "stablehlo.batch_norm_training"(%x, %s, %s) {epsilon = 0.001 : f32, feature_index = 2 : i64} : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>)
  return
}
// -----
func.func @batch_norm_scale(%x: tensor<4x3xf32>, %s: tensor<4xf32>) {
  // expected: the feature dimension: 4 and 3 differ
  %0:3 = "stablehlo.batch_norm_training"(%x, %s, %s) {epsilon = 0.001 : f32, feature_index = 1 : i64} : (tensor<4x3xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3xf32>, tensor<4xf32>, tensor<4xf32>)
  return
}
// -----
func.func @batch_norm_scale_rank(%x: tensor<4x3xf32>, %s: tensor<3x1xf32>) {
  // expected: should have rank 1
  %0:3 = "stablehlo.batch_norm_training"(%x, %s, %s) {epsilon = 0.001 : f32, feature_index = 1 : i64} : (tensor<4x3xf32>, tensor<3x1xf32>, tensor<3x1xf32>) -> (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>)
  return
}
// -----
func.func @batch_norm_elements(%x: tensor<4x3xf32>, %s: tensor<3xf64>) {
  // expected: same element type
  %0 = "stablehlo.batch_norm_inference"(%x, %s, %s, %s, %s) {epsilon = 0.001 : f32, feature_index = 1 : i64} : (tensor<4x3xf32>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) -> tensor<4x3xf32>
  return
}
// -----
func.func @batch_norm_grad_output(%x: tensor<4x3xf32>, %s: tensor<3xf32>, %g: tensor<3x3xf32>) {
  // expected: should have the same shape
  %0:3 = "stablehlo.batch_norm_grad"(%x, %s, %s, %s, %g) {epsilon = 0.001 : f32, feature_index = 1 : i64} : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3x3xf32>) -> (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>)
  return
}
// -----
func.func @batch_norm_result(%x: tensor<4x3xf32>, %s: tensor<3xf32>) {
  // expected: result 1 should be tensor<3xf32>
  %0:3 = "stablehlo.batch_norm_training"(%x, %s, %s) {epsilon = 0.001 : f32, feature_index = 1 : i64} : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<4x3xf32>, tensor<4xf32>, tensor<3xf32>)
  return
}
