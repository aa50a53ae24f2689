// The arguments of the attention kernels; see arguments.h.
#pragma once

#include <cstdint>

namespace optirs::cuda {

/// What elements in memory are: what the kernel computes with, or 8-bit floats that it decodes.
enum class Storage : int32_t { kOwn, kE4M3, kE5M2 };

/// A tensor [batch, sequence, heads, width] whose rows of `width` elements are contiguous.
struct HeadOperand {
    void* data;
    int64_t batch_stride;  // in elements
    int64_t row_stride;
    int64_t head_stride;
    int32_t width;
    int32_t is_vector;  // rows can be accessed 16 bytes at a time
    Storage storage = Storage::kOwn;
    int32_t has_head_scales = 0;    // a scale for each head, else one for all
    const float* scales = nullptr;  // of 8-bit floats; NULL for 1
};

/// What forward and backward share: shapes, where rows are, and what happens to scores.
struct AttentionScores {
    HeadOperand q;
    HeadOperand k;
    HeadOperand v;
    const int32_t* q_lengths;    // [batches]; NULL for all rows
    const int32_t* kv_lengths;   // [batches]
    const int32_t* q_starts;     // [batches + 1] where sequences are packed, else NULL
    const int32_t* kv_starts;    // [batches + 1]
    const int32_t* block_table;  // [batches, table_width] where keys are paged, else NULL
    const void* bias;            // NULL for none
    const float* slopes;         // [heads]; NULL for none
    int64_t table_width;
    int64_t block_size;
    int64_t block_count;
    int64_t bias_batch_stride;  // 0 for one bias for all
    int64_t bias_head_stride;
    int64_t batches;
    int64_t rows;  // of q in memory: of a sequence, or of all of them if they are packed
    int64_t columns;
    int64_t heads;
    int64_t kv_heads;
    int64_t window_left;  // below 0 for none
    int64_t window_right;
    uint64_t seed;
    uint64_t offset;
    float scale;
    float soft_cap;      // 0 for none
    float keep;          // what a probability that is not dropped is multiplied by
    uint32_t threshold;  // dropped where the random number is below
    int32_t bias_bits;   // 32 or 16
    int32_t is_bias_bf16;
    int32_t mask;  // 0, 1 causal from the top left, 2 from the bottom right
    int32_t drops;
};

/// Of a row in a part of its columns: the greatest score, and the sum of exp(score - greatest), 0 for none.
struct PartState {
    float largest;
    float sum;
};

/// The columns of each row may be divided into parts, whose results attention_join makes one.
struct AttentionArguments {
    AttentionScores scores;
    HeadOperand out;
    float* lse;  // [batch, heads, rows]; NULL if it is not wanted
    int64_t parts = 1;
    HeadOperand values = {};      // of f32, of several parts: [batch, heads, rows, parts, width of v]
    PartState* states = nullptr;  // likewise [batch, heads, rows, parts]
};

struct AttentionBackwardArguments {
    AttentionScores scores;
    HeadOperand out;
    HeadOperand dout;
    HeadOperand gradient;  // of q, k or v
    const float* lse;      // [batch, heads, rows]
    float* means;          // [batch, heads, rows]: sums of dout out
};

// ---- How a block works: warps of 16 rows each against tiles of columns. ----

/// Widths that there are kernels for; a narrower one takes the next. The last is of the forward pass alone.
inline constexpr int kAttentionWidths[] = {64, 128, 256, 512};
inline constexpr int kAttentionWidest = 512;
/// Of the results of a block, which are in registers: of wider values a block has one of two slices.
inline constexpr int kAttentionSlice = 256;
static_assert(kAttentionWidest == 2 * kAttentionSlice);
inline constexpr int attentionSlice(int width) { return width < kAttentionSlice ? width : kAttentionSlice; }

inline constexpr int attentionRows(int element_bytes) { return element_bytes == 2 ? 64 : 32; }
inline constexpr int attentionThreads(int element_bytes) { return attentionRows(element_bytes) * 2; }
inline constexpr int attentionColumns(int element_bytes, int width) {
    return (width >= 256 ? 16 : 32) / (element_bytes == 4 && width > 64 ? 2 : 1);
}
/// Elements from one row of a tile in shared memory to the next: see mma.cuh.
inline constexpr int attentionStride(int width) { return width + 8; }
/// Of shared memory, for tiles with `resident` times the rows, the columns, and the columns of a slice.
inline constexpr int attentionBytes(int element_bytes, int width, int resident) {
    const int columns = attentionColumns(element_bytes, width);
    return ((resident * attentionRows(element_bytes) + columns) * attentionStride(width) +
            columns * attentionStride(attentionSlice(width))) *
           element_bytes;
}

}  // namespace optirs::cuda
