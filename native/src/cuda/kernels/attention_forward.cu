// Attention, forward (FlashAttention, Dao et al., 2022): a block has some rows of one head and goes over
// their columns, a tile at a time, with a running maximum and sum for each row.
#include "attention_rows.cuh"
#include "attention_running.cuh"

namespace optirs::cuda {
namespace {

/// Products of one tile become the weights of its values, and earlier results are brought to the new maximum.
template <int N, int M>
__device__ __forceinline__ void weigh(const AttentionScores& a, const Sequence& sequence, int64_t head,
                                      int row, const Range (&ranges)[2], int column, float scale,
                                      float (&scores)[N][4], RunningRows& state, float (&values)[M][4]) {
    const MmaLane lane = mmaLane();
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int i = row + lane.group + half * 8;
        float largest = state.largest[half];
#pragma unroll
        for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int k = 0; k < 2; ++k) {
                const int j = column + n * 8 + 2 * lane.pair + k;
                float& score = scores[n][2 * half + k];
                score = ranges[half].has(j)
                            ? shiftedScore(a, sequence, head, i, j, cappedScore(a, scale, score))
                            : negativeInfinity();
                largest = fmaxf(largest, score);
            }
        }
        largest = largestOfRow(largest);
        // All masked so far: nothing to take away from.
        const float shift = largest == negativeInfinity() ? 0.0F : largest;
        const float former = expf(state.largest[half] - shift);
        state.largest[half] = largest;
        state.sum[half] *= former;
        const int64_t row_index = rowIndex(a, sequence, head, i);
#pragma unroll
        for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int k = 0; k < 2; ++k) {
                float& weight = scores[n][2 * half + k];
                weight = expf(weight - shift);
                state.sum[half] += weight;
                if (a.drops != 0) {
                    weight *= keepFactor(a, row_index, column + n * 8 + 2 * lane.pair + k);
                }
            }
        }
        if (former != 1.0F) {
#pragma unroll
            for (int n = 0; n < M; ++n) {
                values[n][2 * half] *= former;
                values[n][2 * half + 1] *= former;
            }
        }
    }
}

template <class T, int kWidth>
__device__ __forceinline__ void attend(const AttentionArguments& arguments) {
    using Tile = AttentionTile<T, kWidth>;
    const AttentionScores& a = arguments.scores;
    T* queries = launchMemory<T>();
    T* keys = queries + Tile::kRows * Tile::kStride;
    T* values = keys + Tile::kColumns * Tile::kStride;
    // Blocks that follow each other share columns, then rows, then a head.
    const int slices = kWidth > Tile::kSlice && a.v.width > Tile::kSlice ? 2 : 1;
    const int first_value = static_cast<int>(blockIdx.x) % slices * Tile::kSlice;
    const int64_t share = blockIdx.x / slices % arguments.parts;
    const int64_t number = blockIdx.x / slices / arguments.parts;
    const int64_t parts = gridDim.x / (a.heads * arguments.parts * slices);
    const int64_t head = number / parts;
    // The last rows of a causal sequence have most columns: they begin.
    const Part part = partOf(a.q_starts, a.rows, a.batches, Tile::kRows, parts - 1 - number % parts);
    if (part.batch < 0) {
        return;
    }
    const Sequence sequence = sequenceOf(a, part.batch);
    const int64_t kv_head = head / (a.heads / a.kv_heads);
    const Rows key_rows = columnsOf(a, a.k, sequence, kv_head);
    Rows value_rows = columnsOf(a, a.v, sequence, kv_head);
    value_rows.slice(first_value, Tile::kSlice);
    const int warp_row = static_cast<int>(threadIdx.x / kWarp) * 16;
    const int row = part.first + warp_row;
    const MmaLane lane = mmaLane();
    const Range ranges[2] = {rangeOf(a, sequence, row + lane.group),
                             rangeOf(a, sequence, row + lane.group + 8)};
    const float scale = scoreScale(a, head, kv_head);
    const Range all = shareOf(rangeOf(a, sequence, part.first, part.first + Tile::kRows), arguments.parts,
                              share, Tile::kColumns);

    loadTile<T, kWidth, Tile::kRows>(queries, rowsOf(a.q, a.q_starts, sequence.rows, part.batch, head),
                                     part.first, sequence.rows.count);
    typename Tile::Values results = {};
    RunningRows state;
    for (int column = all.begin; column < all.end; column += Tile::kColumns) {
        __syncthreads();  // everyone is done with the last tile
        loadTile<T, kWidth, Tile::kColumns>(keys, key_rows, column, all.end);
        loadTile<T, Tile::kSlice, Tile::kColumns>(values, value_rows, column, all.end);
        __syncthreads();
        typename Tile::Scores scores = {};
        multiplyRows<T, kWidth>(scores, queries, warp_row, keys, a.q.width);
        weigh(a, sequence, head, row, ranges, column, scale, scores, state, results);
        addWeighted<T, Tile::kSlice>(results, scores, values, value_rows.width);
    }

    const bool is_part = arguments.parts > 1;
    float factors[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const float sum = sumOfRow(state.sum[half]);
        factors[half] = is_part ? 1.0F : rowFactor(sum, scaleOf(a.v, kv_head));
        const int i = row + lane.group + half * 8;
        if (lane.pair != 0 || first_value != 0 || i >= sequence.rows.in_memory) {
            continue;
        }
        const int64_t index = rowIndex(a, sequence, head, i);
        if (is_part) {
            arguments.states[index * arguments.parts + share] = {state.largest[half], sum};
        } else if (arguments.lse != nullptr) {
            arguments.lse[index] = rowLogSum(state.largest[half], sum);
        }
    }
    if (is_part) {
        Rows kept = rowsOf(arguments.values, a.q_starts, sequence.rows, part.batch, head);
        kept.first += share * a.v.width;
        kept.slice(first_value, Tile::kSlice);
        storeRows<F32, Tile::kSlice>(kept, row, sequence.rows.in_memory, results, factors);
    } else {
        Rows out = rowsOf(arguments.out, a.q_starts, sequence.rows, part.batch, head);
        out.slice(first_value, Tile::kSlice);
        storeRows<T, Tile::kSlice>(out, row, sequence.rows.in_memory, results, factors);
    }
}

}  // namespace

// Blocks of a multiprocessor: as many as leave the results of a width in registers.
#define OPTIRS_ATTENTION_WIDTH(T, suffix, width, blocks)                                          \
    OPTIRS_WIDE_KERNEL(attention_forward_##suffix##_##width, attentionThreads(sizeof(T)), blocks, \
                       AttentionArguments, attend<T, width>)
#define OPTIRS_ATTENTION(T, suffix)            \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 64, 3);  \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 128, 3); \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 256, 1); \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 512, 1)

OPTIRS_ATTENTION(F32, f32);
OPTIRS_ATTENTION(BF16, bf16);
OPTIRS_ATTENTION(F16, f16);

}  // namespace optirs::cuda
