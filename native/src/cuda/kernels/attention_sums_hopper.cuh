// Attention, forward, for Hopper: what a warp group adds up, probabilities times values.
#pragma once

#include "attention_forward_hopper.cuh"
#include "wgmma_float8.cuh"

namespace optirs::cuda {

/// Of 16 bits: the tensor cores add to what is there.
template <class T, int kWidth>
class HopperWideSums {
 public:
    static constexpr int kColumns = HopperForward<T, kWidth>::kColumns;
    static constexpr float kLift = 0;      // weights are times 2^kLift,
    static constexpr float kUnlifted = 1;  // and their sums have to be times this
    using Values = float[kWidth / 8][4];

    /// Weights become an operand, rounded.
    __device__ __forceinline__ void setWeights(const float (&weights)[kColumns / 8][4]) {
#pragma unroll
        for (int n = 0; n < kColumns / 8; ++n) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                weights_[n / 2][n % 2 * 2 + half] =
                    roundedPair<T>(weights[n][2 * half], weights[n][2 * half + 1]);
            }
        }
    }
    /// Products with the values of a tile; nothing else may be done before endAdding.
    __device__ __forceinline__ void beginAdding(uint32_t tile) {
#pragma unroll
        for (uint32_t k = 0; k < kColumns; k += 16) {
            multiplyAsync<T, kWidth>(
                values_, weights_[k / 16],
                acrossRows(tile + k * kHopperPanelBytes, HopperForward<T, kWidth>::Values::kPanel));
        }
        closeProducts();
    }
    __device__ __forceinline__ void endAdding() { waitForProducts<0>(values_); }
    /// Weights are divided by more from now on: what is there is worth less.
    __device__ __forceinline__ void rescale(const float (&former)[2]) {
#pragma unroll
        for (int n = 0; n < kWidth / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                values_[n][i] *= former[i / 2];
            }
        }
    }
    __device__ __forceinline__ const Values& values() const { return values_; }

 private:
    uint32_t weights_[kColumns / 16][4];
    Values values_ = {};
};

/// Of 8 bits: the tensor cores keep about 14 bits of a sum, so those of each tile are added in f32. Weights
/// are E4M3 from 2^-9 to 2^8: the greatest is below 448, and as many small ones as can be are not 0.
template <class T, int kWidth>
class HopperFloat8Sums {
 public:
    static constexpr int kColumns = HopperForward<T, kWidth>::kColumns;
    static constexpr float kLift = 8;
    static constexpr float kUnlifted = 1.0F / 256;
    using Values = float[kWidth / 8][4];

    __device__ __forceinline__ void setWeights(const float (&weights)[kColumns / 8][4]) {
        roundOperand(weights_, weights);
    }
    __device__ __forceinline__ void beginAdding(uint32_t tile) {
#pragma unroll
        for (uint32_t k = 0; k < kColumns; k += kFloat8Depth) {
            multiplyFloat8<T, kWidth>(products_, weights_[k / kFloat8Depth], alongRows(tile + k),
                                      k > 0 ? 1 : 0);
        }
        closeProducts();
    }
    __device__ __forceinline__ void endAdding() {
        waitForProducts<0>(products_);
#pragma unroll
        for (int n = 0; n < kWidth / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                values_[n][i] = fmaf(values_[n][i], former_[i / 2], products_[n][i]);
            }
        }
    }
    /// With the next tile, in one step.
    __device__ __forceinline__ void rescale(const float (&former)[2]) {
        former_[0] = former[0];
        former_[1] = former[1];
    }
    __device__ __forceinline__ const Values& values() const { return values_; }

 private:
    uint32_t weights_[kColumns / kFloat8Depth][4];
    Values products_;
    Values values_ = {};
    float former_[2] = {0, 0};
};
template <class T, int kWidth>
using HopperSums = std::conditional_t<HopperForward<T, kWidth>::kIsFloat8, HopperFloat8Sums<T, kWidth>,
                                      HopperWideSums<T, kWidth>>;

}  // namespace optirs::cuda
