// Text in, text out: what each pass makes of a function's body.
#include "pjrt_cpu/passes/passes.h"

#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "rewrite_case.h"

namespace optirs::plugin::testing {
namespace {

class Fold : public ::testing::TestWithParam<Case> {};
TEST_P(Fold, Evaluates) {
    check(GetParam(), [](Function& f) { foldConstants(f); });
}

INSTANTIATE_TEST_SUITE_P(
    Constants, Fold,
    ::testing::Values(
        Case{"", "tensor<2xi8>",
             "%a = stablehlo.constant dense<[127, -1]> : tensor<2xi8>\n%b = stablehlo.constant dense<[1, 2]> "
             ": tensor<2xi8>\n%r = stablehlo.add %a, %b : tensor<2xi8>",
             "%r = stablehlo.constant dense<[-128, 1]> : tensor<2xi8>"},
        Case{"", "tensor<2xui8>",
             "%a = stablehlo.constant dense<[200, 3]> : tensor<2xui8>\n%b = stablehlo.constant dense<[7, 2]> "
             ": tensor<2xui8>\n%r = stablehlo.divide %a, %b : tensor<2xui8>",
             "%r = stablehlo.constant dense<[28, 1]> : tensor<2xui8>"},
        // Division by zero is the target's business.
        Case{"", "tensor<i32>",
             "%a = stablehlo.constant dense<1> : tensor<i32>\n%b = stablehlo.constant dense<0> : "
             "tensor<i32>\n%r = stablehlo.divide %a, %b : tensor<i32>",
             "%a = stablehlo.constant dense<1> : tensor<i32>\n%b = stablehlo.constant dense<0> : "
             "tensor<i32>\n%r = stablehlo.divide %a, %b : tensor<i32>"},
        Case{"", "tensor<f32>",
             "%a = stablehlo.constant dense<0.1> : tensor<f32>\n%b = stablehlo.constant dense<0.2> : "
             "tensor<f32>\n%r = stablehlo.add %a, %b : tensor<f32>",
             "%r = stablehlo.constant dense<0x3E99999A> : tensor<f32>"},
        Case{"", "tensor<1000x1000xf32>",
             "%a = stablehlo.constant dense<2.0> : tensor<f32>\n%b = stablehlo.broadcast_in_dim %a, dims = "
             "[] : (tensor<f32>) -> tensor<1000x1000xf32>\n%r = stablehlo.negate %b : tensor<1000x1000xf32>",
             "%r = stablehlo.constant dense<-2.0> : tensor<1000x1000xf32>"},
        Case{
            "", "tensor<2x3xi32>",
            "%a = stablehlo.iota dim = 1 : tensor<2x3xi32>\n%r = stablehlo.multiply %a, %a : tensor<2x3xi32>",
            "%r = stablehlo.constant dense<[[0, 1, 4], [0, 1, 4]]> : tensor<2x3xi32>"},
        Case{"", "tensor<3x2xi32>",
             "%a = stablehlo.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>\n%r = "
             "stablehlo.transpose %a, dims = [1, 0] : (tensor<2x3xi32>) -> tensor<3x2xi32>",
             "%r = stablehlo.constant dense<[[1, 4], [2, 5], [3, 6]]> : tensor<3x2xi32>"},
        Case{"", "tensor<6xi32>",
             "%a = stablehlo.constant dense<[1, 2]> : tensor<2xi32>\n%p = stablehlo.constant dense<9> : "
             "tensor<i32>\n%r = stablehlo.pad %a, %p, low = [-1], high = [4], interior = [1] : "
             "(tensor<2xi32>, tensor<i32>) -> tensor<6xi32>",
             "%r = stablehlo.constant dense<[9, 2, 9, 9, 9, 9]> : tensor<6xi32>"},
        Case{"", "tensor<2xi1>",
             "%a = stablehlo.constant dense<[4294967295, 1]> : tensor<2xui32>\n%b = stablehlo.constant "
             "dense<2> : tensor<2xui32>\n%r = stablehlo.compare LT, %a, %b, UNSIGNED : (tensor<2xui32>, "
             "tensor<2xui32>) -> tensor<2xi1>",
             "%r = stablehlo.constant dense<[false, true]> : tensor<2xi1>"},
        Case{"", "tensor<2xui8>",
             "%a = stablehlo.constant dense<[300.7, -4.0]> : tensor<2xf32>\n%r = stablehlo.convert %a : "
             "(tensor<2xf32>) -> tensor<2xui8>",
             "%r = stablehlo.constant dense<[255, 0]> : tensor<2xui8>"},
        Case{"", "tensor<ui32>",
             "%a = stablehlo.constant dense<1.0> : tensor<f32>\n%r = stablehlo.bitcast_convert %a : "
             "(tensor<f32>) -> tensor<ui32>",
             "%r = stablehlo.constant dense<1065353216> : tensor<ui32>"},
        Case{"", "tensor<4xi32>",
             "%a = stablehlo.constant dense<[1, 2]> : tensor<2xi32>\n%r = stablehlo.concatenate %a, %a, dim "
             "= 0 : (tensor<2xi32>, tensor<2xi32>) -> tensor<4xi32>",
             "%r = stablehlo.constant dense<[1, 2, 1, 2]> : tensor<4xi32>"}));

TEST(Canonicalise, ConstantsGoRightAndAnnotationsGo) {
    check({"%a: tensor<2xf32>", "tensor<2xi1>",
           "%c = stablehlo.constant dense<1.0> : tensor<2xf32>\n%0 = stablehlo.add %c, %a {mhlo.sharding = "
           "\"x\"} : tensor<2xf32>\n"
           "%r = stablehlo.compare LT, %c, %0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
           "%c = stablehlo.constant dense<1.0> : tensor<2xf32>\n%0 = stablehlo.add %a, %c : tensor<2xf32>\n"
           "%r = stablehlo.compare GT, %0, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>"},
          canonicalise);
}

TEST(Canonicalise, CallsThatOnlySayWhereAValueLiesGo) {
    check({"%a: tensor<2xf32>", "tensor<2xf32>",
           "%0 = stablehlo.custom_call @LayoutConstraint(%a) : (tensor<2xf32>) -> tensor<2xf32>\n"
           "%1 = stablehlo.custom_call @annotate_device_placement(%0) : (tensor<2xf32>) -> tensor<2xf32>\n"
           "%r = stablehlo.negate %1 : tensor<2xf32>",
           "%r = stablehlo.negate %a : tensor<2xf32>"},
          canonicalise);
}

TEST(Canonicalise, Tuples) {
    check({"%a: tensor<f32>, %b: tensor<i32>", "tensor<i32>",
           "%0 = stablehlo.tuple %a, %b : tuple<tensor<f32>, tensor<i32>>\n%r = stablehlo.get_tuple_element "
           "%0[1] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<i32>",
           "%r = %b"},
          canonicalise);
}

TEST(Cse, MergesEqualOperationsAndRegions) {
    check({"%a: tensor<4xf32>, %i: tensor<f32>", "tensor<f32>",
           "%0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [0] : "
           "(tensor<4xf32>, tensor<f32>) -> tensor<f32>\n"
           "%1 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [0] : "
           "(tensor<4xf32>, tensor<f32>) -> tensor<f32>\n"
           "%2 = stablehlo.reduce(%a init: %i) applies stablehlo.multiply across dimensions = [0] : "
           "(tensor<4xf32>, tensor<f32>) -> tensor<f32>\n"
           "%3 = stablehlo.add %0, %1 : tensor<f32>\n%r = stablehlo.add %3, %2 : tensor<f32>",
           "%0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [0] : "
           "(tensor<4xf32>, tensor<f32>) -> tensor<f32>\n"
           "%2 = stablehlo.reduce(%a init: %i) applies stablehlo.multiply across dimensions = [0] : "
           "(tensor<4xf32>, tensor<f32>) -> tensor<f32>\n"
           "%3 = stablehlo.add %0, %0 : tensor<f32>\n%r = stablehlo.add %3, %2 : tensor<f32>"},
          eliminateCommonSubexpressions);
}

TEST(Cse, KeepsSideEffectsAndScopes) {
    const char* body =
        "%0 = stablehlo.custom_call @f(%a) {has_side_effect = true} : (tensor<f32>) -> tensor<f32>\n"
        "%1 = stablehlo.custom_call @f(%a) {has_side_effect = true} : (tensor<f32>) -> tensor<f32>\n"
        "%p = stablehlo.compare LT, %0, %1 : (tensor<f32>, tensor<f32>) -> tensor<i1>\n"
        "%r = \"stablehlo.if\"(%p) ({\n%n = stablehlo.negate %0 : tensor<f32>\nstablehlo.return %n : "
        "tensor<f32>\n}, {\n"
        "%n = stablehlo.negate %0 : tensor<f32>\n%m = stablehlo.negate %n : tensor<f32>\nstablehlo.return %m "
        ": tensor<f32>\n}) : (tensor<i1>) -> tensor<f32>";
    check({"%a: tensor<f32>", "tensor<f32>", body, body}, eliminateCommonSubexpressions);
}

TEST(Decompose, StandardForms) {
    check({"%a: tensor<2x3xf32>, %b: tensor<3xf32>", "tensor<2xf32>",
           "%r = stablehlo.dot %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2xf32>",
           "%r = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3xf32>, "
           "tensor<3xf32>) -> tensor<2xf32>"},
          decompose);
    check({"%a: tensor<3xf32>", "tensor<2x3xf32>",
           "%r = stablehlo.broadcast %a, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>",
           "%r = stablehlo.broadcast_in_dim %a, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>"},
          decompose);
    check({"%a: tensor<5x2xf32>, %b: tensor<5x4xf32>", "tensor<4x2xf32>",
           "%r = stablehlo.einsum %a, %b, config = \"kb,kc->cb\" : (tensor<5x2xf32>, tensor<5x4xf32>) -> "
           "tensor<4x2xf32>",
           "%0 = stablehlo.dot_general %a, %b, contracting_dims = [0] x [0] : (tensor<5x2xf32>, "
           "tensor<5x4xf32>) -> tensor<2x4xf32>\n"
           "%r = stablehlo.transpose %0, dims = [1, 0] : (tensor<2x4xf32>) -> tensor<4x2xf32>"},
          decompose);
    check({"%a: tensor<4xf32>, %b: tensor<4xf32>", "tensor<4xf32>",
           "%r = \"stablehlo.map\"(%a, %b) ({\n^bb0(%x: tensor<f32>, %y: tensor<f32>):\n%c = "
           "stablehlo.constant dense<2.0> : tensor<f32>\n%s = stablehlo.multiply %x, %c : tensor<f32>\n%t = "
           "stablehlo.add %s, %y : tensor<f32>\nstablehlo.return %t : tensor<f32>\n}) {dimensions = "
           "array<i64: 0>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>",
           "%c = stablehlo.constant dense<2.0> : tensor<4xf32>\n%s = stablehlo.multiply %a, %c : "
           "tensor<4xf32>\n%r = stablehlo.add %s, %b : tensor<4xf32>"},
          decompose);
}

TEST(Refine, DynamicFormsWithConstantShapes) {
    check({"%a: tensor<6xf32>", "tensor<2x3xf32>",
           "%s = stablehlo.constant dense<[2, 3]> : tensor<2xi32>\n%0 = stablehlo.dynamic_reshape %a, %s : "
           "(tensor<6xf32>, tensor<2xi32>) -> tensor<?x3xf32>\n"
           "%1 = stablehlo.negate %0 : tensor<?x3xf32>\n%2 = \"stablehlo.dynamic_reshape\"(%1, %s) : "
           "(tensor<?x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>\n%r = stablehlo.abs %2 : tensor<2x3xf32>",
           "%0 = stablehlo.reshape %a : (tensor<6xf32>) -> tensor<2x3xf32>\n%1 = stablehlo.negate %0 : "
           "tensor<2x3xf32>\n%2 = stablehlo.reshape %1 : (tensor<2x3xf32>) -> tensor<2x3xf32>\n%r = "
           "stablehlo.abs %2 : tensor<2x3xf32>"},
          refineShapes);
}

TEST(Refine, DynamicShapesAreUnimplemented) {
    const auto module =
        parseModule("func.func @main(%a: tensor<?xf32>) -> tensor<?xf32> {\nreturn %a : tensor<?xf32>\n}");
    try {
        runPasses(*module);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kUnimplemented);
        EXPECT_NE(error.message().find("argument of dynamic shape, tensor<?xf32>"), std::string::npos)
            << error.message();
    }
}

TEST(Inline, CallsCompositesAndWhatTheyLeave) {
    const auto module = parseModule(R"(
        func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
          %0 = call @twice(%a) : (tensor<2xf32>) -> tensor<2xf32>
          %1 = stablehlo.composite "my.op" %0 {decomposition = @once, version = 1 : i32} : (tensor<2xf32>) -> tensor<2xf32>
          return %1 : tensor<2xf32>
        }
        func.func private @twice(%a: tensor<2xf32>) -> tensor<2xf32> {
          %0 = func.call @once(%a) : (tensor<2xf32>) -> tensor<2xf32>
          %1 = func.call @once(%0) : (tensor<2xf32>) -> tensor<2xf32>
          return %1 : tensor<2xf32>
        }
        func.func private @once(%a: tensor<2xf32>) -> tensor<2xf32> {
          %0 = stablehlo.tanh %a : tensor<2xf32>
          return %0 : tensor<2xf32>
        }
        func.func private @unused() { return })");
    verify(*module);
    inlineCalls(*module);
    verify(*module);
    EXPECT_EQ(module->functions().size(), 1u);
    const Operation* op = module->entry().body().first();
    for (int i = 0; i < 3; ++i, op = op->next()) EXPECT_EQ(op->kind(), OpKind::kTanh);
    EXPECT_EQ(op->kind(), OpKind::kReturn);
}

TEST(Inline, RecursionIsNamed) {
    const auto module = parseModule(R"(
        func.func @main(%a: tensor<f32>) -> tensor<f32> {
          %0 = call @f(%a) : (tensor<f32>) -> tensor<f32>
          return %0 : tensor<f32>
        }
        func.func private @f(%a: tensor<f32>) -> tensor<f32> {
          %0 = call @g(%a) : (tensor<f32>) -> tensor<f32>
          return %0 : tensor<f32>
        }
        func.func private @g(%a: tensor<f32>) -> tensor<f32> {
          %0 = call @f(%a) : (tensor<f32>) -> tensor<f32>
          return %0 : tensor<f32>
        })");
    try {
        inlineCalls(*module);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kInvalidArgument);
        EXPECT_NE(error.message().find("@f -> @g -> @f"), std::string::npos) << error.message();
    }
}

TEST(Inline, GrowthIsLimited) {
    // Each function calls the one before twice: 2^40 operations.
    std::string text =
        "func.func private @f0(%a: tensor<f32>) -> tensor<f32> {\n%0 = stablehlo.negate %a : "
        "tensor<f32>\nreturn %0 : tensor<f32>\n}\n";
    for (int i = 1; i <= 40; ++i) {
        const std::string callee = "@f" + std::to_string(i - 1);
        text += "func.func " + std::string(i == 40 ? "public @main" : "private @f" + std::to_string(i)) +
                "(%a: tensor<f32>) -> tensor<f32> {\n%0 = call " + callee +
                "(%a) : (tensor<f32>) -> tensor<f32>\n%1 = call " + callee +
                "(%0) : (tensor<f32>) -> tensor<f32>\nreturn %1 : tensor<f32>\n}\n";
    }
    const auto module = parseModule(text);
    PassLimits limits;
    limits.max_operations = 10000;
    try {
        inlineCalls(*module, limits);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kResourceExhausted);
    }
}

TEST(Pipeline, LongProgramsPass) {
    std::string text =
        "func.func @main(%v0: tensor<8xf32>) -> tensor<8xf32> {\n%one = stablehlo.constant dense<1.0> : "
        "tensor<8xf32>\n";
    const int count = 10000;
    for (int i = 0; i < count; ++i) {
        text += "%v" + std::to_string(i + 1) + " = stablehlo." +
                (i % 2 == 0 ? "tanh %v" + std::to_string(i) : "multiply %v" + std::to_string(i) + ", %one") +
                " : tensor<8xf32>\n";
    }
    text += "return %v" + std::to_string(count) + " : tensor<8xf32>\n}\n";
    const auto module = parseModule(text);
    verify(*module);
    runPasses(*module);
    verify(*module);
    EXPECT_EQ(module->entry().body().operationCount(), static_cast<size_t>(count / 2 + 1));
}

}  // namespace
}  // namespace optirs::plugin::testing
