// Attention, forward, for Hopper, after FlashAttention-3 (Shah et al., 2024). A block has 128 rows of one
// head and three warp groups: one, of which one warp works, fetches tiles of keys and values by TMA into a
// ring of slots, two have 64 rows each. Those take turns at the tensor cores, so that one finds its
// probabilities while the other's products run; and each has the next tile's scores computed together with
// the last one's values. 8-bit floats are multiplied as such, probabilities too. Unverified on hardware.
#include "attention_rows.cuh"
#include "attention_running.cuh"
#include "attention_sums_hopper.cuh"

namespace optirs::cuda {
namespace {

/// Products of a tile become weights, times 2^lift; `former` is what results so far have to be multiplied by.
/// `scale` is above 0, so that products are as large as their scores.
template <int N>
__device__ __forceinline__ void weigh(float (&scores)[N][4], float scale, float lift, RunningRows& state,
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
                weight = powerOfTwo(fmaf(weight, scale, lift - shift));
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
    using Forward = HopperForward<T, kWidth>;
    using Memory = typename Forward::Memory;
    using Sums = HopperSums<T, kWidth>;
    static constexpr int kColumns = Forward::kColumns;

    __device__ __forceinline__ HopperRows(const AttentionScores& a, const Memory& memory,
                                          const ForwardWork& work, int group)
        : scores_of_(a),
          memory_(memory),
          reader_(memory.ring()),
          turn_{group},
          tiles_(work.tiles),
          column_(work.column) {
        const int warp_row = static_cast<int>(threadIdx.x % kWarpGroup / kWarp) * 16;
        row_ = work.row + group * kHopperGroupRows + warp_row;
        const MmaLane lane = mmaLane();
        ranges_[0] = rangeOf(a, work.sequence, row_ + lane.group);
        ranges_[1] = rangeOf(a, work.sequence, row_ + lane.group + 8);
        if (row_ + 16 <= work.sequence.rows.count) {
            common_ = {rangeOf(a, work.sequence, row_ + 15).begin, rangeOf(a, work.sequence, row_).end};
        }
        scale_ = scoreScale(a, work.head, work.kv_head);
        is_product_ = scale_ > 0 && a.soft_cap == 0;
        unit_ = is_product_ ? scale_ : 1.0F;
    }

    __device__ __forceinline__ void attend() {
        if (turn_.group == 1) {
            turn_.pass();
        }
        waitFor(memory_.ring().haveResident(), 0);
        float former[2];
        reader_.await(reader_.place());
        auto keys = reader_.take();
        turn_.take();
        beginProducts();
        multiplyKeys(keys);
        turn_.pass();
        waitForProducts<0>(scores_);
        reader_.release(keys);
        weighTile(0, former);
        reader_.await(reader_.place());
        sums_.setWeights(scores_);
        for (int tile = 1; tile < tiles_; ++tile) {
            keys = reader_.take();
            const auto values = reader_.take();
            turn_.take();
            beginProducts();
            multiplyKeys(keys);
            reader_.await(values);
            sums_.beginAdding(reader_.tile(values));
            turn_.pass();
            waitForProducts<1>(scores_);
            reader_.release(keys);
            weighTile(tile, former);
            // Not in the turn; and the loop in it keeps the compiler from waiting for the values before the
            // weights are found.
            reader_.await(reader_.place());
            sums_.endAdding();
            reader_.release(values);
            sums_.rescale(former);
            sums_.setWeights(scores_);
        }
        turn_.take();
        beginProducts();
        sums_.beginAdding(reader_.tile(reader_.take()));
        if (turn_.group == 0) {  // nobody waits for the other's last turn
            turn_.pass();
        }
        sums_.endAdding();
    }

    __device__ __forceinline__ void store(const AttentionHopperArguments& given,
                                          const ForwardWork& work) const {
        const AttentionArguments& arguments = given.attention;
        const MmaLane lane = mmaLane();
        float factors[2];
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const float sum = sumOfRow(state_.sum[half]);
            factors[half] = rowFactor(sum, scaleOf(arguments.scores.v, work.kv_head));
            const int i = row_ + lane.group + half * 8;
            if (arguments.lse != nullptr && lane.pair == 0 && i < work.sequence.rows.in_memory) {
                arguments.lse[rowIndex(arguments.scores, work.sequence, work.head, i)] =
                    rowLogSum(state_.largest[half] * unit_, sum * Sums::kUnlifted);
            }
        }
        const Rows rows = rowsOf(arguments.out, arguments.scores.q_starts, work.sequence.rows,
                                 work.sequence.batch, work.head);
        const int end = work.sequence.rows.in_memory;
        if constexpr (!Forward::kIsFloat8) {
            storeRows<T, kWidth>(rows, row_, end, sums_.values(), factors);
        } else if (given.is_bf16 != 0) {
            storeRows<BF16, kWidth>(rows, row_, end, sums_.values(), factors);
        } else {
            storeRows<F16, kWidth>(rows, row_, end, sums_.values(), factors);
        }
    }

 private:
    __device__ __forceinline__ void multiplyKeys(const typename Forward::Ring::Place& place) {
        const uint32_t queries =
            memory_.queries + static_cast<uint32_t>(turn_.group) * kHopperGroupRows * kHopperPanelBytes;
#pragma unroll
        for (uint32_t k = 0; k < kWidth; k += Forward::kDepth) {
            const uint64_t rows = alongRows(Forward::Queries::at(queries, k));
            const uint64_t columns = alongRows(Forward::Keys::at(reader_.tile(place), k));
            if constexpr (Forward::kIsFloat8) {
                multiplyFloat8<T, T, kColumns>(scores_, rows, columns, k > 0 ? 1 : 0);
            } else {
                multiplyAsync<T, kColumns>(scores_, rows, columns, k > 0 ? 1 : 0);
            }
        }
        closeProducts();
    }

    __device__ __forceinline__ void weighTile(int tile, float (&former)[2]) {
        if (!is_product_) {
            scale();
        }
        mask(column_ + tile * kColumns);
        weigh(scores_, unit_ * kLog2E, Sums::kLift, state_, former);
    }
    /// Products become scores: seldom, as it takes time.
    __device__ __forceinline__ void scale() {
        const SoftCap cap(scores_of_.soft_cap, scale_);
#pragma unroll
        for (int n = 0; n < kColumns / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                scores_[n][i] = cap.isThere() ? cap.score(scores_[n][i]) : scores_[n][i] * scale_;
            }
        }
    }
    /// Most tiles need none: all of the warp's rows attend to all of their columns.
    __device__ __forceinline__ void mask(int column) {
        if (column >= common_.begin && column + kColumns <= common_.end) {
            return;
        }
        const MmaLane lane = mmaLane();
#pragma unroll
        for (int n = 0; n < kColumns / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                if (!ranges_[i / 2].has(column + n * 8 + 2 * lane.pair + i % 2)) {
                    scores_[n][i] = negativeInfinity();
                }
            }
        }
    }
    const AttentionScores& scores_of_;
    Memory memory_;
    HopperReader<typename Forward::Ring> reader_;
    HopperTurn turn_;
    RunningRows state_;
    int tiles_;
    int column_;
    int row_;
    Range ranges_[2];
    Range common_{0, 0};  // columns that all of the warp's rows attend to
    float scale_;         // from products to scores
    bool is_product_;     // what is weighed: the greatest product has the greatest score,
    float unit_;          // and is this factor smaller; else scores are weighed
    float scores_[kColumns / 8][4];
    Sums sums_;
};

template <class T, int kWidth>
__device__ __forceinline__ void attend(const AttentionHopperArguments& arguments) {
    const typename HopperForward<T, kWidth>::Memory memory{hopperMemory()};
    const ForwardWork work = forwardWork<T, kWidth>(arguments.attention.scores);
    if (work.sequence.batch < 0) {
        return;
    }
    shareWork(
        memory.ring(),
        [&] {
            if (work.tiles > 0) {
                fetchForward<T, kWidth>(arguments, memory, work);
            }
        },
        [&](int group) {
            HopperRows<T, kWidth> rows(arguments.attention.scores, memory, work, group);
            if (work.tiles > 0) {
                rows.attend();
            }
            rows.store(arguments, work);
        });
}

}  // namespace

#define OPTIRS_ATTENTION_WIDTH(T, suffix, width)                                       \
    OPTIRS_WIDE_KERNEL(attention_hopper_forward_##suffix##_##width, kHopperThreads, 1, \
                       AttentionHopperArguments, attend<T, width>)
#define OPTIRS_ATTENTION_NARROW(T, suffix) \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 64); \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 128)
#define OPTIRS_ATTENTION(T, suffix)     \
    OPTIRS_ATTENTION_NARROW(T, suffix); \
    OPTIRS_ATTENTION_WIDTH(T, suffix, 256)

OPTIRS_ATTENTION(BF16, bf16);
OPTIRS_ATTENTION(F16, f16);
OPTIRS_ATTENTION_NARROW(E4M3, e4m3);
OPTIRS_ATTENTION_NARROW(E5M2, e5m2);

}  // namespace optirs::cuda
