// Operations of the specification that the StableHLO project has no programs for: each program here checks
// its own results with numbers worked out by hand.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/run_program.h"
#include "tests/source_folder.h"

namespace optirs::plugin::testing {
namespace {

struct Case {
    const char* name;
    const char* body;  ///< of @main, without its return
};

// NOLINTNEXTLINE(cert-err58-cpp): plain data
const Case kCases[] = {
    {"async", R"(
  %x = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %f = "stablehlo.async_start"(%x) ({
  ^bb0(%a: tensor<2xf32>):
    %s = stablehlo.add %a, %a : tensor<2xf32>
    stablehlo.return %s : tensor<2xf32>
  }) : (tensor<2xf32>) -> !stablehlo.future<tensor<2xf32>>
  %y = "stablehlo.async_done"(%f) : (!stablehlo.future<tensor<2xf32>>) -> tensor<2xf32>
  check.expect_eq_const %y, dense<[2.0, 4.0]> : tensor<2xf32>)"},
    // Mean 3, variance 4 of {1, 5} and mean 0, variance 1 of {1, -1}.
    {"batch_norm_training", R"(
  %x = stablehlo.constant dense<[[1.0, 1.0], [5.0, -1.0]]> : tensor<2x2xf32>
  %scale = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %offset = stablehlo.constant dense<[0.0, 10.0]> : tensor<2xf32>
  %y, %mean, %variance = "stablehlo.batch_norm_training"(%x, %scale, %offset) {epsilon = 0.0 : f32, feature_index = 1 : i64} : (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>)
  check.expect_almost_eq_const %y, dense<[[-1.0, 12.0], [1.0, 8.0]]> : tensor<2x2xf32>
  check.expect_almost_eq_const %mean, dense<[3.0, 0.0]> : tensor<2xf32>
  check.expect_almost_eq_const %variance, dense<[4.0, 1.0]> : tensor<2xf32>)"},
    {"batch_norm_inference", R"(
  %x = stablehlo.constant dense<[[1.0, 1.0], [5.0, -1.0]]> : tensor<2x2xf64>
  %scale = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %offset = stablehlo.constant dense<[0.0, 10.0]> : tensor<2xf64>
  %mean = stablehlo.constant dense<[1.0, 0.0]> : tensor<2xf64>
  %variance = stablehlo.constant dense<[3.0, 0.0]> : tensor<2xf64>
  %y = "stablehlo.batch_norm_inference"(%x, %scale, %offset, %mean, %variance) {epsilon = 1.0 : f32, feature_index = 1 : i64} : (tensor<2x2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) -> tensor<2x2xf64>
  check.expect_almost_eq_const %y, dense<[[0.0, 12.0], [2.0, 8.0]]> : tensor<2x2xf64>)"},
    // Of one feature with values {0, 3, 6} (mean 3, variance 6, normalised {-1.2247, 0, 1.2247}) and
    // gradients {1, 0, 0}: operand (g - 1/3 + normalised 0.40825) / 2.4495.
    {"batch_norm_grad", R"(
  %x = stablehlo.constant dense<[[0.0], [3.0], [6.0]]> : tensor<3x1xf32>
  %scale = stablehlo.constant dense<1.0> : tensor<1xf32>
  %mean = stablehlo.constant dense<3.0> : tensor<1xf32>
  %variance = stablehlo.constant dense<6.0> : tensor<1xf32>
  %g = stablehlo.constant dense<[[1.0], [0.0], [0.0]]> : tensor<3x1xf32>
  %dx, %dscale, %doffset = "stablehlo.batch_norm_grad"(%x, %scale, %mean, %variance, %g) {epsilon = 0.0 : f32, feature_index = 1 : i64} : (tensor<3x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<3x1xf32>) -> (tensor<3x1xf32>, tensor<1xf32>, tensor<1xf32>)
  check.expect_almost_eq_const %dx, dense<[[0.0680414], [-0.1360828], [0.0680414]]> : tensor<3x1xf32>
  check.expect_almost_eq_const %dscale, dense<-1.2247449> : tensor<1xf32>
  check.expect_almost_eq_const %doffset, dense<1.0> : tensor<1xf32>)"},
    {"broadcast", R"(
  %x = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  %y = stablehlo.broadcast %x, sizes = [2, 1] : (tensor<2xi32>) -> tensor<2x1x2xi32>
  check.expect_eq_const %y, dense<[[[1, 2]], [[1, 2]]]> : tensor<2x1x2xi32>)"},
    // L L^T of [[2, 0], [1, 3]].
    {"cholesky", R"(
  %x = stablehlo.constant dense<[[4.0, 2.0], [2.0, 10.0]]> : tensor<2x2xf64>
  %l = stablehlo.cholesky %x, lower = true : tensor<2x2xf64>
  %i = stablehlo.iota dim = 0 : tensor<2x2xi32>
  %j = stablehlo.iota dim = 1 : tensor<2x2xi32>
  %in = stablehlo.compare GE, %i, %j : (tensor<2x2xi32>, tensor<2x2xi32>) -> tensor<2x2xi1>
  %zero = stablehlo.constant dense<0.0> : tensor<2x2xf64>
  %y = stablehlo.select %in, %l, %zero : tensor<2x2xi1>, tensor<2x2xf64>
  check.expect_almost_eq_const %y, dense<[[2.0, 0.0], [1.0, 3.0]]> : tensor<2x2xf64>)"},
    {"create_token", R"(
  %t = stablehlo.create_token : !stablehlo.token
  %u = stablehlo.after_all %t, %t : !stablehlo.token
  %x = stablehlo.constant dense<1> : tensor<i32>
  check.expect_eq_const %x, dense<1> : tensor<i32>)"},
    {"cross-replica-sum", R"(
  %x = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = "stablehlo.cross-replica-sum"(%x) {replica_groups = dense<0> : tensor<1x1xi64>} : (tensor<2xf32>) -> tensor<2xf32>
  check.expect_eq_const %y, dense<[1.0, 2.0]> : tensor<2xf32>)"},
    {"dot", R"(
  %a = stablehlo.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %b = stablehlo.constant dense<[5, 6]> : tensor<2xi32>
  %y = stablehlo.dot %a, %b : (tensor<2x2xi32>, tensor<2xi32>) -> tensor<2xi32>
  %z = stablehlo.dot %b, %b : (tensor<2xi32>, tensor<2xi32>) -> tensor<i32>
  check.expect_eq_const %y, dense<[17, 39]> : tensor<2xi32>
  check.expect_eq_const %z, dense<61> : tensor<i32>)"},
    {"einsum", R"(
  %a = stablehlo.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = stablehlo.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %y = stablehlo.einsum %a, %b, config = "ij,jk->ki" : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %z = stablehlo.einsum %a, %b, config = "ij,ij->i" : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2xf32>
  check.expect_eq_const %y, dense<[[19.0, 43.0], [22.0, 50.0]]> : tensor<2x2xf32>
  check.expect_eq_const %z, dense<[17.0, 53.0]> : tensor<2xf32>)"},
    {"unary_einsum", R"(
  %a = stablehlo.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y = "stablehlo.unary_einsum"(%a) {einsum_config = "ij->j"} : (tensor<2x2xf32>) -> tensor<2xf32>
  check.expect_eq_const %y, dense<[4.0, 6.0]> : tensor<2xf32>)"},
    // What a random number is nobody can say, but where it lies.
    {"rng", R"(
  %a = stablehlo.constant dense<3> : tensor<i32>
  %b = stablehlo.constant dense<5> : tensor<i32>
  %shape = stablehlo.constant dense<[100]> : tensor<1xi64>
  %y = stablehlo.rng %a, %b, %shape, distribution = UNIFORM : (tensor<i32>, tensor<i32>, tensor<1xi64>) -> tensor<100xi32>
  %low = stablehlo.constant dense<3> : tensor<100xi32>
  %high = stablehlo.constant dense<4> : tensor<100xi32>
  %c = stablehlo.clamp %low, %y, %high : tensor<100xi32>
  check.expect_eq %c, %y : tensor<100xi32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %sum = stablehlo.reduce(%y init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<100xi32>, tensor<i32>) -> tensor<i32>
  %l = stablehlo.constant dense<301> : tensor<i32>
  %h = stablehlo.constant dense<399> : tensor<i32>
  %m = stablehlo.clamp %l, %sum, %h : tensor<i32>
  check.expect_eq %m, %sum : tensor<i32>)"},
    {"set_dimension_size", R"(
  %x = stablehlo.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %n = stablehlo.constant dense<2> : tensor<i32>
  %y = stablehlo.set_dimension_size %x, %n, dim = 1 : (tensor<2x3xi32>, tensor<i32>) -> tensor<2x?xi32, #stablehlo.bounds<?, 3>>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %sum = stablehlo.reduce(%y init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<2x?xi32, #stablehlo.bounds<?, 3>>, tensor<i32>) -> tensor<2xi32>
  check.expect_eq_const %sum, dense<[3, 9]> : tensor<2xi32>)"},
    {"torch_index_select", R"(
  %x = stablehlo.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %i = stablehlo.constant dense<[2, 0]> : tensor<2xi32>
  %y = "stablehlo.torch_index_select"(%x, %i) {dim = 1 : i64, batch_dims = 0 : i64} : (tensor<2x3xi32>, tensor<2xi32>) -> tensor<2x2xi32>
  check.expect_eq_const %y, dense<[[3, 1], [6, 4]]> : tensor<2x2xi32>
  %k = stablehlo.constant dense<[[1, 1], [0, 2]]> : tensor<2x2xi32>
  %z = "stablehlo.torch_index_select"(%x, %k) {dim = 1 : i64, batch_dims = 1 : i64} : (tensor<2x3xi32>, tensor<2x2xi32>) -> tensor<2x2xi32>
  check.expect_eq_const %z, dense<[[2, 2], [4, 6]]> : tensor<2x2xi32>)"},
    {"tan", R"(
  %x = stablehlo.constant dense<[0.0, 0.7853981633974483, -1.0]> : tensor<3xf64>
  %y = stablehlo.tan %x : tensor<3xf64>
  check.expect_almost_eq_const %y, dense<[0.0, 1.0, -1.5574077246549023]> : tensor<3xf64>)"},
    {"composite", R"(func.func private @twice(%a: tensor<2xf32>) -> tensor<2xf32> {
  %y = stablehlo.add %a, %a : tensor<2xf32>
  return %y : tensor<2xf32>
}
func.func @main() {
  %x = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = stablehlo.composite "test.twice" %x {decomposition = @twice, version = 1 : i32} : (tensor<2xf32>) -> tensor<2xf32>
  check.expect_eq_const %y, dense<[2.0, 4.0]> : tensor<2xf32>
  return
})"},
    // The size, a random number of which there is one only, is nothing that a pass could work out.
    {"functions that take what has a bound",
     R"(func.func private @sum(%v: tensor<?xi32, #stablehlo.bounds<4>>) -> tensor<i32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r = stablehlo.reduce(%v init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<?xi32, #stablehlo.bounds<4>>, tensor<i32>) -> tensor<i32>
  return %r : tensor<i32>
}
func.func private @first(%v: tensor<4xi32>, %n: tensor<i32>) -> tensor<?xi32, #stablehlo.bounds<4>> {
  %w = stablehlo.set_dimension_size %v, %n, dim = 0 : (tensor<4xi32>, tensor<i32>) -> tensor<?xi32, #stablehlo.bounds<4>>
  return %w : tensor<?xi32, #stablehlo.bounds<4>>
}
func.func @main() {
  %a = stablehlo.constant dense<3> : tensor<i32>
  %b = stablehlo.constant dense<4> : tensor<i32>
  %shape = stablehlo.constant dense<> : tensor<0xi64>
  %n = stablehlo.rng %a, %b, %shape, distribution = UNIFORM : (tensor<i32>, tensor<i32>, tensor<0xi64>) -> tensor<i32>
  %x = stablehlo.constant dense<[1, 2, 3, 100]> : tensor<4xi32>
  %v = func.call @first(%x, %n) : (tensor<4xi32>, tensor<i32>) -> tensor<?xi32, #stablehlo.bounds<4>>
  %s = func.call @sum(%v) : (tensor<?xi32, #stablehlo.bounds<4>>) -> tensor<i32>
  check.expect_eq_const %s, dense<6> : tensor<i32>
  return
})"},
    // Each element times the sum of what the reducer takes from outside.
    {"reducer of tensors from outside", R"(
  %x = stablehlo.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0]> : tensor<5xf32>
  %k = stablehlo.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %v = stablehlo.optimization_barrier %k : tensor<3xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y = "stablehlo.reduce"(%x, %zero) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.broadcast_in_dim %b, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %m = stablehlo.multiply %c, %v : tensor<3xf32>
    %q = stablehlo.reduce(%m init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
    %s = stablehlo.add %a, %q : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<5xf32>, tensor<f32>) -> tensor<f32>
  check.expect_eq_const %y, dense<90.0> : tensor<f32>)"},
    {"reducer with a tensor of constants", R"(
  %x = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y = "stablehlo.reduce"(%x, %zero) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %k = stablehlo.constant dense<[2.0, 3.0, 5.0]> : tensor<3xf32>
    %c = stablehlo.broadcast_in_dim %b, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %m = stablehlo.multiply %c, %k : tensor<3xf32>
    %q = stablehlo.reduce(%m init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
    %s = stablehlo.add %a, %q : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) : (tensor<2xf32>, tensor<f32>) -> tensor<f32>
  check.expect_eq_const %y, dense<30.0> : tensor<f32>)"},
    {"reducer of wider numbers", R"(
  %x = stablehlo.constant dense<[100, 100, 100]> : tensor<3xi8>
  %zero = stablehlo.constant dense<0> : tensor<i8>
  %y = "stablehlo.reduce"(%x, %zero) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %s = stablehlo.add %a, %b : tensor<i32>
    stablehlo.return %s : tensor<i32>
  }) : (tensor<3xi8>, tensor<i8>) -> tensor<i32>
  %z = "stablehlo.reduce_window"(%x, %zero) <{window_dimensions = array<i64: 2>}> ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %s = stablehlo.add %a, %b : tensor<i32>
    stablehlo.return %s : tensor<i32>
  }) : (tensor<3xi8>, tensor<i8>) -> tensor<2xi32>
  check.expect_eq_const %y, dense<300> : tensor<i32>
  check.expect_eq_const %z, dense<200> : tensor<2xi32>)"},
    {"named computation", R"(
  %x = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y:2 = sdy.named_computation<"twice">(%x, %x) (%a: tensor<2xf32>, %b: tensor<2xf32>) {
    %s = stablehlo.add %a, %b : tensor<2xf32>
    sdy.return %s, %a : tensor<2xf32>, tensor<2xf32>
  } : (tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  check.expect_eq_const %y#0, dense<[2.0, 4.0]> : tensor<2xf32>
  check.expect_eq_const %y#1, dense<[1.0, 2.0]> : tensor<2xf32>)"},
    // A window of two ones over {1, 2, 3}, with a zero before and none behind.
    {"dynamic_conv", R"(
  %x = stablehlo.constant dense<[[[1.0], [2.0], [3.0]]]> : tensor<1x3x1xf32>
  %k = stablehlo.constant dense<1.0> : tensor<2x1x1xf32>
  %p = stablehlo.constant dense<[[1, 0]]> : tensor<1x2xi32>
  %y = "stablehlo.dynamic_conv"(%x, %k, %p) {dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>, feature_group_count = 1 : i64, batch_group_count = 1 : i64} : (tensor<1x3x1xf32>, tensor<2x1x1xf32>, tensor<1x2xi32>) -> tensor<1x3x1xf32>
  check.expect_eq_const %y, dense<[[[1.0], [3.0], [5.0]]]> : tensor<1x3x1xf32>)"},
    {"tuple", R"(
  %x = stablehlo.constant dense<1> : tensor<i32>
  %y = stablehlo.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %t = stablehlo.tuple %x, %y : tuple<tensor<i32>, tensor<2xf32>>
  %n = stablehlo.tuple %t, %x : tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>
  %r:2 = stablehlo.while(%i = %x, %c = %n) : tensor<i32>, tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>
  cond {
    %limit = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %inner = stablehlo.get_tuple_element %c[0] : (tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>) -> tuple<tensor<i32>, tensor<2xf32>>
    %v = stablehlo.get_tuple_element %inner[1] : (tuple<tensor<i32>, tensor<2xf32>>) -> tensor<2xf32>
    %w = stablehlo.add %v, %v : tensor<2xf32>
    %one = stablehlo.constant dense<1> : tensor<i32>
    %j = stablehlo.add %i, %one : tensor<i32>
    %u = stablehlo.tuple %j, %w : tuple<tensor<i32>, tensor<2xf32>>
    %o = stablehlo.tuple %u, %i : tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>
    stablehlo.return %j, %o : tensor<i32>, tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>
  }
  %b = stablehlo.optimization_barrier %r#1 : tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>
  %inner = stablehlo.get_tuple_element %b[0] : (tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>) -> tuple<tensor<i32>, tensor<2xf32>>
  %v = stablehlo.get_tuple_element %inner[1] : (tuple<tensor<i32>, tensor<2xf32>>) -> tensor<2xf32>
  %last = stablehlo.get_tuple_element %b[1] : (tuple<tuple<tensor<i32>, tensor<2xf32>>, tensor<i32>>) -> tensor<i32>
  check.expect_eq_const %v, dense<[8.0, 12.0]> : tensor<2xf32>
  check.expect_eq_const %last, dense<2> : tensor<i32>)"},
    {"tokens in control flow", R"(
  %p = stablehlo.constant dense<true> : tensor<i1>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %t = stablehlo.create_token : !stablehlo.token
  %r:2 = "stablehlo.if"(%p) ({
    %one = stablehlo.constant dense<1> : tensor<i32>
    %a = stablehlo.after_all %t : !stablehlo.token
    stablehlo.return %a, %one : !stablehlo.token, tensor<i32>
  }, {
    stablehlo.return %t, %zero : !stablehlo.token, tensor<i32>
  }) : (tensor<i1>) -> (!stablehlo.token, tensor<i32>)
  %w:2 = stablehlo.while(%i = %r#1, %k = %r#0) : tensor<i32>, !stablehlo.token
  cond {
    %limit = stablehlo.constant dense<4> : tensor<i32>
    %c = stablehlo.compare LT, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %i : tensor<i32>
    %a = stablehlo.after_all %k : !stablehlo.token
    stablehlo.return %j, %a : tensor<i32>, !stablehlo.token
  }
  check.expect_eq_const %w#0, dense<4> : tensor<i32>)"},
    {"clean up of a tuple of tokens", R"(
  %t = stablehlo.create_token : !stablehlo.token
  %x = stablehlo.constant dense<7> : tensor<i32>
  %u = stablehlo.tuple %t, %x : tuple<!stablehlo.token, tensor<i32>>
  %c = stablehlo.constant dense<1> : tensor<i32>
  %r = "stablehlo.case"(%c) ({
    stablehlo.return %u : tuple<!stablehlo.token, tensor<i32>>
  }, {
    stablehlo.return %u : tuple<!stablehlo.token, tensor<i32>>
  }) : (tensor<i32>) -> tuple<!stablehlo.token, tensor<i32>>
  %y = stablehlo.get_tuple_element %r[1] : (tuple<!stablehlo.token, tensor<i32>>) -> tensor<i32>
  check.expect_eq_const %y, dense<7> : tensor<i32>)"},
};

std::string programOf(const Case& each) {
    const std::string body = each.body;
    if (body.starts_with("func.func")) return body;  // it has several functions
    return "func.func @main() {" + body + "\n  return\n}\n";
}

class Specification : public ::testing::TestWithParam<Case> {};

// NOLINTNEXTLINE(readability-avoid-const-params-in-decls): the macro's
TEST_P(Specification, ProgramChecksItself) {
    CompileOptions options;
    // What the compiler computes itself would not test the generated code.
    options.max_folded_elements = 0;
    const std::string text = programOf(GetParam());
    // Shapes are constants, which have to be seen.
    for (const char* op : {"set_dimension_size", "stablehlo.rng", "dynamic_conv"}) {
        if (text.find(op) != std::string::npos) options = {};
    }
    EXPECT_NO_THROW({
        try {
            run(*compile(text, options), {});
        } catch (const Error& error) {
            ADD_FAILURE() << GetParam().name << ": " << error.message();
            throw;
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Operations, Specification, ::testing::ValuesIn(kCases));

TEST(Specification, TuplesAndTokensOfTheEntryAreFlat) {
    const auto program = compile(R"(
func.func @main(%a: tuple<tensor<2xf32>, tuple<tensor<i32>, !stablehlo.token>>) -> (tuple<tensor<i32>, tensor<2xf32>>, !stablehlo.token) {
  %x = stablehlo.get_tuple_element %a[0] : (tuple<tensor<2xf32>, tuple<tensor<i32>, !stablehlo.token>>) -> tensor<2xf32>
  %b = stablehlo.get_tuple_element %a[1] : (tuple<tensor<2xf32>, tuple<tensor<i32>, !stablehlo.token>>) -> tuple<tensor<i32>, !stablehlo.token>
  %i = stablehlo.get_tuple_element %b[0] : (tuple<tensor<i32>, !stablehlo.token>) -> tensor<i32>
  %t = stablehlo.get_tuple_element %b[1] : (tuple<tensor<i32>, !stablehlo.token>) -> !stablehlo.token
  %y = stablehlo.add %x, %x : tensor<2xf32>
  %r = stablehlo.tuple %i, %y : tuple<tensor<i32>, tensor<2xf32>>
  return %r, %t : tuple<tensor<i32>, tensor<2xf32>>, !stablehlo.token
})");
    ASSERT_EQ(program->arguments.size(), 3U);
    ASSERT_EQ(program->outputs.size(), 3U);
    EXPECT_EQ(program->outputs[2].toString(), "tensor<0xi1>");
    const auto outputs = run(*program, {Bytes::of<float>({1, 2}), Bytes::of<int32_t>({9}), Bytes(size_t{0})});
    EXPECT_EQ(outputs[0].as<int32_t>(), std::vector<int32_t>({9}));
    EXPECT_EQ(outputs[1].as<float>(), std::vector<float>({2, 4}));
}

/// Names of operations that come right after `before` in a text.
std::set<std::string> operationsAfter(const std::string& text, const std::string& before) {
    std::set<std::string> names;
    const std::string start = before + "stablehlo.";
    for (size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
        const size_t name = at + before.size();
        const size_t end =
            text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-", at + start.size());
        if (end != at + start.size()) names.insert(text.substr(name, end - name));
    }
    return names;
}

TEST(Specification, EveryOperationHasAProgram) {
    namespace fs = std::filesystem;
    const fs::path shared = test::sharedFolder();
    const fs::path facts = shared / "facts/stablehlo_ops.json";
    if (!fs::exists(facts)) GTEST_SKIP() << facts << " is not there";
    std::set<std::string> covered;
    // Programs of this folder's tests, this file's among them, and those of the StableHLO project.
    for (const fs::path& folder :
         {test::sourceFolder() / "native/tests/plugin_codegen", shared / "conformance/stablehlo/testdata",
          shared / "conformance/stablehlo/interpret"}) {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.path().extension() != ".mlir" && entry.path().extension() != ".cpp") continue;
            std::stringstream text;
            text << std::ifstream(entry.path()).rdbuf();
            covered.merge(operationsAfter(text.str(), ""));
        }
    }
    std::stringstream json;
    json << std::ifstream(facts).rdbuf();
    const std::string text = json.str();
    const std::set<std::string> listed = operationsAfter(text, "\"op\": \"");
    for (const std::string& name : listed) EXPECT_TRUE(covered.contains(name)) << name << " is in no program";
    EXPECT_EQ(listed.size(), 118U);
}

}  // namespace
}  // namespace optirs::plugin::testing
