// Attention, forward and backward, beside the CPU's: every option alone and together, at the edges of tiles.
#include <string>
#include <utility>

#include "attention_twins.h"

namespace optirs::test {
namespace {

TEST_F(AttentionKernelTest, Types) {
    for (const auto type : {kF32, kBF16, kF16}) {
        check("plain", {.type = type});
        check("long", {.type = type, .rows = 70, .columns = 70, .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT});
    }
}

TEST_F(AttentionKernelTest, Widths) {
    for (const int64_t width : {1, 33, 96, 128, 192, 256}) {
        check("f32", {.rows = 9, .columns = 11, .width = width, .value_width = width});
        check("bf16", {.type = kBF16, .rows = 9, .columns = 11, .width = width, .value_width = width});
    }
    check("values are wider", {.rows = 9, .columns = 11, .width = 40, .value_width = 136});
}

TEST_F(AttentionKernelTest, WiderForwardAlone) {
    for (const auto& [width, value_width] :
         {std::pair(257, 257), std::pair(512, 512), std::pair(40, 300), std::pair(512, 64)}) {
        Attention a{.rows = 9, .columns = 27, .width = width, .value_width = value_width};
        a.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
        checkForward("f32", a);
        a.type = kF16;
        a.kv_splits = 2;
        checkForward("f16, in parts", a);
        a.type = kBF16;
        a.k_type = a.v_type = kE4M3;
        a.has_scale = true;
        checkPaged("bf16, 8-bit pages", a);
    }
}

TEST_F(AttentionKernelTest, MasksAndWindows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const int64_t columns : {30, 90}) {
            check("mask", {.type = kBF16, .rows = 70, .columns = columns, .mask = mask});
            check("window", {.type = kBF16,
                             .rows = 70,
                             .columns = columns,
                             .mask = mask,
                             .window_left = 9,
                             .window_right = 3});
        }
    }
}

TEST_F(AttentionKernelTest, GroupedHeadsAndLengths) {
    check("groups", {.batch = 2, .heads = 6, .kv_heads = 2});
    check("lengths", {.type = kBF16,
                      .batch = 3,
                      .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                      .q_lengths = {40, 7, 0},
                      .kv_lengths = {33, 0, 50}});
    check("nothing to attend to", {.columns = 0});
    check("no rows", {.rows = 0});
}

TEST_F(AttentionKernelTest, ScoresAreCappedAndShifted) {
    check("cap", {.soft_cap = 0.7});
    check("bias", {.has_bias = true});
    check("bias of 16 bits", {.type = kF16, .has_bias = true});
    check("slopes", {.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT, .has_slopes = true});
    check("all",
          {.type = kBF16, .batch = 2, .soft_cap = 2, .dropout = 0.2, .has_bias = true, .has_slopes = true});
}

TEST_F(AttentionKernelTest, DropoutDropsTheSame) {
    check("f32", {.batch = 2, .columns = 51, .dropout = 0.4});
    check("bf16", {.type = kBF16, .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT, .dropout = 0.1});
}

TEST_F(AttentionKernelTest, AnyStrides) {
    check("f32", {.batch = 2, .heads = 4, .kv_heads = 2, .is_transposed = true});
    check("bf16, not aligned",
          {.type = kBF16, .batch = 2, .width = 20, .value_width = 28, .is_transposed = true});
}

TEST_F(AttentionKernelTest, PackedSequences) {
    check("both", {.type = kBF16,
                   .rows = 80,
                   .columns = 80,
                   .heads = 4,
                   .kv_heads = 2,
                   .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT,
                   .dropout = 0.1,
                   .q_starts = {0, 3, 3, 70, 80},
                   .kv_starts = {0, 3, 3, 70, 80}});
    check("of different lengths", {.rows = 40,
                                   .columns = 30,
                                   .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                                   .kv_lengths = {9, 20},
                                   .q_starts = {0, 35, 40},
                                   .kv_starts = {0, 10, 30}});
}

TEST_F(AttentionKernelTest, PagedKeys) {
    checkPaged("bf16", {.type = kBF16, .rows = 5, .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT});
}

/// Rows of one sequence in memory that take no part.
struct Unused {
    int64_t batch, first, end;
};

class AttentionPaddingTest : public AttentionKernelTest {
 protected:
    void checkUnused(const char* what, const Attention& a, const std::vector<Unused>& rows,
                     const std::vector<Unused>& columns) {
        SCOPED_TRACE(what);
        const auto spoilAll = [&](std::initializer_list<Twin*> spoilt, const std::vector<Unused>& unused) {
            for (Twin* twin : spoilt) {
                for (const auto& [batch, first, end] : unused) {
                    spoil(*twin, batch, first, end);
                }
            }
        };
        prepare(a);
        spoilAll({q}, rows);
        spoilAll({k, v}, columns);
        checkPrepared();
        expectNumbers(*out);
        prepareGradients(a);
        spoilAll({out, dout}, rows);
        backward();
        expectGradients();
        for (Twin* gradient : {dq, dk, dv}) {
            expectNumbers(*gradient);
        }
    }
};

TEST_F(AttentionPaddingTest, MayBeAnything) {
    for (const auto type : {kF32, kBF16}) {
        checkUnused("lengths", {.type = type, .batch = 2, .q_lengths = {30, 0}, .kv_lengths = {33, 7}},
                    {{0, 30, 40}, {1, 0, 40}}, {{0, 33, 50}, {1, 7, 50}});
        checkUnused("packed",
                    {.type = type,
                     .rows = 80,
                     .columns = 90,
                     .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT,
                     .q_lengths = {30, 33},
                     .kv_lengths = {30, 33},
                     .q_starts = {0, 40, 80},
                     .kv_starts = {0, 40, 90}},
                    {{0, 30, 40}, {0, 73, 80}}, {{0, 30, 40}, {0, 73, 90}});
        checkUnused("before the window",
                    {.type = type,
                     .rows = 20,
                     .columns = 150,
                     .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                     .window_left = 10},
                    {}, {{0, 0, 120}});
        checkUnused("behind the diagonal",
                    {.type = type, .rows = 20, .columns = 150, .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT}, {},
                    {{0, 20, 150}});
    }
}

TEST_F(AttentionPaddingTest, OfPagesMayBeAnything) {
    prepare({.type = kBF16, .batch = 2, .rows = 5, .columns = 28, .kv_lengths = {25, 9}});
    k = &normal(kBF16, {5, 7, 1, 64});
    v = &normal(kBF16, {5, 7, 1, 64});
    block_table = &values(kS32, {2, 4}, std::vector<int32_t>{4, 0, 2, 1, 3, 1, 3, 3});
    for (Twin* twin : {k, v}) {
        spoil(*twin, 1, 4, 7);  // the last block of the first sequence, and the second of the second
    }
    checkPrepared();
    expectNumbers(*out);
}

TEST_F(AttentionKernelTest, ARepeatedCallGivesTheSameBits) {
    check("first", {.type = kBF16, .batch = 2, .heads = 4, .dropout = 0.3});
    std::vector<std::vector<char>> first;
    for (int pass = 0; pass < 2; ++pass) {
        for (Twin* twin : {out, lse, dq, dk, dv}) {
            const std::vector<char> bytes = onDevice(*twin);
            if (pass == 0) {
                first.push_back(bytes);
            } else {
                EXPECT_EQ(bytes, first.front());
                first.erase(first.begin());
            }
        }
        forward();
        backward();
    }
}

TEST_F(AttentionKernelTest, WhatIsNotThereSaysSo) {
    const auto expectLacking = [&](optirs_error* error, const char* message) {
        const Failure failure = take(error);
        EXPECT_EQ(failure.code, OPTIRS_UNIMPLEMENTED);
        EXPECT_EQ(failure.message, message);
    };
    prepare({.width = 513});
    optirs_attention_args args{};
    args.struct_size = sizeof(args);
    fill(args, 1);
    expectLacking(optirs_attention(queue.get(), &args),
                  "attention: the CUDA backend has no attention whose heads are wider than 512");

    const Attention wide{.value_width = 257};
    prepare(wide);
    prepareGradients(wide);
    optirs_attention_backward_args backward_args{};
    backward_args.struct_size = sizeof(backward_args);
    fillBackward(backward_args, 1);
    const char* const message =
        "attention_backward: the CUDA backend has no gradients of attention whose heads are wider than 256";
    uint64_t bytes = 0;
    expectLacking(optirs_kernel_workspace(OPTIRS_KERNEL_ATTENTION_BACKWARD, &backward_args, &bytes), message);
    expectLacking(optirs_attention_backward(queue.get(), &backward_args), message);
}

}  // namespace
}  // namespace optirs::test
