// Attention, forward, for Hopper, after FlashAttention-3 (Shah et al., 2024). A block has 128 rows of one
// head and three warp groups: one fetches tiles of keys and values by TMA into a ring of slots, two have 64
// rows each. Those take turns at the tensor cores, so that one finds its probabilities while the other's
// products run; and each has the next tile's scores computed together with the last one's values. Unverified
// on hardware.
#include "attention_hopper.cuh"
#include "attention_rows.cuh"
#include "attention_running.cuh"
#include "wgmma.cuh"

namespace optirs::cuda {
namespace {

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

/// Products of a tile become weights; `former` is what results so far have to be multiplied by. `scale` is
/// above 0, so that products are as large as their scores.
template <int N>
__device__ __forceinline__ void weigh(float (&scores)[N][4], float scale, RunningRows& state,
                                      float (&former)[2]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float largest = state.largest[half];
#pragma unroll
        for (int n = 0; n < N; ++n) {
            largest = fmaxf(largest, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
        }
        largest = largestOfRow(largest);
        // All masked so far: nothing to take away from.
        const float shift = largest == negativeInfinity() ? 0.0F : largest * scale;
        former[half] = powerOfTwo(fmaf(state.largest[half], scale, -shift));
        state.largest[half] = largest;
        state.sum[half] *= former[half];
#pragma unroll
        for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int k = 0; k < 2; ++k) {
                float& weight = scores[n][2 * half + k];
                weight = powerOfTwo(fmaf(weight, scale, -shift));
                state.sum[half] += weight;
            }
        }
    }
}

/// Two warp groups that take turns: named barrier 1 + group opens for a group when the other has passed.
struct HopperTurn {
    int group;

    __device__ __forceinline__ void take() const { syncNamed(1 + group, kHopperGroups * kWarpGroup); }
    __device__ __forceinline__ void pass() const { arriveAtNamed(2 - group, kHopperGroups * kWarpGroup); }
};

template <class T, int kWidth>
class HopperRows {
 public:
    using Tile = HopperTile<kWidth>;

    __device__ __forceinline__ HopperRows(const AttentionScores& a, const HopperMemory<kWidth>& memory,
                                          const HopperWork& work, int group)
        : memory_(memory), turn_{group}, tiles_(work.tiles) {
        const int warp_row = static_cast<int>(threadIdx.x % kWarpGroup / kWarp) * 16;
        row_ = work.first + group * kHopperGroupRows + warp_row;
        const MmaLane lane = mmaLane();
        ends_[0] = rangeOf(a, work.sequence, row_ + lane.group).end;
        ends_[1] = rangeOf(a, work.sequence, row_ + lane.group + 8).end;
        least_end_ = rangeOf(a, work.sequence, row_).end;
        scale_ = a.scale * 1.44269504F;  // log2(e): weights are powers of two
    }

    __device__ __forceinline__ void attend() {
        if (turn_.group == 1) {
            turn_.pass();
        }
        waitFor(memory_.haveQueries(), 0);
        float former[2];
        await(place_);
        HopperPlace keys = takePlace();
        turn_.take();
        beginProducts();
        multiplyKeys(keys);
        turn_.pass();
        waitForProducts<0>(scores_);
        release(keys);
        mask(0);
        weigh(scores_, scale_, state_, former);
        await(place_);
        round();
        for (int tile = 1; tile < tiles_; ++tile) {
            keys = takePlace();
            const HopperPlace values = takePlace();
            turn_.take();
            beginProducts();
            multiplyKeys(keys);
            await(values);
            addValues(values);
            turn_.pass();
            waitForProducts<1>(scores_);
            release(keys);
            mask(tile * Tile::kColumns);
            weigh(scores_, scale_, state_, former);
            // Not in the turn; and the loop in it keeps the compiler from waiting for the values before the
            // weights are found.
            await(place_);
            waitForProducts<0>(values_);
            release(values);
            rescale(former);
            round();
        }
        turn_.take();
        beginProducts();
        addValues(takePlace());
        if (turn_.group == 0) {  // nobody waits for the other's last turn
            turn_.pass();
        }
        waitForProducts<0>(values_);
    }

    __device__ __forceinline__ void store(const AttentionArguments& arguments, const HopperWork& work) const {
        const MmaLane lane = mmaLane();
        float factors[2];
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const float sum = sumOfRow(state_.sum[half]);
            factors[half] = rowFactor(sum, 1.0F);
            const int i = row_ + lane.group + half * 8;
            if (arguments.lse != nullptr && lane.pair == 0 && i < work.sequence.rows.in_memory) {
                arguments.lse[rowIndex(arguments.scores, work.sequence, work.head, i)] =
                    rowLogSum(state_.largest[half] * arguments.scores.scale, sum);
            }
        }
        storeRows<T, kWidth>(
            rowsOf(arguments.out, nullptr, work.sequence.rows, work.sequence.batch, work.head), row_,
            work.sequence.rows.in_memory, values_, factors);
    }

 private:
    __device__ __forceinline__ HopperPlace takePlace() {
        const HopperPlace taken = place_;
        place_ = place_.next();
        return taken;
    }
    __device__ __forceinline__ void await(const HopperPlace& place) const {
        waitFor(memory_.isFull(place.slot), place.phase);
    }
    /// Each warp says so for itself: its own products have ended.
    __device__ __forceinline__ void release(const HopperPlace& place) const {
        if (threadIdx.x % kWarp == 0) {
            arriveAt(memory_.isFree(place.slot));
        }
    }

    __device__ __forceinline__ void multiplyKeys(const HopperPlace& place) {
        const uint32_t queries =
            memory_.queries + static_cast<uint32_t>(turn_.group) * kHopperGroupRows * kHopperPanelBytes;
        const uint32_t keys = memory_.tile(place.slot);
#pragma unroll
        for (uint32_t k = 0; k < kWidth; k += 16) {
            const uint32_t panel = k / kHopperPanel;
            const uint32_t offset = k % kHopperPanel * sizeof(T);
            multiplyAsync<T, Tile::kColumns>(scores_, alongRows(queries + panel * Tile::kQueryPanel + offset),
                                             alongRows(keys + panel * Tile::kPanel + offset), k > 0 ? 1 : 0);
        }
        closeProducts();
    }
    __device__ __forceinline__ void addValues(const HopperPlace& place) {
        const uint32_t values = memory_.tile(place.slot);
#pragma unroll
        for (uint32_t k = 0; k < Tile::kColumns; k += 16) {
            multiplyAsync<T, kWidth>(values_, weights_[k / 16],
                                     acrossRows(values + k * kHopperPanelBytes, Tile::kPanel));
        }
        closeProducts();
    }

    /// Most tiles need none: all of the warp's rows attend to all of their columns.
    __device__ __forceinline__ void mask(int column) {
        if (column + Tile::kColumns <= least_end_) {
            return;
        }
        const MmaLane lane = mmaLane();
#pragma unroll
        for (int n = 0; n < Tile::kColumns / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                if (column + n * 8 + 2 * lane.pair + i % 2 >= ends_[i / 2]) {
                    scores_[n][i] = negativeInfinity();
                }
            }
        }
    }
    __device__ __forceinline__ void rescale(const float (&former)[2]) {
#pragma unroll
        for (int n = 0; n < kWidth / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                values_[n][i] *= former[i / 2];
            }
        }
    }
    __device__ __forceinline__ void round() {
#pragma unroll
        for (int n = 0; n < Tile::kColumns / 8; ++n) {
            weights_[n / 2][n % 2 * 2] = roundedPair<T>(scores_[n][0], scores_[n][1]);
            weights_[n / 2][n % 2 * 2 + 1] = roundedPair<T>(scores_[n][2], scores_[n][3]);
        }
    }

    HopperMemory<kWidth> memory_;
    HopperTurn turn_;
    HopperPlace place_;
    RunningRows state_;
    int tiles_;
    int row_;
    int ends_[2];
    int least_end_;  // of the warp's rows
    float scale_;
    typename Tile::Scores scores_;
    typename Tile::Weights weights_;
    typename Tile::Values values_ = {};
};

template <class T, int kWidth>
__device__ __forceinline__ void attend(const AttentionHopperArguments& arguments) {
    constexpr int kFetching = 24;  // registers of a thread; together as many as the launch has
    constexpr int kMultiplying = 240;
    static_assert(kFetching + kHopperGroups * kMultiplying <= 65536 / kWarpGroup);
    const uint32_t given = sharedAddress(launchMemory<uint4>());
    const HopperMemory<kWidth> memory{(given + kHopperAlignment - 1) / kHopperAlignment * kHopperAlignment};
    const HopperWork work = hopperWork<kWidth>(arguments.attention.scores);
    if (threadIdx.x == 0) {
        makeBarrier(memory.haveQueries(), 1);
        for (uint32_t slot = 0; slot < kHopperSlots; ++slot) {
            makeBarrier(memory.isFull(slot), 1);
            makeBarrier(memory.isFree(slot), kHopperGroups * kWarpGroup / kWarp);
        }
        publishBarriers();
    }
    __syncthreads();
    const int group = static_cast<int>(threadIdx.x / kWarpGroup) - 1;
    if (group < 0) {
        giveRegisters<kFetching>();
        if (threadIdx.x == 0 && work.tiles > 0) {
            fetch(arguments, memory, work);
        }
        return;
    }
    takeRegisters<kMultiplying>();
    HopperRows<T, kWidth> rows(arguments.attention.scores, memory, work, group);
    if (work.tiles > 0) {
        rows.attend();
    }
    rows.store(arguments.attention, work);
}

}  // namespace

#define OPTIRS_ATTENTION_WIDTH(T, suffix, width)                                                         \
    OPTIRS_WIDE_KERNEL(attention_hopper_##suffix##_##width, kHopperThreads, 1, AttentionHopperArguments, \
                       attend<T, width>)
#define OPTIRS_ATTENTION(T, suffix)         \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 64);  \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 128); \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 256)

OPTIRS_ATTENTION(BF16, bf16);
OPTIRS_ATTENTION(F16, f16);

}  // namespace optirs::cuda
