// One broken program for each rule; the message has to name what is wrong.
#include "pjrt_cpu/stablehlo/verify.h"

#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin {
namespace {

struct Broken {
    const char* arguments;
    const char* operation;  // one operation without results, or with `%0 =`
    const char* message;
};

class Verify : public ::testing::TestWithParam<Broken> {};

TEST_P(Verify, NamesTheRule) {
    const Broken& broken = GetParam();
    const std::string text =
        std::string("func.func @main(") + broken.arguments + ") {\n" + broken.operation + "\nreturn\n}";
    const auto module = parseModule(text);
    try {
        verify(*module);
        FAIL() << "accepted: " << text;
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kInvalidArgument);
        EXPECT_NE(error.message().find(broken.message), std::string::npos) << error.message();
        EXPECT_NE(error.message().find("line "), std::string::npos) << error.message();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Verify,
    ::testing::Values(
        Broken{"%a: tensor<2xf32>, %b: tensor<3xf32>",
               "%0 = \"stablehlo.add\"(%a, %b) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>",
               "operands should have the same shape, got tensor<2xf32> and tensor<3xf32>"},
        Broken{"", "%0 = \"stablehlo.optimization_barrier\"() : () -> tensor<2xf32>",
               "needs 0 results, got 1"},
        Broken{"",
               "%0 = \"stablehlo.collective_broadcast\"() {replica_groups = dense<0> : tensor<1x1xi64>} : () "
               "-> tensor<2xf32>",
               "needs 0 results, got 1"},
        Broken{"",
               "\"stablehlo.collective_broadcast\"() {replica_groups = dense<0> : tensor<1x1xi64>, "
               "has_dynamic_root} : () -> ()",
               "the operand that says the root is missing"},
        Broken{"%a: tensor<2xf32>",
               "%0 = \"stablehlo.collective_reduce\"(%a) ({\nstablehlo.return %a : tensor<2xf32>\n}) "
               "{replica_groups = dense<0> : tensor<1x1xi64>} : (tensor<2xf32>) -> tensor<2xf32>",
               "reducer should take 2 arguments, it takes 0"},
        Broken{"%a: tensor<2xf32>",
               "%0:2 = \"stablehlo.collective_reduce\"(%a) ({\n^bb0(%x: tensor<f32>, %y: tensor<f32>):\n"
               "stablehlo.return %x : tensor<f32>\n}) {replica_groups = dense<0> : tensor<1x1xi64>} : "
               "(tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)",
               "results should be as many as operands that are reduced"},
        Broken{"%a: tensor<2x!quant.uniform<i8:f32, 0.5>>, %b: tensor<2xcomplex<f32>>",
               "%0 = chlo.broadcast_atan2 %a, %b : (tensor<2x!quant.uniform<i8:f32, 0.5>>, "
               "tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>>",
               "operands should have the same element type"},
        Broken{"%a: tensor<2x!quant.uniform<i8:f32, 0.5>>",
               "%0 = chlo.broadcast_remainder %a, %a : (tensor<2x!quant.uniform<i8:f32, 0.5>>, "
               "tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2xcomplex<f32>>",
               "result 0 should be or express f32"},
        Broken{"%a: tensor<2xf32>, %b: tensor<2xi32>",
               "%0 = \"stablehlo.add\"(%a, %b) : (tensor<2xf32>, tensor<2xi32>) -> tensor<2xf32>",
               "operands should have the same element type"},
        Broken{"%a: tensor<2xf32>", "%0 = \"stablehlo.add\"(%a) : (tensor<2xf32>) -> tensor<2xf32>",
               "needs 2 operands, got 1"},
        Broken{"%a: tensor<2xf32>", "%0 = stablehlo.not %a : tensor<2xf32>",
               "does not take operands of type tensor<2xf32>"},
        Broken{"%a: tensor<2xi32>", "%0 = stablehlo.exponential %a : tensor<2xi32>",
               "does not take operands of type tensor<2xi32>"},
        Broken{"%a: tensor<2xf32>", "%0 = \"stablehlo.abs\"(%a) : (tensor<2xf32>) -> tensor<3xf32>",
               "result 0 should be tensor<2xf32>, got tensor<3xf32>"},
        Broken{"%a: tensor<2xcomplex<f32>>",
               "%0 = \"stablehlo.compare\"(%a, %a) {comparison_direction = #stablehlo<comparison_direction "
               "LT>} : (tensor<2xcomplex<f32>>, tensor<2xcomplex<f32>>) -> tensor<2xi1>",
               "EQ or NE only"},
        Broken{"%a: tensor<2xf32>",
               "%0 = stablehlo.compare XX, %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
               "has no case XX"},
        Broken{"%a: tensor<2x3xf32>",
               "%0 = stablehlo.transpose %a, dims = [0, 0] : (tensor<2x3xf32>) -> tensor<2x3xf32>",
               "names dimension 0 twice"},
        Broken{"%a: tensor<2x3xf32>",
               "%0 = stablehlo.transpose %a, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x3xf32>",
               "permutation 2 should be in [0, 2)"},
        Broken{"%a: tensor<2x3xf32>", "%0 = stablehlo.reshape %a : (tensor<2x3xf32>) -> tensor<7xf32>",
               "has 6 elements, tensor<7xf32> has 7"},
        Broken{"%a: tensor<2xf32>",
               "%0 = stablehlo.broadcast_in_dim %a, dims = [1] : (tensor<2xf32>) -> tensor<2x3xf32>",
               "operand dimension 0 of size 2 does not broadcast to result dimension 1 of size 3"},
        Broken{"%a: tensor<4xf32>", "%0 = stablehlo.slice %a [1:9] : (tensor<4xf32>) -> tensor<8xf32>",
               "range [1:9] of dimension 0 is not within tensor<4xf32>"},
        Broken{"%a: tensor<4xf32>", "%0 = stablehlo.slice %a [0:4:0] : (tensor<4xf32>) -> tensor<4xf32>",
               "strides [0] should be positive"},
        Broken{
            "%a: tensor<2xf32>, %b: tensor<3x1xf32>",
            "%0 = stablehlo.concatenate %a, %b, dim = 0 : (tensor<2xf32>, tensor<3x1xf32>) -> tensor<5xf32>",
            "operands should have the same rank"},
        Broken{"%a: tensor<2x2xf32>, %b: tensor<3x3xf32>",
               "%0 = stablehlo.concatenate %a, %b, dim = 0 : (tensor<2x2xf32>, tensor<3x3xf32>) -> "
               "tensor<5x2xf32>",
               "dimension 1 of the operands: 2 and 3 differ"},
        Broken{"%a: tensor<2xf32>, %p: tensor<f32>",
               "%0 = stablehlo.pad %a, %p, low = [-3], high = [0], interior = [0] : (tensor<2xf32>, "
               "tensor<f32>) -> tensor<0xf32>",
               "the negative size -1"},
        Broken{"", "%0 = stablehlo.iota dim = 1 : tensor<3xf32>", "iota_dimension 1 should be in [0, 1)"},
        Broken{"%a: tensor<2x3xf32>, %b: tensor<4x5xf32>",
               "%0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3xf32>, "
               "tensor<4x5xf32>) -> tensor<2x5xf32>",
               "contracting dimensions: 3 and 4 differ"},
        Broken{"%a: tensor<2x3xf32>, %b: tensor<3x5xf32>",
               "%0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<2x3xf32>, "
               "tensor<3x5xf32>) -> tensor<5x2xf32>",
               "result 0 should be tensor<2x5xf32>, got tensor<5x2xf32>"},
        Broken{"%a: tensor<1x8x8x3xf32>, %b: tensor<3x3x2x4xf32>",
               "%0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], "
               "window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : "
               "(tensor<1x8x8x3xf32>, tensor<3x3x2x4xf32>) -> tensor<1x6x6x4xf32>",
               "input features of a group and of the kernel: 3 and 2 differ"},
        Broken{"%a: tensor<4xf32>, %i: tensor<i32>",
               "%0 = stablehlo.dynamic_slice %a, %i, sizes = [5] : (tensor<4xf32>, tensor<i32>) -> "
               "tensor<5xf32>",
               "slice_sizes [5] do not fit tensor<4xf32>"},
        Broken{"%a: tensor<4xf32>, %i: tensor<f32>",
               "%0 = stablehlo.dynamic_slice %a, %i, sizes = [1] : (tensor<4xf32>, tensor<f32>) -> "
               "tensor<1xf32>",
               "start indices should be integers"},
        Broken{"%a: tensor<4x3xf32>, %i: tensor<2x1xi32>",
               "%0 = \"stablehlo.gather\"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], "
               "collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = "
               "array<i64: 2, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>",
               "slice size of removed dimension 0 should be at most 1"},
        Broken{"%a: tensor<4x3xf32>, %i: tensor<2x1xi32>",
               "%0 = \"stablehlo.gather\"(%a, %i) {dimension_numbers = #stablehlo.gather<offset_dims = [1], "
               "collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 5>, slice_sizes = "
               "array<i64: 1, 3>} : (tensor<4x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>",
               "index_vector_dim 5 should be in [0, 3)"},
        Broken{"%a: tensor<4xf32>, %i: tensor<f32>",
               "%0 = stablehlo.reduce(%a init: %i) applies stablehlo.add across dimensions = [1] : "
               "(tensor<4xf32>, tensor<f32>) -> tensor<f32>",
               "dimensions 1 should be in [0, 1)"},
        Broken{"%a: tensor<4xf32>, %i: tensor<f32>",
               "%0 = \"stablehlo.reduce\"(%a, %i) ({\n^bb0(%x: tensor<f32>):\nstablehlo.return %x : "
               "tensor<f32>\n}) {dimensions = array<i64: 0>} : (tensor<4xf32>, tensor<f32>) -> tensor<f32>",
               "reducer should take 2 arguments, it takes 1"},
        Broken{"%a: tensor<4xf32>, %i: tensor<f32>",
               "%0 = \"stablehlo.reduce\"(%a, %i) ({\n}) {dimensions = array<i64: 0>} : (tensor<4xf32>, "
               "tensor<f32>) -> tensor<f32>",
               "region 0 should have one block"},
        Broken{"%a: tensor<4xf32>",
               "%0 = \"stablehlo.sort\"(%a) ({\n^bb0(%x: tensor<f32>, %y: tensor<f32>):\nstablehlo.return %x "
               ": tensor<f32>\n}) : (tensor<4xf32>) -> tensor<4xf32>",
               "returned value 0 of the comparator should be tensor<i1>, got tensor<f32>"},
        Broken{"%p: tensor<i32>, %a: tensor<f32>",
               "%0 = \"stablehlo.if\"(%p) ({\nstablehlo.return %a : tensor<f32>\n}, {\nstablehlo.return %a : "
               "tensor<f32>\n}) : (tensor<i32>) -> tensor<f32>",
               "does not take operands of type tensor<i32>"},
        Broken{"%p: tensor<i1>, %a: tensor<f32>",
               "%0 = \"stablehlo.if\"(%p) ({\nstablehlo.return %a : tensor<f32>\n}, {\nstablehlo.return %p : "
               "tensor<i1>\n}) : (tensor<i1>) -> tensor<f32>",
               "what branch 1 returns: value 0 should be tensor<f32>, got tensor<i1>"},
        Broken{"%a: tensor<f32>",
               "%0 = stablehlo.while(%x = %a) : tensor<f32>\ncond {\nstablehlo.return %x : tensor<f32>\n} do "
               "{\nstablehlo.return %x : tensor<f32>\n}",
               "what the condition returns: value 0 should be tensor<i1>"},
        Broken{"%a: tensor<2x3xf32>", "%0 = stablehlo.cholesky %a : tensor<2x3xf32>",
               "the matrix should be square: 2 and 3 differ"},
        Broken{"%a: tensor<4xf32>",
               "%0 = stablehlo.fft %a, type = FFT, length = [4] : (tensor<4xf32>) -> tensor<4xf32>",
               "this transform takes complex numbers"},
        Broken{"%s: tensor<3xui64>",
               "%0, %1 = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<3xui64>) -> "
               "(tensor<3xui64>, tensor<4xui32>)",
               "the state of THREE_FRY is tensor<2xui64>"},
        Broken{"%a: tensor<f32>", "%0 = call @nothing(%a) : (tensor<f32>) -> tensor<f32>",
               "there is no function @nothing"},
        Broken{"%a: tensor<f32>", "%0 = call @main(%a) : (tensor<f32>) -> tensor<f32>",
               "does not match @main"},
        Broken{"%a: tensor<f32>", "%0 = \"stablehlo.transpose\"(%a) : (tensor<f32>) -> tensor<f32>",
               "attribute permutation is missing"},
        Broken{"%a: tensor<4xf32>, %i: tensor<f32>",
               "%0 = \"stablehlo.reduce_window\"(%a, %i) ({\n^bb0(%x: tensor<f32>, %y: "
               "tensor<f32>):\nstablehlo.return %x : tensor<f32>\n}) {window_dimensions = array<i64: 2, 2>} "
               ": (tensor<4xf32>, tensor<f32>) -> tensor<3xf32>",
               "window_dimensions should have 1 values"},
        Broken{"%a: tensor<2xf32>", "%0 = stablehlo.bitcast_convert %a : (tensor<2xf32>) -> tensor<2xf64>",
               "result 0 should be tensor<f64>, got tensor<2xf64>"},
        Broken{"%a: tensor<3xf32>", "%0 = stablehlo.bitcast_convert %a : (tensor<3xf32>) -> tensor<f64>",
               "should hold the parts of one element"}));

TEST(Verify, ReturnsOfFunctions) {
    const auto missing = parseModule(
        "func.func @main(%a: tensor<f32>) -> tensor<f32> {\n%0 = stablehlo.abs %a : tensor<f32>\n}");
    EXPECT_THROW(verify(*missing), Error);
    const auto wrong =
        parseModule("func.func @main(%a: tensor<f32>) -> tensor<2xf32> {\nreturn %a : tensor<f32>\n}");
    EXPECT_THROW(verify(*wrong), Error);
    const auto early = parseModule(
        "func.func @main(%a: tensor<f32>) {\n\"func.return\"() : () -> ()\n%0 = stablehlo.abs %a : "
        "tensor<f32>\nreturn\n}");
    EXPECT_THROW(verify(*early), Error);
}

}  // namespace
}  // namespace optirs::plugin
