// Launching the project's own kernels.
#pragma once

#include <cstdint>

#include "src/cuda/api/driver.h"
#include "src/cuda/kernels/arguments.h"

namespace optirs::cuda {

/// Where a kernel runs.
struct Queue {
    int32_t device;
    CUstream stream;
};

/// One kernel: the file of native/src/cuda/kernels that holds it, and its name in there.
struct KernelName {
    const char* file;
    const char* name;
};

/// What every block of a launch gets.
struct BlockShape {
    unsigned threads = kThreads;
    unsigned shared_bytes = 0;  // beside what the kernel declares
};

/// Puts a kernel into the queue; `arguments` is copied. A grid without blocks is nothing to do. Throws
/// UNIMPLEMENTED if the library was built without kernels, INVALID_ARGUMENT if there are more than 2^31 - 1
/// blocks. A kernel always asks for the same shared memory.
void launchKernel(const Queue& queue, const KernelName& kernel, int64_t blocks, const void* arguments,
                  const BlockShape& shape = {});

/// Puts zeros into memory, in the order of the queue.
void clearMemory(const Queue& queue, void* memory, uint64_t bytes);

}  // namespace optirs::cuda
