// The gradients of attention for Hopper: what a block works on, where it lies in shared memory, and the warp
// that fetches it.
#pragma once

#include <type_traits>

#include "attention_gradient.cuh"
#include "attention_hopper.cuh"

namespace optirs::cuda {

/// Whose gradients; kColumns: of both keys and values.
enum class Side { kQueries, kKeys, kValues, kColumns };

/// Of operands T with heads of kWidth elements.
template <class T, int kWidth>
struct HopperBackward {
    static constexpr bool kIsFloat8 = sizeof(T) == 1;
    static constexpr int kDepth = 32 / sizeof(T);                      // elements that one product adds up
    static constexpr int kPassing = hopperPassing(kWidth, sizeof(T));  // rows of a tile that goes by,
    static constexpr int kStep = kIsFloat8 ? 64 : kPassing;            // and those done at a time
    using Resident = HopperTile<kHopperRows, kWidth, sizeof(T)>;
    using Passing = HopperTile<kPassing, kWidth, sizeof(T)>;
    /// Of 8 bits, what weights are multiplied by lies on its side, in tiles of their own.
    using OnSide = HopperTile<kWidth, kPassing, 1>;
    using Ring = HopperRing<Passing, hopperGradientSlots(sizeof(T))>;
    static_assert(!kIsFloat8 || OnSide::kBytes <= Passing::kBytes);

    /// Addresses in shared memory.
    struct Memory {
        uint32_t first;

        /// Queries or keys, and changes of out or values.
        __device__ __forceinline__ uint32_t resident(uint32_t which) const {
            return first + which * Resident::kBytes;
        }
        __device__ __forceinline__ Ring ring() const { return {resident(2)}; }
        /// Of the rows of a slot's queries.
        __device__ __forceinline__ RowFacts* facts(uint32_t slot) const {
            auto* given = launchMemory<unsigned char>();
            return reinterpret_cast<RowFacts*>(given + (ring().end() - sharedAddress(given))) +
                   slot * (kPassing + 1);
        }
        /// The range is what all of these rows attend to.
        __device__ __forceinline__ RowFacts& common(uint32_t slot) const { return facts(slot)[kPassing]; }
    };
};

/// What a block works on.
struct GradientWork {
    Sequence sequence;  // of a batch below 0: there is nothing to do
    int64_t head;       // the first, of q
    int64_t kv_head;
    int heads;
    int row;      // the first that stays
    int passing;  // the first that goes by, of tiles that go on from there
    int tiles;    // for each head
};

/// As factsOf, with the lse to the base 2.
__device__ __forceinline__ RowFacts binaryFacts(const AttentionBackwardArguments& arguments,
                                                const Sequence& sequence, int64_t head, int row) {
    RowFacts facts = factsOf(arguments, sequence, head, row);
    facts.lse *= kLog2E;
    return facts;
}

/// What the ranges of all threads of a warp have in common.
__device__ __forceinline__ Range commonRange(Range range) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        const int begin = __shfl_xor_sync(kAllLanes, range.begin, step);
        const int end = __shfl_xor_sync(kAllLanes, range.end, step);
        range = {begin > range.begin ? begin : range.begin, end < range.end ? end : range.end};
    }
    return range;
}
__device__ __forceinline__ Range commonRange(const Range& a, const Range& b) {
    return {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
}

/// The first number in a range for which what is false first, and then true, is true; else its end.
template <class Condition>
__device__ __forceinline__ int firstWhere(int begin, int end, Condition&& condition) {
    while (begin < end) {
        const int middle = begin + (end - begin) / 2;
        if (condition(middle)) {
            end = middle;
        } else {
            begin = middle + 1;
        }
    }
    return begin;
}

template <class T, int kWidth, Side kSide>
__device__ __forceinline__ GradientWork gradientWork(const AttentionScores& a) {
    constexpr int kPassing = HopperBackward<T, kWidth>::kPassing;
    constexpr bool kIsQueries = kSide == Side::kQueries;
    const int64_t group = a.heads / a.kv_heads;
    const int64_t parts = gridDim.x / (kIsQueries ? a.heads : a.kv_heads);
    const int64_t head = blockIdx.x / parts;
    const int64_t number = blockIdx.x % parts;
    // Of a causal sequence the last rows and the first columns have most to do: they begin.
    const Part part = kIsQueries ? partOf(a.q_starts, a.rows, a.batches, kHopperRows, parts - 1 - number)
                                 : partOf(a.kv_starts, a.columns, a.batches, kHopperRows, number);
    if (part.batch < 0) {
        return {{-1, {}, {}}, 0, 0, 0, 0, 0, 0};
    }
    const Sequence sequence = sequenceOf(a, part.batch);
    Range range;
    if (kIsQueries) {
        range = rangeOf(a, sequence, part.first, part.first + kHopperRows);
    } else {
        const int rows = sequence.rows.count;
        range.begin =
            firstWhere(0, rows, [&](int row) { return rangeOf(a, sequence, row).end > part.first; });
        range.end = firstWhere(range.begin, rows, [&](int row) {
            return rangeOf(a, sequence, row).begin >= part.first + kHopperRows;
        });
    }
    if (HopperBackward<T, kWidth>::kIsFloat8 && range.begin < range.end) {
        range.begin -= range.begin % kPassing;  // as operands on their side are ordered within tiles
    }
    return {sequence,
            kIsQueries ? head : head * group,
            kIsQueries ? head / group : head,
            kIsQueries ? 1 : static_cast<int>(group),
            part.first,
            range.begin,
            (range.end - range.begin + kPassing - 1) / kPassing};
}

/// What the warp that fetches does.
template <class T, int kWidth, Side kSide>
__device__ __forceinline__ void fetchForGradients(const AttentionHopperBackwardArguments& arguments,
                                                  const typename HopperBackward<T, kWidth>::Memory& memory,
                                                  const GradientWork& work) {
    using Backward = HopperBackward<T, kWidth>;
    constexpr bool kIsQueries = kSide == Side::kQueries;
    constexpr int kRows = Backward::kPassing;
    const AttentionScores& a = arguments.attention.scores;
    const Sequence& sequence = work.sequence;
    const auto rowBox = [&](const CUtensorMap& map, int64_t head, int row) {
        return boxOf(map, a.q_starts, sequence.rows, sequence.batch, head, row);
    };
    const auto columnBox = [&](const CUtensorMap& map, int column) {
        return boxOf(map, a.kv_starts, sequence.columns, sequence.batch, work.kv_head, column);
    };
    if (isFirstLane()) {
        expectBytes(memory.ring().haveResident(), 2 * Backward::Resident::kBytes);
        for (int i = 0; i < kHopperRows; i += kRows) {
            const uint32_t offset = static_cast<uint32_t>(i) * kHopperPanelBytes;
            const int row = work.row + i;
            copyTile<typename Backward::Resident>(
                memory.resident(0) + offset,
                kIsQueries ? rowBox(arguments.q, work.head, row) : columnBox(arguments.k, row),
                memory.ring().haveResident());
            copyTile<typename Backward::Resident>(
                memory.resident(1) + offset,
                kIsQueries ? rowBox(arguments.dout, work.head, row) : columnBox(arguments.v, row),
                memory.ring().haveResident());
        }
    }
    HopperWriter<typename Backward::Ring> writer(memory.ring());
    const bool ends_within = kIsQueries ? a.kv_lengths != nullptr || a.kv_starts != nullptr
                                        : a.q_lengths != nullptr || a.q_starts != nullptr;
    const int count = kIsQueries ? sequence.columns.count : sequence.rows.count;
    for (int64_t head = work.head; head < work.head + work.heads; ++head) {
        // Scores do not mind what lies behind a sequence, weighted sums do.
        const auto put = [&](const HopperBox& box, int end) {
            if constexpr (Backward::kIsFloat8) {
                writer.put(box);
            } else {
                writer.put(box, end);
            }
        };
        const auto putOnSide = [&](const CUtensorMap& map, int first) {
            if constexpr (Backward::kIsFloat8) {
                writer.template put<typename Backward::OnSide>(
                    kIsQueries ? transposedBox(map, a.kv_starts, sequence.columns, sequence.batch,
                                               work.kv_head, first)
                               : transposedBox(map, a.q_starts, sequence.rows, sequence.batch, head, first));
            }
        };
        for (int tile = 0; tile < work.tiles; ++tile) {
            const int first = work.passing + tile * kRows;
            const int end = ends_within ? count - first : kRows;
            if (kIsQueries) {
                put(columnBox(arguments.k, first), end);
                put(columnBox(arguments.v, first), end);
                putOnSide(arguments.k_on_side, first);
            } else {
                const uint32_t slot = writer.awaitSlot();
                const int lane = static_cast<int>(threadIdx.x % kWarp);
                RowFacts* facts = memory.facts(slot);
                Range common{0, sequence.columns.count};
#pragma unroll 1
                for (int row = lane; row < kRows; row += static_cast<int>(kWarp)) {
                    facts[row] = binaryFacts(arguments.attention, sequence, head, first + row);
                    common = commonRange(common, facts[row].range);
                }
                common = commonRange(common);
                if (isFirstLane()) {
                    memory.common(slot).range = common;
                }
                __syncwarp();  // before the slot is said to be full
                put(rowBox(arguments.q, head, first), end);
                put(rowBox(arguments.dout, head, first), end);
                putOnSide(arguments.dout_on_side, first);
                putOnSide(arguments.q_on_side, first);
            }
        }
    }
}

}  // namespace optirs::cuda
