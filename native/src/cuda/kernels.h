// The kernels of the C ABI on a GPU.
#pragma once

#include <cstdint>

#include "src/cuda/api/driver.h"

namespace optirs::cuda {

/// Puts the kernel OPTIRS_KERNEL_* with its checked args struct into the stream. Throws UNIMPLEMENTED for one
/// that this backend does not have.
void runKernel(int32_t kernel, const void* args, CUstream stream);

}  // namespace optirs::cuda
