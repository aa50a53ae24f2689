// The gradients of attention, from scores that are computed again. A block has some rows of one operand,
// whose gradient it alone adds up, in a fixed order: q's rows go over the columns that they attend to; the
// rows of k and of v go over the rows of all heads that attend to them, and so work on scores that lie on
// their side.
#include "attention_gradient.cuh"
#include "attention_rows.cuh"

namespace optirs::cuda {
namespace {

enum class Operand { kQuery, kKey, kValue };

/// From a product of q and k, and the gradient of its probability, to what the gradient of an operand takes
/// it times: for v the probability, else the gradient of the product without scale.
template <Operand kOf>
__device__ __forceinline__ float factorOf(const AttentionScores& a, const Sequence& sequence, int64_t head,
                                          int row, int column, const RowFacts& facts, const Scales& scales,
                                          float product, float gradient) {
    if (!facts.range.has(column)) {
        return 0;
    }
    const float score = cappedScore(a, scales.score, product);
    const float probability = expf(shiftedScore(a, sequence, head, row, column, score) - facts.lse);
    const float keep = a.drops != 0 ? keepFactor(a, rowIndex(a, sequence, head, row), column) : 1.0F;
    if (kOf == Operand::kValue) {
        return probability * keep;
    }
    const float bent = a.soft_cap > 0 ? score / a.soft_cap : 0.0F;
    return probability * (gradient * scales.gradient * keep - facts.mean) * (1.0F - bent * bent);
}

/// The gradient of q.
template <class T, int kWidth>
__device__ __forceinline__ void queryGradient(const AttentionBackwardArguments& arguments) {
    using Tile = AttentionTile<T, kWidth>;
    const AttentionScores& a = arguments.scores;
    T* queries = launchMemory<T>();
    T* changes = queries + Tile::kRows * Tile::kStride;
    T* keys = changes + Tile::kRows * Tile::kStride;
    T* values = keys + Tile::kColumns * Tile::kStride;
    const int64_t parts = gridDim.x / a.heads;
    const int64_t head = blockIdx.x / parts;
    const Part part = partOf(a.q_starts, a.rows, a.batches, Tile::kRows, parts - 1 - blockIdx.x % parts);
    if (part.batch < 0) {
        return;
    }
    const Sequence sequence = sequenceOf(a, part.batch);
    const int64_t kv_head = head / (a.heads / a.kv_heads);
    const Rows key_rows = columnsOf(a, a.k, sequence, kv_head);
    const Rows value_rows = columnsOf(a, a.v, sequence, kv_head);
    const MmaLane lane = mmaLane();
    const int warp_row = static_cast<int>(threadIdx.x / kWarp) * 16;
    const int row = part.first + warp_row;
    const RowFacts facts[2] = {factsOf(arguments, sequence, head, row + lane.group),
                               factsOf(arguments, sequence, head, row + lane.group + 8)};
    const Range all = rangeOf(a, sequence, part.first, part.first + Tile::kRows);
    const Scales scales = scalesOf(arguments, head, kv_head);

    loadTile<T, kWidth, Tile::kRows>(queries, rowsOf(a.q, a.q_starts, sequence.rows, part.batch, head),
                                     part.first, sequence.rows.count);
    loadTile<T, kWidth, Tile::kRows>(changes,
                                     rowsOf(arguments.dout, a.q_starts, sequence.rows, part.batch, head),
                                     part.first, sequence.rows.count);
    typename Tile::Values results = {};
    for (int column = all.begin; column < all.end; column += Tile::kColumns) {
        __syncthreads();  // everyone is done with the last tile
        loadTile<T, kWidth, Tile::kColumns>(keys, key_rows, column, all.end);
        loadTile<T, kWidth, Tile::kColumns>(values, value_rows, column, all.end);
        __syncthreads();
        typename Tile::Scores scores = {};
        typename Tile::Scores gradients = {};
        multiplyRows<T, kWidth>(scores, queries, warp_row, keys, a.q.width);
        multiplyRows<T, kWidth>(gradients, changes, warp_row, values, a.v.width);
#pragma unroll
        for (int n = 0; n < Tile::kColumns / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                scores[n][i] = factorOf<Operand::kQuery>(a, sequence, head, row + lane.group + i / 2 * 8,
                                                         column + n * 8 + 2 * lane.pair + i % 2, facts[i / 2],
                                                         scales, scores[n][i], gradients[n][i]);
            }
        }
        addWeighted<T, kWidth>(results, scores, keys, a.q.width);
    }
    const float factor = a.scale * scaleOf(a.k, kv_head);
    const float factors[2] = {factor, factor};
    storeRows<T, kWidth>(rowsOf(arguments.gradient, a.q_starts, sequence.rows, part.batch, head), row,
                         sequence.rows.in_memory, results, factors);
}

/// The gradient of k or v.
template <class T, int kWidth, Operand kOf>
__device__ __forceinline__ void columnGradient(const AttentionBackwardArguments& arguments) {
    using Tile = AttentionTile<T, kWidth>;
    constexpr bool kIsValue = kOf == Operand::kValue;
    __shared__ RowFacts facts[Tile::kColumns];
    const AttentionScores& a = arguments.scores;
    T* keys = launchMemory<T>();
    T* values = keys + Tile::kRows * Tile::kStride;  // for k alone
    T* queries = values + (kIsValue ? 0 : Tile::kRows * Tile::kStride);
    T* changes = queries + Tile::kColumns * Tile::kStride;
    const int64_t parts = gridDim.x / a.kv_heads;
    const int64_t kv_head = blockIdx.x / parts;
    const Part part = partOf(a.kv_starts, a.columns, a.batches, Tile::kRows, blockIdx.x % parts);
    if (part.batch < 0) {
        return;
    }
    const Sequence sequence = sequenceOf(a, part.batch);
    const int64_t group = a.heads / a.kv_heads;
    const MmaLane lane = mmaLane();
    const int warp_row = static_cast<int>(threadIdx.x / kWarp) * 16;
    const int column = part.first + warp_row;

    loadTile<T, kWidth, Tile::kRows>(keys, columnsOf(a, a.k, sequence, kv_head), part.first,
                                     sequence.columns.count);
    if (!kIsValue) {
        loadTile<T, kWidth, Tile::kRows>(values, columnsOf(a, a.v, sequence, kv_head), part.first,
                                         sequence.columns.count);
    }
    const HeadOperand& summed = kIsValue ? arguments.dout : a.q;
    const float greatest = greatestScale(summed, kv_head * group, group);
    typename Tile::Values results = {};
    for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        const Scales scales = scalesOf(arguments, head, kv_head);
        const float share = scaleOf(summed, head) / greatest;
        const Rows query_rows = rowsOf(a.q, a.q_starts, sequence.rows, part.batch, head);
        const Rows change_rows = rowsOf(arguments.dout, a.q_starts, sequence.rows, part.batch, head);
        for (int row = 0; row < sequence.rows.count; row += Tile::kColumns) {
            const Range seen = rangeOf(a, sequence, row, row + Tile::kColumns);
            if (seen.end <= part.first || seen.begin >= part.first + Tile::kRows) {
                continue;
            }
            __syncthreads();  // everyone is done with the last tile
            loadTile<T, kWidth, Tile::kColumns>(queries, query_rows, row, sequence.rows.count);
            loadTile<T, kWidth, Tile::kColumns>(changes, change_rows, row, sequence.rows.count);
            if (threadIdx.x < Tile::kColumns) {
                facts[threadIdx.x] = factsOf(arguments, sequence, head, row + static_cast<int>(threadIdx.x));
            }
            __syncthreads();
            typename Tile::Scores scores = {};
            typename Tile::Scores gradients = {};
            multiplyRows<T, kWidth>(scores, keys, warp_row, queries, a.q.width);
            if (!kIsValue) {
                multiplyRows<T, kWidth>(gradients, values, warp_row, changes, a.v.width);
            }
#pragma unroll
            for (int n = 0; n < Tile::kColumns / 8; ++n) {
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    const int of_tile = n * 8 + 2 * lane.pair + i % 2;
                    scores[n][i] = share * factorOf<kOf>(a, sequence, head, row + of_tile,
                                                         column + lane.group + i / 2 * 8, facts[of_tile],
                                                         scales, scores[n][i], gradients[n][i]);
                }
            }
            addWeighted<T, kWidth>(results, scores, kIsValue ? changes : queries,
                                   kIsValue ? a.v.width : a.q.width);
        }
    }
    const float factor = kIsValue ? greatest : a.scale * greatest;
    const float factors[2] = {factor, factor};
    storeRows<T, kWidth>(rowsOf(arguments.gradient, a.kv_starts, sequence.columns, part.batch, kv_head),
                         column, sequence.columns.in_memory, results, factors);
}

/// Sums of dout out, a row for each warp.
template <class T>
__device__ __forceinline__ void rowMeans(const AttentionBackwardArguments& arguments) {
    const AttentionScores& a = arguments.scores;
    const int64_t index = static_cast<int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
    if (index >= rowCount(a)) {
        return;
    }
    const NumberedRow row = numberedRow(a, index);
    const T* out = static_cast<const T*>(arguments.out.data) + row.of(arguments.out);
    const int64_t change = row.of(arguments.dout);
    float sum = 0;
    for (int i = static_cast<int>(threadIdx.x % kWarp); i < arguments.out.width;
         i += static_cast<int>(kWarp)) {
        sum = fmaf(elementAt<T>(arguments.dout, change + i), toFloat(out[i]), sum);
    }
    sum = reduceWarp<Sum>(sum);
    if (threadIdx.x % kWarp == 0) {
        arguments.means[index] = sum * scaleOf(arguments.dout, row.head);
    }
}

}  // namespace

#define OPTIRS_GRADIENTS(T, suffix, width, blocks)                                                       \
    OPTIRS_WIDE_KERNEL(attention_query_gradient_##suffix##_##width, attentionThreads(sizeof(T)), blocks, \
                       AttentionBackwardArguments, queryGradient<T, width>);                             \
    OPTIRS_WIDE_KERNEL(attention_key_gradient_##suffix##_##width, attentionThreads(sizeof(T)), blocks,   \
                       AttentionBackwardArguments, columnGradient<T, width, Operand::kKey>);             \
    OPTIRS_WIDE_KERNEL(attention_value_gradient_##suffix##_##width, attentionThreads(sizeof(T)), blocks, \
                       AttentionBackwardArguments, columnGradient<T, width, Operand::kValue>)
#define OPTIRS_ATTENTION_BACKWARD(T, suffix) \
    OPTIRS_GRADIENTS(T, suffix, 64, 3);      \
    OPTIRS_GRADIENTS(T, suffix, 128, 2);     \
    OPTIRS_GRADIENTS(T, suffix, 256, 1);     \
    OPTIRS_KERNEL(attention_means_##suffix, kThreads, AttentionBackwardArguments, rowMeans<T>)

OPTIRS_ATTENTION_BACKWARD(F32, f32);
OPTIRS_ATTENTION_BACKWARD(BF16, bf16);
OPTIRS_ATTENTION_BACKWARD(F16, f16);

}  // namespace optirs::cuda
