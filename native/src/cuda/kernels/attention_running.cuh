// What a thread knows of its two rows of scores while it goes over their columns, and the end of it.
#pragma once

#include "attention.cuh"
#include "mma.cuh"

namespace optirs::cuda {

/// Over the four threads that share a row.
template <class Combine>
__device__ __forceinline__ float overRow(float x, Combine&& combine) {
    x = combine(x, __shfl_xor_sync(kAllLanes, x, 1));
    return combine(x, __shfl_xor_sync(kAllLanes, x, 2));
}
__device__ __forceinline__ float largestOfRow(float x) {
    return overRow(x, [](float a, float b) { return fmaxf(a, b); });
}

/// Results so far are not yet divided by the sums.
struct RunningRows {
    float largest[2] = {negativeInfinity(), negativeInfinity()};
    float sum[2] = {0, 0};  // of this thread's columns alone
};

/// The sum of a row, of all its threads.
__device__ __forceinline__ float sumOfRow(float x) {
    return overRow(x, [](float a, float b) { return a + b; });
}

}  // namespace optirs::cuda
