// The gradients of attention for Hopper: what a warp group adds up, weights times rows that go by.
#pragma once

#include "attention_backward_hopper.cuh"
#include "attention_running.cuh"
#include "wgmma_float8.cuh"

namespace optirs::cuda {

/// Of 16 bits: the tensor cores add to what is there.
template <class T, int kWidth>
class WideGradientSums {
 public:
    using Backward = HopperBackward<T, kWidth>;
    static constexpr int kStep = Backward::kStep;
    using Values = float[kWidth / 8][4];

    /// Weights, times a factor that is at most 1, become an operand, rounded.
    __device__ __forceinline__ void setWeights(float (&weights)[kStep / 8][4], float share) {
        if (share != 1.0F) {  // but for 8-bit floats
#pragma unroll
            for (int n = 0; n < kStep / 8; ++n) {
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    weights[n][i] *= share;
                }
            }
        }
#pragma unroll
        for (int n = 0; n < kStep / 8; ++n) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                weights_[n / 2][n % 2 * 2 + half] =
                    roundedPair<T>(weights[n][2 * half], weights[n][2 * half + 1]);
            }
        }
    }
    /// Products with a tile.
    __device__ __forceinline__ void beginAdding(uint32_t tile) {
#pragma unroll
        for (uint32_t k = 0; k < kStep; k += 16) {
            multiplyAsync<T, kWidth>(values_, weights_[k / 16],
                                     acrossRows(tile + k * kHopperPanelBytes, Backward::Passing::kPanel));
        }
    }
    __device__ __forceinline__ void endAdding() { waitForProducts<0>(values_); }
    __device__ __forceinline__ const Values& values() const { return values_; }

 private:
    uint32_t weights_[kStep / 16][4];
    Values values_ = {};
};

/// Of 8 bits, rows B: the tensor cores keep about 14 bits of a sum, so those of each step are added in f32.
/// Weights are E4M3, each row of a step times the power of two that makes its greatest one from 2^7 to 2^8:
/// none is too large, and all from 2^-14 of the greatest on keep their four bits.
template <class B, int kWidth, int kPart>
class Float8GradientSums {
 public:
    static constexpr int kStep = HopperBackward<B, kWidth>::kStep;
    using Values = float[kWidth / 8][4];

    __device__ __forceinline__ Float8GradientSums() {
        const float zero = unknownZero();
#pragma unroll
        for (int n = 0; n < kWidth / 8; ++n) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                values_[n][i] = zero;
            }
        }
    }

    __device__ __forceinline__ void setWeights(float (&weights)[kStep / 8][4], float share) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float greatest = 0;
#pragma unroll
            for (int n = 0; n < kStep / 8; ++n) {
                greatest =
                    fmaxf(greatest, fmaxf(fabsf(weights[n][2 * half]), fabsf(weights[n][2 * half + 1])));
            }
            // Both powers are normal numbers, whatever the greatest.
            constexpr float kLeast = 0x1p-119F;
            const uint32_t exponent = __float_as_uint(fmaxf(largestOfRow(greatest), kLeast)) >> 23;
            const float lift = __uint_as_float((127 + 7 + 127 - exponent) << 23);
            factors_[half] = share * __uint_as_float((exponent - 7) << 23);
#pragma unroll
            for (int n = 0; n < kStep / 8; ++n) {
                weights[n][2 * half] *= lift;
                weights[n][2 * half + 1] *= lift;
            }
        }
        roundOperand(weights_, weights);
    }
    /// Adds products with a tile that lies on its side.
    __device__ __forceinline__ void add(uint32_t tile) {
#pragma unroll
        for (int part = 0; part < kWidth; part += kPart) {
            float products[kPart / 8][4];
            beginProducts();
#pragma unroll
            for (uint32_t k = 0; k < kStep; k += kFloat8Depth) {
                multiplyFloat8<B, kPart>(
                    products, weights_[k / kFloat8Depth],
                    alongRows(tile + static_cast<uint32_t>(part) * kHopperPanelBytes + k), k > 0 ? 1 : 0);
            }
            closeProducts();
            waitForProducts<0>(products);
#pragma unroll
            for (int n = 0; n < kPart / 8; ++n) {
#pragma unroll
                for (int i = 0; i < 4; ++i) {
                    float& value = values_[part / 8 + n][i];
                    value = fmaf(products[n][i], factors_[i / 2], value);
                }
            }
        }
    }
    __device__ __forceinline__ const Values& values() const { return values_; }

 private:
    uint32_t weights_[kStep / kFloat8Depth][4];
    float factors_[2];
    Values values_;
};

/// Rows that go by are B. `kPart` is of 8 bits: as many elements of a row are done at a time, as products
/// take registers.
template <class B, int kWidth, int kPart>
using HopperGradientSums =
    std::conditional_t<sizeof(B) == 1, Float8GradientSums<B, kWidth, kPart>, WideGradientSums<B, kWidth>>;

}  // namespace optirs::cuda
