// GELU and its derivative.
#pragma once

#include "kernel.cuh"

namespace optirs::cuda {

/// 0.5 x (1 + tanh(u)) with u = sqrt(2 / pi) (x + 0.044715 x^3), written as x s(2 u) with the logistic
/// function s, as 1 + tanh(u) cancels where u is far below 0.
struct GeluTanh {
    static constexpr float kA = 0.7978845608028654F;
    static constexpr float kB = 0.044715F;

    static __device__ __forceinline__ float logistic(float x) {
        return 1.0F / (1.0F + expf(-2.0F * kA * (x + kB * x * x * x)));
    }
    static __device__ __forceinline__ float value(float x) { return x * logistic(x); }
    static __device__ __forceinline__ float slope(float x) {
        const float s = logistic(x);
        return s + x * s * (1.0F - s) * 2.0F * kA * (1.0F + 3.0F * kB * x * x);
    }
};

/// x Phi(x), with Phi(x) = erfc(-x / sqrt(2)) / 2
struct GeluErf {
    static __device__ __forceinline__ float phi(float x) { return 0.5F * erfcf(-0.7071067811865476F * x); }
    static __device__ __forceinline__ float value(float x) { return x * phi(x); }
    static __device__ __forceinline__ float slope(float x) {
        return phi(x) + x * 0.3989422804014327F * expf(-0.5F * x * x);
    }
};

}  // namespace optirs::cuda
