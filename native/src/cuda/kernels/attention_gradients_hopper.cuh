// The gradients of attention for Hopper, after FlashAttention-3 (Shah et al., 2024). A block has 128 rows of
// two operands that stay in shared memory, and goes over rows of the two others, which one warp fetches by
// TMA into a ring of slots; of its other warp groups each has 64 rows. For the gradient of q, queries and
// changes of out stay, and keys and values go by; for those of k and v it is the other way around, so that
// scores lie on their side. A gradient is added up by one block in a fixed order: a repeated call gives the
// same bits. That takes seven products where adding to memory in any order takes five. Unverified on
// hardware.
#pragma once

#include "attention_gradient_sums_hopper.cuh"
#include "attention_rows.cuh"

namespace optirs::cuda {

/// From products to what the gradients take the operands that go by times.
struct Factors {
    float scale;     // from a product of q and k to the score, to the base 2;
    float gradient;  // and of dout and v to the gradient of a probability
    SoftCap cap;

    /// The probability takes the product's place, and the gradient of the score that of the other.
    __device__ __forceinline__ void find(float& product, float& other, const RowFacts& facts) const {
        product = powerOfTwo(fmaf(product, scale, -facts.lse));
        other = product * fmaf(other, gradient, -facts.mean);
    }
    /// Likewise, where scores have a cap.
    __device__ __forceinline__ void findCapped(float& product, float& other, const RowFacts& facts) const {
        const float share = cap.share(product);
        product = powerOfTwo(fmaf(cap.score(product), kLog2E, -facts.lse));
        other = product * fmaf(other, gradient, -facts.mean) * (1.0F - share * share);
    }
};

/// q, k and v are T, changes of out D.
template <class T, class D, int kWidth, Side kSide>
class Gradients {
 public:
    using Backward = HopperBackward<T, kWidth>;
    using Memory = typename Backward::Memory;
    using Place = typename Backward::Ring::Place;
    using Passing = typename Backward::Passing;
    static constexpr bool kIsQueries = kSide == Side::kQueries;
    static constexpr bool kHasValues = kSide == Side::kValues || kSide == Side::kColumns;
    static constexpr bool kHasOthers = kSide != Side::kValues;
    static constexpr int kRows = Backward::kPassing;
    static constexpr int kStep = Backward::kStep;
    using Scores = float[kStep / 8][4];
    template <class B>
    using Sums = HopperGradientSums<B, kWidth, kHasValues ? 64 : kWidth>;

    __device__ __forceinline__ Gradients(const AttentionHopperBackwardArguments& arguments,
                                         const Memory& memory, const GradientWork& work, int group)
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
            const Shares shares{kIsQueries ? 1 : share(arguments_.attention.dout, head),
                                kIsQueries ? 1 : share(a.q, head)};
            for (int tile = 0; tile < work_.tiles; ++tile) {
                addTile(factors, shares, work_.passing + tile * kRows);
            }
        }
    }

    __device__ __forceinline__ void store() const {
        const AttentionBackwardArguments& b = arguments_.attention;
        const AttentionScores& a = b.scores;
        if (kIsQueries) {
            storeOne(b.gradient, results_.values(), a.scale * scaleOf(a.k, work_.kv_head));
        } else {
            if (kHasOthers) {
                storeOne(b.gradient, results_.values(),
                         a.scale * greatestScale(a.q, work_.head, work_.heads));
            }
            if (kHasValues) {
                storeOne(arguments_.value_gradient, values_.values(),
                         greatestScale(b.dout, work_.head, work_.heads));
            }
        }
    }

 private:
    /// What a head's weights are multiplied by, those of changes of out and those of q.
    struct Shares {
        float probability;
        float gradient;
    };

    __device__ __forceinline__ void addTile(const Factors& factors, const Shares& shares, int passing) {
        const Place first = reader_.take();
        const Place second = reader_.take();
        reader_.await(first);
        reader_.await(second);
        if constexpr (Backward::kIsFloat8) {
#pragma unroll 1
            for (int step = 0; step < kRows; step += kStep) {
                findWeights(factors, shares, passing, step, first, second);
                Place on_side = second.next();
                if constexpr (kHasValues) {
                    reader_.await(on_side);
                    values_.add(reader_.tile(on_side) + static_cast<uint32_t>(step));
                    on_side = on_side.next();
                }
                reader_.await(on_side);
                results_.add(reader_.tile(on_side) + static_cast<uint32_t>(step));
            }
            reader_.release(first);
            reader_.release(second);
            if (kHasValues) {
                reader_.release(reader_.take());
            }
            reader_.release(reader_.take());
        } else {
            findWeights(factors, shares, passing, 0, first, second);
            beginProducts();
            if (kHasValues) {
                values_.beginAdding(reader_.tile(second));
            }
            if (kHasOthers) {
                results_.beginAdding(reader_.tile(first));
            }
            closeProducts();
            if (kHasValues) {
                values_.endAdding();
            }
            if (kHasOthers) {
                results_.endAdding();
            }
            reader_.release(first);
            reader_.release(second);
        }
    }
    /// Of a head's scale in the greatest of its group.
    __device__ __forceinline__ float share(const HeadOperand& summed, int64_t head) const {
        return summed.scales == nullptr
                   ? 1.0F
                   : scaleOf(summed, head) / greatestScale(summed, work_.head, work_.heads);
    }
    /// Probabilities and gradients of scores, of rows of a tile from `step` on.
    __device__ __forceinline__ void findWeights(const Factors& factors, const Shares& shares, int passing,
                                                int step, const Place& first, const Place& second) {
        Scores scores;
        Scores gradients{};
        beginProducts();
        multiply<T, T>(scores, 0, first, step);
        if constexpr (kHasOthers) {
            multiply<std::conditional_t<kIsQueries, D, T>, std::conditional_t<kIsQueries, T, D>>(
                gradients, 1, second, step);
        }
        closeProducts();
        waitForProducts<0>(scores);
        if (kHasOthers) {
            waitForProducts<0>(gradients);
        }
        find(scores, gradients, factors, passing, step, first.slot);
        if (kHasValues) {
            values_.setWeights(scores, shares.probability);
        }
        if (kHasOthers) {
            results_.setWeights(gradients, shares.gradient);
        }
    }
    /// The group's rows of what stays, A, times rows of a tile, B.
    template <class A, class B>
    __device__ __forceinline__ void multiply(Scores& products, uint32_t which, const Place& place,
                                             int step) const {
        const uint32_t rows =
            memory_.resident(which) + static_cast<uint32_t>(group_) * kHopperGroupRows * kHopperPanelBytes;
        const uint32_t others = reader_.tile(place) + static_cast<uint32_t>(step) * kHopperPanelBytes;
#pragma unroll
        for (uint32_t k = 0; k < kWidth; k += Backward::kDepth) {
            const uint64_t a = alongRows(Backward::Resident::at(rows, k));
            const uint64_t b = alongRows(Passing::at(others, k));
            if constexpr (Backward::kIsFloat8) {
                multiplyFloat8<A, B, kStep>(products, a, b, k > 0 ? 1 : 0);
            } else {
                multiplyAsync<A, kStep>(products, a, b, k > 0 ? 1 : 0);
            }
        }
    }
    __device__ __forceinline__ void find(Scores& scores, Scores& gradients, const Factors& factors,
                                         int passing, int step, uint32_t slot) const {
        const MmaLane lane = mmaLane();
        const auto each = [&](auto&& body) {
#pragma unroll
            for (int n = 0; n < kStep / 8; ++n) {
#pragma unroll
                for (int k = 0; k < 2; ++k) {
                    const int of_tile = step + n * 8 + 2 * lane.pair + k;
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
        if (factors.cap.isThere()) {
            each([&](float& product, float& other, const RowFacts& facts, int) {
                factors.findCapped(product, other, facts);
            });
        } else {
            each([&](float& product, float& other, const RowFacts& facts, int) {
                factors.find(product, other, facts);
            });
        }
        // Most tiles need no mask: all of their rows attend to all of their columns.
        const Range common = kIsQueries ? common_ : memory_.common(slot).range;
        const int first = kIsQueries ? passing + step : row_;
        const int last = first + (kIsQueries ? kStep : 16);
        if (first >= common.begin && last <= common.end) {
            return;
        }
        each([](float& probability, float& gradient, const RowFacts& facts, int column) {
            const bool is_seen = facts.range.has(column);
            probability = is_seen ? probability : 0.0F;
            gradient = is_seen ? gradient : 0.0F;
        });
    }
    template <class Values>
    __device__ __forceinline__ void storeOne(const HeadOperand& gradient, const Values& values,
                                             float factor) const {
        const AttentionScores& a = arguments_.attention.scores;
        const Sequence& sequence = work_.sequence;
        const Extent& extent = kIsQueries ? sequence.rows : sequence.columns;
        const float factors[2] = {factor, factor};
        const Rows rows = rowsOf(gradient, kIsQueries ? a.q_starts : a.kv_starts, extent, sequence.batch,
                                 kIsQueries ? work_.head : work_.kv_head);
        if constexpr (!Backward::kIsFloat8) {
            storeRows<T, kWidth>(rows, row_, extent.in_memory, values, factors);
        } else if (arguments_.is_bf16 != 0) {
            storeRows<BF16, kWidth>(rows, row_, extent.in_memory, values, factors);
        } else {
            storeRows<F16, kWidth>(rows, row_, extent.in_memory, values, factors);
        }
    }

    const AttentionHopperBackwardArguments& arguments_;
    Memory memory_;
    const GradientWork& work_;
    HopperReader<typename Backward::Ring> reader_;
    int group_;
    int row_;
    RowFacts facts_[2];   // of the thread's queries, if these stay,
    Range common_{0, 0};  // and what all of the warp's attend to
    Sums<T> results_;     // by gradients of scores
    Sums<D> values_;      // by probabilities, for the gradient of v
};

template <class T, class D, int kWidth, Side kSide>
__device__ __forceinline__ void findGradients(const AttentionHopperBackwardArguments& arguments) {
    const typename HopperBackward<T, kWidth>::Memory memory{hopperMemory()};
    const GradientWork work = gradientWork<T, kWidth, kSide>(arguments.attention.scores);
    if (work.sequence.batch < 0) {
        return;
    }
    shareWork(
        memory.ring(),
        [&] {
            if (work.tiles > 0) {
                fetchForGradients<T, kWidth, kSide>(arguments, memory, work);
            }
        },
        [&](int group) {
            Gradients<T, D, kWidth, kSide> gradients(arguments, memory, work, group);
            if (work.tiles > 0) {
                gradients.add();
            }
            gradients.store();
        });
}

}  // namespace optirs::cuda
