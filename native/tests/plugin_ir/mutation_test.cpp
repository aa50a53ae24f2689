// Damaged programs give an Error, or parse: nothing else, however they are damaged.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "conformance.h"
#include "mutate.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin::testing {
namespace {

// Something of everything, small.
constexpr const char* kOwnPrograms[] = {
    R"(module @m attributes {mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3xf32> {tf.aliasing_output = 0 : i32}, %arg1: tensor<3xi32>) -> (tensor<2x3xf32>, tensor<2xf32>) {
    %cst = stablehlo.constant dense<[[1.0, -2.5e-3, 0x7F800000], [3.0, 4.0, 5.0]]> : tensor<2x3xf32>
    %0 = stablehlo.add %arg0, %cst : tensor<2x3xf32> loc("here"("a.cs":1:2))
    %1 = func.call @f(%0) : (tensor<2x3xf32>) -> tensor<2x3xf32>
    %z = stablehlo.constant dense<0.0> : tensor<f32>
    %2 = stablehlo.reduce(%1 init: %z) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    return %1, %2 : tensor<2x3xf32>, tensor<2xf32>
  }
  func.func private @f(%arg0: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %0 = stablehlo.slice %arg0 [0:2, 0:3:2] : (tensor<2x3xf32>) -> tensor<2x2xf32>
    %1 = stablehlo.dot_general %0, %arg0, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  }
})",
    R"(func.func @main(%a: tensor<4x4xf32>, %i: tensor<2x1xi32>, %n: tensor<i32>) -> (tensor<2x4xf32>, tensor<i32>) {
  %0 = "stablehlo.gather"(%a, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>}> : (tensor<4x4xf32>, tensor<2x1xi32>) -> tensor<2x4xf32>
  %1:2 = stablehlo.while(%x = %n, %y = %0) : tensor<i32>, tensor<2x4xf32>
  cond {
    %c = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %x, %c, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  } do {
    %c = stablehlo.constant dense<1> : tensor<i32>
    %s = stablehlo.add %x, %c : tensor<i32>
    %t = stablehlo.transpose %y, dims = [0, 1] : (tensor<2x4xf32>) -> tensor<2x4xf32>
    stablehlo.return %s, %t : tensor<i32>, tensor<2x4xf32>
  }
  return %1#1, %1#0 : tensor<2x4xf32>, tensor<i32>
})",
    R"(func.func @main(%a: tensor<1x8x8x2xf32>, %b: tensor<3x3x2x4xf32>, %q: tensor<2x!quant.uniform<i8:f32, 0.5:-1>>) -> tensor<1x8x8x4xf32> {
  %0 = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1], reverse = [false, false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x8x2xf32>, tensor<3x3x2x4xf32>) -> tensor<1x8x8x4xf32>
  %c = stablehlo.constant dense<"0x0000803F000000400000404000008040"> : tensor<4xf32>
  %1 = stablehlo.broadcast_in_dim %c, dims = [3] : (tensor<4xf32>) -> tensor<1x8x8x4xf32>
  %2 = stablehlo.multiply %0, %1 : tensor<1x8x8x4xf32>
  stablehlo.custom_call @check(%2) {has_side_effect = true, backend_config = {k = [1, "two", unit, @three::@four]}} : (tensor<1x8x8x4xf32>) -> ()
  return %2 : tensor<1x8x8x4xf32>
})"};

void run(const std::string& text, size_t& accepted) {
    try {
        const auto module = parseModule(text);
        verify(*module);
        const std::string first = print(*module);
        EXPECT_EQ(print(*parseModule(first)), first);
        ++accepted;
        PassLimits limits;
        limits.max_operations = 100000;
        runPasses(*module, limits);
        verify(*module);
    } catch (const Error& error) {
        EXPECT_NE(error.code(), Code::kInternal) << error.message() << "\n" << text;
    }
}

TEST(Mutations, OwnPrograms) {
    std::mt19937_64 random(42);
    size_t accepted = 0;
    for (const char* program : kOwnPrograms) {
        run(program, accepted);
        for (int i = 0; i < 4000; ++i) run(mutate(program, random), accepted);
    }
    std::cout << accepted << " of 12003 variants are valid\n";
    EXPECT_GE(accepted, std::size(kOwnPrograms));
}

TEST(Mutations, ConformancePrograms) {
    const auto programs = conformancePrograms();
    if (programs.empty()) GTEST_SKIP() << "no conformance programs beside the repository";
    std::mt19937_64 random(43);
    size_t accepted = 0;
    size_t variants = 0;
    for (const Program& program : programs) {
        // The large ones are mostly digits of constants.
        if (program.text.size() > 20000) continue;
        for (int i = 0; i < 5; ++i, ++variants) run(mutate(program.text, random), accepted);
    }
    std::cout << accepted << " of " << variants << " variants are valid\n";
}

}  // namespace
}  // namespace optirs::plugin::testing
