// What all kernels share: how they are defined, vectors of elements, and reductions.
//
// A kernel takes one struct of arguments by value (arguments.h) and uses blocks of one dimension. The files
// compile with nvcc, and as C++ in the tests (tests/cuda/emulation), where a block's threads take turns.
// Arithmetic is f32; sums within a row or block are added in a fixed order, so that a repeated call gives the
// same bits.
#pragma once

#include "arguments.h"
#include "numbers.cuh"

namespace optirs::cuda {

inline constexpr unsigned kWarp = 32;
inline constexpr unsigned kAllLanes = 0xffffffffU;

// ---- Definition: OPTIRS_KERNEL(name, threads, Arguments, body) is a kernel that calls body(arguments). ----
// OPTIRS_WIDE_KERNEL has the number of blocks that must fit a multiprocessor too: fewer than four let a
// thread have more registers.

#ifdef OPTIRS_CUDA_EMULATION
#define OPTIRS_WIDE_KERNEL(name, threads, blocks, Arguments, ...)                       \
    static const ::optirs::emulation::Registration registration_of_##name(              \
        {#name, OPTIRS_KERNEL_FILE, threads, sizeof(Arguments), [](const void* given) { \
             Arguments arguments;                                                       \
             std::memcpy(static_cast<void*>(&arguments), given, sizeof(Arguments));     \
             __VA_ARGS__(arguments);                                                    \
         }})
#else
#define OPTIRS_WIDE_KERNEL(name, threads, blocks, Arguments, ...) \
    extern "C" __global__ void __launch_bounds__(threads, blocks) \
        name(const __grid_constant__ Arguments arguments) {       \
        __VA_ARGS__(arguments);                                   \
    }                                                             \
    static_assert(sizeof(Arguments) <= 4096)
#endif
#define OPTIRS_KERNEL(name, threads, Arguments, ...) \
    OPTIRS_WIDE_KERNEL(name, threads, 4, Arguments, __VA_ARGS__)

/// The shared memory that the launch asked for.
template <class T>
__device__ __forceinline__ T* launchMemory() {
#ifdef OPTIRS_CUDA_EMULATION
    return reinterpret_cast<T*>(::optirs::emulation::sharedMemory());
#else
    extern __shared__ uint4 optirs_launch_memory[];
    return reinterpret_cast<T*>(optirs_launch_memory);
#endif
}

// ---- Vectors: N elements with one memory access; the address must be aligned to their size. ----

template <class T, int N>
struct alignas(sizeof(T) * N) Vector {
    T at[N];
};

template <int N, class T>
__device__ __forceinline__ void load(const T* from, float (&to)[N]) {
    const Vector<T, N> vector = *reinterpret_cast<const Vector<T, N>*>(from);
#pragma unroll
    for (int i = 0; i < N; ++i) {
        to[i] = toFloat(vector.at[i]);
    }
}

template <int N, class T>
__device__ __forceinline__ void store(T* to, const float (&from)[N]) {
    Vector<T, N> vector;
#pragma unroll
    for (int i = 0; i < N; ++i) {
        vector.at[i] = rounded<T>(from[i]);
    }
    *reinterpret_cast<Vector<T, N>*>(to) = vector;
}

/// As load, of f32 or of T.
template <int N, class T>
__device__ __forceinline__ void loadEither(const void* from, bool is_f32, int64_t i, float (&to)[N]) {
    if (is_f32) {
        load<N>(static_cast<const F32*>(from) + i, to);
    } else {
        load<N>(static_cast<const T*>(from) + i, to);
    }
}

__device__ __forceinline__ int64_t indexAt(const Indices& indices, int64_t i) {
    return indices.bits == 64 ? static_cast<const int64_t*>(indices.data)[i]
                              : static_cast<int64_t>(static_cast<const int32_t*>(indices.data)[i]);
}

/// Calls body(i) for the thread's share of `count` elements, N at a time; the block works on all of them.
template <int N, class Body>
__device__ __forceinline__ void each(int64_t count, Body&& body) {
    for (int64_t i = static_cast<int64_t>(threadIdx.x) * N; i < count;
         i += static_cast<int64_t>(blockDim.x) * N) {
        body(i);
    }
}

/// How many elements one access of 16 bytes has.
template <class T>
inline constexpr int kVector = 16 / sizeof(T);

/// Whether N elements at this address, and at those that lie a multiple of `stride` elements further, can be
/// accessed as vectors.
template <int N, class T>
__device__ __forceinline__ bool isAligned(const T* address, int64_t stride = 0) {
    return reinterpret_cast<uintptr_t>(address) % (sizeof(T) * N) == 0 && stride % N == 0;
}

// ---- Reductions. Every thread gets the result. ----

struct Sum {
    static constexpr float kIdentity = 0.0F;
    static __device__ __forceinline__ float combine(float a, float b) { return a + b; }
};
struct Max {
    static constexpr float kIdentity = -3.402823466e38F;
    static __device__ __forceinline__ float combine(float a, float b) {
        return a > b || a != a ? a : b;
    }  // NaN wins
};

template <class Operation>
__device__ __forceinline__ float reduceWarp(float value) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        value = Operation::combine(value, __shfl_xor_sync(kAllLanes, value, step));
    }
    return value;
}

/// Over the block, whose size is a multiple of a warp. `scratch` holds kWarp floats in shared memory, free
/// for the next reduction once all threads have passed a barrier, which the function begins with.
template <class Operation>
__device__ __forceinline__ float reduceBlock(float value, float* scratch) {
    value = reduceWarp<Operation>(value);
    const unsigned warps = blockDim.x / kWarp;
    if (warps == 1) {
        return value;
    }
    __syncthreads();
    if (threadIdx.x % kWarp == 0) {
        scratch[threadIdx.x / kWarp] = value;
    }
    __syncthreads();
    const unsigned lane = threadIdx.x % kWarp;
    return reduceWarp<Operation>(lane < warps ? scratch[lane] : Operation::kIdentity);
}

// ---- Greatest magnitudes ----

__device__ __forceinline__ float magnitude(float x) {
    return __uint_as_float(__float_as_uint(x) & 0x7fffffffU);
}

/// Raises the bits of a greatest magnitude. Those of floats that are not negative are ordered as the numbers
/// are; NaN is above all.
__device__ __forceinline__ void raise(uint32_t* amax, float value) {
    if (amax != nullptr && threadIdx.x == 0) {
        atomicMax(amax, __float_as_uint(magnitude(value)));
    }
}

}  // namespace optirs::cuda
