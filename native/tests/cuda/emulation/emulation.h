// CUDA C++ as ordinary C++, as far as the project's own kernels use it, so that they can be run and checked
// where there is no GPU. Included before each kernel file; never part of what ships.
//
// Each thread of a block is a fiber. A barrier or shuffle lets the others run until all have come; blocks run
// one after the other, so that `__shared__` can be static memory. What this cannot show: races between
// threads of a warp, memory ordering between blocks, and the machine code.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "hopper.h"
#include "kernels.h"

#define OPTIRS_CUDA_EMULATION 1
#define __global__
#define __device__
#define __constant__
#define __shared__ static
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)

namespace optirs::emulation {

extern Dim3 block_index;
extern Dim3 grid_size;
extern unsigned thread_index;
extern unsigned block_size;

/// Lets the other threads of the block run.
void yield();
/// Called after each block, where it is set.
extern void (*block_ended)();
/// Waits for every thread of the block that has not ended.
void syncBlock();
/// Gives `value` to the warp, waits until all of its threads have, and returns that of thread `lane`.
uint64_t exchange(uint64_t value, unsigned lane);

/// The memory that the launch asked for, with what the last block left in it.
unsigned char* sharedMemory();
/// Gives `count` words, at most kWarpWords, to the warp and returns those of all its threads, one thread
/// after the other. They stay until the next exchange but one.
const uint32_t* exchangeWords(const uint32_t* words, unsigned count);
inline constexpr unsigned kWarpWords = 8;

template <class T>
T shuffle(T value, unsigned lane) {
    static_assert(sizeof(T) <= sizeof(uint64_t));
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    bits = exchange(bits, lane);
    std::memcpy(&value, &bits, sizeof(T));
    return value;
}

/// Makes a kernel known by name.
struct Registration {
    explicit Registration(const Kernel& kernel);
};

}  // namespace optirs::emulation

struct EmulatedThreadIndex {
    struct {
        operator unsigned() const { return optirs::emulation::thread_index; }
    } x;
};
struct EmulatedBlockSize {
    struct {
        operator unsigned() const { return optirs::emulation::block_size; }
    } x;
};
inline constexpr EmulatedThreadIndex threadIdx{};
inline constexpr EmulatedBlockSize blockDim{};
#define blockIdx optirs::emulation::block_index
#define gridDim optirs::emulation::grid_size

struct alignas(8) uint2 {
    uint32_t x, y;
};
struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};
struct alignas(16) float4 {
    float x, y, z, w;
};

inline void __syncthreads() { optirs::emulation::syncBlock(); }
inline void __syncwarp() { optirs::emulation::shuffle(0, 0); }
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
    return optirs::emulation::shuffle(value,
                                      (optirs::emulation::thread_index % 32) ^ static_cast<unsigned>(mask));
}
template <class T>
T __shfl_sync(unsigned, T value, int lane) {
    return optirs::emulation::shuffle(value, static_cast<unsigned>(lane));
}
inline uint32_t __ballot_sync(unsigned, int predicate) {
    uint32_t bits = 0;
    for (unsigned lane = 0; lane < 32; ++lane) {
        bits |= (optirs::emulation::shuffle(predicate, lane) != 0 ? 1U : 0U) << lane;
    }
    return bits;
}
inline int __ffs(int bits) { return __builtin_ffs(bits); }
inline float __uint_as_float(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}
inline uint32_t __float_as_uint(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}
inline float __fdividef(float a, float b) { return a / b; }
inline float rsqrtf(float value) { return 1.0F / std::sqrt(value); }
inline float atomicAdd(float* address, float value) {
    const float old = *address;
    *address += value;
    return old;
}
inline uint32_t atomicAdd(uint32_t* address, uint32_t value) {
    const uint32_t old = *address;
    *address += value;
    return old;
}
inline uint32_t atomicMax(uint32_t* address, uint32_t value) {
    const uint32_t old = *address;
    *address = old > value ? old : value;
    return old;
}
inline void __threadfence() {}
inline uint32_t __umulhi(uint32_t a, uint32_t b) {
    return static_cast<uint32_t>((static_cast<uint64_t>(a) * b) >> 32);
}
