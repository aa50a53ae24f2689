// The memory plan against its lower bound, and the cost analysis against counts by hand.
#include <gtest/gtest.h>

#include <random>

#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/codegen/lower/arena.h"

namespace optirs::plugin {
namespace {

/// Every two that are alive together lie apart, and the bytes are enough.
void expectSound(const Arena& arena, const std::vector<int64_t>& bytes, const Arena::Placement& placement) {
    const auto lives = arena.lives(bytes);
    for (const auto& a : lives) {
        const int64_t from = placement.offsets[static_cast<size_t>(a.id)];
        EXPECT_EQ(from % 64, 0);
        EXPECT_LE(from + a.bytes, placement.bytes);
        for (const auto& b : lives) {
            if (a.id >= b.id || a.last < b.first || b.last < a.first) continue;
            const int64_t other = placement.offsets[static_cast<size_t>(b.id)];
            EXPECT_TRUE(from + a.bytes <= other || other + b.bytes <= from) << a.id << " and " << b.id;
        }
    }
}

TEST(Arena, OverlappingLivesGetPlacesApart) {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        Arena arena;
        const auto count = static_cast<int32_t>(1 + random() % 60);
        std::vector<int64_t> bytes;
        for (int32_t id = 0; id < count; ++id) {
            bytes.push_back(static_cast<int64_t>(1 + random() % 5000));
            const auto first = static_cast<int64_t>(random() % 100);
            arena.touch(id, first);
            arena.touch(id, first + static_cast<int64_t>(random() % 20));
        }
        arena.addLoop(30, 50);
        const auto placement = arena.place(bytes);
        EXPECT_GE(placement.bytes, placement.lower_bound);
        expectSound(arena, bytes, placement);
    }
}

TEST(Arena, LoopsKeepWhatTheyReadFromOutside) {
    Arena arena;
    arena.touch(0, 1);  // made before the loop,
    arena.touch(0, 4);  // read in it: alive until its end
    arena.touch(1, 5);  // of one round
    arena.touch(1, 6);
    arena.addLoop(3, 8);
    const auto lives = arena.lives({64, 64});
    EXPECT_EQ(lives[0].last, 8);
    EXPECT_EQ(lives[1].last, 6);
    EXPECT_EQ(arena.place({64, 64}).lower_bound, 128);
}

// A deep network's shape: activations that live from the forward to the backward half, of a few sizes, and
// short-lived ones in between.
TEST(Arena, StaysNearTheLowerBoundOfATransformerStep) {
    for (const int layers : {6, 12, 40}) {
        Arena arena;
        std::vector<int64_t> bytes;
        int64_t position = 0;
        std::vector<std::pair<int32_t, int64_t>> kept;
        const auto add = [&](int64_t size) {
            bytes.push_back(size);
            arena.touch(static_cast<int32_t>(bytes.size() - 1), ++position);
            return static_cast<int32_t>(bytes.size() - 1);
        };
        constexpr int64_t kUnit = 2048 * 384 * 4;
        for (int layer = 0; layer < layers; ++layer) {
            for (const int64_t factor : {1, 3, 4, 1, 4, 1})
                kept.emplace_back(add(factor * kUnit + layer * 64), 0);
            arena.touch(add(6 * kUnit), position + 2);
            kept.emplace_back(add(8192), 0);
        }
        while (!kept.empty()) {
            arena.touch(kept.back().first, ++position);
            kept.pop_back();
            arena.touch(add(2 * kUnit), position + 3);
        }
        const auto placement = arena.place(bytes);
        expectSound(arena, bytes, placement);
        EXPECT_LE(static_cast<double>(placement.bytes), 1.1 * static_cast<double>(placement.lower_bound));
    }
}

TEST(Arena, ManyTemporaries) {
    Arena arena;
    std::vector<int64_t> bytes;
    for (int32_t id = 0; id < 30000; ++id) {
        bytes.push_back(64 * (1 + id % 7));
        arena.touch(id, id);
        arena.touch(id, id + 5);
    }
    const auto placement = arena.place(bytes);
    EXPECT_LE(static_cast<double>(placement.bytes), 1.5 * static_cast<double>(placement.lower_bound));
}

std::string function(const std::string& arguments, const std::string& result, const std::string& body) {
    return "func.func @main(" + arguments + ") -> " + result + " {\n" + body + "\nreturn %r : " + result +
           "\n}";
}

TEST(Cost, Elementwise) {
    const auto program = compile(function("%a: tensor<4x8xf32>, %b: tensor<4x8xf32>", "tensor<4x8xf32>", R"(
        %s = stablehlo.add %a, %b : tensor<4x8xf32>
        %r = stablehlo.exponential %s : tensor<4x8xf32>)"));
    EXPECT_EQ(program->cost.flops, 32);
    EXPECT_EQ(program->cost.transcendentals, 32);
    EXPECT_EQ(program->cost.bytes_accessed, 3 * 32 * 4);  // fused: the sum never is in memory
}

TEST(Cost, Contraction) {
    const auto program =
        compile(function("%a: tensor<5x2x3xf32>, %b: tensor<5x3x4xf32>", "tensor<5x2x4xf32>", R"(
        %r = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [2] x [1]
            : (tensor<5x2x3xf32>, tensor<5x3x4xf32>) -> tensor<5x2x4xf32>)"));
    EXPECT_EQ(program->cost.flops, 2 * 5 * 2 * 3 * 4);
    EXPECT_EQ(program->cost.bytes_accessed, 5 * (2 * 3 + 3 * 4 + 2 * 4) * 4);
}

TEST(Cost, Convolution) {
    const auto program =
        compile(function("%a: tensor<1x8x8x4xf32>, %b: tensor<3x3x2x6xf32>", "tensor<1x6x6x6xf32>", R"(
        %r = stablehlo.convolution(%a, %b) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
            window = {stride = [1, 1], pad = [[0, 0], [0, 0]]} {batch_group_count = 1 : i64, feature_group_count = 2 : i64}
            : (tensor<1x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<1x6x6x6xf32>)"));
    EXPECT_EQ(program->cost.flops, 2.0 * (6 * 6 * 6) * (3 * 3 * 2));
}

TEST(Cost, ReductionAndLoop) {
    const auto reduction = compile(function("%a: tensor<4x8xf32>", "tensor<4xf32>", R"(
        %zero = stablehlo.constant dense<0.0> : tensor<f32>
        %r = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [1]
            : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>)"));
    EXPECT_EQ(reduction->cost.flops, 32 - 4);
    EXPECT_FALSE(reduction->cost.has_loops);
    const auto loop = compile(function("%n: tensor<i32>", "tensor<i32>", R"(
        %r = stablehlo.while(%i = %n) : tensor<i32>
        cond { %ten = stablehlo.constant dense<10> : tensor<i32>
               %c = stablehlo.compare LT, %i, %ten : (tensor<i32>, tensor<i32>) -> tensor<i1>
               stablehlo.return %c : tensor<i1> }
        do { %one = stablehlo.constant dense<1> : tensor<i32>
             %j = stablehlo.add %i, %one : tensor<i32>
             stablehlo.return %j : tensor<i32> })"));
    EXPECT_EQ(loop->cost.flops, 2);  // one round: the comparison and the addition
    EXPECT_TRUE(loop->cost.has_loops);
}

}  // namespace
}  // namespace optirs::plugin
