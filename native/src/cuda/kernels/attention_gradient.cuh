// What the backward passes know of the rows and heads of scores.
#pragma once

#include "attention.cuh"

namespace optirs::cuda {

/// What the forward pass left of a row of scores, and the columns that it attended to.
struct alignas(16) RowFacts {
    float lse;
    float mean;  // of the gradients of its probabilities, weighted by these
    Range range;
};

__device__ __forceinline__ RowFacts factsOf(const AttentionBackwardArguments& arguments,
                                            const Sequence& sequence, int64_t head, int row) {
    const AttentionScores& a = arguments.scores;
    if (row >= sequence.rows.count) {
        return {0, 0, {0, 0}};
    }
    const int64_t index = rowIndex(a, sequence, head, row);
    const float lse = arguments.lse[index];
    // A row that attended to nothing, or to something that is not finite, has no gradients.
    return {lse, arguments.means[index], lse - lse == 0 ? rangeOf(a, sequence, row) : Range{0, 0}};
}

/// From products of elements to numbers: scores, and gradients of probabilities.
struct Scales {
    float score;
    float gradient;
};

__device__ __forceinline__ Scales scalesOf(const AttentionBackwardArguments& arguments, int64_t head,
                                           int64_t kv_head) {
    const AttentionScores& a = arguments.scores;
    return {scoreScale(a, head, kv_head), scaleOf(arguments.dout, head) * scaleOf(a.v, kv_head)};
}

/// The greatest scale of the heads of a group. A gradient that sums over them is multiplied by it in the end,
/// and each head's factors by what is left, at most 1, before they are rounded.
__device__ __forceinline__ float greatestScale(const HeadOperand& operand, int64_t first, int64_t heads) {
    float greatest = 0;
    for (int64_t head = first; head < first + heads; ++head) {
        greatest = fmaxf(greatest, fabsf(scaleOf(operand, head)));
    }
    return greatest > 0 ? greatest : 1.0F;
}

}  // namespace optirs::cuda
