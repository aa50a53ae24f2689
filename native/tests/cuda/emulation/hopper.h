// Hopper's instructions as the PTX ISA documents them, for kernels that are compiled for the host
// (native/src/cuda/kernels/hopper.cuh, wgmma.cuh). Shared memory is named by its 32-bit address; copies land
// only when someone waits for them. Products are done at once: what this cannot show is a use of their
// results or operands that comes too early.
#pragma once

#include <cstdint>

#include "src/cuda/api/tensor_map.h"

namespace optirs::emulation {

uint32_t sharedAddress(const void* memory);

// mbarrier.init, .arrive, .arrive.expect_tx, .try_wait.parity until it succeeds
void makeBarrier(uint32_t barrier, uint32_t arrivals);
void arriveAt(uint32_t barrier);
void expectBytes(uint32_t barrier, uint32_t bytes);
void waitFor(uint32_t barrier, uint32_t phase);

// barrier.cta.arrive, .sync
void arriveAtNamed(int barrier, int threads);
void syncNamed(int barrier, int threads);

/// cp.async.bulk.tensor.4d with a map of the mock driver.
void copyBox(uint32_t to, const cuda::CUtensorMap& map, int i, int j, int k, int l, uint32_t barrier);

/// st.shared.v4.b32 of zeros
void clearShared(uint32_t address);

/// An element of 16 bits of an operand of wgmma, by its descriptor: row of a or column of b, and k.
/// `is_across`: the operand is transposed, M-major or N-major.
uint16_t operandElement(uint64_t descriptor, bool is_across, int row, int k);
/// An element of 8 bits, of an operand that is K-major, as all of these are.
uint8_t operandByte(uint64_t descriptor, int row, int k);

/// What the mock driver writes into a tensor map: four dimensions, the swizzle of 128 bytes.
struct TensorMapContent {
    uint64_t address;
    uint64_t extents[4];  // in elements, fastest first
    uint64_t strides[3];  // in bytes, of the others
    uint32_t box[4];
    uint32_t bytes;  // of an element, 1 or 2
};
static_assert(sizeof(TensorMapContent) <= sizeof(cuda::CUtensorMap));

}  // namespace optirs::emulation
