// Attention's forward kernel for Hopper, and when it is chosen.
#include <cstdio>

#include "attention_hopper_twins.h"

namespace optirs::test {
namespace {

TEST_F(AttentionHopperTest, Types) {
    for (const auto type : {kBF16, kF16}) {
        check("a part of a tile", {.type = type});
        check("several tiles and blocks", {.type = type, .rows = 200, .columns = 300});
    }
}

TEST_F(AttentionHopperTest, EdgesOfTiles) {
    for (const int64_t columns : {1, 127, 128, 129, 640}) {
        check("columns", {.type = kBF16, .rows = 3, .columns = columns, .heads = 1});
    }
    for (const int64_t rows : {1, 63, 64, 65, 128, 129}) {
        check("rows", {.type = kBF16, .rows = rows, .columns = 9, .heads = 1});
    }
}

TEST_F(AttentionHopperTest, Widths) {
    for (const int64_t width : {8, 72, 128, 192, 256}) {
        check("width",
              {.type = kBF16, .rows = 70, .columns = 170, .heads = 1, .width = width, .value_width = width});
    }
    check("values are wider", {.type = kF16, .rows = 9, .columns = 140, .width = 64, .value_width = 128});
    check("values are narrower", {.type = kF16, .rows = 9, .columns = 90, .width = 256, .value_width = 40});
}

TEST_F(AttentionHopperTest, Masks) {
    for (const int32_t mask : {OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        // With 90 columns the first rows of the second mask attend to nothing, with 20 a whole block.
        for (const int64_t columns : {20, 90, 200, 330}) {
            check("mask", {.type = kBF16, .rows = 200, .columns = columns, .heads = 1, .mask = mask});
        }
        check("wide", {.type = kF16,
                       .rows = 150,
                       .columns = 150,
                       .heads = 1,
                       .width = 256,
                       .value_width = 256,
                       .mask = mask});
    }
}

TEST_F(AttentionHopperTest, Windows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const auto& [left, right] : {std::pair(0, 0), std::pair(37, -1), std::pair(-1, 5),
                                          std::pair(130, 140), std::pair(1000, 1000)}) {
            for (const int64_t columns : {60, 330}) {
                check("window", {.type = kBF16,
                                 .rows = 200,
                                 .columns = columns,
                                 .heads = 1,
                                 .mask = mask,
                                 .window_left = left,
                                 .window_right = right});
            }
        }
    }
    check("wide", {.type = kF16,
                   .rows = 150,
                   .columns = 350,
                   .heads = 1,
                   .width = 256,
                   .value_width = 256,
                   .window_left = 90,
                   .window_right = 81});
}

TEST_F(AttentionHopperTest, ScoresThatAreNotProducts) {
    for (const double cap : {0.5, 30.0}) {
        check("cap", {.type = kBF16, .rows = 70, .columns = 200, .soft_cap = cap});
        check("cap and mask", {.type = kF16,
                               .rows = 150,
                               .columns = 140,
                               .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                               .soft_cap = cap});
    }
    for (const double scale : {0.0, -0.2}) {
        check("scale", {.type = kBF16, .rows = 70, .columns = 200, .scale = scale});
        check("scale and cap", {.type = kBF16, .rows = 70, .columns = 200, .soft_cap = 2, .scale = scale});
    }
}

TEST_F(AttentionHopperTest, Lengths) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        Attention a{.type = kBF16, .batch = 4, .rows = 150, .columns = 270, .heads = 2, .mask = mask};
        a.kv_lengths = {270, 0, 128, 141};
        check("of keys", a);
        a.q_lengths = {1, 150, 0, 128};
        check("of both", a);
        a.window_left = 20;
        check("and a window", a);
        a.kv_lengths = {};
        check("of queries", a);
    }
    check("wide", {.type = kF16,
                   .batch = 2,
                   .rows = 20,
                   .columns = 170,
                   .width = 256,
                   .value_width = 200,
                   .q_lengths = {7, 20},
                   .kv_lengths = {81, 79}});
}

TEST_F(AttentionHopperTest, WhatLiesBehindALengthDoesNotMatter) {
    for (const int64_t width : {64, 128, 256}) {
        Attention a{.type = kBF16, .batch = 2, .rows = 20, .columns = 270, .width = width};
        a.value_width = width;
        a.q_lengths = {20, 3};
        a.kv_lengths = {129, 5};
        prepare(a);
        spoil(*q, 20 + 3, 40);
        for (Twin* operand : {k, v}) {
            spoil(*operand, 129, 270);
            spoil(*operand, 270 + 5, 540);
        }
        forward();
        expectSame(*out, unitOf(a), unitOf(a));
        expectSame(*lse, 1e-5, 1e-5);
        const std::vector<char> results = onDevice(*out);
        EXPECT_FALSE(std::isnan(numberAt(results, kBF16, 0)));
    }
}

TEST_F(AttentionHopperTest, PackedSequences) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        Attention a{.type = kBF16, .rows = 500, .columns = 500, .heads = 4, .kv_heads = 2, .mask = mask};
        a.q_starts = a.kv_starts = {0, 1, 130, 130, 131, 258, 500};
        check("as many rows as columns", a);
        a.columns = 300;
        a.kv_starts = {0, 150, 170, 171, 171, 299, 300};
        check("of their own", a);
        a.window_left = 30;
        a.soft_cap = 3;
        check("with everything", a);
        a.kv_lengths = {1, 20, 0, 0, 100, 1};
        a.q_lengths = {1, 0, 0, 1, 90, 242};
        check("and lengths", a);
    }
    check("wide and transposed", {.type = kF16,
                                  .rows = 200,
                                  .columns = 200,
                                  .width = 256,
                                  .value_width = 256,
                                  .is_transposed = true,
                                  .q_starts = {0, 40, 200},
                                  .kv_starts = {0, 40, 200}});
}

TEST_F(AttentionHopperTest, PackedSequencesDoNotSeeEachOther) {
    Attention a{.type = kBF16, .rows = 300, .columns = 300, .heads = 1};
    a.q_starts = a.kv_starts = {0, 100, 150, 300};
    prepare(a);
    for (Twin* operand : {q, k, v}) {
        spoil(*operand, 100, 150);
    }
    forward();
    expectSame(*out, unitOf(a), unitOf(a));
    expectSame(*lse, 1e-5, 1e-5);
    const std::vector<char> results = onDevice(*lse);
    EXPECT_FALSE(std::isnan(numberAt(results, kF32, 99)));
    EXPECT_TRUE(std::isnan(numberAt(results, kF32, 100)));
    EXPECT_FALSE(std::isnan(numberAt(results, kF32, 150)));
}

TEST_F(AttentionHopperTest, HeadsAndStrides) {
    for (const auto& [what, a] : headCases()) {
        check(what, a);
    }
}

TEST_F(AttentionHopperTest, OneTensorOfQueriesKeysAndValues) {
    constexpr int64_t kRows = 150;
    prepare({.type = kBF16, .rows = kRows, .columns = kRows, .kv_heads = 2});
    Twin& all = normal(kBF16, {1, kRows, 6, 64});
    int64_t strides[] = {kRows * 6 * 64, 6 * 64, 64, 1};
    uint64_t offset = 0;
    for (Twin* part : {q, k, v}) {
        for (const int place : {0, 1}) {
            part->tensors[place].data = all.tensors[place].data;
            part->tensors[place].strides = strides;
            part->tensors[place].byte_offset = offset;
        }
        offset += 2 * 64 * 2;
    }
    control().reset();
    forward();
    expectSame(*out, unitOf(call), unitOf(call));
    expectSame(*lse, 1e-5, 1e-5);
    EXPECT_TRUE(tookHopper());
}

TEST_F(AttentionHopperTest, OtherCallsGoToTheOtherKernel) {
    expectOther("f32", {.rows = 9});
    expectOther("not aligned", {.type = kBF16, .rows = 9, .width = 20, .value_width = 20});
    expectOther("dropout", {.type = kBF16, .rows = 9, .dropout = 0.1});
    expectOther("bias", {.type = kBF16, .rows = 9, .has_bias = true});
    expectOther("slopes", {.type = kBF16, .rows = 9, .has_slopes = true});
    expectOther("parts", {.type = kBF16, .rows = 9, .kv_splits = 2});
    control().reset();
    checkPaged("paged", {.type = kBF16, .rows = 9});
    EXPECT_FALSE(tookHopper());
    expectOther("nothing to attend to", {.type = kBF16, .rows = 9, .columns = 0});
    for (const auto& [major, minor] : {std::pair(8, 9), std::pair(10, 0), std::pair(12, 0)}) {
        driver().set_capability(major, minor);
        expectOther("device", {.type = kBF16, .rows = 9});
    }
    driver().set_capability(9, 0);
}

TEST_F(AttentionHopperTest, AFailureIsTyped) {
    prepare({.type = kBF16});
    optirs_attention_args args{};
    args.struct_size = sizeof(args);
    fill(args, 1);
    control().fail("cuTensorMapEncodeTiled", 0, 1);
    const Failure failure = take(optirs_attention(queue.get(), &args));
    EXPECT_NE(failure.message.find("cuTensorMapEncodeTiled"), std::string::npos) << failure.message;
}

/// Runs a call that Hopper's kernel is for on a driver that has no tensor maps, prints the driver's calls,
/// and ends the process: libraries stay loaded.
[[noreturn]] void runWithOldDriver() {
    setenv("OPTIRS_BACKEND_PATH", OPTIRS_TEST_FOLDER "/backend", 1);
    setenv("OPTIRS_CUDA_PATH", OPTIRS_TEST_FOLDER "/old:" OPTIRS_TEST_FOLDER "/mock", 1);
    optirs_backend* backend = nullptr;
    optirs_device* device = nullptr;
    optirs_stream* stream = nullptr;
    optirs_device_memory* memory = nullptr;
    EXPECT_OK(optirs_backend_load("cuda", 4, &backend));
    EXPECT_OK(optirs_device_get(backend, 0, &device));
    EXPECT_OK(optirs_stream_create(device, 0, &stream));
    EXPECT_OK(optirs_device_memory_create(stream, 4 * 8 * 64 * 2, nullptr, 0, &memory));
    int64_t shape[] = {1, 8, 1, 64};
    optirs_dl_tensor tensors[4];  // q, k, v, out
    for (uint64_t i = 0; i < 4; ++i) {
        tensors[i] = {
            optirs_device_memory_data(memory), {OPTIRS_DL_CUDA, 0}, 4, kBF16, shape, nullptr, i * 8 * 64 * 2};
    }
    optirs_attention_args args{};
    args.struct_size = sizeof(args);
    args.q = &tensors[0];
    args.k = &tensors[1];
    args.v = &tensors[2];
    args.out = &tensors[3];
    args.scale = 0.1;
    args.window_left = args.window_right = -1;
    EXPECT_OK(optirs_attention(stream, &args));
    std::fprintf(stderr, "%s", mockControl("libcuda.so.1", "/old/").calls());
    std::exit(::testing::Test::HasFailure() ? 1 : 0);
}

TEST(AttentionHopperDeathTest, ADriverWithoutTensorMapsHasTheOtherKernel) {
    EXPECT_EXIT(runWithOldDriver(), ::testing::ExitedWithCode(0),
                "cuLaunchKernel\\(name=attention_forward_bf16_64");
}

}  // namespace
}  // namespace optirs::test
