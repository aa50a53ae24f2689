#pragma once

#include <span>

namespace optirs::plugin {

struct HostFunction {
    const char* name;
    void* address;
};

/// Everything outside itself that compiled code may call: the C library's math and memory functions; special
/// functions `T optirs_<name>_<f32 or f64>(T...)`; complex functions, `void optirs_complex_<name>_<f32 or
/// f64>(T re, T im, T* out)` (power and atan2 take two numbers); and the conversions of floats of at most 8
/// bits, `float optirs_decode_<type>(uint8_t)` and `uint8_t optirs_encode_<type>(float)`.
std::span<const HostFunction> hostFunctions();

}  // namespace optirs::plugin
