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

/// Of elements of `kElement` bytes. Panels are whole: there are zeros behind a tensor's width.
template <int kRows, int kWidth, int kElement>
struct HopperTile {
    static constexpr uint32_t kPanelColumns = kHopperPanelBytes / kElement;
    static constexpr uint32_t kColumns = kWidth;
    static constexpr uint32_t kPanel = kRows * kHopperPanelBytes;
    static constexpr uint32_t kBytes = hopperTileBytes(kRows, kWidth, kElement);

    /// Where the panel with this column begins, and the column's place in its first row.
    static __device__ __forceinline__ uint32_t at(uint32_t tile, uint32_t column) {
        return tile + column / kPanelColumns * kPanel + column % kPanelColumns * kElement;
    }
};

/// Where a tile of a head begins in what a map is of.
struct HopperBox {
    const CUtensorMap& map;
    int row;
    int head;
    int batch;
    int column = 0;
};

/// Of a sequence, from one of its rows or columns on.
__device__ __forceinline__ HopperBox boxOf(const CUtensorMap& map, const int32_t* starts,
                                           const Extent& extent, int batch, int64_t head, int first) {
    return {map, extent.start + first, static_cast<int>(head), starts != nullptr ? 0 : batch};
}

/// Asks for a tile, or for some rows of one, which begin at this address.
template <class Tile>
__device__ __forceinline__ void copyTile(uint32_t to, const HopperBox& box, uint32_t barrier) {
    for (uint32_t column = 0; column < Tile::kColumns; column += Tile::kPanelColumns) {
        copyBox(Tile::at(to, column), box.map, box.column + static_cast<int>(column), box.row, box.head,
                box.batch, barrier);
    }
}

/// Where a sequence begins in an operand that lies on its side: each sequence with a whole tile.
__device__ __forceinline__ int transposedStart(const int32_t* starts, const Extent& extent, int batch) {
    constexpr int kTile = kHopperTransposed;
    return starts == nullptr ? 0 : extent.start / kTile * kTile + batch * kTile;
}
/// As boxOf, of such an operand.
__device__ __forceinline__ HopperBox transposedBox(const CUtensorMap& map, const int32_t* starts,
                                                   const Extent& extent, int batch, int64_t head, int first) {
    return {map, 0, static_cast<int>(head), starts != nullptr ? 0 : batch,
            transposedStart(starts, extent, batch) + first};
}

__device__ __forceinline__ bool isFirstLane() { return threadIdx.x % kWarp == 0; }

// ---- The ring ----

/// Slots from an address in shared memory on, and behind them barriers. There are no tiles larger than Given.
/// All go around in the order in which tiles are multiplied.
template <class Given, int kCount = kHopperSlots>
struct HopperRing {
    using Tile = Given;
    using Place = RingPlace<kCount>;
    static constexpr uint32_t kSlots = kCount;
    uint32_t first;

    __device__ __forceinline__ uint32_t tile(uint32_t slot) const { return first + slot * Tile::kBytes; }
    /// A tile is there that has to be cut; the slot's tile is there; nobody needs it any more.
    __device__ __forceinline__ uint32_t haveCut() const { return tile(kSlots); }
    __device__ __forceinline__ uint32_t isFull(uint32_t slot) const { return haveCut() + 8 + slot * 16; }
    __device__ __forceinline__ uint32_t isFree(uint32_t slot) const { return isFull(slot) + 8; }
    /// The rows that stay are there.
    __device__ __forceinline__ uint32_t haveResident() const { return isFull(kSlots); }
    __device__ __forceinline__ uint32_t end() const { return haveResident() + 8; }

    __device__ __forceinline__ void makeBarriers() const {
        makeBarrier(haveResident(), 1);
        makeBarrier(haveCut(), 1);
        for (uint32_t slot = 0; slot < kSlots; ++slot) {
            makeBarrier(isFull(slot), 1);
            makeBarrier(isFree(slot), kHopperGroups * kWarpGroup / kWarp);
        }
    }
};

/// The warp that fills the slots.
template <class Ring>
class HopperWriter {
 public:
    using Tile = typename Ring::Tile;

    explicit __device__ __forceinline__ HopperWriter(const Ring& ring) : ring_(ring) {}

    /// Waits until the next slot, which it returns, is free.
    __device__ __forceinline__ uint32_t awaitSlot() const {
        waitFor(ring_.isFree(place_.slot), place_.phase ^ 1);
        return place_.slot;
    }
    /// Fills the next slot.
    template <class Given = Tile>
    __device__ __forceinline__ void put(const HopperBox& box) {
        const uint32_t slot = awaitSlot();
        if (isFirstLane()) {
            expectBytes(ring_.isFull(slot), Given::kBytes);
            copyTile<Given>(ring_.tile(slot), box, ring_.isFull(slot));
        }
        place_ = place_.next();
    }
    /// Likewise, and rows from `end` on become zeros: what lies behind a sequence may be NaN, which times a
    /// weight of 0 is not 0. (Behind the tensor there are zeros.)
    __device__ __forceinline__ void put(const HopperBox& box, int end) {
        constexpr int kRows = Tile::kPanel / kHopperPanelBytes;
        if (end >= kRows) {
            return put(box);
        }
        const uint32_t slot = awaitSlot();
        const uint32_t tile = ring_.tile(slot);
        if (isFirstLane()) {
            expectBytes(ring_.haveCut(), Tile::kBytes);
            copyTile<Tile>(tile, box, ring_.haveCut());
        }
        waitFor(ring_.haveCut(), cut_phase_);
        cut_phase_ ^= 1;
        clear(tile, static_cast<uint32_t>(end));
        if (isFirstLane()) {
            arriveAt(ring_.isFull(slot));
        }
        place_ = place_.next();
    }

 private:
    static __device__ __forceinline__ void clear(uint32_t tile, uint32_t end) {
        for (uint32_t column = 0; column < Tile::kColumns; column += Tile::kPanelColumns) {
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
    typename Ring::Place place_;
    uint32_t cut_phase_ = 0;
};

/// A warp group that empties the slots.
template <class Ring>
class HopperReader {
 public:
    using Place = typename Ring::Place;

    explicit __device__ __forceinline__ HopperReader(const Ring& ring) : ring_(ring) {}

    /// The slot that comes next.
    __device__ __forceinline__ const Place& place() const { return place_; }
    __device__ __forceinline__ Place take() {
        const Place taken = place_;
        place_ = place_.next();
        return taken;
    }
    __device__ __forceinline__ void await(const Place& place) const {
        waitFor(ring_.isFull(place.slot), place.phase);
    }
    __device__ __forceinline__ uint32_t tile(const Place& place) const { return ring_.tile(place.slot); }
    /// Each warp says so for itself: its own products have ended.
    __device__ __forceinline__ void release(const Place& place) const {
        if (isFirstLane()) {
            arriveAt(ring_.isFree(place.slot));
        }
    }

 private:
    Ring ring_;
    Place place_;
};

/// Rows from an address in shared memory on that stay there: they begin at a multiple of 1 KiB of what the
/// launch asked for.
__device__ __forceinline__ uint32_t hopperMemory() {
    const uint32_t given = sharedAddress(launchMemory<uint4>());
    return (given + kHopperAlignment - 1) / kHopperAlignment * kHopperAlignment;
}

}  // namespace optirs::cuda
