// Bodies that are written for one partition, in the forms in which clients write them.
#include <gtest/gtest.h>

#include "tests/plugin_codegen/run_partitions.h"
#include "tests/plugin_ir/hlo_writer.h"

namespace optirs::plugin::testing {
namespace {

TEST(ManualComputation, RunsOnParts) {
    // Each part adds the sum of all parts, by its own all_reduce, and its partition's number.
    const std::string inside = R"(
    %s = "stablehlo.all_reduce"(%p) ({
      ^bb0(%l: tensor<f32>, %r: tensor<f32>):
        %t = stablehlo.add %l, %r : tensor<f32>
        stablehlo.return %t : tensor<f32>
    }) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>,
        use_global_device_ids} : (tensor<2x2xf32>) -> tensor<2x2xf32>
    %i = stablehlo.partition_id : tensor<ui32>
    %f = stablehlo.convert %i : (tensor<ui32>) -> tensor<f32>
    %w = stablehlo.broadcast_in_dim %f, dims = [] : (tensor<f32>) -> tensor<2x2xf32>
    %q = stablehlo.add %s, %w : tensor<2x2xf32>
)";
    const std::string shardy =
        "sdy.mesh @mesh = <[\"x\"=2]>\nfunc.func @main(%a: tensor<4x2xf32>) -> tensor<4x2xf32> {\n"
        "  %0 = sdy.manual_computation(%a) in_shardings=[<@mesh, [{\"x\"}, {}]>] "
        "out_shardings=[<@mesh, [{\"x\"}, {}]>] manual_axes={\"x\"} (%p: tensor<2x2xf32>) {\n" +
        inside +
        "    sdy.return %q : tensor<2x2xf32>\n  } : (tensor<4x2xf32>) -> tensor<4x2xf32>\n"
        "  return %0 : tensor<4x2xf32>\n}";
    const std::string gspmd =
        "func.func @main(%a: tensor<4x2xf32>) -> tensor<4x2xf32> {\n"
        "  %1 = stablehlo.custom_call @Sharding(%a) {mhlo.sharding = \"{devices=[2,1]<=[2]}\"} : "
        "(tensor<4x2xf32>) -> tensor<4x2xf32>\n"
        "  %p = stablehlo.custom_call @SPMDFullToShardShape(%1) {mhlo.sharding = \"{manual}\"} : "
        "(tensor<4x2xf32>) -> tensor<2x2xf32>\n" +
        inside +
        "  %2 = stablehlo.custom_call @Sharding(%q) {mhlo.sharding = \"{manual}\"} : (tensor<2x2xf32>) -> "
        "tensor<2x2xf32>\n"
        "  %3 = stablehlo.custom_call @SPMDShardToFullShape(%2) {mhlo.sharding = \"{devices=[2,1]<=[2]}\"} : "
        "(tensor<2x2xf32>) -> tensor<4x2xf32>\n"
        "  return %3 : tensor<4x2xf32>\n}";
    // As XLA's client writes the first, quotes behind backslashes.
    const std::string round_trip =
        R"(module attributes {mhlo.frontend_attributes = {xla.sdy.meshes = "{mesh = #sdy.mesh<[\\\22x\\\22=2]>}"}} {
  func.func @main(%a: tensor<4x2xf32>) -> tensor<4x2xf32> {
    %0 = stablehlo.custom_call @Sharding(%a) {mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding_per_value<[<@mesh, [{\\\22x\\\22, ?}, {?}]>]>"}, mhlo.sharding = "{devices=[2,1]<=[2]}"} : (tensor<4x2xf32>) -> tensor<4x2xf32>
    stablehlo.custom_call @xla.sdy.ShardingGroup(%0) {has_side_effect = true, mhlo.frontend_attributes = {xla.sdy.sharding_group_id = "12 : i64"}} : (tensor<4x2xf32>) -> ()
    %1 = stablehlo.custom_call @xla.sdy.GlobalToLocalShape(%0) {mhlo.frontend_attributes = {xla.sdy.in_shardings = "#sdy.sharding_per_value<[<@mesh, [{\\\22x\\\22}, {}]>]>", xla.sdy.manual_axes = "#sdy<manual_axes{\\\22x\\\22}>"}} : (tensor<4x2xf32>) -> tensor<2x2xf32>
    %2 = call @xla.sdy.manual_computation_body(%1) : (tensor<2x2xf32>) -> tensor<2x2xf32>
    %3 = stablehlo.custom_call @xla.sdy.LocalToGlobalShape(%2) {mhlo.frontend_attributes = {xla.sdy.out_shardings = "#sdy.sharding_per_value<[<@mesh, [{\\\22x\\\22}, {}]>]>", xla.sdy.manual_axes = "#sdy<manual_axes{\\\22x\\\22}>"}} : (tensor<2x2xf32>) -> tensor<4x2xf32>
    %4 = stablehlo.custom_call @xla.sdy.PropagationBarrier(%3) {mhlo.frontend_attributes = {xla.sdy.allowed_direction = "2 : i64"}} : (tensor<4x2xf32>) -> tensor<4x2xf32>
    %5 = stablehlo.custom_call @xla.sdy.FuncResultSharding(%4) {has_side_effect = true, mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding_per_value<[<@mesh, [{}, {}]>]>"}} : (tensor<4x2xf32>) -> tensor<4x2xf32>
    return %5 : tensor<4x2xf32>
  }
  func.func private @xla.sdy.manual_computation_body(%p: tensor<2x2xf32>) -> tensor<2x2xf32> {
)" + inside +
        "    return %q : tensor<2x2xf32>\n  }\n}";
    const Floats a = {1, 2, 3, 4, 10, 20, 30, 40};
    const Floats expected = {11, 22, 33, 44, 12, 23, 34, 45};
    for (const std::string& text : {shardy, gspmd, round_trip}) {
        const auto results = runPartitions(text, 2, {{a}, {a}});
        EXPECT_EQ(results[0].at(0), expected);
        EXPECT_EQ(results[1].at(0), expected);
    }
}

// Manual computations without operands, and without results, have one of the two custom calls. Nothing but an
// end of the one without results lets another begin.
TEST(ManualComputation, CallsThatTakeOrReturnNothing) {
    const std::string axes =
        R"(xla.sdy.manual_axes = "#sdy<manual_axes{\22x\22}>"}, has_side_effect = true} : )";
    const std::string text =
        R"(module attributes {mhlo.frontend_attributes = {xla.sdy.meshes = "{mesh = #sdy.mesh<[\22x\22=2]>}"}} {
  func.func @main(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32> {mhlo.sharding = "{devices=[2]<=[2]}"}) {
    %1 = call @xla.sdy.manual_computation_body_0() : () -> tensor<2xf32>
    %2 = stablehlo.custom_call @xla.sdy.LocalToGlobalShape(%1) {mhlo.frontend_attributes = {xla.sdy.out_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22x\22}]>]>", )" +
        axes + R"((tensor<2xf32>) -> tensor<4xf32>
    %0 = stablehlo.custom_call @xla.sdy.GlobalToLocalShape(%a) {mhlo.frontend_attributes = {xla.sdy.in_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22x\22}]>]>", )" +
        axes + R"((tensor<4xf32>) -> tensor<2xf32>
    call @xla.sdy.manual_computation_body(%0) : (tensor<2xf32>) -> ()
    %5 = stablehlo.custom_call @xla.sdy.GlobalToLocalShape(%a) {mhlo.frontend_attributes = {xla.sdy.in_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22x\22}]>]>", )" +
        axes + R"((tensor<4xf32>) -> tensor<2xf32>
    call @xla.sdy.manual_computation_body(%5) : (tensor<2xf32>) -> ()
    %3 = stablehlo.add %a, %a : tensor<4xf32>
    return %2, %3 : tensor<4xf32>, tensor<4xf32>
  }
  func.func private @xla.sdy.manual_computation_body(%p: tensor<2xf32>) {
    %0 = stablehlo.negate %p : tensor<2xf32>
    return
  }
  // Were this a program of the whole, the constraint would cut and join what differs between partitions.
  func.func private @xla.sdy.manual_computation_body_0() -> tensor<2xf32> {
    %0 = stablehlo.partition_id : tensor<ui32>
    %1 = stablehlo.convert %0 : (tensor<ui32>) -> tensor<f32>
    %2 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<2xf32>
    %3 = stablehlo.constant dense<[5.0, 7.0]> : tensor<2xf32>
    %4 = stablehlo.add %2, %3 : tensor<2xf32>
    %5 = stablehlo.custom_call @Sharding(%4) {mhlo.sharding = "{devices=[2]<=[2]}"} : (tensor<2xf32>) -> tensor<2xf32>
    return %5 : tensor<2xf32>
  }
})";
    const Floats a = {1, 2, 3, 4};
    const auto results = runPartitions(text, 2, {{a}, {a}});
    for (size_t p = 0; p < 2; ++p) {
        EXPECT_EQ(results[p].at(0), (Floats{5, 7, 6, 8}));
        EXPECT_EQ(results[p].at(1), p == 0 ? (Floats{2, 4}) : (Floats{6, 8}));
    }
}

// The same as an HLO module, where what Shardy says is in frontend attributes.
TEST(ManualComputation, CallsOfHloModules) {
    const auto frontend = [](uint32_t field,
                             const std::vector<std::pair<std::string, std::string>>& entries) {
        Proto map;
        for (const auto& [key, value] : entries) map.message(1, Proto().bytes(1, key).bytes(2, value));
        return Proto().message(field, map);
    };
    const auto shape = [&](const char* side) {
        const std::string shardings = std::string("xla.sdy.") + side + "_shardings";
        return frontend(68, {{shardings, R"(#sdy.sharding_per_value<[<@mesh, [{\"x\"}]>]>)"},
                             {"xla.sdy.manual_axes", R"(#sdy<manual_axes{\"x\"}>)"},
                             {"inlineable", "false"}});
    };
    HloModule module;
    module.proto() = frontend(19, {{"xla.sdy.meshes", R"({mesh = #sdy.mesh<[\"x\"=2]>})"}});
    const std::string body = "xla.sdy.manual_computation_body.";
    HloComputation& taker = module.computation(body);
    taker.parameter(0, f32({2}));
    taker.add("tuple", tupleOf({}));
    const int64_t takes = taker.id();
    HloComputation& giver = module.computation(body);
    const int64_t id = giver.add("partition-id", shapeOf(hlo_type::kU32, {}));
    const int64_t number = giver.add("convert", f32({}), {id});
    const int64_t wide = giver.add("broadcast", f32({2}), {number});
    giver.add("add", f32({2}), {wide, giver.constantF32({2}, {5, 7})});
    const int64_t gives = giver.id();

    HloComputation& main = module.computation();
    const int64_t a =
        main.add("parameter", f32({4}), {},
                 frontend(68, {{"xla.sdy.sharding", R"(#sdy.sharding<@mesh, [{\"x\"}]>)"}}).number(9, 0));
    const int64_t made = main.add("call", f32({2}), {}, Proto().packed(38, {gives}));
    const int64_t whole =
        main.add("custom-call", f32({4}), {made}, shape("out").bytes(28, "xla.sdy.LocalToGlobalShape"));
    for (int i = 0; i < 2; ++i) {
        const int64_t part =
            main.add("custom-call", f32({2}), {a}, shape("in").bytes(28, "xla.sdy.GlobalToLocalShape"));
        main.add("call", tupleOf({}), {part}, Proto().packed(38, {takes}));
    }
    const int64_t twice = main.add("add", f32({4}), {a, a});
    main.add("tuple", tupleOf({f32({4}), f32({4})}), {whole, twice});
    const auto results = runPartitions(module.program(), 2, {{{1, 2}}, {{3, 4}}});
    for (size_t p = 0; p < 2; ++p) {
        EXPECT_EQ(results[p].at(0), (Floats{5, 7, 6, 8}));
        EXPECT_EQ(results[p].at(1), (Floats{2, 4, 6, 8}));
    }
}

// A program for one device: what says where a value is has no part in it.
TEST(ManualComputation, CustomCallsOnOneDevice) {
    const std::string text =
        R"(module attributes {mhlo.frontend_attributes = {xla.sdy.meshes = "{mesh = #sdy.mesh<[\22x\22=1]>}"}} {
  func.func @main(%a: tensor<2xf32>) -> (tensor<2xf32>) {
    stablehlo.custom_call @xla.sdy.ShardingGroup(%a) {has_side_effect = true, mhlo.frontend_attributes = {xla.sdy.sharding_group_id = "12 : i64"}} : (tensor<2xf32>) -> ()
    %1 = stablehlo.custom_call @xla.sdy.GlobalToLocalShape(%a) {mhlo.frontend_attributes = {xla.sdy.in_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22x\22}]>]>", xla.sdy.manual_axes = "#sdy<manual_axes{\22x\22}>"}} : (tensor<2xf32>) -> tensor<2xf32>
    %2 = stablehlo.add %1, %1 : tensor<2xf32>
    %3 = stablehlo.custom_call @xla.sdy.LocalToGlobalShape(%2) {mhlo.frontend_attributes = {xla.sdy.out_shardings = "#sdy.sharding_per_value<[<@mesh, [{\22x\22}]>]>", xla.sdy.manual_axes = "#sdy<manual_axes{\22x\22}>"}} : (tensor<2xf32>) -> tensor<2xf32>
    %4 = stablehlo.custom_call @xla.sdy.PropagationBarrier(%3) : (tensor<2xf32>) -> tensor<2xf32>
    %5 = stablehlo.custom_call @xla.sdy.FuncResultSharding(%4) {has_side_effect = true} : (tensor<2xf32>) -> tensor<2xf32>
    return %5 : tensor<2xf32>
  }
})";
    EXPECT_EQ(runFloats(text, {{1, 2}}), (Floats{2, 4}));
    std::string plain = text;  // and without a manual computation
    for (const char* shape : {"xla.sdy.GlobalToLocalShape", "xla.sdy.LocalToGlobalShape"})
        plain.replace(plain.find(shape), std::string_view(shape).size(), "Sharding");
    EXPECT_EQ(runFloats(plain, {{1, 2}}), (Floats{2, 4}));
}

}  // namespace
}  // namespace optirs::plugin::testing
