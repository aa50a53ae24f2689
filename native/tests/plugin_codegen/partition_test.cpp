// Partitioned programs give what the unpartitioned ones give.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/tiling.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "tests/plugin_codegen/run_partitions.h"

namespace optirs::plugin::testing {
namespace {

/// Part `at` of an array cut into tiles[d] parts along each dimension.
Floats tileOf(const Floats& whole, const std::vector<int64_t>& dims, const std::vector<int64_t>& tiles,
              const std::vector<int64_t>& at) {
    Floats part;
    for (size_t i = 0; i < whole.size(); ++i) {
        size_t rest = i;
        bool inside = true;
        for (size_t d = dims.size(); d-- > 0;) {
            const auto size = static_cast<size_t>(dims[d]);
            const auto tile = static_cast<size_t>(dims[d] / tiles[d]);
            inside = inside && rest % size / tile == static_cast<size_t>(at[d]);
            rest /= size;
        }
        if (inside) part.push_back(whole[i]);
    }
    return part;
}

Floats random(size_t count, uint32_t seed) {
    std::mt19937 generator(seed);
    std::uniform_int_distribution<int> numbers(-8, 8);
    Floats values(count);
    for (float& value : values) value = static_cast<float>(numbers(generator));
    return values;
}

/// A 2-d value on four partitions: how it is written and where its parts are.
struct Placement {
    const char* hlo;
    const char* shardy;
    std::vector<int64_t> tiles;
    std::vector<std::vector<int64_t>> at;
};

const Placement kPlacements[] = {
    {"{replicated}", "[{}, {}]", {1, 1}, {{0, 0}, {0, 0}, {0, 0}, {0, 0}}},
    {"{devices=[4,1]<=[4]}", "[{\"x\", \"y\"}, {}]", {4, 1}, {{0, 0}, {1, 0}, {2, 0}, {3, 0}}},
    {"{devices=[1,4]3,2,1,0}", nullptr, {1, 4}, {{0, 3}, {0, 2}, {0, 1}, {0, 0}}},
    {"{devices=[2,2]<=[4]}", "[{\"x\"}, {\"y\"}]", {2, 2}, {{0, 0}, {0, 1}, {1, 0}, {1, 1}}},
    {"{devices=[2,1,2]<=[4] last_tile_dim_replicate}",
     "[{\"x\"}, {}]",
     {2, 1},
     {{0, 0}, {0, 0}, {1, 0}, {1, 0}}},
    {"{devices=[1,2,2]<=[2,2]T(1,0) last_tile_dim_replicate}",
     "[{}, {\"y\"}]",
     {1, 2},
     {{0, 0}, {0, 1}, {0, 0}, {0, 1}}},
};

std::string attribute(const Placement& placement, bool shardy) {
    if (shardy && placement.shardy != nullptr)
        return std::string("{sdy.sharding = #sdy.sharding<@mesh, ") + placement.shardy + ">}";
    return std::string("{mhlo.sharding = \"") + placement.hlo + "\"}";
}

const char* const kBody = R"(
  %t = stablehlo.transpose %b, dims = [1, 0] : (tensor<8x4xf32>) -> tensor<4x8xf32>
  %p = stablehlo.dot_general %a, %t, contracting_dims = [1] x [0] : (tensor<8x4xf32>, tensor<4x8xf32>) -> tensor<8x8xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %sum = stablehlo.reduce(%p init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<8x8xf32>, tensor<f32>) -> tensor<8xf32>
  %wide = stablehlo.broadcast_in_dim %sum, dims = [0] : (tensor<8xf32>) -> tensor<8x4xf32>
  %s = stablehlo.subtract %a, %b : tensor<8x4xf32>
  %m = stablehlo.multiply %s, %wide : tensor<8x4xf32>
  %r = stablehlo.reverse %m, dims = [0] : tensor<8x4xf32>
  %o = stablehlo.add %r, %a : tensor<8x4xf32>
  return %o : tensor<8x4xf32>
})";

TEST(Partition, ShardedArgumentsAndResultsInEveryPlacement) {
    const std::vector<int64_t> dims = {8, 4};
    const Floats a = random(32, 1);
    const Floats b = random(32, 2);
    const Floats expected = runFloats(
        "func.func @main(%a: tensor<8x4xf32>, %b: tensor<8x4xf32>) -> "
        "tensor<8x4xf32> {" +
            std::string(kBody),
        {a, b});
    for (const Placement& of_a : kPlacements) {
        for (const Placement& of_b : kPlacements) {
            const Placement& of_result = &of_a == &kPlacements[0] ? of_b : kPlacements[3];
            const bool shardy = (&of_a - kPlacements + (&of_b - kPlacements)) % 2 == 0;
            const std::string text =
                "sdy.mesh @mesh = <[\"x\"=2, \"y\"=2]>\nfunc.func @main(%a: tensor<8x4xf32> " +
                attribute(of_a, shardy) + ", %b: tensor<8x4xf32> " + attribute(of_b, shardy) +
                ") -> (tensor<8x4xf32> " + attribute(of_result, shardy) + ") {" + kBody;
            std::vector<std::vector<Floats>> arguments;
            for (size_t p = 0; p < 4; ++p)
                arguments.push_back(
                    {tileOf(a, dims, of_a.tiles, of_a.at[p]), tileOf(b, dims, of_b.tiles, of_b.at[p])});
            const auto results = runPartitions(text, 4, arguments);
            for (size_t p = 0; p < 4; ++p) {
                EXPECT_EQ(results[p].at(0), tileOf(expected, dims, of_result.tiles, of_result.at[p]))
                    << of_a.hlo << " " << of_b.hlo << " partition " << p;
            }
        }
    }
}

TEST(Partition, LoopsAndConstraintsInside) {
    const std::string body = R"(
  %n = stablehlo.constant dense<3> : tensor<i32>
  %z = stablehlo.constant dense<0> : tensor<i32>
  %w:2 = stablehlo.while(%i = %z, %v = %a) : tensor<i32>, tensor<8x4xf32>
  cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %next = stablehlo.add %i, %one : tensor<i32>
    %k = stablehlo.custom_call @Sharding(%v) {mhlo.sharding = "{devices=[2,1]<=[2]}"} : (tensor<8x4xf32>) -> tensor<8x4xf32>
    %s = stablehlo.add %k, %a : tensor<8x4xf32>
    %r = stablehlo.reverse %s, dims = [0] : tensor<8x4xf32>
    stablehlo.return %next, %r : tensor<i32>, tensor<8x4xf32>
  }
  return %w#1 : tensor<8x4xf32>
})";
    const Floats a = random(32, 3);
    const Floats expected =
        runFloats("func.func @main(%a: tensor<8x4xf32>) -> tensor<8x4xf32> {" + body, {a});
    const std::string sharding = "{mhlo.sharding = \"{devices=[1,2]<=[2]}\"}";
    const auto results =
        runPartitions("func.func @main(%a: tensor<8x4xf32> " + sharding + ") -> (tensor<8x4xf32> " +
                          sharding + ") {" + body,
                      2, {{tileOf(a, {8, 4}, {1, 2}, {0, 0})}, {tileOf(a, {8, 4}, {1, 2}, {0, 1})}});
    for (int64_t p = 0; p < 2; ++p)
        EXPECT_EQ(results[static_cast<size_t>(p)].at(0), tileOf(expected, {8, 4}, {1, 2}, {0, p}));
}

TEST(Partition, ElementwiseProgramsNeedNoExchange) {
    auto module = parseModule(
        "func.func @main(%a: tensor<8xf32> {mhlo.sharding = \"{devices=[2]<=[2]}\"}, %b: tensor<8xf32>) -> "
        "(tensor<8xf32> {mhlo.sharding = \"{devices=[2]<=[2]}\"}) {\n %0 = stablehlo.add %a, %b : "
        "tensor<8xf32>\n"
        " return %0 : tensor<8xf32>\n}");
    partition(*module, 1, 2);
    verify(*module);
    const std::string text = print(*module);
    EXPECT_EQ(text.find("all_gather"), std::string::npos) << text;
    EXPECT_NE(text.find("stablehlo.add"), std::string::npos) << text;
    EXPECT_NE(text.find(" : tensor<4xf32>\n"), std::string::npos) << text;
}

TEST(Partition, WhatItMakesReadsBackFromText) {
    auto module = parseModule(
        "func.func @main(%a: tensor<8xf32> {mhlo.sharding = \"{devices=[2]<=[2]}\"}) -> (tensor<8xf32> "
        "{mhlo.sharding = \"{devices=[2]<=[2]}\"}) {\n %0 = stablehlo.reverse %a, dims = [0] : "
        "tensor<8xf32>\n"
        " return %0 : tensor<8xf32>\n}");
    partition(*module, 1, 2);
    verify(*module);
    const std::string text = print(*module);
    EXPECT_NE(text.find("all_gather"), std::string::npos) << text;
    const auto again = parseModule(text);
    verify(*again);
    EXPECT_EQ(print(*again), text);
}

TEST(Partition, RefusesWhatDoesNotFit) {
    const auto failureOf = [](const std::string& sharding, int partitions) -> std::string {
        CompileOptions options;
        options.num_partitions = partitions;
        try {
            compile("func.func @main(%a: tensor<6xf32> {mhlo.sharding = \"" + sharding +
                        "\"}) -> tensor<6xf32> {\n return %a : tensor<6xf32>\n}",
                    options);
        } catch (const Error& error) {
            return error.message();
        }
        return "";
    };
    EXPECT_NE(failureOf("{devices=[2]<=[2]}", 4).find("does not fit 4 partitions"), std::string::npos);
    EXPECT_EQ(failureOf("{devices=[2]<=[2]}", 2), "");
    EXPECT_EQ(failureOf("{devices=[2]<=[2]}", 1), "");
}

TEST(Partition, TilingsPrintAsTheyAreRead) {
    for (const char* text :
         {"{devices=[2,1,2]0,1,2,3 last_tile_dim_replicate}", "{devices=[1,4]3,2,1,0}", "{replicated}"}) {
        const auto tiling = tilingOf(parseHloSharding(text), 2, 4);
        ASSERT_TRUE(tiling);
        EXPECT_EQ(tiling->toHloText(), text);
        EXPECT_EQ(tilingOf(parseHloSharding(tiling->toHloText()), 2, 4), tiling);
    }
}

// Tiles have one size: the last ones are filled up, in arguments and in results.
TEST(Partition, UnevenTilesAreFilledUp) {
    const std::string text =
        "func.func @main(%a: tensor<6xf32> {mhlo.sharding = \"{devices=[4]<=[4]}\"}, %b: tensor<5x3xf32> "
        "{mhlo.sharding = \"{devices=[2,2]<=[4]}\"}) -> (tensor<6xf32> {mhlo.sharding = "
        "\"{devices=[4]<=[4]}\"}, tensor<3xf32>) {\n"
        "%0 = stablehlo.add %a, %a : tensor<6xf32>\n%z = stablehlo.constant dense<0.0> : tensor<f32>\n"
        "%1 = stablehlo.reduce(%b init: %z) applies stablehlo.add across dimensions = [0] : "
        "(tensor<5x3xf32>, "
        "tensor<f32>) -> tensor<3xf32>\nreturn %0, %1 : tensor<6xf32>, tensor<3xf32>\n}";
    // 99 stands where the array has ended.
    const auto results = runPartitions(text, 4,
                                       {{{1, 2}, {1, 2, 4, 5, 7, 8}},
                                        {{3, 4}, {3, 99, 6, 99, 9, 99}},
                                        {{5, 6}, {10, 11, 13, 14, 99, 99}},
                                        {{99, 99}, {12, 99, 15, 99, 99, 99}}});
    EXPECT_EQ(results[0][0], (Floats{2, 4}));
    EXPECT_EQ(results[1][0], (Floats{6, 8}));
    EXPECT_EQ(results[2][0], (Floats{10, 12}));
    EXPECT_EQ(results[3][0].size(), 2U);
    for (const auto& each : results) EXPECT_EQ(each[1], (Floats{35, 40, 45}));
}

// Partitions do not meet in a body that is applied to elements: the value from outside is gathered before.
TEST(Partition, BodyOfElementsTakesAValueFromOutside) {
    const std::string body = R"( {
  %m = "stablehlo.map"(%a) ({
  ^bb0(%e: tensor<f32>):
    %s = stablehlo.negate %b : tensor<4xf32>
    %p = stablehlo.slice %s [3:4] : (tensor<4xf32>) -> tensor<1xf32>
    %q = stablehlo.reshape %p : (tensor<1xf32>) -> tensor<f32>
    %r = stablehlo.add %e, %q : tensor<f32>
    stablehlo.return %r : tensor<f32>
  }) {dimensions = array<i64: 0>} : (tensor<2xf32>) -> tensor<2xf32>
  return %m : tensor<2xf32>
})";
    const auto results = runPartitions(
        "func.func @main(%a: tensor<2xf32>, %b: tensor<4xf32> {mhlo.sharding = \"{devices=[2]<=[2]}\"}) -> "
        "tensor<2xf32>" +
            body,
        2, {{{1, 2}, {3, 4}}, {{1, 2}, {5, 6}}});
    for (const auto& result : results) EXPECT_EQ(result.at(0), Floats({-5, -4}));
}

// Shardy's collectives say how whole tensors are placed, with and without partitions.
TEST(Partition, CollectivesOfShardyPlace) {
    const std::string text = R"(
sdy.mesh @mesh = <["x"=2]>
func.func @main(%a: tensor<4x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}]>}, %b: tensor<2x4xf32>)
    -> (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %0 = stablehlo.negate %a : tensor<4x2xf32>
  %1 = sdy.all_to_all [{"x"}: 0->1] %0 out_sharding=<@mesh, [{}, {"x"}]> : tensor<4x2xf32>
  %2 = sdy.all_gather [{}, {"x"}] %1 out_sharding=<@mesh, [{}, {}]> : tensor<4x2xf32>
  %3 = sdy.all_slice [{"x"}, {}] %2 out_sharding=<@mesh, [{"x"}, {}]> : tensor<4x2xf32>
  %4 = sdy.collective_permute %3 out_sharding=<@mesh, [{"x"}, {}]> : tensor<4x2xf32>
  %5 = stablehlo.dot %b, %4 : (tensor<2x4xf32>, tensor<4x2xf32>) -> tensor<2x2xf32>
  %6 = sdy.all_reduce {"x"} %5 out_sharding=<@mesh, [{}, {}]> : tensor<2x2xf32>
  %7 = sdy.reduce_scatter [{"x"}, {}] %5 out_sharding=<@mesh, [{"x"}, {}]> : tensor<2x2xf32>
  return %2, %6, %7 : tensor<4x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
})";
    const Floats a = {1, 2, 3, 4, 5, 6, 7, 8};
    const Floats b = {1, 0, 1, 0, 0, 1, 0, 1};
    const Floats negated = {-1, -2, -3, -4, -5, -6, -7, -8};
    const Floats product = {-6, -8, -10, -12};
    const auto parts = runPartitions(text, 2, {{{1, 2, 3, 4}, b}, {{5, 6, 7, 8}, b}});
    for (const auto& part : parts) EXPECT_EQ(part, (std::vector<Floats>{negated, product, product}));
    EXPECT_EQ(runPartitions(text, 1, {{a, b}})[0], (std::vector<Floats>{negated, product, product}));
}

}  // namespace
}  // namespace optirs::plugin::testing
