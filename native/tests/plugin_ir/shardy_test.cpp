// Shardy in programs: every operation reads, prints and reads again; what contradicts itself is refused.
#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/ir/sharding.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

constexpr const char* kProgram = R"(
sdy.mesh @mesh = <["x"=2, "y"=4]>
sdy.mesh @maximal = <[], device_ids=[3]>
func.func @main(%a: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {"y", ?}p1]>}) -> (tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}], replicated={"x"}>}) {
  %0 = sdy.sharding_constraint %a <@mesh, [{"y":(2)2}, {}]> : tensor<8x8xf32>
  %1 = sdy.reshard %0 <@mesh, [{}, {"x"}], unreduced={"y"}> : tensor<8x8xf32>
  sdy.sharding_group %1 group_id=3 : tensor<8x8xf32>
  %2 = sdy.propagation_barrier %1 allowed_direction=FORWARD : tensor<8x8xf32>
  %3 = sdy.all_gather [{"x"}, {}] %2 out_sharding=<@mesh, [{}, {}]> : tensor<8x8xf32>
  %4 = sdy.all_slice [{}, {"y"}] %3 out_sharding=<@mesh, [{}, {"y"}]> : tensor<8x8xf32>
  %5 = sdy.all_to_all [{"y"}: 1->0] %4 out_sharding=<@mesh, [{"y"}, {}]> : tensor<8x8xf32>
  %6 = sdy.collective_permute %5 out_sharding=<@mesh, [{"y"}, {}]> : tensor<8x8xf32>
  %7 = sdy.all_reduce max {"x"} %6 out_sharding=<@mesh, [{"y"}, {}]> : tensor<8x8xf32>
  %8 = sdy.reduce_scatter [{}, {"x"}] %7 out_sharding=<@mesh, [{"y"}, {"x"}]> : tensor<8x8xf32>
  %9 = sdy.replicated_to_unreduced {"x"} %8 out_sharding=<@mesh, [{"y"}, {}], unreduced={"x"}> : tensor<8x8xf32>
  %10 = sdy.sharded_to_unreduced [{"y"}, {}] %9 out_sharding=<@mesh, [{}, {}], unreduced={"y"}> : tensor<8x8xf32>
  %11 = sdy.constant dense<1.0> : tensor<8x8xf32>
  %12 = sdy.data_flow_edge %11 sharding=<@mesh, [{}, {}]> : tensor<8x8xf32>
  %13 = sdy.func_data_flow_edge %12 : tensor<8x8xf32>
  %14 = sdy.named_computation<"inner">(%13) in_shardings=[<@mesh, [{}, {}]>] out_shardings=[<@mesh, [{}, {}]>] (%b: tensor<8x8xf32>) {
    sdy.return %b : tensor<8x8xf32>
  } : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %15 = sdy.manual_computation(%14, %10) in_shardings=[<@mesh, [{"x"}, {}]>, <@mesh, [{}, {"y"}]>] out_shardings=[<@mesh, [{"x"}, {"y"}]>] manual_axes={"x"} (%c: tensor<4x8xf32>, %d: tensor<8x8xf32>) {
    sdy.return %c : tensor<4x8xf32>
  } : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %15 : tensor<8x8xf32>
})";

TEST(Shardy, EveryOperationReadsAndPrints) {
    const auto module = parseModule(kProgram);
    verify(*module);
    const std::string printed = print(*module);
    const auto again = parseModule(printed);
    verify(*again);
    EXPECT_EQ(print(*again), printed);
    const Operation* manual = module->entry().body().last()->operand(0)->definition();
    EXPECT_EQ(inShardings(*manual).size(), 2U);
    EXPECT_EQ(outShardings(*manual)[0].dimensions[1].axes[0].name, "y");
    EXPECT_EQ(manualAxes(*manual), std::vector<std::string>{"x"});
    EXPECT_TRUE(meshes(*module)[1].isMaximal());
}

struct Damage {
    const char* from;
    const char* to;
    const char* message;
};

class ShardyErrors : public ::testing::TestWithParam<Damage> {};

TEST_P(ShardyErrors, AreNamed) {
    std::string text = kProgram;
    const size_t at = text.find(GetParam().from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, std::string(GetParam().from).size(), GetParam().to);
    try {
        verify(*parseModule(text));
        ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kInvalidArgument);
        EXPECT_NE(error.message().find(GetParam().message), std::string::npos) << error.message();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Programs, ShardyErrors,
    ::testing::Values(
        Damage{R"(%a <@mesh, [{"y":(2)2}, {}]>)", R"(%a <@other, [{}, {}]>)", "no mesh @other"},
        Damage{R"(%a <@mesh, [{"y":(2)2}, {}]>)", R"(%a <@mesh, [{"z"}, {}]>)", "\"z\""},
        Damage{R"(%a <@mesh, [{"y":(2)2}, {}]>)", R"(%a <@mesh, [{}]>)", "1 dimensions"},
        Damage{R"(%a <@mesh, [{"y":(2)2}, {}]>)", R"(%a <@mesh, [{"x"}, {"x"}]>)", "used twice"},
        Damage{R"(%a <@mesh, [{"y":(2)2}, {}]>)", R"(%a <@mesh [{}, {}]>)", "line 5"},
        Damage{R"([{"x"}, {"y", ?}p1])", R"([{"x"}])", "function @main"},
        Damage{R"(%c: tensor<4x8xf32>, )", R"(%c: tensor<8x8xf32>, )", "tensor<4x8xf32>"},
        Damage{R"((%b: tensor<8x8xf32>) {
    sdy.return %b : tensor<8x8xf32>)",
               R"((%b: tensor<8x8xf32>, %e: tensor<2xf32>) {
    sdy.return %b : tensor<8x8xf32>)",
               "does not match its body"},
        Damage{R"(in_shardings=[<@mesh, [{"x"}, {}]>, )", R"(in_shardings=[)", "1 shardings for 2"},
        Damage{R"(["x"=2, "y"=4])", R"(["x"=2, "x"=4])", "given twice"}));

}  // namespace
}  // namespace optirs::plugin
