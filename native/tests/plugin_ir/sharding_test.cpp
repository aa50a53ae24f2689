// Meshes, shardings and HLO shardings from text.
#include "pjrt_cpu/ir/sharding.h"

#include <gtest/gtest.h>

#include <set>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/hlo_sharding.h"
#include "pjrt_cpu/stablehlo/parser.h"

namespace optirs::plugin {
namespace {

TEST(Mesh, ReadsAxesAndDevices) {
    const Mesh mesh = parseMesh(R"(#sdy.mesh<["x"=2, "y"=3], device_ids=[5, 4, 3, 2, 1, 0]>)");
    EXPECT_EQ(mesh.deviceCount(), 6);
    EXPECT_EQ(mesh.axis("y")->size, 3);
    EXPECT_EQ(mesh.axis("z"), nullptr);
    EXPECT_EQ(mesh.device(1), 4);
    EXPECT_EQ(parseMesh(mesh.toString()), mesh);
    EXPECT_EQ(parseMesh(R"(<["x"=2]>)").device(1), 1);
    EXPECT_TRUE(parseMesh("<[], device_ids=[7]>").isMaximal());
}

TEST(Sharding, ReadsEveryPart) {
    const Sharding s = parseSharding(
        R"(#sdy.sharding<@mesh, [{"a", "b":(1)2, ?}p1, {}, {?}], replicated={"c"}, unreduced=max{"d"}>)");
    EXPECT_EQ(s.mesh, "mesh");
    ASSERT_EQ(s.dimensions.size(), 3U);
    EXPECT_EQ(s.dimensions[0].axes[1].sub_axis, (SubAxis{1, 2}));
    EXPECT_EQ(s.dimensions[0].priority, 1);
    EXPECT_FALSE(s.dimensions[0].is_closed);
    EXPECT_TRUE(s.dimensions[1].is_closed);
    EXPECT_FALSE(s.dimensions[2].is_closed);
    EXPECT_EQ(s.replicated[0].name, "c");
    EXPECT_EQ(s.unreduced_reduction, "max");
    EXPECT_EQ(parseSharding(s.toString()), s);
}

TEST(Sharding, ReadsListsAndInlineMeshes) {
    const auto all = parseShardings(R"(#sdy.sharding_per_value<[<@m, [{"x"}]>, <mesh<["x"=2]>, []>]>)");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].inline_mesh->deviceCount(), 2);
    EXPECT_EQ(parseShardings(toString(all)), all);
    EXPECT_EQ(parseManualAxes(R"(#sdy<manual_axes{"x", "y"}>)"), parseManualAxes(R"({"x", "y"})"));
    EXPECT_EQ(parseAxesPerDimension(R"([{"x"}, {}])").size(), 2U);
}

TEST(Sharding, RefusesWhatIsNotOne) {
    for (const char* text : {"", "<", "<@mesh>", "<@mesh, [{\"x\"}]", "<@mesh, [{?, \"x\"}]>",
                             "<@mesh, [{\"x\":(0)2}]>", "<@mesh, [{x}]>", "<@mesh, []> rest"}) {
        EXPECT_THROW(parseSharding(text), Error) << text;
    }
    for (const char* text : {"<[\"x\"=0]>", "<[\"x\"=2, \"x\"=2]>", "<[\"x\"=2], device_ids=[0]>",
                             "<[\"x\"=99999999999]>", "<[\"x\"=1048576, \"y\"=2]>"}) {
        EXPECT_THROW(parseMesh(text), Error) << text;
    }
}

TEST(Sharding, ChecksAxesAgainstTheMesh) {
    const Mesh mesh = parseMesh(R"(<["x"=8, "y"=3]>)");
    const auto check = [&](const char* text) { checkSharding(parseSharding(text), mesh); };
    check(R"(<@m, [{"x":(1)2}, {"x":(2)4, "y"}]>)");
    EXPECT_THROW(check(R"(<@m, [{"z"}]>)"), Error);
    EXPECT_THROW(check(R"(<@m, [{"x"}, {"x"}]>)"), Error);
    EXPECT_THROW(check(R"(<@m, [{"x":(1)4}, {"x":(2)2}]>)"), Error);
    EXPECT_THROW(check(R"(<@m, [{"y":(1)2}]>)"), Error);
    EXPECT_THROW(check(R"(<@m, [{"x"}], replicated={"x"}>)"), Error);
}

TEST(Sharding, OfAProgramInBothForms) {
    const auto program = parseModule(R"(
        sdy.mesh @mesh = <["x"=2, "y"=4]>
        func.func @main(%a: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>})
            -> (tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"y"}]>}) {
          %0 = stablehlo.add %a, %a {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"x"}, {?}]>]>} : tensor<8x8xf32>
          return %0 : tensor<8x8xf32>
        })");
    const auto stringly = parseModule(R"(
        module attributes {mhlo.frontend_attributes = {xla.sdy.meshes = "{mesh = #sdy.mesh<[\22x\22=2, \22y\22=4]>}"}} {
        func.func @main(%a: tensor<8x8xf32> {mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding<@mesh, [{\22x\22}, {}]>"}})
            -> (tensor<8x8xf32> {mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding<@mesh, [{}, {\22y\22}]>"}}) {
          %0 = stablehlo.add %a, %a {mhlo.frontend_attributes = {xla.sdy.sharding = "#sdy.sharding_per_value<[<@mesh, [{\22x\22}, {?}]>]>"}} : tensor<8x8xf32>
          return %0 : tensor<8x8xf32>
        }})");
    for (const auto* module : {program.get(), stringly.get()}) {
        const std::vector<Mesh> all = meshes(*module);
        ASSERT_EQ(all.size(), 1U);
        EXPECT_EQ(all[0], (Mesh{"mesh", {{"x", 2}, {"y", 4}}, {}}));
        const Function& main = module->entry();
        EXPECT_EQ(
            argumentSharding(main, 0)->dimensions[0].axes[0].size(meshOf(*argumentSharding(main, 0), all)),
            2);
        EXPECT_EQ(resultSharding(main, 0)->dimensions[1].axes[0].name, "y");
        ASSERT_EQ(operationShardings(*main.body().first()).size(), 1U);
        EXPECT_FALSE(operationShardings(*main.body().first())[0].dimensions[1].is_closed);
    }
    EXPECT_THROW(meshOf(parseSharding("<@other, []>"), meshes(*program)), Error);
}

TEST(HloSharding, ReadsEverySpelling) {
    using Kind = HloSharding::Kind;
    EXPECT_EQ(parseHloSharding("{replicated}").kind, Kind::kReplicated);
    EXPECT_EQ(parseHloSharding("{manual}").kind, Kind::kManual);
    EXPECT_EQ(parseHloSharding("{unknown}").kind, Kind::kUnknown);
    EXPECT_EQ(parseHloSharding("{maximal device=3}").devices, std::vector<int64_t>{3});
    const HloSharding partly = parseHloSharding("{devices=[2,1,4]<=[8] last_tile_dim_replicate}");
    EXPECT_EQ(partly.rank(), 2U);
    EXPECT_EQ(partly.devices, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(parseHloSharding("{devices=[2,2]3,1,2,0}").devices, (std::vector<int64_t>{3, 1, 2, 0}));
    const HloSharding manual = parseHloSharding(
        "{devices=[1,2,2]<=[4] last_tile_dims={manual, replicated} metadata={op_name=\"a/b\"}}");
    EXPECT_EQ(manual.last_dims, (std::vector<Kind>{Kind::kManual, Kind::kReplicated}));
    const HloSharding tuple = parseHloSharding("{{devices=[2]<=[2]}, {replicated}}");
    ASSERT_EQ(tuple.elements.size(), 2U);
    EXPECT_EQ(tuple.elements[1].kind, Kind::kReplicated);
    for (const HloSharding& each : {partly, manual, tuple})
        EXPECT_EQ(parseHloSharding(each.toString()), each);
}

// The transposed iota against its definition: device [i][j] of a 2x4 grid, read column by column.
TEST(HloSharding, TransposedIota) {
    const HloSharding s = parseHloSharding("{devices=[4,2]<=[2,4]T(1,0)}");
    std::vector<int64_t> wanted;
    for (int64_t j = 0; j < 4; ++j) {
        for (int64_t i = 0; i < 2; ++i) wanted.push_back(i * 4 + j);
    }
    EXPECT_EQ(s.devices, wanted);
    const HloSharding three = parseHloSharding("{devices=[24]<=[2,3,4]T(2,0,1)}");
    EXPECT_EQ(std::set<int64_t>(three.devices.begin(), three.devices.end()).size(), 24U);
    EXPECT_EQ(three.devices[1], 4);   // next along dimension 1
    EXPECT_EQ(three.devices[3], 12);  // then along dimension 0
    EXPECT_EQ(three.devices[6], 1);   // dimension 2 is the outermost
}

TEST(HloSharding, RefusesWhatIsNotOne) {
    for (const char* text :
         {"", "{", "{}x", "{devices=[2]0}", "{devices=[2]0,1,2}", "{devices=[0]}", "{devices=[2]<=[3]}",
          "{devices=[4]<=[2,2]T(0,0)}", "{maximal}", "{devices=[1048576,1048576]<=[8]}", "{nonsense}",
          "{devices=[2]<=[2] last_tile_dims={replicated,manual}}", "{maximal device=-1}"}) {
        EXPECT_THROW(parseHloSharding(text), Error) << text;
    }
    std::string deep;
    for (int i = 0; i < 10000; ++i) deep += "{{";
    EXPECT_THROW(parseHloSharding(deep), Error);
}

}  // namespace
}  // namespace optirs::plugin
