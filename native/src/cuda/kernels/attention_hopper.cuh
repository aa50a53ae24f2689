// Attention, forward, for Hopper: where a block's tiles lie in shared memory, the ring that they go through,
// and the warp group that fetches them.
#pragma once

#include "attention.cuh"
#include "attention_hopper_arguments.h"
#include "hopper.cuh"

namespace optirs::cuda {

template <int kWidth>
struct HopperTile {
    static constexpr int kColumns = hopperColumns(kWidth);
    static constexpr uint32_t kQueryPanel = kHopperRows * kHopperPanelBytes;
    static constexpr uint32_t kPanel = kColumns * kHopperPanelBytes;
    static constexpr uint32_t kQueries = hopperTileBytes(kHopperRows, kWidth);
    static constexpr uint32_t kTile = hopperTileBytes(kColumns, kWidth);
    using Scores = float[kColumns / 8][4];
    using Weights = uint32_t[kColumns / 16][4];
    using Values = float[kWidth / 8][4];
};

/// Addresses in shared memory.
template <int kWidth>
struct HopperMemory {
    using Tile = HopperTile<kWidth>;
    uint32_t queries;

    __device__ __forceinline__ uint32_t tile(uint32_t slot) const {
        return queries + Tile::kQueries + slot * Tile::kTile;
    }
    /// Barriers: the queries are there; the slot's tile is there; nobody needs it any more.
    __device__ __forceinline__ uint32_t haveQueries() const { return tile(kHopperSlots); }
    __device__ __forceinline__ uint32_t isFull(uint32_t slot) const { return haveQueries() + 8 + slot * 16; }
    __device__ __forceinline__ uint32_t isFree(uint32_t slot) const { return isFull(slot) + 8; }
};

/// All go around in the order in which tiles are multiplied: the keys of a tile come before the values of the
/// one before it.
using HopperPlace = RingPlace<kHopperSlots>;

/// What a block works on.
struct HopperWork {
    Sequence sequence;
    int64_t head;
    int first;  // row
    int tiles;
};

template <int kWidth>
__device__ __forceinline__ HopperWork hopperWork(const AttentionScores& a) {
    constexpr int kColumns = HopperTile<kWidth>::kColumns;
    const int64_t parts = gridDim.x / a.heads;
    // The last rows of a causal sequence have most columns: they begin.
    const Part part = partOf(nullptr, a.rows, a.batches, kHopperRows, parts - 1 - blockIdx.x % parts);
    const Sequence sequence = sequenceOf(a, part.batch);
    const Range range = rangeOf(a, sequence, part.first, part.first + kHopperRows);
    return {sequence, blockIdx.x / parts, part.first, (range.end + kColumns - 1) / kColumns};
}

/// What the one thread that fetches does.
template <int kWidth>
__device__ __forceinline__ void fetch(const AttentionHopperArguments& arguments,
                                      const HopperMemory<kWidth>& memory, const HopperWork& work) {
    using Tile = HopperTile<kWidth>;
    const AttentionScores& a = arguments.attention.scores;
    const int batch = work.sequence.batch;
    const int head = static_cast<int>(work.head);
    const int kv_head = static_cast<int>(work.head / (a.heads / a.kv_heads));
    expectBytes(memory.haveQueries(), Tile::kQueries);
    for (uint32_t panel = 0; panel < kWidth / kHopperPanel; ++panel) {
        copyBox(memory.queries + panel * Tile::kQueryPanel, arguments.q,
                static_cast<int>(panel) * kHopperPanel, work.first, head, batch, memory.haveQueries());
    }
    HopperPlace place;
    const auto put = [&](const CUtensorMap& map, int tile) {
        waitFor(memory.isFree(place.slot), place.phase ^ 1);
        expectBytes(memory.isFull(place.slot), Tile::kTile);
        for (uint32_t panel = 0; panel < kWidth / kHopperPanel; ++panel) {
            copyBox(memory.tile(place.slot) + panel * Tile::kPanel, map,
                    static_cast<int>(panel) * kHopperPanel, tile * Tile::kColumns, kv_head, batch,
                    memory.isFull(place.slot));
        }
        place = place.next();
    };
    put(arguments.k, 0);
    for (int tile = 1; tile < work.tiles; ++tile) {
        put(arguments.k, tile);
        put(arguments.v, tile - 1);
    }
    put(arguments.v, work.tiles - 1);
}

}  // namespace optirs::cuda
