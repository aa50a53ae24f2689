// The custom calls by which test programs check themselves.
#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

TEST(CheckCalls, AWrongNumberIsFoundAndNamed) {
    const auto program = compile(R"(func.func @main(%x: tensor<2x3xf32>) {
  %y = stablehlo.constant dense<2.0> : tensor<2x3xf32>
  stablehlo.custom_call @check.expect_close(%x, %y) {has_side_effect = true} : (tensor<2x3xf32>, tensor<2x3xf32>) -> ()
  return
})");
    run(*program, {Bytes::of<float>({2, 2, 2, 2, 2, 2.0000005F})});
    try {
        run(*program, {Bytes::of<float>({2, 2, 2, 2.5F, 2, 3})});
        ADD_FAILURE() << "the check held";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kFailedPrecondition);
        EXPECT_EQ(error.message(),
                  "check.expect_close at line 3, column 3: 2 of 6 elements differ; element [1, 0] is 2.5, "
                  "expected 2.0 (2097152 ULP)");
    }
}

TEST(CheckCalls, ACheckWhoseResultNobodyReadsIsACheck) {
    const auto program = compile(R"(func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = stablehlo.constant dense<2.0> : tensor<2xf32>
  %z = stablehlo.custom_call @check.eq(%x, %y) : (tensor<2xf32>, tensor<2xf32>) -> tensor<i1>
  return %x : tensor<2xf32>
})");
    run(*program, {Bytes::of<float>({2, 2.00005F})});
    EXPECT_THROW(run(*program, {Bytes::of<float>({2, 2.001F})}), Error);
}

TEST(CheckCalls, BoundsOfUlpsAreThoseOfTheProgram) {
    const auto program = compile(R"(func.func @main(%x: tensor<f32>) {
  %y = stablehlo.constant dense<1.0> : tensor<f32>
  check.expect_close %x, %y, max_ulp_difference = 5, min_ulp_difference = 2 : tensor<f32>, tensor<f32>
  return
})");
    const auto holds = [&](int ulps) {
        const float value = 1 + static_cast<float>(ulps) * 0x1p-23F;
        try {
            run(*program, {Bytes::of<float>({value})});
            return true;
        } catch (const Error&) {
            return false;
        }
    };
    EXPECT_FALSE(holds(1));
    EXPECT_TRUE(holds(2));
    EXPECT_TRUE(holds(5));
    EXPECT_FALSE(holds(6));
}

}  // namespace
}  // namespace optirs::plugin::testing
