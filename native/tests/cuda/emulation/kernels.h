// Kernels of native/src/cuda/kernels, compiled for the host.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace optirs::emulation {

struct Dim3 {
    unsigned x = 1;
    unsigned y = 1;
    unsigned z = 1;
};

struct Kernel {
    const char* name = nullptr;
    const char* file = nullptr;  // without ending
    unsigned max_threads = 0;    // of __launch_bounds__
    size_t argument_bytes = 0;
    void (*body)(const void* argument) = nullptr;  // one thread
};

/// The kernel of a file, by name.
std::optional<Kernel> findKernel(const std::string& file, const std::string& name);

/// Runs all blocks one after the other; the threads of a block take turns at barriers and shuffles.
/// Each block has `shared_bytes` of shared memory besides what the kernel declares.
void run(const Kernel& kernel, const void* argument, Dim3 grid, unsigned threads, unsigned shared_bytes = 0);

}  // namespace optirs::emulation
