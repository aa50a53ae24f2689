// Attention's forward kernel for Hopper beside the CPU's, and when it is chosen.
#include <cstdio>
#include <cstdlib>

#include "attention_twins.h"

namespace optirs::test {
namespace {

[[maybe_unused]] const int kNoCudnn = setenv("OPTIRS_CUDNN_ATTENTION", "0", 1);

class AttentionHopperTest : public AttentionTest {
 protected:
    /// The kernel that the last forward pass took.
    static bool tookHopper() {
        return std::string_view(control().calls()).find("name=attention_hopper_") != std::string_view::npos;
    }
    void check(const char* what, const Attention& a) {
        control().reset();
        checkForward(what, a);
        EXPECT_TRUE(tookHopper()) << what;
    }
    void expectOther(const char* what, const Attention& a) {
        control().reset();
        checkForward(what, a);
        EXPECT_FALSE(tookHopper()) << what;
    }
};

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

TEST_F(AttentionHopperTest, HeadsAndStrides) {
    check("groups", {.type = kBF16, .batch = 2, .rows = 130, .columns = 140, .heads = 6, .kv_heads = 2});
    check("each its own", {.type = kBF16, .batch = 2, .heads = 3, .kv_heads = 3});
    check("transposed", {.type = kF16,
                         .batch = 2,
                         .rows = 130,
                         .columns = 140,
                         .heads = 4,
                         .kv_heads = 2,
                         .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT,
                         .is_transposed = true});
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
    expectOther("window", {.type = kBF16, .rows = 9, .window_left = 3});
    expectOther("cap", {.type = kBF16, .rows = 9, .soft_cap = 2});
    expectOther("dropout", {.type = kBF16, .rows = 9, .dropout = 0.1});
    expectOther("bias", {.type = kBF16, .rows = 9, .has_bias = true});
    expectOther("slopes", {.type = kBF16, .rows = 9, .has_slopes = true});
    expectOther("lengths", {.type = kBF16, .rows = 9, .kv_lengths = {7}});
    expectOther("packed", {.type = kBF16, .rows = 9, .q_starts = {0, 9}, .kv_starts = {0, 50}});
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
