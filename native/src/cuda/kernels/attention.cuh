// What forward and backward attention share: which sequence a block works on, which columns a row attends to,
// and what happens to a score on the way to its probability.
#pragma once

#include "attention_arguments.h"
#include "philox.cuh"

namespace optirs::cuda {

/// Sizes of a block's tiles.
template <class T, int kWidth>
struct AttentionTile {
    static constexpr int kRows = attentionRows(sizeof(T));
    static constexpr int kThreads = attentionThreads(sizeof(T));
    static constexpr int kColumns = attentionColumns(sizeof(T), kWidth);
    static constexpr int kStride = attentionStride(kWidth);
    static constexpr int kSlice = attentionSlice(kWidth);
    /// Results of a warp: of its 16 rows with all columns of a tile, and with all elements of a slice.
    using Scores = float[kColumns / 8][4];
    using Values = float[kSlice / 8][4];
};

template <int kWidth>
inline constexpr int kTileStride = attentionStride(kWidth);

__device__ __forceinline__ float negativeInfinity() { return __uint_as_float(0xff800000U); }

// ---- Sequences ----

__device__ __forceinline__ int clamped(int x, int low, int high) {
    return x < low ? low : x > high ? high : x;
}

/// One side of a sequence: its rows in memory, and how many of them count.
struct Extent {
    int start;  // among packed rows, else 0
    int in_memory;
    int count;
};

__device__ __forceinline__ Extent extentOf(const int32_t* starts, const int32_t* lengths, int64_t rows,
                                           int batch) {
    const int all = static_cast<int>(rows);
    Extent extent{0, all, all};
    if (starts != nullptr) {
        // Whatever the starts are, nothing outside of the tensor is touched.
        extent.start = clamped(starts[batch], 0, all);
        extent.in_memory = clamped(starts[batch + 1], extent.start, all) - extent.start;
    }
    extent.count = lengths == nullptr ? extent.in_memory : clamped(lengths[batch], 0, extent.in_memory);
    return extent;
}

struct Sequence {
    int batch;
    Extent rows;
    Extent columns;
};

__device__ __forceinline__ Sequence sequenceOf(const AttentionScores& a, int batch) {
    return {batch, extentOf(a.q_starts, a.q_lengths, a.rows, batch),
            extentOf(a.kv_starts, a.kv_lengths, a.columns, batch)};
}

/// The part of a sequence that a block works on.
struct Part {
    int batch;  // below 0: there is nothing left to do
    int first;  // row or column
};

/// Blocks are numbered so that those which follow each other share a head. Of packed sequences only the
/// device knows how many parts they have: there are blocks for as many as there can be.
__device__ __forceinline__ Part partOf(const int32_t* starts, int64_t rows, int64_t batches, int part_rows,
                                       int64_t number) {
    if (starts == nullptr) {
        const int64_t parts = (rows + part_rows - 1) / part_rows;
        return {static_cast<int>(number / parts), static_cast<int>(number % parts) * part_rows};
    }
    for (int batch = 0; batch < batches; ++batch) {
        const int64_t parts = (extentOf(starts, nullptr, rows, batch).in_memory + part_rows - 1) / part_rows;
        if (number < parts) {
            return {batch, static_cast<int>(number) * part_rows};
        }
        number -= parts;
    }
    return {-1, 0};
}

// ---- Scores ----

/// The columns that a row attends to.
struct Range {
    int begin;
    int end;

    __device__ __forceinline__ bool has(int column) const { return column >= begin && column < end; }
};

__device__ __forceinline__ Range rangeOf(const AttentionScores& a, const Sequence& sequence, int row) {
    if (row >= sequence.rows.count) {
        return {0, 0};
    }
    const int length = sequence.columns.count;
    const int diagonal = a.mask == 2 ? row + length - sequence.rows.count : row;
    Range range{0, length};
    if (a.mask != 0 && diagonal + 1 < range.end) {
        range.end = diagonal + 1;
    }
    // A window as long as that is none; this way the differences fit 32 bits.
    if (a.window_left >= 0 && a.window_left <= diagonal) {
        range.begin = diagonal - static_cast<int>(a.window_left);
    }
    if (a.window_right >= 0 && a.window_right <= length - diagonal &&
        diagonal + static_cast<int>(a.window_right) + 1 < range.end) {
        range.end = diagonal + static_cast<int>(a.window_right) + 1;
    }
    range.begin = range.begin < length ? range.begin : length;
    range.end = clamped(range.end, range.begin, length);
    return range;
}

/// One of the equal parts, of whole tiles, that columns are divided into. None begins before the first column
/// that counts: what lies there may be anything.
__device__ __forceinline__ Range shareOf(Range all, int64_t parts, int64_t number, int tile) {
    const int64_t tiles = (all.end - all.begin + tile - 1) / tile;
    const int64_t length = (tiles + parts - 1) / parts * tile;
    const int64_t begin = all.begin + number * length;
    const auto upTo = [&](int64_t column) { return static_cast<int>(column < all.end ? column : all.end); };
    return {upTo(begin), upTo(begin + length)};
}

/// The columns that any of the rows from `first` to `last` attends to, or some more: both ends of a row's
/// columns never come before those of the row above.
__device__ __forceinline__ Range rangeOf(const AttentionScores& a, const Sequence& sequence, int first,
                                         int last) {
    if (last > sequence.rows.count) {
        last = sequence.rows.count;
    }
    if (first >= last) {
        return {0, 0};
    }
    return {rangeOf(a, sequence, first).begin, rangeOf(a, sequence, last - 1).end};
}

/// What an element of 8 bits is multiplied by.
__device__ __forceinline__ float scaleOf(const HeadOperand& operand, int64_t head) {
    return operand.scales == nullptr ? 1.0F : operand.scales[operand.has_head_scales != 0 ? head : 0];
}

/// From a product of elements of q and k to the score.
__device__ __forceinline__ float scoreScale(const AttentionScores& a, int64_t head, int64_t kv_head) {
    return a.scale * scaleOf(a.q, head) * scaleOf(a.k, kv_head);
}

/// Scale and cap; bias and ALiBi come later, as the slope of the cap is without them.
__device__ __forceinline__ float cappedScore(const AttentionScores& a, float scale, float product) {
    const float score = product * scale;
    return a.soft_cap > 0 ? a.soft_cap * tanhf(score / a.soft_cap) : score;
}

__device__ __forceinline__ float biasAt(const AttentionScores& a, int64_t i) {
    if (a.bias_bits == 32) {
        return static_cast<const float*>(a.bias)[i];
    }
    return a.is_bias_bf16 != 0 ? toFloat(static_cast<const BF16*>(a.bias)[i])
                               : toFloat(static_cast<const F16*>(a.bias)[i]);
}

__device__ __forceinline__ float shiftedScore(const AttentionScores& a, const Sequence& sequence,
                                              int64_t head, int row, int column, float score) {
    if (a.bias != nullptr) {
        score += biasAt(
            a, sequence.batch * a.bias_batch_stride + head * a.bias_head_stride + row * a.columns + column);
    }
    if (a.slopes != nullptr) {
        const int diagonal = row + sequence.columns.count - sequence.rows.count;
        score -= a.slopes[head] * fabsf(static_cast<float>(diagonal - column));
    }
    return score;
}

/// Where a row stands in lse, and among the rows that take counters of the generator.
__device__ __forceinline__ int64_t rowIndex(const AttentionScores& a, const Sequence& sequence, int64_t head,
                                            int row) {
    const int64_t batch = a.q_starts != nullptr ? 0 : sequence.batch;
    return (batch * a.heads + head) * a.rows + sequence.rows.start + row;
}

// A row that attends to nothing is 0, and its log-sum-exp -infinity. (With a NaN the sum is NaN.)

/// What the weighted values of a row are multiplied by; `scale` is that of the values.
__device__ __forceinline__ float rowFactor(float sum, float scale) { return sum == 0 ? 0.0F : scale / sum; }

__device__ __forceinline__ float rowLogSum(float largest, float sum) {
    return sum == 0 ? negativeInfinity() : largest + logf(sum);
}

/// Rows of all heads.
__device__ __forceinline__ int64_t rowCount(const AttentionScores& a) {
    return (a.q_starts != nullptr ? 1 : a.batches) * a.heads * a.rows;
}

/// What a probability is multiplied by; 0 if it is dropped.
__device__ __forceinline__ float keepFactor(const AttentionScores& a, int64_t row_index, int column) {
    const uint64_t block = static_cast<uint64_t>(row_index * ((a.columns + 3) / 4) + column / 4);
    const uint4 draws = philox4x32(a.seed, a.offset + block);
    const uint32_t low = column % 2 == 0 ? draws.x : draws.y;
    const uint32_t high = column % 2 == 0 ? draws.z : draws.w;
    return (column % 4 < 2 ? low : high) >= a.threshold ? a.keep : 0.0F;
}

}  // namespace optirs::cuda
