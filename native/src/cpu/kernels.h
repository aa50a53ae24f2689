// The CPU kernels, by number. Tensors and arguments are checked before they come here (backend_table.h).
#pragma once

#include <optirs/kernel.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

/// Runs OPTIRS_KERNEL_* on its full-size args struct; false if there is no such kernel here. Thread-safe.
bool runKernel(optirs_kernel kernel, const void* args, ThreadPool& pool);

/// Bytes of workspace that such a call needs.
uint64_t kernelWorkspace(optirs_kernel kernel, const void* args);

/// The instruction set that was chosen, for instance "AVX2".
const char* targetName();

}  // namespace optirs::cpu
