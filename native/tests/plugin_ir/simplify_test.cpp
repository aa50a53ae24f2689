// Identities, each with the text it gives; and those that must not be applied.
#include "rewrite_case.h"

namespace optirs::plugin::testing {
namespace {

class Simplify : public ::testing::TestWithParam<Case> {};
TEST_P(Simplify, Rewrites) { check(GetParam(), simplify); }

INSTANTIATE_TEST_SUITE_P(
    Identities, Simplify,
    ::testing::Values(
        Case{"%a: tensor<2xi32>", "tensor<2xi32>",
             "%z = stablehlo.constant dense<0> : tensor<2xi32>\n%r = stablehlo.add %a, %z : tensor<2xi32>",
             "%r = %a"},
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%z = stablehlo.constant dense<-0.0> : tensor<2xf32>\n%r = stablehlo.add %a, %z : tensor<2xf32>",
             "%r = %a"},
        // +0 turns -0 into +0: it has to stay.
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%z = stablehlo.constant dense<0.0> : tensor<2xf32>\n%r = stablehlo.add %a, %z : tensor<2xf32>",
             "%z = stablehlo.constant dense<0.0> : tensor<2xf32>\n%r = stablehlo.add %a, %z : tensor<2xf32>"},
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%z = stablehlo.constant dense<0.0> : tensor<2xf32>\n%r = stablehlo.subtract %a, %z : "
             "tensor<2xf32>",
             "%r = %a"},
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%o = stablehlo.constant dense<1.0> : tensor<2xf32>\n%r = stablehlo.multiply %a, %o : "
             "tensor<2xf32>",
             "%r = %a"},
        // NaN * 0 is NaN: it has to stay.
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%z = stablehlo.constant dense<0.0> : tensor<2xf32>\n%r = stablehlo.multiply %a, %z : "
             "tensor<2xf32>",
             "%z = stablehlo.constant dense<0.0> : tensor<2xf32>\n%r = stablehlo.multiply %a, %z : "
             "tensor<2xf32>"},
        Case{"%a: tensor<2xi8>", "tensor<2xi8>", "%r = stablehlo.subtract %a, %a : tensor<2xi8>",
             "%r = stablehlo.constant dense<0> : tensor<2xi8>"},
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%c = stablehlo.constant dense<4.0> : tensor<2xf32>\n%r = stablehlo.divide %a, %c : "
             "tensor<2xf32>",
             "%c = stablehlo.constant dense<0.25> : tensor<2xf32>\n%r = stablehlo.multiply %a, %c : "
             "tensor<2xf32>"},
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%c = stablehlo.constant dense<3.0> : tensor<2xf32>\n%r = stablehlo.divide %a, %c : "
             "tensor<2xf32>",
             "%c = stablehlo.constant dense<3.0> : tensor<2xf32>\n%r = stablehlo.divide %a, %c : "
             "tensor<2xf32>"},
        Case{"%a: tensor<2xi1>", "tensor<2xi1>",
             "%c = stablehlo.constant dense<true> : tensor<2xi1>\n%r = stablehlo.and %a, %c : tensor<2xi1>",
             "%r = %a"},
        Case{"%a: tensor<2xi32>", "tensor<2xi32>",
             "%0 = stablehlo.not %a : tensor<2xi32>\n%r = stablehlo.not %0 : tensor<2xi32>", "%r = %a"},
        Case{"%p: tensor<2xi1>, %a: tensor<2xf32>, %b: tensor<2xf32>", "tensor<2xf32>",
             "%c = stablehlo.constant dense<false> : tensor<2xi1>\n%r = stablehlo.select %c, %a, %b : "
             "tensor<2xi1>, tensor<2xf32>",
             "%r = %b"},
        Case{"%p: tensor<2xi1>, %a: tensor<2xf32>, %b: tensor<2xf32>", "tensor<2xf32>",
             "%n = stablehlo.not %p : tensor<2xi1>\n%r = stablehlo.select %n, %a, %b : tensor<2xi1>, "
             "tensor<2xf32>",
             "%r = stablehlo.select %p, %b, %a : tensor<2xi1>, tensor<2xf32>"},
        Case{"%a: tensor<2x3x4xf32>", "tensor<2x3x4xf32>",
             "%0 = stablehlo.transpose %a, dims = [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>\n%r = "
             "stablehlo.transpose %0, dims = [1, 2, 0] : (tensor<4x2x3xf32>) -> tensor<2x3x4xf32>",
             "%r = %a"},
        Case{"%a: tensor<2x3x4xf32>", "tensor<3x2x4xf32>",
             "%0 = stablehlo.transpose %a, dims = [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>\n%r = "
             "stablehlo.transpose %0, dims = [2, 1, 0] : (tensor<4x2x3xf32>) -> tensor<3x2x4xf32>",
             "%r = stablehlo.transpose %a, dims = [1, 0, 2] : (tensor<2x3x4xf32>) -> tensor<3x2x4xf32>"},
        Case{"%a: tensor<2x1x4xf32>", "tensor<1x2x4xf32>",
             "%r = stablehlo.transpose %a, dims = [1, 0, 2] : (tensor<2x1x4xf32>) -> tensor<1x2x4xf32>",
             "%r = stablehlo.reshape %a : (tensor<2x1x4xf32>) -> tensor<1x2x4xf32>"},
        Case{"%a: tensor<6xf32>", "tensor<3x2xf32>",
             "%0 = stablehlo.reshape %a : (tensor<6xf32>) -> tensor<2x3xf32>\n%r = stablehlo.reshape %0 : "
             "(tensor<2x3xf32>) -> tensor<3x2xf32>",
             "%r = stablehlo.reshape %a : (tensor<6xf32>) -> tensor<3x2xf32>"},
        Case{"%a: tensor<f32>", "tensor<2x3xf32>",
             "%0 = stablehlo.broadcast_in_dim %a, dims = [] : (tensor<f32>) -> tensor<3xf32>\n%r = "
             "stablehlo.broadcast_in_dim %0, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>",
             "%r = stablehlo.broadcast_in_dim %a, dims = [] : (tensor<f32>) -> tensor<2x3xf32>"},
        Case{"%a: tensor<3xf32>", "tensor<1x3xf32>",
             "%r = stablehlo.broadcast_in_dim %a, dims = [1] : (tensor<3xf32>) -> tensor<1x3xf32>",
             "%r = stablehlo.reshape %a : (tensor<3xf32>) -> tensor<1x3xf32>"},
        Case{"%a: tensor<2xf16>", "tensor<2xf64>",
             "%0 = stablehlo.convert %a : (tensor<2xf16>) -> tensor<2xf32>\n%r = stablehlo.convert %0 : "
             "(tensor<2xf32>) -> tensor<2xf64>",
             "%r = stablehlo.convert %a : (tensor<2xf16>) -> tensor<2xf64>"},
        Case{"%a: tensor<2xbf16>", "tensor<2xbf16>",
             "%0 = stablehlo.convert %a : (tensor<2xbf16>) -> tensor<2xf32>\n%r = stablehlo.convert %0 : "
             "(tensor<2xf32>) -> tensor<2xbf16>",
             "%r = %a"},
        // f32 -> bf16 -> f32 loses bits: it has to stay.
        Case{"%a: tensor<2xf32>", "tensor<2xf32>",
             "%0 = stablehlo.convert %a : (tensor<2xf32>) -> tensor<2xbf16>\n%r = stablehlo.convert %0 : "
             "(tensor<2xbf16>) -> tensor<2xf32>",
             "%0 = stablehlo.convert %a : (tensor<2xf32>) -> tensor<2xbf16>\n%r = stablehlo.convert %0 : "
             "(tensor<2xbf16>) -> tensor<2xf32>"},
        Case{"%a: tensor<4xf32>", "tensor<4xf32>",
             "%r = stablehlo.slice %a [0:4] : (tensor<4xf32>) -> tensor<4xf32>", "%r = %a"},
        Case{"%a: tensor<20xf32>", "tensor<3xf32>",
             "%0 = stablehlo.slice %a [2:18:3] : (tensor<20xf32>) -> tensor<6xf32>\n%r = stablehlo.slice %0 "
             "[1:6:2] : (tensor<6xf32>) -> tensor<3xf32>",
             "%r = stablehlo.slice %a [5:18:6] : (tensor<20xf32>) -> tensor<3xf32>"},
        Case{"%a: tensor<4xf32>, %p: tensor<f32>", "tensor<4xf32>",
             "%r = stablehlo.pad %a, %p, low = [0], high = [0], interior = [0] : (tensor<4xf32>, "
             "tensor<f32>) -> tensor<4xf32>",
             "%r = %a"},
        Case{"%a: tensor<1x4xf32>", "tensor<1x4xf32>",
             "%r = stablehlo.reverse %a, dims = [0] : tensor<1x4xf32>", "%r = %a"},
        Case{"%a: tensor<4xf32>, %e: tensor<0xf32>", "tensor<4xf32>",
             "%r = stablehlo.concatenate %e, %a, %e, dim = 0 : (tensor<0xf32>, tensor<4xf32>, tensor<0xf32>) "
             "-> tensor<4xf32>",
             "%r = %a"},
        Case{"%a: tensor<9xf32>", "tensor<4xf32>",
             "%i = stablehlo.constant dense<7> : tensor<i32>\n%r = stablehlo.dynamic_slice %a, %i, sizes = "
             "[4] : (tensor<9xf32>, tensor<i32>) -> tensor<4xf32>",
             "%r = stablehlo.slice %a [5:9] : (tensor<9xf32>) -> tensor<4xf32>"},
        Case{"%a: tensor<9xf32>, %u: tensor<9xf32>, %i: tensor<i32>", "tensor<9xf32>",
             "%r = stablehlo.dynamic_update_slice %a, %u, %i : (tensor<9xf32>, tensor<9xf32>, tensor<i32>) "
             "-> tensor<9xf32>",
             "%r = %u"},
        Case{"%a: tensor<f32>, %b: tensor<f32>", "tensor<f32>",
             "%c = stablehlo.complex %a, %b : tensor<complex<f32>>\n%r = stablehlo.imag %c : "
             "(tensor<complex<f32>>) -> tensor<f32>",
             "%r = %b"},
        Case{"%a: tensor<f32>", "tensor<f32>",
             "%i = stablehlo.constant dense<5> : tensor<i32>\n%r = \"stablehlo.case\"(%i) "
             "({\nstablehlo.return %a : tensor<f32>\n}, {\n%n = stablehlo.negate %a : "
             "tensor<f32>\nstablehlo.return %n : tensor<f32>\n}) : (tensor<i32>) -> tensor<f32>",
             "%r = stablehlo.negate %a : tensor<f32>"}));

}  // namespace
}  // namespace optirs::plugin::testing
