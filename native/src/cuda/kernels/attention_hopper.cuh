// Attention for Hopper: a ring of slots in shared memory that one warp fills with tiles by TMA and warp
// groups empty, and what forward and backward do with scores.
#pragma once

#include "attention.cuh"
#include "attention_hopper_arguments.h"
#include "hopper.cuh"

namespace optirs::cuda {

// ---- Scores ----

inline constexpr float kLog2E = 1.44269504F;

/// 2^x to 22 bits.
__device__ __forceinline__ float powerOfTwo(float x) {
#ifdef OPTIRS_CUDA_EMULATION
    return std::exp2(x);
#else
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#endif
}

/// The cap of scores as cappedScore has it, without the slow tanh: the error is that of f32 beside 1, so some
/// 1e-7 of the cap.
class SoftCap {
 public:
    /// `scale`: from products to scores.
    __device__ __forceinline__ SoftCap(float cap, float scale) : cap_(cap), rate_(2 * kLog2E * scale / cap) {}

    __device__ __forceinline__ bool isThere() const { return cap_ > 0; }
    /// The score in the cap, from -1 to 1.
    __device__ __forceinline__ float share(float product) const {
        return 1.0F - __fdividef(2.0F, powerOfTwo(product * rate_) + 1.0F);
    }
    __device__ __forceinline__ float score(float product) const { return cap_ * share(product); }

 private:
    float cap_;
    float rate_;
};

// ---- Tiles: see wgmma.cuh. ----

template <int kRows, int kWidth>
struct HopperTile {
    static constexpr uint32_t kPanel = kRows * kHopperPanelBytes;
    static constexpr uint32_t kBytes = hopperTileBytes(kRows, kWidth);

    /// Where the panel with this column begins, and the column's place in its first row.
    static __device__ __forceinline__ uint32_t at(uint32_t tile, uint32_t column) {
        return tile + column / kHopperPanel * kPanel + column % kHopperPanel * 2;
    }
};

/// Which rows of which head a map is asked for.
struct HopperBox {
    const CUtensorMap& map;
    int row;
    int head;
    int batch;
};

/// Of a sequence, from one of its rows or columns on.
__device__ __forceinline__ HopperBox boxOf(const CUtensorMap& map, const int32_t* starts,
                                           const Extent& extent, int batch, int64_t head, int first) {
    return {map, extent.start + first, static_cast<int>(head), starts != nullptr ? 0 : batch};
}

/// Asks for a box, whose rows begin at this address of a tile of `kOf` rows.
template <int kOf, int kWidth>
__device__ __forceinline__ void copyTile(uint32_t to, const HopperBox& box, uint32_t barrier) {
    for (uint32_t column = 0; column < kWidth; column += kHopperPanel) {
        copyBox(HopperTile<kOf, kWidth>::at(to, column), box.map, static_cast<int>(column), box.row, box.head,
                box.batch, barrier);
    }
}

__device__ __forceinline__ bool isFirstLane() { return threadIdx.x % kWarp == 0; }

// ---- The ring ----

/// All go around in the order in which tiles are multiplied.
using HopperPlace = RingPlace<kHopperSlots>;

/// Slots from an address in shared memory on, and behind them barriers.
template <int kRows, int kWidth>
struct HopperRing {
    using Tile = HopperTile<kRows, kWidth>;
    uint32_t first;

    __device__ __forceinline__ uint32_t tile(uint32_t slot) const { return first + slot * Tile::kBytes; }
    /// A tile is there that has to be cut; the slot's tile is there; nobody needs it any more.
    __device__ __forceinline__ uint32_t haveCut() const { return tile(kHopperSlots); }
    __device__ __forceinline__ uint32_t isFull(uint32_t slot) const { return haveCut() + 8 + slot * 16; }
    __device__ __forceinline__ uint32_t isFree(uint32_t slot) const { return isFull(slot) + 8; }
    __device__ __forceinline__ uint32_t end() const { return isFull(kHopperSlots); }

    /// By one thread, before publishBarriers().
    __device__ __forceinline__ void makeBarriers() const {
        makeBarrier(haveCut(), 1);
        for (uint32_t slot = 0; slot < kHopperSlots; ++slot) {
            makeBarrier(isFull(slot), 1);
            makeBarrier(isFree(slot), kHopperGroups * kWarpGroup / kWarp);
        }
    }
};

/// The warp that fills the slots.
template <int kRows, int kWidth>
class HopperWriter {
 public:
    using Ring = HopperRing<kRows, kWidth>;
    using Tile = typename Ring::Tile;

    explicit __device__ __forceinline__ HopperWriter(const Ring& ring) : ring_(ring) {}

    /// Waits until the next slot, which it returns, is free.
    __device__ __forceinline__ uint32_t awaitSlot() const {
        waitFor(ring_.isFree(place_.slot), place_.phase ^ 1);
        return place_.slot;
    }
    /// Fills the next slot. Rows from `end` on become zeros: what lies behind a sequence may be NaN, which
    /// times a weight of 0 is not 0. (Behind the tensor there are zeros.)
    __device__ __forceinline__ void put(const HopperBox& box, int end = kRows) {
        const uint32_t slot = awaitSlot();
        const uint32_t tile = ring_.tile(slot);
        const bool is_cut = end < kRows;
        const uint32_t arrives = is_cut ? ring_.haveCut() : ring_.isFull(slot);
        if (isFirstLane()) {
            expectBytes(arrives, Tile::kBytes);
            copyTile<kRows, kWidth>(tile, box, arrives);
        }
        if (is_cut) {
            waitFor(arrives, cut_phase_);
            cut_phase_ ^= 1;
            clear(tile, static_cast<uint32_t>(end));
            if (isFirstLane()) {
                arriveAt(ring_.isFull(slot));
            }
        }
        place_ = place_.next();
    }

 private:
    static __device__ __forceinline__ void clear(uint32_t tile, uint32_t end) {
        for (uint32_t column = 0; column < kWidth; column += kHopperPanel) {
            const uint32_t panel = Tile::at(tile, column);
            for (uint32_t i = end * kHopperPanelBytes + threadIdx.x % kWarp * 16; i < Tile::kPanel;
                 i += kWarp * 16) {
                clearShared(panel + i);
            }
        }
        publishBarriers();
        __syncwarp();
    }

    Ring ring_;
    HopperPlace place_;
    uint32_t cut_phase_ = 0;
};

/// A warp group that empties the slots.
template <int kRows, int kWidth>
class HopperReader {
 public:
    using Ring = HopperRing<kRows, kWidth>;

    explicit __device__ __forceinline__ HopperReader(const Ring& ring) : ring_(ring) {}

    /// The slot that comes next.
    __device__ __forceinline__ const HopperPlace& place() const { return place_; }
    __device__ __forceinline__ HopperPlace take() {
        const HopperPlace taken = place_;
        place_ = place_.next();
        return taken;
    }
    __device__ __forceinline__ void await(const HopperPlace& place) const {
        waitFor(ring_.isFull(place.slot), place.phase);
    }
    __device__ __forceinline__ uint32_t tile(const HopperPlace& place) const {
        return ring_.tile(place.slot);
    }
    /// Each warp says so for itself: its own products have ended.
    __device__ __forceinline__ void release(const HopperPlace& place) const {
        if (isFirstLane()) {
            arriveAt(ring_.isFree(place.slot));
        }
    }

 private:
    Ring ring_;
    HopperPlace place_;
};

/// Rows from an address in shared memory on that stay there: they begin at a multiple of 1 KiB of what the
/// launch asked for.
__device__ __forceinline__ uint32_t hopperMemory() {
    const uint32_t given = sharedAddress(launchMemory<uint4>());
    return (given + kHopperAlignment - 1) / kHopperAlignment * kHopperAlignment;
}

/// Shares the registers of the launch out: few for the group that fetches, most for those that multiply.
__device__ __forceinline__ void shareRegisters(bool fetches) {
    constexpr int kFetching = 24;
    constexpr int kMultiplying = 240;
    static_assert(kFetching + kHopperGroups * kMultiplying <= 65536 / kWarpGroup);
    if (fetches) {
        giveRegisters<kFetching>();
    } else {
        takeRegisters<kMultiplying>();
    }
}

}  // namespace optirs::cuda
