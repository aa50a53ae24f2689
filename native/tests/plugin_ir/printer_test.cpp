// The printer writes what people write: these texts come back as they are.
#include "pjrt_cpu/ir/printer.h"

#include <gtest/gtest.h>

#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin {
namespace {

void expectSame(const char* text) { EXPECT_EQ(print(*parseModule(text)), text); }

TEST(Printer, OperationsOfTheTable) {
    expectSame(R"(module @forms attributes {mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<2x3xf32> {jax.buffer_donor = true}, %arg1: tensor<2x3xi1>, %arg2: tensor<i64>) -> tensor<2x3xf32> {
    %0 = stablehlo.abs %arg0 : tensor<2x3xf32>
    %1 = stablehlo.add %0, %arg0 : tensor<2x3xf32>
    %2 = stablehlo.convert %1 : (tensor<2x3xf32>) -> tensor<2x3xf64>
    %3 = stablehlo.is_finite %1 : (tensor<2x3xf32>) -> tensor<2x3xi1>
    %4 = stablehlo.select %arg1, %0, %1 : tensor<2x3xi1>, tensor<2x3xf32>
    %5 = stablehlo.complex %0, %1 : tensor<2x3xcomplex<f32>>
    %6 = stablehlo.real %5 : (tensor<2x3xcomplex<f32>>) -> tensor<2x3xf32>
    %7 = stablehlo.clamp %0, %1, %4 : tensor<2x3xf32>
    %8 = stablehlo.exponential %7 {result_accuracy = #stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<HIGHEST>>} : tensor<2x3xf32>
    %9 = stablehlo.iota dim = 1 : tensor<2x3xi32>
    %10 = stablehlo.broadcast_in_dim %0, dims = [1, 2] : (tensor<2x3xf32>) -> tensor<4x2x3xf32>
    %11 = stablehlo.broadcast %0, sizes = [4] : (tensor<2x3xf32>) -> tensor<4x2x3xf32>
    %12 = stablehlo.transpose %0, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
    %13 = stablehlo.reshape %0 : (tensor<2x3xf32>) -> tensor<6xf32>
    %14 = stablehlo.reverse %0, dims = [0, 1] : tensor<2x3xf32>
    %15 = stablehlo.slice %0 [0:2, 0:3:2] : (tensor<2x3xf32>) -> tensor<2x2xf32>
    %16 = stablehlo.concatenate %0, %1, dim = 0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
    %17 = stablehlo.dynamic_slice %0, %arg2, %arg2, sizes = [1, 2] : (tensor<2x3xf32>, tensor<i64>, tensor<i64>) -> tensor<1x2xf32>
    %18 = stablehlo.dynamic_update_slice %0, %17, %arg2, %arg2 : (tensor<2x3xf32>, tensor<1x2xf32>, tensor<i64>, tensor<i64>) -> tensor<2x3xf32>
    %cst = stablehlo.constant dense<0.0> : tensor<f32>
    %c = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
    %cst_0 = stablehlo.constant dense<1.5> : tensor<f32>
    %19 = stablehlo.pad %0, %cst, low = [0, 1], high = [1, 0], interior = [0, 2] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x8xf32>
    %20 = stablehlo.compare LT, %0, %1, TOTALORDER : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
    %21 = stablehlo.reduce_precision %0, format = e5m10 : tensor<2x3xf32>
    %22 = stablehlo.bitcast_convert %0 : (tensor<2x3xf32>) -> tensor<2x3xi32>
    %23 = stablehlo.get_dimension_size %0, dim = 1 : (tensor<2x3xf32>) -> tensor<i32>
    %24 = stablehlo.replica_id : tensor<ui32>
    %25 = stablehlo.create_token : !stablehlo.token
    %26 = stablehlo.after_all %25, %25 : !stablehlo.token
    %27 = stablehlo.tuple %0, %arg2 : tuple<tensor<2x3xf32>, tensor<i64>>
    %28 = stablehlo.get_tuple_element %27[1] : (tuple<tensor<2x3xf32>, tensor<i64>>) -> tensor<i64>
    %29:2 = stablehlo.optimization_barrier %0, %arg2 : tensor<2x3xf32>, tensor<i64>
    %30 = stablehlo.rng %cst, %cst_0, %c, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<2xi32>) -> tensor<1x2xf32>
    %31 = chlo.erf_inv %0 : tensor<2x3xf32> -> tensor<2x3xf32>
    %32 = chlo.next_after %0, %1 : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
    %33 = chlo.broadcast_add %0, %cst : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
    %34:2 = chlo.top_k(%0, k = 2) : tensor<2x3xf32> -> (tensor<2x2xf32>, tensor<2x2xi32>)
    check.expect_eq_const %arg2, dense<5> : tensor<i64>
    check.expect_almost_eq %0, %1, tolerance = 0.001 : tensor<2x3xf32>
    check.expect_close %0, %1, max_ulp_difference = 3 : tensor<2x3xf32>, tensor<2x3xf32>
    return %33 : tensor<2x3xf32>
  }
}
)");
}

TEST(Printer, FormsOfTheirOwn) {
    expectSame(R"(module {
  func.func @main(%arg0: tensor<2x2x3xf32>, %arg1: tensor<2x3x4xf32>, %arg2: tensor<1x8x2xf32>, %arg3: tensor<3x2x4xf32>) -> (tensor<2x2x4xf32>, tensor<1x8x4xf32>) {
    %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [HIGH, DEFAULT] : (tensor<2x2x3xf32>, tensor<2x3x4xf32>) -> tensor<2x2x4xf32>
    %1 = stablehlo.convolution(%arg2, %arg3) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {stride = [1], pad = [[1, 1]], rhs_dilate = [1], reverse = [false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x8x2xf32>, tensor<3x2x4xf32>) -> tensor<1x8x4xf32>
    %2 = stablehlo.custom_call @"some target"(%0) {backend_config = "x", mhlo.sharding = "{replicated}"} : (tensor<2x2x4xf32>) -> tensor<2x2x4xf32>
    %3 = call @half(%2) : (tensor<2x2x4xf32>) -> tensor<2x2x4xf32>
    %4 = stablehlo.composite "my.op" %3 {composite_attributes = {n = 1 : i64}, decomposition = @half} : (tensor<2x2x4xf32>) -> tensor<2x2x4xf32>
    return %4, %1 : tensor<2x2x4xf32>, tensor<1x8x4xf32>
  }
  func.func private @half(%arg0: tensor<2x2x4xf32>) -> tensor<2x2x4xf32> {
    return %arg0 : tensor<2x2x4xf32>
  }
}
)");
}

TEST(Printer, Regions) {
    expectSame(R"(module {
  func.func @main(%arg0: tensor<2x3xf32>, %arg1: tensor<2x3xi32>, %arg2: tensor<i32>, %arg3: tensor<i1>) -> tensor<2xf32> {
    %cst = stablehlo.constant dense<0.0> : tensor<f32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    %1:2 = stablehlo.reduce(%arg0 init: %cst), (%arg1 init: %c) across dimensions = [1] : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
     reducer(%arg4: tensor<f32>, %arg5: tensor<f32>) (%arg6: tensor<i32>, %arg7: tensor<i32>) {
      stablehlo.return %arg4, %arg7 : tensor<f32>, tensor<i32>
    }
    %2:2 = stablehlo.while(%iterArg = %arg2, %iterArg_0 = %0) : tensor<i32>, tensor<2xf32>
    cond {
      %3 = stablehlo.compare LT, %iterArg, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %3 : tensor<i1>
    } do {
      %4 = func.call @same(%iterArg) : (tensor<i32>) -> tensor<i32>
      stablehlo.return %4, %iterArg_0 : tensor<i32>, tensor<2xf32>
    }
    %5 = "stablehlo.if"(%arg3) ({
      stablehlo.return %0 : tensor<2xf32>
    }, {
      stablehlo.return %2#1 : tensor<2xf32>
    }) : (tensor<i1>) -> tensor<2xf32>
    %6 = "stablehlo.sort"(%5) <{dimension = 0 : i64, is_stable = true}> ({
    ^bb0(%arg8: tensor<f32>, %arg9: tensor<f32>):
      %7 = stablehlo.compare LT, %arg8, %arg9 : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %7 : tensor<i1>
    }) {mhlo.sharding = "{replicated}"} : (tensor<2xf32>) -> tensor<2xf32>
    return %6 : tensor<2xf32>
  }
  func.func private @same(%arg0: tensor<i32>) -> tensor<i32> {
    return %arg0 : tensor<i32>
  }
}
)");
}

TEST(Printer, Shardy) {
    expectSame(R"(module {
  sdy.mesh @mesh = <["x"=2, "y"=2]>
  func.func @main(%arg0: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}) -> tensor<8x8xf32> {
    %0 = sdy.sharding_constraint %arg0 <@mesh, [{"x"}, {"y"}]> : tensor<8x8xf32>
    %1 = sdy.all_gather [{}, {"y"}] %0 out_sharding=<@mesh, [{"x"}, {}]> : tensor<8x8xf32>
    %2 = sdy.manual_computation(%1) in_shardings=[<@mesh, [{"x"}, {}]>] out_shardings=[<@mesh, [{"x"}, {}]>] manual_axes={"x"} (%arg1: tensor<4x8xf32>) {
      %3 = stablehlo.add %arg1, %arg1 : tensor<4x8xf32>
      sdy.return %3 : tensor<4x8xf32>
    } : (tensor<8x8xf32>) -> tensor<8x8xf32>
    return %2 : tensor<8x8xf32>
  }
}
)");
}

// What does not fit its pretty form keeps the generic one, and comes back as well.
TEST(Printer, GenericWherePrettyWouldLoseSomething) {
    const auto module = parseModule(
        "func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
        "%0 = \"stablehlo.reverse\"(%a) {dimensions = 1 : i32} : (tensor<4xf32>) -> tensor<4xf32>\n"
        "%1 = \"stablehlo.iota\"() {iota_dimension = 0 : i32} : () -> tensor<4xf32>\n"
        "return %0 : tensor<4xf32>\n}");
    const std::string text = print(*module);
    EXPECT_NE(text.find("\"stablehlo.reverse\"(%arg0) <{dimensions = 1 : i32}>"), std::string::npos) << text;
    EXPECT_NE(text.find("\"stablehlo.iota\"() <{iota_dimension = 0 : i32}>"), std::string::npos) << text;
    EXPECT_EQ(print(*parseModule(text)), text);
}

}  // namespace
}  // namespace optirs::plugin
