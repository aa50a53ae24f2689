// Which calls of attention cuDNN may compute, by version and device.
#include "kernels.h"
#include "src/cuda/cudnn_attention_check.h"

namespace optirs::cuda {
namespace {

constexpr int64_t kGood = 92501;

HeadOperand operand(int32_t width) {
    return {.data = nullptr,
            .batch_stride = 1,
            .row_stride = 1,
            .head_stride = 1,
            .width = width,
            .is_vector = 1};
}

AttentionCall callOf(int32_t width, bool is_backward) {
    AttentionCall call{};
    call.element = Element::kBF16;
    call.parts = 1;
    call.is_backward = is_backward;
    call.scores.batches = 2;
    call.scores.heads = 4;
    call.scores.kv_heads = 4;
    call.scores.rows = 256;
    call.scores.columns = 256;
    call.scores.window_left = -1;
    call.scores.window_right = -1;
    call.scores.q = call.scores.k = call.scores.v = operand(width);
    call.out = call.dout = operand(width);
    call.gradients = {operand(width), operand(width), operand(width)};
    return call;
}

bool isServed(const AttentionCall& call, int64_t version, int32_t capability = kHopper) {
    return cudnnObstacle(call, version, capability).empty();
}

TEST(CudnnObstacleTest, Versions) {
    const AttentionCall forward = callOf(128, false);
    const AttentionCall backward = callOf(128, true);
    EXPECT_TRUE(isServed(forward, kGood));
    EXPECT_TRUE(isServed(backward, kGood));
    EXPECT_FALSE(isServed(forward, 91000));
    EXPECT_FALSE(isServed(forward, 91001));
    EXPECT_TRUE(isServed(forward, 91002));
    EXPECT_TRUE(isServed(forward, 91200));
    EXPECT_FALSE(isServed(backward, 91100));
    EXPECT_FALSE(isServed(backward, 91200));
    EXPECT_TRUE(isServed(backward, 91300));
}

TEST(CudnnObstacleTest, KnownFailures) {
    AttentionCall call = callOf(64, true);
    call.scores.columns = 300;
    EXPECT_FALSE(isServed(call, 91500));
    EXPECT_TRUE(isServed(call, 91501));
    call = callOf(64, true);
    call.scores.rows = 1;
    EXPECT_FALSE(isServed(call, 92600));
    EXPECT_TRUE(isServed(call, 92700));
    call = callOf(64, false);
    call.scores.columns = 2048;
    call.scores.window_left = 100;
    EXPECT_FALSE(isServed(call, 91400));
    EXPECT_TRUE(isServed(call, 91401));
    call.scores.mask = 1;
    EXPECT_TRUE(isServed(call, 91400));
}

TEST(CudnnObstacleTest, Widths) {
    EXPECT_TRUE(isServed(callOf(256, false), kGood, kBlackwell));
    EXPECT_TRUE(isServed(callOf(256, true), kGood, kHopper));
    EXPECT_FALSE(isServed(callOf(256, true), kGood, kBlackwell));
    EXPECT_FALSE(isServed(callOf(264, false), kGood));
    AttentionCall call = callOf(192, true);
    EXPECT_FALSE(isServed(call, kGood, kBlackwell));
    call.scores.v = operand(128);
    EXPECT_TRUE(isServed(call, kGood, kBlackwell));
}

TEST(CudnnObstacleTest, WhatOnlyTheOwnKernelsHave) {
    AttentionCall call = callOf(64, false);
    call.parts = 2;
    EXPECT_FALSE(isServed(call, kGood));
    call = callOf(64, false);
    call.scores.k.storage = Storage::kE4M3;
    EXPECT_FALSE(isServed(call, kGood));
    call = callOf(64, true);
    call.dout.storage = Storage::kE5M2;
    EXPECT_FALSE(isServed(call, kGood));
}

TEST(CudnnObstacleTest, Lengths) {
    const int32_t lengths[2] = {1, 2};
    AttentionCall call = callOf(64, false);
    call.scores.kv_lengths = lengths;
    EXPECT_TRUE(isServed(call, 92500));
    EXPECT_FALSE(isServed(call, 92400));
    call.scores.window_left = 3;
    EXPECT_FALSE(isServed(call, 92500));
    call = callOf(64, true);
    call.scores.kv_lengths = lengths;
    EXPECT_FALSE(isServed(call, 92500));
    call = callOf(64, false);
    call.scores.q_lengths = lengths;
    EXPECT_FALSE(isServed(call, 92500));
}

}  // namespace
}  // namespace optirs::cuda
