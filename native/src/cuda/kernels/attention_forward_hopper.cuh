// Attention, forward, for Hopper: what a block works on, where it lies in shared memory, and the warp that
// fetches it.
#pragma once

#include "attention_hopper.cuh"

namespace optirs::cuda {

template <int kWidth>
struct HopperForward {
    static constexpr int kColumns = hopperColumns(kWidth);
    using Queries = HopperTile<kHopperRows, kWidth>;
    using Ring = HopperRing<kColumns, kWidth>;
    using Scores = float[kColumns / 8][4];
    using Weights = uint32_t[kColumns / 16][4];
    using Values = float[kWidth / 8][4];

    /// Addresses in shared memory.
    struct Memory {
        uint32_t queries;

        __device__ __forceinline__ Ring ring() const { return {queries + Queries::kBytes}; }
        __device__ __forceinline__ uint32_t haveQueries() const { return ring().end(); }
    };
};

/// What a block works on.
struct ForwardWork {
    Sequence sequence;  // of a batch below 0: there is nothing to do
    int64_t head;
    int64_t kv_head;
    int row;     // the first
    int column;  // the first, of tiles that go on from there
    int tiles;
};

template <int kWidth>
__device__ __forceinline__ ForwardWork forwardWork(const AttentionScores& a) {
    constexpr int kColumns = HopperForward<kWidth>::kColumns;
    const int64_t parts = gridDim.x / a.heads;
    const int64_t head = blockIdx.x / parts;
    // The last rows of a causal sequence have most columns: they begin.
    const Part part = partOf(a.q_starts, a.rows, a.batches, kHopperRows, parts - 1 - blockIdx.x % parts);
    if (part.batch < 0) {
        return {{-1, {}, {}}, 0, 0, 0, 0, 0};
    }
    const Sequence sequence = sequenceOf(a, part.batch);
    const Range range = rangeOf(a, sequence, part.first, part.first + kHopperRows);
    return {sequence,   head,        head / (a.heads / a.kv_heads),
            part.first, range.begin, (range.end - range.begin + kColumns - 1) / kColumns};
}

/// What the warp that fetches does: the keys of a tile come before the values of the one before it.
template <int kWidth>
__device__ __forceinline__ void fetchForward(const AttentionHopperArguments& arguments,
                                             const typename HopperForward<kWidth>::Memory& memory,
                                             const ForwardWork& work) {
    constexpr int kColumns = HopperForward<kWidth>::kColumns;
    const AttentionScores& a = arguments.attention.scores;
    const Sequence& sequence = work.sequence;
    if (isFirstLane()) {
        expectBytes(memory.haveQueries(), HopperForward<kWidth>::Queries::kBytes);
        copyTile<kHopperRows, kWidth>(
            memory.queries,
            boxOf(arguments.q, a.q_starts, sequence.rows, sequence.batch, work.head, work.row),
            memory.haveQueries());
    }
    HopperWriter<kColumns, kWidth> writer(memory.ring());
    const auto boxAt = [&](const CUtensorMap& map, int tile) {
        return boxOf(map, a.kv_starts, sequence.columns, sequence.batch, work.kv_head,
                     work.column + tile * kColumns);
    };
    writer.put(boxAt(arguments.k, 0));
    for (int tile = 1; tile < work.tiles; ++tile) {
        writer.put(boxAt(arguments.k, tile));
        writer.put(boxAt(arguments.v, tile - 1));
    }
    const int last = work.tiles - 1;
    const bool ends_within = a.kv_lengths != nullptr || a.kv_starts != nullptr;
    writer.put(boxAt(arguments.v, last),
               ends_within ? sequence.columns.count - work.column - last * kColumns : kColumns);
}

}  // namespace optirs::cuda
