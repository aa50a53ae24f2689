#pragma once

#include <span>

namespace optirs::plugin {

struct HostFunction {
    const char* name;
    void* address;
};

/// Everything outside itself that compiled code may call: the C library's math and memory functions; complex
/// functions, `void optirs_complex_<name>(double re, double im, double* out)` (power takes two numbers); and
/// the conversions of floats of at most 8 bits, `float optirs_decode_<type>(uint8_t)` and `uint8_t
/// optirs_encode_<type>(float)`.
std::span<const HostFunction> hostFunctions();

}  // namespace optirs::plugin
