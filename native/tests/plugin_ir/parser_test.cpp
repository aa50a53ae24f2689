// Forms of the text that must mean the same, and texts that must be refused where they go wrong.
#include "pjrt_cpu/stablehlo/parser.h"

#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

std::string function(const std::string& arguments, const std::string& result, const std::string& body) {
    return "func.func @main(" + arguments + ") -> " + result + " {\n" + body + "\n}\n";
}

struct Pair {
    const char* arguments;
    const char* result;
    const char* pretty;
    const char* generic;
};

class Forms : public ::testing::TestWithParam<Pair> {};

TEST_P(Forms, PrettyAndGenericMeanTheSame) {
    const Pair& p = GetParam();
    const auto pretty = parseModule(function(p.arguments, p.result, p.pretty));
    const auto generic = parseModule(function(p.arguments, p.result, p.generic));
    verify(*pretty);
    verify(*generic);
    EXPECT_EQ(print(*pretty), print(*generic));
    const auto again = parseModule(print(*pretty));
    EXPECT_EQ(print(*again), print(*pretty));
}

INSTANTIATE_TEST_SUITE_P(
    Operations, Forms,
    ::testing::Values(
        Pair{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%0 = stablehlo.tanh %a : tensor<2xf32>\nreturn %0 : tensor<2xf32>",
             R"(%0 = "stablehlo.tanh"(%a) : (tensor<2xf32>) -> tensor<2xf32>
                "func.return"(%0) : (tensor<2xf32>) -> ())"},
        Pair{"%a: tensor<2xcomplex<f32>>", "tensor<2xf32>",
             "%0 = stablehlo.abs %a : (tensor<2xcomplex<f32>>) -> tensor<2xf32>\nfunc.return %0 : "
             "tensor<2xf32>",
             R"(%0 = "stablehlo.abs"(%a) : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
                func.return %0 : tensor<2xf32>)"},
        Pair{
            "%a: tensor<2xf32>, %b: tensor<2xf32>", "tensor<2xi1>",
            "%0 = stablehlo.compare LT, %a, %b, TOTALORDER : (tensor<2xf32>, tensor<2xf32>) -> "
            "tensor<2xi1>\nreturn %0 : tensor<2xi1>",
            R"(%0 = "stablehlo.compare"(%a, %b) <{comparison_direction = #stablehlo<comparison_direction LT>, compare_type = #stablehlo<comparison_type TOTALORDER>}> : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
                return %0 : tensor<2xi1>)"},
        Pair{
            "%a: tensor<2x3xf32>", "tensor<3x2xf32>",
            "%0 = stablehlo.transpose %a, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>\nreturn %0 : "
            "tensor<3x2xf32>",
            R"(%0 = "stablehlo.transpose"(%a) {permutation = dense<[1, 0]> : tensor<2xi64>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
                return %0 : tensor<3x2xf32>)"},
        Pair{
            "%a: tensor<6xf32>", "tensor<2xf32>",
            "%0 = stablehlo.slice %a [1:5:2] : (tensor<6xf32>) -> tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            R"(%0 = "stablehlo.slice"(%a) <{start_indices = array<i64: 1>, limit_indices = array<i64: 5>, strides = array<i64: 2>}> : (tensor<6xf32>) -> tensor<2xf32>
                return %0 : tensor<2xf32>)"},
        Pair{
            "%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>", "tensor<2x3x5xf32>",
            "%0 = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [2] x [1], "
            "precision = [DEFAULT, HIGHEST] : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> "
            "tensor<2x3x5xf32>\nreturn %0 : tensor<2x3x5xf32>",
            R"(%0 = "stablehlo.dot_general"(%a, %b) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision HIGHEST>]}> : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
                return %0 : tensor<2x3x5xf32>)"},
        Pair{
            "%a: tensor<1x8x8x2xf32>, %b: tensor<3x3x2x4xf32>", "tensor<1x4x4x4xf32>",
            "%0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], "
            "window = {stride = [2, 2], pad = [[1, 0], [1, 0]], reverse = [false, true]} {batch_group_count "
            "= 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x8x2xf32>, tensor<3x3x2x4xf32>) -> "
            "tensor<1x4x4x4xf32>\nreturn %0 : tensor<1x4x4x4xf32>",
            R"(%0 = "stablehlo.convolution"(%a, %b) <{batch_group_count = 1 : i64, feature_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>, padding = dense<[[1, 0], [1, 0]]> : tensor<2x2xi64>, window_strides = array<i64: 2, 2>, window_reversal = array<i1: false, true>}> : (tensor<1x8x8x2xf32>, tensor<3x3x2x4xf32>) -> tensor<1x4x4x4xf32>
                return %0 : tensor<1x4x4x4xf32>)"},
        Pair{"%a: tensor<2x3xf32>, %i: tensor<f32>", "tensor<2xf32>",
             "%0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [1] : "
             "(tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>\nreturn %0 : tensor<2xf32>",
             R"(%0 = "stablehlo.reduce"(%a, %i) <{dimensions = array<i64: 1>}> ({
                ^bb0(%x: tensor<f32>, %y: tensor<f32>):
                  %s = stablehlo.add %x, %y : tensor<f32>
                  stablehlo.return %s : tensor<f32>
                }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
                return %0 : tensor<2xf32>)"},
        Pair{
            "%a: tensor<3xf32>, %b: tensor<3xi32>, %i: tensor<f32>, %j: tensor<i32>",
            "(tensor<f32>, tensor<i32>)",
            R"(%0:2 = stablehlo.reduce(%a init: %i), (%b init: %j) across dimensions = [0] : (tensor<3xf32>, tensor<3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
                 reducer(%x: tensor<f32>, %y: tensor<f32>) (%k: tensor<i32>, %l: tensor<i32>) {
                   %s = stablehlo.add %x, %y : tensor<f32>
                   %t = stablehlo.add %k, %l : tensor<i32>
                   stablehlo.return %s, %t : tensor<f32>, tensor<i32>
                 }
                return %0#0, %0#1 : tensor<f32>, tensor<i32>)",
            R"(%0, %1 = "stablehlo.reduce"(%a, %b, %i, %j) ({
                ^bb0(%x: tensor<f32>, %k: tensor<i32>, %y: tensor<f32>, %l: tensor<i32>):
                   %s = stablehlo.add %x, %y : tensor<f32>
                   %t = stablehlo.add %k, %l : tensor<i32>
                   "stablehlo.return"(%s, %t) : (tensor<f32>, tensor<i32>) -> ()
                }) {dimensions = array<i64: 0>} : (tensor<3xf32>, tensor<3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
                return %0, %1 : tensor<f32>, tensor<i32>)"},
        Pair{"%a: tensor<i32>", "tensor<i32>",
             R"(%0 = stablehlo.while(%x = %a) : tensor<i32>
                 cond {
                  %c = stablehlo.constant dense<9> : tensor<i32>
                  %p = stablehlo.compare LT, %x, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
                  stablehlo.return %p : tensor<i1>
                } do {
                  %c = stablehlo.constant dense<1> : tensor<i32>
                  %n = stablehlo.add %x, %c : tensor<i32>
                  stablehlo.return %n : tensor<i32>
                }
                return %0 : tensor<i32>)",
             R"(%0 = "stablehlo.while"(%a) ({
                ^bb0(%x: tensor<i32>):
                  %c = "stablehlo.constant"() <{value = dense<9> : tensor<i32>}> : () -> tensor<i32>
                  %p = "stablehlo.compare"(%x, %c) {comparison_direction = #stablehlo<comparison_direction LT>} : (tensor<i32>, tensor<i32>) -> tensor<i1>
                  stablehlo.return %p : tensor<i1>
                }, {
                ^bb0(%x: tensor<i32>):
                  %c = "stablehlo.constant"() {value = dense<1> : tensor<i32>} : () -> tensor<i32>
                  %n = stablehlo.add %x, %c : tensor<i32>
                  stablehlo.return %n : tensor<i32>
                }) : (tensor<i32>) -> tensor<i32>
                return %0 : tensor<i32>)"},
        Pair{
            "%a: tensor<4xf32>, %i: tensor<i64>", "tensor<2xf32>",
            "%0 = stablehlo.dynamic_slice %a, %i, sizes = [2] : (tensor<4xf32>, tensor<i64>) -> "
            "tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            R"(%0 = "stablehlo.dynamic_slice"(%a, %i) {slice_sizes = dense<2> : tensor<1xi64>} : (tensor<4xf32>, tensor<i64>) -> tensor<2xf32>
                return %0 : tensor<2xf32>)"},
        Pair{
            "%p: tensor<i1>, %a: tensor<2xf32>", "tensor<2xf32>",
            "%0 = stablehlo.select %p, %a, %a : tensor<i1>, tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            R"(%0 = "stablehlo.select"(%p, %a, %a) : (tensor<i1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
                return %0 : tensor<2xf32>)"},
        Pair{
            "%a: tensor<2xf32>", "tensor<2xf32>",
            "%0 = stablehlo.custom_call @f(%a) {backend_config = \"x\\0A\\22\", has_side_effect = true} : "
            "(tensor<2xf32>) -> tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            R"(%0 = "stablehlo.custom_call"(%a) <{call_target_name = "f", backend_config = "x\n\"", has_side_effect = true}> : (tensor<2xf32>) -> tensor<2xf32>
                return %0 : tensor<2xf32>)"},
        Pair{
            "%a: tensor<2xf32>", "tensor<2xf32>",
            "%0 = stablehlo.reduce_precision %a, format = e5m10 : tensor<2xf32>\nreturn %0 : tensor<2xf32>",
            R"(%0 = "stablehlo.reduce_precision"(%a) <{exponent_bits = 5 : i32, mantissa_bits = 10 : i32}> : (tensor<2xf32>) -> tensor<2xf32>
                return %0 : tensor<2xf32>)"},
        Pair{
            "%a: tensor<f32>, %t: !stablehlo.token", "(tensor<f32>, !stablehlo.token)",
            "%0 = stablehlo.tuple %a, %t : tuple<tensor<f32>, !stablehlo.token>\n%1 = "
            "stablehlo.get_tuple_element %0[0] : (tuple<tensor<f32>, !stablehlo.token>) -> tensor<f32>\n%2 = "
            "stablehlo.after_all %t, %t : !stablehlo.token\nreturn %1, %2 : tensor<f32>, !stablehlo.token",
            R"(%0 = "stablehlo.tuple"(%a, %t) : (tensor<f32>, !stablehlo.token) -> tuple<tensor<f32>, !stablehlo.token>
                %1 = "stablehlo.get_tuple_element"(%0) {index = 0 : i32} : (tuple<tensor<f32>, !stablehlo.token>) -> tensor<f32>
                %2 = "stablehlo.after_all"(%t, %t) : (!stablehlo.token, !stablehlo.token) -> !stablehlo.token
                return %1, %2 : tensor<f32>, !stablehlo.token)"},
        Pair{
            "%s: tensor<2xui64>", "(tensor<2xui64>, tensor<4xui32>)",
            "%0, %1 = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<2xui64>) -> "
            "(tensor<2xui64>, tensor<4xui32>)\nreturn %0, %1 : tensor<2xui64>, tensor<4xui32>",
            R"(%0:2 = "stablehlo.rng_bit_generator"(%s) {rng_algorithm = #stablehlo<rng_algorithm THREE_FRY>} : (tensor<2xui64>) -> (tensor<2xui64>, tensor<4xui32>)
                return %0#0, %0#1 : tensor<2xui64>, tensor<4xui32>)"},
        Pair{"%a: tensor<4xf32>", "(tensor<2xf32>, tensor<2xi32>)",
             "%0:2 = chlo.top_k(%a, k = 2) : tensor<4xf32> -> (tensor<2xf32>, tensor<2xi32>)\nreturn %0#0, "
             "%0#1 : tensor<2xf32>, tensor<2xi32>",
             R"(%0:2 = "chlo.top_k"(%a) <{k = 2 : i64}> : (tensor<4xf32>) -> (tensor<2xf32>, tensor<2xi32>)
                return %0#0, %0#1 : tensor<2xf32>, tensor<2xi32>)"}));

TEST(Parser, ModulesAliasesLocationsAndResources) {
    const auto module = parseModule(R"(
        #numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>
        #loc = loc("model.cs":12:5)
        !matrix = tensor<2x2xf32>
        module @m attributes {mhlo.num_replicas = 1 : i32} {
          sdy.mesh @mesh = <["x"=2]>
          func.func public @main(%a: !matrix {jax.buffer_donor = true} loc("a"(#loc))) -> (tensor<2x2xf32> {jax.result_info = ""}) {
            %c = stablehlo.constant dense_resource<blob> : tensor<2x2xf32> loc(#loc1)
            %0 = "stablehlo.dot_general"(%a, %c) {dot_dimension_numbers = #numbers} : (!matrix, !matrix) -> tensor<2x2xf32> loc(#loc2)
            return %0 : tensor<2x2xf32> loc(unknown)
          } loc(#loc)
        } loc(#loc)
        #loc1 = loc("weights")
        #loc2 = loc("dot"(#loc1))
        {-# dialect_resources: { builtin: { blob: "0x040000000000803F000000400000404000008040" } } #-})");
    verify(*module);
    const Function& main = module->entry();
    EXPECT_EQ(module->name(), "m");
    EXPECT_NE(main.argumentAttributes()[0].find("jax.buffer_donor"), nullptr);
    const Operation& constant = *main.body().first();
    EXPECT_EQ(constantValue(constant).real(3), 4.0);
    EXPECT_EQ(*constant.next()->location().source, "\"dot\"(\"weights\")");
    EXPECT_EQ(constant.next()->location().line, 9);
}

TEST(Parser, GenericModule) {
    const auto module = parseModule(R"("builtin.module"() <{sym_name = "g"}> ({
      "func.func"() <{function_type = (tensor<f32>) -> tensor<f32>, sym_name = "main", sym_visibility = "public", arg_attrs = [{tf.aliasing_output = 0 : i32}]}> ({
      ^bb0(%arg0: tensor<f32>):
        "func.return"(%arg0) : (tensor<f32>) -> ()
      }) : () -> ()
    }) {x.y = 1 : i32} : () -> ())");
    verify(*module);
    EXPECT_EQ(module->name(), "g");
    EXPECT_NE(module->entry().argumentAttributes()[0].find("tf.aliasing_output"), nullptr);
    EXPECT_NE(module->attributes().find("x.y"), nullptr);
}

struct Bad {
    const char* text;
    int line;
    int column;
    const char* message;
};

class Malformed : public ::testing::TestWithParam<Bad> {};

TEST_P(Malformed, NamesThePlace) {
    const Bad& bad = GetParam();
    try {
        parseModule(bad.text);
        FAIL() << "accepted: " << bad.text;
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kInvalidArgument);
        const std::string place =
            "line " + std::to_string(bad.line) + ", column " + std::to_string(bad.column) + ": ";
        EXPECT_EQ(error.message().substr(0, place.size()), place) << error.message();
        EXPECT_NE(error.message().find(bad.message), std::string::npos) << error.message();
        EXPECT_NE(error.message().find('^'), std::string::npos) << error.message();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Malformed,
    ::testing::Values(
        Bad{"func.func @f() {\n  return %x : tensor<f32>\n}", 2, 10, "%x is not defined"},
        Bad{"func.func @f(%a: tensor<2xf32>) {\n  %a = stablehlo.abs %a : tensor<2xf32>\n}", 2, 3,
            "already defined"},
        Bad{"func.func @f(%a: tensor<2xf32>) {\n  %b = stablehlo.abs %a : tensor<3xf32>\n}", 2, 22,
            "is tensor<2xf32>, but is used as tensor<3xf32>"},
        Bad{"func.func @f() {\n  stablehlo.frobnicate\n}", 2, 3, "unknown operation stablehlo.frobnicate"},
        Bad{"func.func @f() {", 1, 17, "end of input"},
        Bad{"func.func @f(%a: tensor<2xf33>) {}", 1, 27, "unknown element type 'f33'"},
        Bad{"func.func @f(%a: tensor<99999999999999999999xf32>) {}", 1, 25, "does not fit 64 bits"},
        Bad{"func.func @f(%a: tensor<4611686018427387904x4xf32>) {}", 1, 24, "does not fit 64 bits"},
        Bad{"func.func @f() {\n  %c = stablehlo.constant dense<[1, 2]> : tensor<3xi32>\n  return\n}", 2, 27,
            "lists of shape [2] for tensor<3xi32>"},
        Bad{"func.func @f() {\n  %c = stablehlo.constant dense<[[1], [2, 3]]> : tensor<2x1xi32>\n}", 2, 39,
            "this list has 2 elements"},
        Bad{"func.func @f() {\n  %c = stablehlo.constant dense<300> : tensor<i8>\n}", 2, 33,
            "does not fit i8"},
        Bad{"func.func @f() {\n  %c = stablehlo.constant dense<1> : tensor<f32>\n}", 2, 33,
            "written with a point"},
        Bad{"func.func @f() {\n  %c = stablehlo.constant dense<\"0x0000\"> : tensor<2xf32>\n}", 2, 27,
            "2 bytes for tensor<2xf32>"},
        Bad{"func.func @f() {\n  %c = stablehlo.constant dense<\"0xZZ\"> : tensor<1xi8>\n}", 2, 33,
            "is not a hex byte"},
        Bad{"func.func @f() {\n  %c:3 = stablehlo.constant dense<1> : tensor<i8>\n}", 2, 3, "has 1 results"},
        Bad{"func.func @f() {\n  return\n}\nfunc.func @f() {\n  return\n}", 4, 11, "already defined"},
        Bad{"module {} module {}", 1, 11, "a program is one module"},
        Bad{"func.func @f() { \"unterminated", 1, 18, "no closing quote"},
        Bad{"func.func @f() { $ }", 1, 18, "unexpected character '$'"},
        Bad{"\xFF\xFE", 1, 1, "unexpected byte 255"},
        Bad{"func.func @f(%a: tensor<2xf32>) {\n  %0 = stablehlo.transpose %a, dims = [0 : (tensor<2xf32>) "
            "-> tensor<2xf32>\n}",
            2, 42, "expected ',' or ']'"},
        Bad{"func.func @f(%a: tensor<2xf32>) {\n  %0 = \"stablehlo.transpose\"(%a) {permutation = #missing} "
            ": (tensor<2xf32>) -> tensor<2xf32>\n}",
            2, 49, "alias #missing is not defined"},
        Bad{"func.func @f(%a: tensor<f32>) {\n  return %a#1 : tensor<f32>\n}", 2, 10,
            "number 1 is not among them"}));

TEST(Parser, DepthIsLimited) {
    std::string types;
    for (int i = 0; i < 100000; ++i) types += "tuple<";
    EXPECT_THROW(parseModule("func.func @f(%a: " + types), Error);
    std::string lists(100000, '[');
    EXPECT_THROW(parseModule("func.func @f() { %c = stablehlo.constant dense<" + lists), Error);
    EXPECT_THROW(parseModule("module attributes {a = " + lists), Error);
    std::string regions;
    for (int i = 0; i < 100000; ++i) regions += "\"x.y\"() ({\n";
    EXPECT_THROW(parseModule("func.func @f() {" + regions), Error);
    std::string braces;
    for (int i = 0; i < 100000; ++i) braces += "a: {";
    EXPECT_THROW(parseModule("{-# dialect_resources: {" + braces + " #-}"), Error);
}

TEST(Parser, UnknownDialectsReadInGenericForm) {
    const auto module = parseModule(R"(func.func @main(%a: tensor<f32>) -> tensor<f32> {
      %0 = "other.op"(%a) <{mode = #other.mode<fast, [1, "x>"]>}> {k = affine_map<(d0) -> (d0)>} : (tensor<f32>) -> tensor<f32>
      return %0 : tensor<f32>
    })");
    verify(*module);
    EXPECT_EQ(module->entry().body().first()->name(), "other.op");
    EXPECT_EQ(module->entry().body().first()->kind(), OpKind::kUnknown);
    const std::string text = print(*module);
    EXPECT_EQ(print(*parseModule(text)), text);
}

}  // namespace
}  // namespace optirs::plugin
