// Attention whose columns are divided into parts, beside the CPU's.
#include <limits>
#include <vector>

#include "attention_twins.h"

namespace optirs::test {
namespace {

class SplitAttentionTest : public AttentionKernelTest {
 protected:
    /// Into few parts, into some that are not as long, and into more than there are tiles.
    void checkParts(const char* what, Attention a) {
        for (const int64_t parts : {2, 3, 1000}) {
            SCOPED_TRACE(parts);
            a.kv_splits = parts;
            checkForward(what, a);
        }
    }

    uint64_t workspace(const Attention& a) {
        prepare(a);
        optirs_attention_args args{};
        args.struct_size = sizeof(args);
        fill(args, 1);
        uint64_t bytes = 0;
        EXPECT_OK(optirs_kernel_workspace(OPTIRS_KERNEL_ATTENTION, &args, &bytes));
        return bytes;
    }
};

TEST_F(SplitAttentionTest, Types) {
    for (const auto type : {kF32, kBF16, kF16}) {
        checkParts("plain", {.type = type, .batch = 2, .columns = 130, .heads = 4, .kv_heads = 2});
        checkParts("causal", {.type = type, .rows = 90, .columns = 90, .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT});
    }
}

TEST_F(SplitAttentionTest, WithEverythingElse) {
    checkParts("window", {.rows = 70, .columns = 200, .window_left = 60, .window_right = 3});
    checkParts("lengths", {.type = kBF16,
                           .batch = 3,
                           .columns = 130,
                           .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                           .q_lengths = {40, 7, 0},
                           .kv_lengths = {130, 0, 50}});
    checkParts("bias, cap, dropout", {.batch = 2,
                                      .rows = 3,
                                      .columns = 131,
                                      .soft_cap = 2,
                                      .dropout = 0.2,
                                      .has_bias = true,
                                      .has_slopes = true});
    checkParts("any strides",
               {.type = kBF16, .columns = 130, .width = 20, .value_width = 33, .is_transposed = true});
    checkParts("packed", {.rows = 40,
                          .columns = 130,
                          .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                          .q_starts = {0, 35, 40},
                          .kv_starts = {0, 10, 130}});
    checkParts("8-bit floats", {.type = kBF16,
                                .q_type = kE4M3,
                                .k_type = kE4M3,
                                .v_type = kE5M2,
                                .rows = 2,
                                .columns = 130,
                                .has_head_scales = true});
    checkParts("no columns", {.columns = 0});
    Attention pages{.type = kBF16, .k_type = kE4M3, .v_type = kE4M3, .rows = 1, .has_scale = true};
    pages.kv_splits = 2;
    checkPaged("8-bit pages", pages);
}

TEST_F(SplitAttentionTest, FewRowsAreDividedUnasked) {
    const Attention decoding{.type = kBF16, .batch = 2, .rows = 1, .columns = 1100, .heads = 2};
    // Two parts of 512 columns or more; each has 64 values, a greatest score and a sum.
    EXPECT_EQ(workspace(decoding), 4U * 2 * (64 + 2) * sizeof(float));
    checkForward("decoding", decoding);
    EXPECT_EQ(workspace({.rows = 100, .columns = 1100}), 0U);
    EXPECT_EQ(workspace({.rows = 1, .columns = 600}), 0U);
    EXPECT_EQ(workspace({.rows = 1, .columns = 1100, .kv_splits = 1}), 0U);
}

TEST_F(SplitAttentionTest, NanStaysInItsRow) {
    prepare({.rows = 2, .columns = 130, .heads = 1, .kv_splits = 4});
    std::vector<float> numbers(2 * 64, 0.5F);
    numbers[3] = std::numeric_limits<float>::quiet_NaN();
    q = &values(kF32, {1, 2, 1, 64}, numbers);
    checkPrepared();
}

TEST_F(SplitAttentionTest, ARepeatedCallGivesTheSameBits) {
    prepare({.type = kBF16, .rows = 4, .columns = 300, .dropout = 0.3, .kv_splits = 5});
    forward();
    const std::vector<char> bytes = onDevice(*out);
    const std::vector<char> sums = onDevice(*lse);
    forward();
    EXPECT_EQ(onDevice(*out), bytes);
    EXPECT_EQ(onDevice(*lse), sums);
}

}  // namespace
}  // namespace optirs::test
