// Hopper's own ways to copy and to wait (sm_90a), a thin function for each instruction of the PTX ISA:
// barriers in shared memory that count arrivals and bytes (mbarrier), boxes of tensors copied by the TMA unit
// (cp.async.bulk.tensor), registers that move between warp groups (setmaxnreg), barriers of some warps
// (barrier). Shared memory is named by its 32-bit address.
#pragma once

#include "../api/tensor_map.h"
#include "kernel.cuh"

namespace optirs::cuda {

inline constexpr int kWarpGroup = 128;  // threads: four warps that multiply together

#ifdef OPTIRS_CUDA_EMULATION

using ::optirs::emulation::arriveAt;
using ::optirs::emulation::arriveAtNamed;
using ::optirs::emulation::clearShared;
using ::optirs::emulation::copyBox;
using ::optirs::emulation::expectBytes;
using ::optirs::emulation::makeBarrier;
using ::optirs::emulation::sharedAddress;
using ::optirs::emulation::syncNamed;
using ::optirs::emulation::waitFor;
inline void publishBarriers() {}
template <int kCount>
void takeRegisters() {}
template <int kCount>
void giveRegisters() {}
inline float unknownZero() { return 0; }

#else

__device__ __forceinline__ uint32_t sharedAddress(const void* memory) {
    return static_cast<uint32_t>(__cvta_generic_to_shared(memory));
}

// ---- mbarrier. Its phases are numbered 0, 1, 0, ...; one ends when all have arrived, and all bytes. ----

__device__ __forceinline__ void makeBarrier(uint32_t barrier, uint32_t arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
/// Lets the TMA unit see the barriers that this thread has made; other threads need __syncthreads too.
__device__ __forceinline__ void publishBarriers() {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
__device__ __forceinline__ void arriveAt(uint32_t barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
/// Arrives, and lets the phase wait for bytes that are copied to memory.
__device__ __forceinline__ void expectBytes(uint32_t barrier, uint32_t bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
                 : "memory");
}
/// Waits until the phase has ended. Of a new barrier, phase 1 has.
__device__ __forceinline__ void waitFor(uint32_t barrier, uint32_t phase) {
    uint32_t has_ended = 0;
    while (has_ended == 0) {
        asm volatile(
            "{\n.reg .pred p;\n"
            "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
            "selp.u32 %0, 1, 0, p;\n}"
            : "=r"(has_ended)
            : "r"(barrier), "r"(phase)
            : "memory");
    }
}

// ---- TMA ----

/// Copies the box of a map that begins at these indices, fastest first; zeros for what is outside of the
/// tensor.
__device__ __forceinline__ void copyBox(uint32_t to, const CUtensorMap& map, int i, int j, int k, int l,
                                        uint32_t barrier) {
    asm volatile(
        "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes "
        "[%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(to),
        "l"(&map), "r"(barrier), "r"(i), "r"(j), "r"(k), "r"(l)
        : "memory");
}

/// Puts 16 bytes of zeros into shared memory; products and copies need publishBarriers() to see them.
__device__ __forceinline__ void clearShared(uint32_t address) {
    asm volatile("st.shared.v4.b32 [%0], {%1, %1, %1, %1};" ::"r"(address), "r"(0) : "memory");
}

// ---- Warp groups ----

/// A thread of this warp group may use so many registers from now on: more than before, or fewer.
template <int kCount>
__device__ __forceinline__ void takeRegisters() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kCount));
}
template <int kCount>
__device__ __forceinline__ void giveRegisters() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kCount));
}
/// A zero that the compiler does not know to be one: it would put constants into registers before
/// takeRegisters, where there are too few.
__device__ __forceinline__ float unknownZero() {
    uint32_t lane;
    asm volatile("mov.u32 %0, %%laneid;" : "=r"(lane));
    return __uint_as_float(lane / kWarp);
}
/// Arrives at barrier 1 to 15 of the block, which opens when `threads` have; the second waits for that.
__device__ __forceinline__ void arriveAtNamed(int barrier, int threads) {
    asm volatile("barrier.cta.arrive.aligned %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}
__device__ __forceinline__ void syncNamed(int barrier, int threads) {
    asm volatile("barrier.cta.sync.aligned %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

#endif

/// The work of a block of three warp groups: `fetch()` is for one warp, `multiply(group)` for two groups.
/// Those have most of the launch's registers, as the first group needs few.
template <class Barriers, class Fetch, class Multiply>
__device__ __forceinline__ void shareWork(const Barriers& barriers, Fetch&& fetch, Multiply&& multiply) {
    constexpr int kFetching = 24;
    constexpr int kMultiplying = 240;
    static_assert(kFetching + 2 * kMultiplying <= 65536 / kWarpGroup);
    if (threadIdx.x == 0) {
        barriers.makeBarriers();
        publishBarriers();
    }
    __syncthreads();
    const int group = static_cast<int>(threadIdx.x / kWarpGroup) - 1;
    if (group < 0) {
        giveRegisters<kFetching>();
        if (threadIdx.x < kWarp) {
            fetch();
        }
        return;
    }
    takeRegisters<kMultiplying>();
    multiply(group);
}

/// A slot of a ring in shared memory and how often, modulo 2, it has been come by.
template <uint32_t kSlots>
struct RingPlace {
    uint32_t slot = 0;
    uint32_t phase = 0;

    __device__ __forceinline__ RingPlace next() const {
        return slot + 1 < kSlots ? RingPlace{slot + 1, phase} : RingPlace{0, phase ^ 1};
    }
};

}  // namespace optirs::cuda
