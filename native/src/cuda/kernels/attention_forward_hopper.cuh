// Attention, forward, for Hopper: what a block works on, where it lies in shared memory, and the warp that
// fetches it.
#pragma once

#include <type_traits>

#include "attention_hopper.cuh"

namespace optirs::cuda {

/// Of operands T with heads of kWidth elements.
template <class T, int kWidth>
struct HopperForward {
    static constexpr bool kIsFloat8 = sizeof(T) == 1;
    static constexpr int kColumns = hopperColumns(kWidth);
    static constexpr int kDepth = 32 / sizeof(T);  // elements that one product adds up
    using Queries = HopperTile<kHopperRows, kWidth, sizeof(T)>;
    using Keys = HopperTile<kColumns, kWidth, sizeof(T)>;
    /// 8-bit values lie on their side, as their products need it.
    using Values = std::conditional_t<kIsFloat8, HopperTile<kWidth, kColumns, 1>, Keys>;
    using Ring = HopperRing<Keys>;
    static_assert(Values::kBytes <= Keys::kBytes);

    /// Addresses in shared memory.
    struct Memory {
        uint32_t queries;

        __device__ __forceinline__ Ring ring() const { return {queries + Queries::kBytes}; }
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

template <class T, int kWidth>
__device__ __forceinline__ ForwardWork forwardWork(const AttentionScores& a) {
    constexpr int kColumns = HopperForward<T, kWidth>::kColumns;
    const int64_t parts = gridDim.x / a.heads;
    const int64_t head = blockIdx.x / parts;
    // The last rows of a causal sequence have most columns: they begin.
    const Part part = partOf(a.q_starts, a.rows, a.batches, kHopperRows, parts - 1 - blockIdx.x % parts);
    if (part.batch < 0) {
        return {{-1, {}, {}}, 0, 0, 0, 0, 0};
    }
    const Sequence sequence = sequenceOf(a, part.batch);
    Range range = rangeOf(a, sequence, part.first, part.first + kHopperRows);
    if (HopperForward<T, kWidth>::kIsFloat8) {
        range.begin -= range.begin % kColumns;  // as the values on their side are ordered within tiles
    }
    return {sequence,   head,        head / (a.heads / a.kv_heads),
            part.first, range.begin, (range.end - range.begin + kColumns - 1) / kColumns};
}

/// What the warp that fetches does: the keys of a tile come before the values of the one before it.
template <class T, int kWidth>
__device__ __forceinline__ void fetchForward(const AttentionHopperArguments& arguments,
                                             const typename HopperForward<T, kWidth>::Memory& memory,
                                             const ForwardWork& work) {
    using Forward = HopperForward<T, kWidth>;
    constexpr int kColumns = Forward::kColumns;
    const AttentionScores& a = arguments.attention.scores;
    const Sequence& sequence = work.sequence;
    if (isFirstLane()) {
        expectBytes(memory.ring().haveResident(), Forward::Queries::kBytes);
        copyTile<typename Forward::Queries>(
            memory.queries,
            boxOf(arguments.q, a.q_starts, sequence.rows, sequence.batch, work.head, work.row),
            memory.ring().haveResident());
    }
    HopperWriter<typename Forward::Ring> writer(memory.ring());
    const auto boxAt = [&](const CUtensorMap& map, int tile) {
        return boxOf(map, a.kv_starts, sequence.columns, sequence.batch, work.kv_head,
                     work.column + tile * kColumns);
    };
    const bool ends_within = a.kv_lengths != nullptr || a.kv_starts != nullptr;
    const auto putValues = [&](int tile) {
        if constexpr (Forward::kIsFloat8) {
            writer.template put<typename Forward::Values>(
                transposedBox(arguments.v, a.kv_starts, sequence.columns, sequence.batch, work.kv_head,
                              work.column + tile * kColumns));
        } else {
            const bool is_cut = ends_within && tile == work.tiles - 1;
            writer.put(boxAt(arguments.v, tile),
                       is_cut ? sequence.columns.count - work.column - tile * kColumns : kColumns);
        }
    };
    writer.put(boxAt(arguments.k, 0));
    for (int tile = 1; tile < work.tiles; ++tile) {
        writer.put(boxAt(arguments.k, tile));
        putValues(tile - 1);
    }
    putValues(work.tiles - 1);
}

}  // namespace optirs::cuda
