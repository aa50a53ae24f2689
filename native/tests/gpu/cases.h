// What the check program checks and times: each kernel on one shape, against its formula in float64.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "device.h"

namespace optirs::gpu_check {

/// A buffer of a case: where it starts, and what it must hold afterwards.
struct Buffer {
    std::string name;
    std::vector<char> initial;
    /// Greatest error of the device's result, relative to what is allowed: 1 or less is good. None for
    /// inputs.
    std::function<double(const std::vector<char>& result)> error;
};

struct Case {
    std::string name;
    std::string shape;
    double bytes = 0;  // read and written by the kernel, for its bandwidth
    double flops = 0;  // for matrix products
    std::vector<Buffer> buffers;
    /// Puts the kernel into the queue; the addresses are those of the buffers.
    std::function<void(const Queue&, const std::vector<void*>&)> run;
};

inline Buffer input(const char* name, std::vector<char> bytes) { return {name, std::move(bytes), nullptr}; }

template <class T>
Buffer output(const char* name, int64_t count, std::function<double(const std::vector<char>&)> error) {
    return {name, std::vector<char>(static_cast<size_t>(count) * sizeof(T)), std::move(error)};
}

inline float* floats(void* address) { return static_cast<float*>(address); }

/// All cases; `scale` divides the sizes, 1 for a GPU.
std::vector<Case> optimizerCases(int64_t scale);
std::vector<Case> memoryCases(int64_t scale);
std::vector<Case> productCases(int64_t scale);
std::vector<Case> groupedCases(int64_t scale);
std::vector<Case> attentionCases(int64_t scale);

}  // namespace optirs::gpu_check
