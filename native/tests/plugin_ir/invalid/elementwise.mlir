func.func @abs_of_unsigned(%a: tensor<2xui32>) {
  // expected: does not take operands of type
  %0 = "stablehlo.abs"(%a) : (tensor<2xui32>) -> tensor<2xui32>
  return
}
// -----
func.func @abs_complex_gives_real(%a: tensor<2xcomplex<f32>>) {
  // expected: should be tensor<2xf32>
  %0 = "stablehlo.abs"(%a) : (tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>>
  return
}
// -----
func.func @add_result_type(%a: tensor<2xf32>) {
  // expected: should be tensor<2xf32>
  %0 = "stablehlo.add"(%a, %a) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf64>
  return
}
// -----
func.func @and_of_floats(%a: tensor<2xf32>) {
  // expected: does not take operands of type
  %0 = stablehlo.and %a, %a : tensor<2xf32>
  return
}
// -----
func.func @atan2_of_integers(%a: tensor<2xi32>) {
  // expected: does not take operands of type
  %0 = stablehlo.atan2 %a, %a : tensor<2xi32>
  return
}
// -----
func.func @ceil_of_complex(%a: tensor<2xcomplex<f32>>) {
  // expected: does not take operands of type
  %0 = stablehlo.ceil %a : tensor<2xcomplex<f32>>
  return
}
// -----
func.func @clamp_bound_shape(%a: tensor<2xf32>, %min: tensor<1xf32>) {
  // expected: should have the same shape
  %0 = "stablehlo.clamp"(%min, %a, %a) : (tensor<1xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @clamp_bound_element(%a: tensor<2xf32>, %min: tensor<i32>) {
  // expected: same element type
  %0 = "stablehlo.clamp"(%min, %a, %a) : (tensor<i32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @compare_elements(%a: tensor<2xf32>, %b: tensor<2xf64>) {
  // expected: same element type
  %0 = stablehlo.compare LT, %a, %b : (tensor<2xf32>, tensor<2xf64>) -> tensor<2xi1>
  return
}
// -----
func.func @compare_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xi1>
  %0 = stablehlo.compare LT, %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi8>
  return
}
// -----
func.func @compare_type(%a: tensor<2xf32>) {
  // expected: has no case BOTH
  %0 = stablehlo.compare LT, %a, %a, BOTH : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  return
}
// -----
func.func @complex_of_half(%a: tensor<2xf16>) {
  // expected: should be f32 or f64
  %0 = "stablehlo.complex"(%a, %a) : (tensor<2xf16>, tensor<2xf16>) -> tensor<2xcomplex<f32>>
  return
}
// -----
func.func @complex_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xcomplex<f32>>
  %0 = "stablehlo.complex"(%a, %a) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xcomplex<f64>>
  return
}
// -----
func.func @convert_shape(%a: tensor<2xf32>) {
  // expected: should be tensor<2xi32>
  %0 = stablehlo.convert %a : (tensor<2xf32>) -> tensor<3xi32>
  return
}
// -----
func.func @count_leading_zeros_of_floats(%a: tensor<2xf32>) {
  // expected: does not take operands of type
  %0 = stablehlo.count_leading_zeros %a : tensor<2xf32>
  return
}
// -----
func.func @imag_result(%a: tensor<2xcomplex<f32>>) {
  // expected: should be tensor<2xf32>
  %0 = "stablehlo.imag"(%a) : (tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>>
  return
}
// -----
func.func @is_finite_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xi1>
  %0 = stablehlo.is_finite %a : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @not_of_floats(%a: tensor<2xf32>) {
  // expected: does not take operands of type
  %0 = stablehlo.not %a : tensor<2xf32>
  return
}
// -----
func.func @popcnt_of_booleans(%a: tensor<2xi1>) {
  // expected: does not take operands of type
  %0 = stablehlo.popcnt %a : tensor<2xi1>
  return
}
// -----
func.func @power_of_booleans(%a: tensor<2xi1>) {
  // expected: does not take operands of type
  %0 = stablehlo.power %a, %a : tensor<2xi1>
  return
}
// -----
func.func @reduce_precision_exponent(%a: tensor<2xf32>) {
  // expected: exponent_bits should be at least 1
  %0 = stablehlo.reduce_precision %a, format = e0m3 : tensor<2xf32>
  return
}
// -----
func.func @reduce_precision_mantissa(%a: tensor<2xf32>) {
  // expected: mantissa_bits should not be negative
  %0 = "stablehlo.reduce_precision"(%a) {exponent_bits = 3 : i32, mantissa_bits = -1 : i32} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_precision_of_integers(%a: tensor<2xi32>) {
  // expected: does not take operands of type
  %0 = stablehlo.reduce_precision %a, format = e3m3 : tensor<2xi32>
  return
}
// -----
func.func @select_predicate_element(%p: tensor<2xi32>, %a: tensor<2xf32>) {
  // expected: does not take operands of type
  %0 = "stablehlo.select"(%p, %a, %a) : (tensor<2xi32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @select_predicate_shape(%p: tensor<3xi1>, %a: tensor<2xf32>) {
  // expected: should have the same shape
  %0 = "stablehlo.select"(%p, %a, %a) : (tensor<3xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @select_branches(%p: tensor<2xi1>, %a: tensor<2xf32>, %b: tensor<2xi32>) {
  // expected: same element type
  %0 = "stablehlo.select"(%p, %a, %b) : (tensor<2xi1>, tensor<2xf32>, tensor<2xi32>) -> tensor<2xf32>
  return
}
// -----
func.func @shift_of_floats(%a: tensor<2xf32>) {
  // expected: does not take operands of type
  %0 = stablehlo.shift_left %a, %a : tensor<2xf32>
  return
}
// -----
func.func @sign_of_unsigned(%a: tensor<2xui8>) {
  // expected: does not take operands of type
  %0 = stablehlo.sign %a : tensor<2xui8>
  return
}
// -----
func.func @xor_elements(%a: tensor<2xi32>, %b: tensor<2xi64>) {
  // expected: same element type
  %0 = "stablehlo.xor"(%a, %b) : (tensor<2xi32>, tensor<2xi64>) -> tensor<2xi32>
  return
}
// -----
func.func @accuracy_mode(%a: tensor<2xf32>) {
  // expected: DEFAULT, HIGHEST or TOLERANCE
  %0 = "stablehlo.exponential"(%a) {result_accuracy = #stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<BEST>>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @accuracy_negative(%a: tensor<2xf32>) {
  // expected: should not be negative
  %0 = "stablehlo.exponential"(%a) {result_accuracy = #stablehlo.result_accuracy<atol = 1.0, rtol = 0.0, ulps = -1, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
