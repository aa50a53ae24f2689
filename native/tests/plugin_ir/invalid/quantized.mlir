func.func @quantize_result(%a: tensor<2xf32>) {
  // expected: the result should be quantized
  %0 = stablehlo.uniform_quantize %a : (tensor<2xf32>) -> tensor<2xi8>
  return
}
// -----
func.func @quantize_integers(%a: tensor<2xi8>) {
  // expected: does not take operands of type
  %0 = stablehlo.uniform_quantize %a : (tensor<2xi8>) -> tensor<2x!quant.uniform<i8:f32, 1.0>>
  return
}
// -----
func.func @quantize_expressed(%a: tensor<2xf64>) {
  // expected: f64
  %0 = stablehlo.uniform_quantize %a : (tensor<2xf64>) -> tensor<2x!quant.uniform<i8:f32, 1.0>>
  return
}
// -----
func.func @dequantize_reals(%a: tensor<2xf32>) {
  // expected: does not take operands of type
  %0 = stablehlo.uniform_dequantize %a : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @dequantize_result(%a: tensor<2x!quant.uniform<i8:f32, 1.0>>) {
  // expected: should be tensor<2xf32>
  %0 = stablehlo.uniform_dequantize %a : (tensor<2x!quant.uniform<i8:f32, 1.0>>) -> tensor<2xf64>
  return
}
// -----
// expected: axis
func.func @axis_beyond_rank(%a: tensor<2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>) {
  return
}
// -----
// expected: scales
func.func @axis_scales(%a: tensor<3x!quant.uniform<i8:f32:0, {1.0, 2.0}>>) {
  return
}
// -----
// expected: zero point
func.func @zero_point_range(%a: tensor<3x!quant.uniform<i8:f32, 1.0:200>>) {
  return
}
// -----
// expected: scale
func.func @negative_scale(%a: tensor<3x!quant.uniform<i8:f32, -1.0>>) {
  return
}
// -----
// expected: -200
func.func @storage_range(%a: tensor<3x!quant.uniform<i8<-200:127>:f32, 1.0>>) {
  return
}
