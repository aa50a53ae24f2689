// Attention by cuDNN, beside the CPU's: the mock library computes the graphs that it is given.
#include "cudnn_twins.h"

namespace optirs::test {
namespace {

TEST_F(CudnnAttentionTest, TypesAndWidths) {
    for (const auto type : {kBF16, kF16}) {
        checkCudnn("plain", {.type = type});
        for (const int64_t width : {8, 96, 256}) {
            checkCudnn("width",
                       {.type = type, .rows = 9, .columns = 11, .width = width, .value_width = width});
        }
    }
    checkCudnn("values are narrower",
               {.type = kBF16, .rows = 9, .columns = 11, .width = 192, .value_width = 128});
}

TEST_F(CudnnAttentionTest, MasksAndWindows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const int64_t columns : {20, 33}) {
            const Attention a{.type = kBF16, .rows = 20, .columns = columns, .width = 16, .value_width = 16};
            for (const int64_t left : {-1, 0, 4, 1000}) {
                for (const int64_t right : {-1, 0, 3}) {
                    Attention with = a;
                    with.mask = mask;
                    with.window_left = left;
                    with.window_right = right;
                    checkCudnn("window", with);
                }
            }
        }
    }
    checkCudnn("more rows than columns", {.type = kBF16,
                                          .rows = 20,
                                          .columns = 9,
                                          .width = 16,
                                          .value_width = 16,
                                          .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT});
}

TEST_F(CudnnAttentionTest, GroupedHeadsAndStrides) {
    for (const bool is_transposed : {false, true}) {
        Attention a{.type = kBF16,
                    .batch = 2,
                    .rows = 13,
                    .columns = 17,
                    .heads = 6,
                    .kv_heads = 2,
                    .width = 24,
                    .value_width = 16,
                    .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT,
                    .is_transposed = is_transposed};
        checkCudnn("groups", a);
        a.kv_heads = 1;
        checkCudnn("one head for all", a);
        a.kv_heads = 6;
        checkCudnn("a head for each", a);
    }
}

TEST_F(CudnnAttentionTest, LengthsOfKeys) {
    Attention a{.type = kBF16,
                .batch = 3,
                .rows = 12,
                .columns = 20,
                .heads = 4,
                .kv_heads = 2,
                .width = 16,
                .value_width = 16,
                .kv_lengths = {20, 7, 0}};
    checkCudnn("lengths", a, 1);  // the backward pass is the project's own
    a.mask = OPTIRS_MASK_CAUSAL_TOP_LEFT;
    checkCudnn("lengths, causal", a, 1);
}

}  // namespace
}  // namespace optirs::test
