// The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011).
#pragma once

#include "kernel.cuh"

namespace optirs::cuda {

/// Four numbers of the counter's 128-bit value (`counter`, 0) under the key `seed`.
__device__ __forceinline__ uint4 philox4x32(uint64_t seed, uint64_t counter) {
    auto key0 = static_cast<uint32_t>(seed);
    auto key1 = static_cast<uint32_t>(seed >> 32);
    uint4 c = {static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), 0, 0};
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const uint32_t high0 = __umulhi(0xD2511F53U, c.x);
        const uint32_t high1 = __umulhi(0xCD9E8D57U, c.z);
        c = {high1 ^ c.y ^ key0, 0xCD9E8D57U * c.z, high0 ^ c.w ^ key1, 0xD2511F53U * c.x};
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
    return c;
}

}  // namespace optirs::cuda
