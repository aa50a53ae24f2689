// The gradients of attention for Hopper, after FlashAttention-3 (Shah et al., 2024). A block has 128 rows of
// two operands that stay in shared memory, and goes over rows of the two others, which one warp fetches by
// TMA into a ring of slots; of its other warp groups each has 64 rows. For the gradient of q, queries and
// changes of out stay, and keys and values go by; for those of k and v it is the other way around, so that
// scores lie on their side. A gradient is added up by one block in a fixed order: a repeated call gives the
// same bits. That takes seven products where adding to memory in any order takes five. Unverified on
// hardware.
#include "attention_backward_hopper.cuh"
#include "attention_rows.cuh"
#include "wgmma.cuh"

namespace optirs::cuda {
namespace {

/// From products to what the gradients take the operands that go by times.
struct Factors {
    float scale;     // from a product of q and k to the score, to the base 2;
    float gradient;  // and of dout and v to the gradient of a probability
    SoftCap cap;

    /// The probability takes the product's place, and the gradient of the score that of the other.
    __device__ __forceinline__ void findPlain(float& product, float& other, const RowFacts& facts) const {
        product = powerOfTwo(fmaf(product, scale, -facts.lse));
        other = product * fmaf(other, gradient, -facts.mean);
    }
    /// Likewise, where scores may have a cap, and a row may not attend to the column.
    __device__ __forceinline__ void find(float& product, float& other, const RowFacts& facts,
                                         int column) const {
        const bool is_seen = facts.range.has(column);
        float slope = 1;
        if (cap.isThere()) {
            const float share = cap.share(product);
            slope -= share * share;
            product = powerOfTwo(fmaf(cap.score(product), kLog2E, -facts.lse));
        } else {
            product = powerOfTwo(fmaf(product, scale, -facts.lse));
        }
        product = is_seen ? product : 0.0F;
        other = is_seen ? product * fmaf(other, gradient, -facts.mean) * slope : 0.0F;
    }
};

template <class T, int kWidth, Side kSide>
class Gradients {
 public:
    static constexpr bool kIsQueries = kSide == Side::kQueries;
    static constexpr bool kHasValues = kSide == Side::kValues || kSide == Side::kColumns;
    static constexpr bool kHasOthers = kSide != Side::kValues;
    static constexpr int kRows = kPassing<kWidth>;
    using Tile = typename GradientMemory<kWidth>::Passing;
    using Scores = float[kRows / 8][4];
    using Weights = uint32_t[kRows / 16][4];
    using Results = float[kWidth / 8][4];

    __device__ __forceinline__ Gradients(const AttentionHopperBackwardArguments& arguments,
                                         const GradientMemory<kWidth>& memory, const GradientWork& work,
                                         int group)
        : arguments_(arguments), memory_(memory), work_(work), reader_(memory.ring()), group_(group) {
        row_ = work.row + group * kHopperGroupRows + static_cast<int>(threadIdx.x % kWarpGroup / kWarp) * 16;
    }

    __device__ __forceinline__ void add() {
        const AttentionScores& a = arguments_.attention.scores;
        if (kIsQueries) {
            const MmaLane lane = mmaLane();
            for (int half = 0; half < 2; ++half) {
                facts_[half] = binaryFacts(arguments_.attention, work_.sequence, work_.head,
                                           row_ + lane.group + half * 8);
            }
            common_ = commonRange(commonRange(facts_[0].range, facts_[1].range));
        }
        waitFor(memory_.ring().haveResident(), 0);
        for (int64_t head = work_.head; head < work_.head + work_.heads; ++head) {
            const Scales scales = scalesOf(arguments_.attention, head, work_.kv_head);
            const Factors factors{scales.score * kLog2E, scales.gradient, SoftCap(a.soft_cap, scales.score)};
            const float probability_share = kIsQueries ? 1 : share(arguments_.attention.dout, head);
            const float gradient_share = kIsQueries ? 1 : share(a.q, head);
            for (int tile = 0; tile < work_.tiles; ++tile) {
                addTile(factors, work_.passing + tile * kRows, probability_share, gradient_share);
            }
        }
    }

    __device__ __forceinline__ void store() const {
        const AttentionBackwardArguments& b = arguments_.attention;
        const AttentionScores& a = b.scores;
        if (kIsQueries) {
            storeOne(b.gradient, results_, a.scale * scaleOf(a.k, work_.kv_head));
        } else {
            if (kHasOthers) {
                storeOne(b.gradient, results_, a.scale * greatestScale(a.q, work_.head, work_.heads));
            }
            if (kHasValues) {
                storeOne(arguments_.value_gradient, values_, greatestScale(b.dout, work_.head, work_.heads));
            }
        }
    }

 private:
    __device__ __forceinline__ void addTile(const Factors& factors, int passing, float probability_share,
                                            float gradient_share) {
        const HopperPlace first = reader_.take();
        const HopperPlace second = reader_.take();
        Scores scores;
        Scores gradients{};
        reader_.await(first);
        reader_.await(second);
        beginProducts();
        multiply(scores, 0, first);
        if (kHasOthers) {
            multiply(gradients, 1, second);
        }
        closeProducts();
        waitForProducts<0>(scores);
        if (kHasOthers) {
            waitForProducts<0>(gradients);
        }
        find(scores, gradients, factors, passing, first.slot);
        if (kHasValues) {
            scaleBy(scores, probability_share);
            round(probabilities_, scores);
        }
        if (kHasOthers) {
            scaleBy(gradients, gradient_share);
            round(weights_, gradients);
        }
        beginProducts();
        if (kHasValues) {
            addWeighted(values_, probabilities_, second);
        }
        if (kHasOthers) {
            addWeighted(results_, weights_, first);
        }
        closeProducts();
        if (kHasValues) {
            waitForProducts<0>(values_);
        }
        if (kHasOthers) {
            waitForProducts<0>(results_);
        }
        reader_.release(first);
        reader_.release(second);
    }
    /// Of a head's scale in the greatest of its group.
    __device__ __forceinline__ float share(const HeadOperand& summed, int64_t head) const {
        return summed.scales == nullptr
                   ? 1.0F
                   : scaleOf(summed, head) / greatestScale(summed, work_.head, work_.heads);
    }
    /// The group's rows of what stays times a tile.
    __device__ __forceinline__ void multiply(Scores& products, uint32_t which,
                                             const HopperPlace& place) const {
        const uint32_t rows =
            memory_.resident(which) + static_cast<uint32_t>(group_) * kHopperGroupRows * kHopperPanelBytes;
#pragma unroll
        for (uint32_t k = 0; k < kWidth; k += 16) {
            multiplyAsync<T, kRows>(products, alongRows(GradientMemory<kWidth>::Tile::at(rows, k)),
                                    alongRows(Tile::at(reader_.tile(place), k)), k > 0 ? 1 : 0);
        }
    }
    __device__ __forceinline__ void addWeighted(Results& results, const Weights& weights,
                                                const HopperPlace& place) const {
#pragma unroll
        for (uint32_t k = 0; k < kRows; k += 16) {
            multiplyAsync<T, kWidth>(results, weights[k / 16],
                                     acrossRows(reader_.tile(place) + k * kHopperPanelBytes, Tile::kPanel));
        }
    }
    __device__ __forceinline__ void find(Scores& scores, Scores& gradients, const Factors& factors,
                                         int passing, uint32_t slot) const {
        const MmaLane lane = mmaLane();
        const Range common = kIsQueries ? common_ : memory_.common(slot).range;
        const int first = kIsQueries ? passing : row_;
        const int last = first + (kIsQueries ? kRows : 16);
        const bool is_plain = !factors.cap.isThere() && first >= common.begin && last <= common.end;
        const auto each = [&](auto&& body) {
#pragma unroll
            for (int n = 0; n < kRows / 8; ++n) {
#pragma unroll
                for (int k = 0; k < 2; ++k) {
                    const int of_tile = n * 8 + 2 * lane.pair + k;
                    const RowFacts of_row = kIsQueries ? RowFacts{} : memory_.facts(slot)[of_tile];
#pragma unroll
                    for (int half = 0; half < 2; ++half) {
                        body(scores[n][2 * half + k], gradients[n][2 * half + k],
                             kIsQueries ? facts_[half] : of_row,
                             kIsQueries ? passing + of_tile : row_ + lane.group + half * 8);
                    }
                }
            }
        };
        if (is_plain) {
            each([&](float& product, float& other, const RowFacts& facts, int) {
                factors.findPlain(product, other, facts);
            });
        } else {
            each([&](float& product, float& other, const RowFacts& facts, int column) {
                factors.find(product, other, facts, column);
            });
        }
    }
    static __device__ __forceinline__ void scaleBy(Scores& numbers, float factor) {
        if (factor == 1.0F) {  // but for 8-bit floats
            return;
        }
#pragma unroll
        for (int n = 0; n < kRows / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                numbers[n][i] *= factor;
            }
        }
    }
    static __device__ __forceinline__ void round(Weights& weights, const Scores& numbers) {
#pragma unroll
        for (int n = 0; n < kRows / 8; ++n) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                weights[n / 2][n % 2 * 2 + half] =
                    roundedPair<T>(numbers[n][2 * half], numbers[n][2 * half + 1]);
            }
        }
    }
    __device__ __forceinline__ void storeOne(const HeadOperand& gradient, const Results& results,
                                             float factor) const {
        const AttentionScores& a = arguments_.attention.scores;
        const Sequence& sequence = work_.sequence;
        const Extent& extent = kIsQueries ? sequence.rows : sequence.columns;
        const float factors[2] = {factor, factor};
        storeRows<T, kWidth>(rowsOf(gradient, kIsQueries ? a.q_starts : a.kv_starts, extent, sequence.batch,
                                    kIsQueries ? work_.head : work_.kv_head),
                             row_, extent.in_memory, results, factors);
    }

    const AttentionHopperBackwardArguments& arguments_;
    GradientMemory<kWidth> memory_;
    const GradientWork& work_;
    HopperReader<Tile> reader_;
    int group_;
    int row_;
    RowFacts facts_[2];      // of the thread's queries, if these stay,
    Range common_{0, 0};     // and what all of the warp's attend to
    Weights weights_;        // gradients of scores
    Weights probabilities_;  // for the gradient of v
    Results results_ = {};
    Results values_ = {};
};

template <class T, int kWidth, Side kSide>
__device__ __forceinline__ void findGradients(const AttentionHopperBackwardArguments& arguments) {
    const GradientMemory<kWidth> memory{hopperMemory()};
    const GradientWork work = gradientWork<kWidth, kSide>(arguments.attention.scores);
    if (work.sequence.batch < 0) {
        return;
    }
    shareWork(
        memory.ring(),
        [&] {
            if (work.tiles > 0) {
                fetchForGradients<kWidth, kSide>(arguments, memory, work);
            }
        },
        [&](int group) {
            Gradients<T, kWidth, kSide> gradients(arguments, memory, work, group);
            if (work.tiles > 0) {
                gradients.add();
            }
            gradients.store();
        });
}

}  // namespace

#define OPTIRS_GRADIENT(T, suffix, width, name, side)                                   \
    OPTIRS_WIDE_KERNEL(attention_hopper_##name##_##suffix##_##width, kHopperThreads, 1, \
                       AttentionHopperBackwardArguments, findGradients<T, width, Side::side>)
#define OPTIRS_ATTENTION_BACKWARD(T, suffix)                     \
    OPTIRS_GRADIENT(T, suffix, 64, query_gradient, kQueries);    \
    OPTIRS_GRADIENT(T, suffix, 64, column_gradients, kColumns);  \
    OPTIRS_GRADIENT(T, suffix, 128, query_gradient, kQueries);   \
    OPTIRS_GRADIENT(T, suffix, 128, column_gradients, kColumns); \
    OPTIRS_GRADIENT(T, suffix, 256, query_gradient, kQueries);   \
    OPTIRS_GRADIENT(T, suffix, 256, key_gradient, kKeys);        \
    OPTIRS_GRADIENT(T, suffix, 256, value_gradient, kValues)

OPTIRS_ATTENTION_BACKWARD(BF16, bf16);
OPTIRS_ATTENTION_BACKWARD(F16, f16);

}  // namespace optirs::cuda
