func.func @if_predicate(%p: tensor<2xi1>) {
  // expected: the predicate should be tensor<i1>
  %0 = "stablehlo.if"(%p) ({
    %c = stablehlo.constant dense<1> : tensor<i32>
    stablehlo.return %c : tensor<i32>
  }, {
    %c = stablehlo.constant dense<2> : tensor<i32>
    stablehlo.return %c : tensor<i32>
  }) : (tensor<2xi1>) -> tensor<i32>
  return
}
// -----
func.func @if_branch_types(%p: tensor<i1>) {
  // expected: what branch 1 returns: value 0 should be tensor<i32>
  %0 = "stablehlo.if"(%p) ({
    %c = stablehlo.constant dense<1> : tensor<i32>
    stablehlo.return %c : tensor<i32>
  }, {
    %c = stablehlo.constant dense<2> : tensor<i64>
    stablehlo.return %c : tensor<i64>
  }) : (tensor<i1>) -> tensor<i32>
  return
}
// -----
func.func @if_branch_count(%p: tensor<i1>) {
  // expected: should be 1 values, got 0
  %0 = "stablehlo.if"(%p) ({
    stablehlo.return
  }, {
    stablehlo.return
  }) : (tensor<i1>) -> tensor<i32>
  return
}
// -----
func.func @if_arguments(%p: tensor<i1>) {
  // expected: branch 0 should take no arguments
  %0 = "stablehlo.if"(%p) ({
  ^bb0(%x: tensor<i32>):
    stablehlo.return %x : tensor<i32>
  }, {
    %c = stablehlo.constant dense<2> : tensor<i32>
    stablehlo.return %c : tensor<i32>
  }) : (tensor<i1>) -> tensor<i32>
  return
}
// -----
func.func @if_one_region(%p: tensor<i1>) {
  // expected: needs 2 regions, got 1
  %0 = "stablehlo.if"(%p) ({
    %c = stablehlo.constant dense<2> : tensor<i32>
    stablehlo.return %c : tensor<i32>
  }) : (tensor<i1>) -> tensor<i32>
  return
}
// -----
func.func @case_nothing(%i: tensor<i32>) {
  // expected: at least one branch is needed
  %0 = "stablehlo.case"(%i) : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @case_index(%i: tensor<i64>) {
  // expected: the index should be tensor<i32>
  %0 = "stablehlo.case"(%i) ({
    %c = stablehlo.constant dense<2> : tensor<i32>
    stablehlo.return %c : tensor<i32>
  }) : (tensor<i64>) -> tensor<i32>
  return
}
// -----
func.func @while_condition(%a: tensor<i32>) {
  // expected: what the condition returns: value 0 should be tensor<i1>
  %0 = "stablehlo.while"(%a) ({
  ^bb0(%x: tensor<i32>):
    stablehlo.return %x : tensor<i32>
  }, {
  ^bb0(%x: tensor<i32>):
    stablehlo.return %x : tensor<i32>
  }) : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @while_body(%a: tensor<i32>) {
  // expected: what the body returns
  %0 = "stablehlo.while"(%a) ({
  ^bb0(%x: tensor<i32>):
    %p = stablehlo.constant dense<true> : tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%x: tensor<i32>):
    %p = stablehlo.constant dense<true> : tensor<i1>
    stablehlo.return %p : tensor<i1>
  }) : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @while_arguments(%a: tensor<i32>) {
  // expected: arguments of the condition
  %0 = "stablehlo.while"(%a) ({
    %p = stablehlo.constant dense<true> : tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%x: tensor<i32>):
    stablehlo.return %x : tensor<i32>
  }) : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @while_results(%a: tensor<i32>) {
  // expected: operands
  %0 = "stablehlo.while"(%a) ({
  ^bb0(%x: tensor<i32>):
    %p = stablehlo.constant dense<true> : tensor<i1>
    stablehlo.return %p : tensor<i1>
  }, {
  ^bb0(%x: tensor<i32>):
    stablehlo.return %x : tensor<i32>
  }) : (tensor<i32>) -> tensor<i64>
  return
}
// -----
func.func @tuple_type(%a: tensor<i32>) {
  // expected: should be tuple<tensor<i32>>
  %0 = "stablehlo.tuple"(%a) : (tensor<i32>) -> tuple<tensor<i64>>
  return
}
// -----
func.func @tuple_index(%a: tuple<tensor<i32>>) {
  // expected: index 1 should be in [0, 1)
  %0 = stablehlo.get_tuple_element %a[1] : (tuple<tensor<i32>>) -> tensor<i32>
  return
}
// -----
func.func @tuple_of_tensor(%a: tensor<i32>) {
  // expected: should be a tuple
  %0 = "stablehlo.get_tuple_element"(%a) {index = 0 : i32} : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @after_all_of_tensors(%a: tensor<i32>) {
  // expected: token
  %0 = "stablehlo.after_all"(%a) : (tensor<i32>) -> !stablehlo.token
  return
}
// -----
func.func @barrier(%a: tensor<i32>) {
  // expected: should be tensor<i32>
  %0 = "stablehlo.optimization_barrier"(%a) : (tensor<i32>) -> tensor<i64>
  return
}
// -----
func.func @custom_call_target(%a: tensor<i32>) {
  // expected: call_target_name
  %0 = "stablehlo.custom_call"(%a) : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @composite_missing(%a: tensor<i32>) {
  // expected: there is no function @nowhere
  %0 = stablehlo.composite "a.b" %a {decomposition = @nowhere} : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func private @half(%a: tensor<i64>) -> tensor<i64> {
  return %a : tensor<i64>
}
func.func @composite_types(%a: tensor<i32>) {
  // expected: does not match @half
  %0 = stablehlo.composite "a.b" %a {decomposition = @half} : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @call_missing(%a: tensor<i32>) {
  // expected: there is no function @nowhere
  %0 = func.call @nowhere(%a) : (tensor<i32>) -> tensor<i32>
  return
}
// -----
func.func @infeed_results(%t: !stablehlo.token) {
  // expected: token
  %0 = "stablehlo.infeed"(%t) {infeed_config = ""} : (!stablehlo.token) -> tensor<3xf32>
  return
}
// -----
func.func @infeed_operand(%t: tensor<f32>) {
  // expected: token
  %0:2 = "stablehlo.infeed"(%t) {infeed_config = ""} : (tensor<f32>) -> (tensor<3xf32>, !stablehlo.token)
  return
}
// -----
func.func @outfeed_operand(%a: tensor<f32>) {
  // expected: token
  %0 = "stablehlo.outfeed"(%a) {outfeed_config = ""} : (tensor<f32>) -> !stablehlo.token
  return
}
// -----
func.func @rng_bounds(%a: tensor<f32>, %b: tensor<f64>) {
  %s = stablehlo.constant dense<[2]> : tensor<1xi64>
  // expected: same element type
  %0 = stablehlo.rng %a, %b, %s, distribution = UNIFORM : (tensor<f32>, tensor<f64>, tensor<1xi64>) -> tensor<2xf32>
  return
}
// -----
func.func @rng_bound_rank(%a: tensor<1xf32>) {
  %s = stablehlo.constant dense<[2]> : tensor<1xi64>
  // expected: should have rank 0
  %0 = stablehlo.rng %a, %a, %s, distribution = UNIFORM : (tensor<1xf32>, tensor<1xf32>, tensor<1xi64>) -> tensor<2xf32>
  return
}
// -----
func.func @rng_shape(%a: tensor<f32>) {
  %s = stablehlo.constant dense<[2]> : tensor<1xi64>
  // expected: should be tensor<2xf32>
  %0 = stablehlo.rng %a, %a, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<3xf32>
  return
}
// -----
func.func @rng_normal_integers(%a: tensor<i32>) {
  %s = stablehlo.constant dense<[2]> : tensor<1xi64>
  // expected: NORMAL
  %0 = stablehlo.rng %a, %a, %s, distribution = NORMAL : (tensor<i32>, tensor<i32>, tensor<1xi64>) -> tensor<2xi32>
  return
}
// -----
func.func @rng_element(%a: tensor<f32>) {
  %s = stablehlo.constant dense<[2]> : tensor<1xi64>
  // expected: should be tensor<2xf32>
  %0 = stablehlo.rng %a, %a, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<2xf64>
  return
}
// -----
func.func @rng_distribution(%a: tensor<f32>) {
  %s = stablehlo.constant dense<[2]> : tensor<1xi64>
  // expected: has no case POISSON
  %0 = stablehlo.rng %a, %a, %s, distribution = POISSON : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<2xf32>
  return
}
// -----
func.func @rng_bits_state(%s: tensor<3xui64>) {
  // expected: THREE_FRY is tensor<2xui64>
  %0:2 = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<3xui64>) -> (tensor<3xui64>, tensor<2xui32>)
  return
}
// -----
func.func @rng_bits_state_result(%s: tensor<2xui64>) {
  // expected: result 0 should be tensor<2xui64>
  %0:2 = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<3xui64>, tensor<2xui32>)
  return
}
// -----
func.func @rng_bits_algorithm(%s: tensor<2xui64>) {
  // expected: has no case MT19937
  %0:2 = stablehlo.rng_bit_generator %s, algorithm = MT19937 : (tensor<2xui64>) -> (tensor<2xui64>, tensor<2xui32>)
  return
}
