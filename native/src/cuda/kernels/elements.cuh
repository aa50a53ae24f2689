// Runs of kLane elements, one for each lane, of a type that is known when the kernel runs: with one memory
// access where the run is whole and aligned, else one by one.
#pragma once

#include "kernel.cuh"

namespace optirs::cuda {

inline constexpr int kLane = 8;

/// The run of a lane.
struct Lane {
    int64_t first;
    int count;       // 0 to kLane
    bool is_vector;  // whole, and aligned

    __device__ __forceinline__ Lane(int64_t at, int64_t end, bool is_aligned)
        : first(at),
          count(end - at >= kLane ? kLane
                : end > at        ? static_cast<int>(end - at)
                                  : 0),
          is_vector(is_aligned && count == kLane) {}
};

/// Zeros where the run is shorter.
template <class T>
__device__ __forceinline__ Vector<T, kLane> rawLane(const void* from, const Lane& lane) {
    const T* at = static_cast<const T*>(from) + lane.first;
    if (lane.is_vector) {
        return *reinterpret_cast<const Vector<T, kLane>*>(at);
    }
    Vector<T, kLane> vector = {};
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        if (k < lane.count) {
            vector.at[k] = at[k];
        }
    }
    return vector;
}

template <class T>
__device__ __forceinline__ void storeRaw(void* to, const Lane& lane, const Vector<T, kLane>& vector) {
    T* at = static_cast<T*>(to) + lane.first;
    if (lane.is_vector) {
        *reinterpret_cast<Vector<T, kLane>*>(at) = vector;
        return;
    }
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        if (k < lane.count) {
            at[k] = vector.at[k];
        }
    }
}

template <class T>
__device__ __forceinline__ void loadLane(const void* from, const Lane& lane, float (&to)[kLane]) {
    const Vector<T, kLane> vector = rawLane<T>(from, lane);
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        to[k] = toFloat(vector.at[k]);
    }
}

template <class T>
__device__ __forceinline__ void storeLane(void* to, const Lane& lane, const float (&from)[kLane]) {
    Vector<T, kLane> vector;
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        vector.at[k] = rounded<T>(from[k]);
    }
    storeRaw(to, lane, vector);
}

__device__ __forceinline__ void loadLane(Element type, const void* from, const Lane& lane,
                                         float (&to)[kLane]) {
    switch (type) {
        case Element::kF32:
            return loadLane<F32>(from, lane, to);
        case Element::kBF16:
            return loadLane<BF16>(from, lane, to);
        case Element::kF16:
            return loadLane<F16>(from, lane, to);
    }
}

__device__ __forceinline__ void storeLane(Element type, void* to, const Lane& lane,
                                          const float (&from)[kLane]) {
    switch (type) {
        case Element::kF32:
            return storeLane<F32>(to, lane, from);
        case Element::kBF16:
            return storeLane<BF16>(to, lane, from);
        case Element::kF16:
            return storeLane<F16>(to, lane, from);
    }
}

/// Whether runs that begin at a multiple of kLane can be vectors.
__device__ __forceinline__ bool isLaneAligned(const void* address, unsigned element_bytes) {
    return reinterpret_cast<uintptr_t>(address) % (element_bytes * kLane) == 0;
}
__device__ __forceinline__ bool isLaneAligned(const void* address, Element type) {
    return isLaneAligned(address, type == Element::kF32 ? 4U : 2U);
}

/// The greatest magnitude of the run; NaN if there is one.
__device__ __forceinline__ float greatestOf(const Lane& lane, const float (&x)[kLane]) {
    float most = 0;
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        most = k < lane.count ? Max::combine(most, magnitude(x[k])) : most;
    }
    return most;
}

}  // namespace optirs::cuda
