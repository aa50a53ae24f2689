// The kernels of the C ABI on a GPU, by their numbers.
#pragma once

#include <optirs/tune.h>

#include <cstdint>
#include <span>
#include <vector>

#include "src/cuda/api/driver.h"

namespace optirs::cuda {

/// Puts the kernel OPTIRS_KERNEL_* with its checked args struct into the stream. Throws UNIMPLEMENTED for one
/// that this backend does not have, or for types that it does not have it for.
void runKernel(int32_t kernel, const void* args, CUstream stream);

/// Bytes of workspace that the call needs.
uint64_t kernelWorkspace(int32_t kernel, const void* args);

/// Measures what may compute these calls of one kernel, which differ in their memory alone. Throws
/// UNIMPLEMENTED for a kernel without a choice.
std::vector<optirs_timing> tuneKernel(int32_t kernel, std::span<const void* const> args, CUstream stream);

}  // namespace optirs::cuda
