#pragma once

#include <span>

namespace optirs::plugin {

struct HostFunction {
    const char* name;
    void* address;
};

/// Everything outside itself that compiled code may call: the C library's math and memory functions, and the complex
/// functions of this file, `void optirs_complex_<name>(double re, double im, double* out)` (power takes two numbers).
std::span<const HostFunction> hostFunctions();

}  // namespace optirs::plugin
