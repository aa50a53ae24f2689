#pragma once

#include <bit>
#include <cstdint>

namespace optirs::plugin {

// IEEE 754 binary16 and bfloat16 as storage types. Narrowing rounds to nearest, ties to even; NaN stays a
// (quiet) NaN.

inline float bf16ToFloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

inline uint16_t floatToBf16(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    const bool is_nan = (bits & 0x7FFFFFFF) > 0x7F800000;
    return static_cast<uint16_t>(is_nan ? (bits >> 16) | 0x40 : rounded);
}

inline float f16ToFloat(uint16_t bits) {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
    const uint32_t magnitude = bits & 0x7FFF;
    // Scaling by 2^112 moves the exponent's bias from 15 to 127, subnormals included; infinity and NaN are
    // put right after.
    const float scaled =
        std::bit_cast<float>(magnitude << 13) * std::bit_cast<float>(uint32_t{(127 + 112) << 23});
    uint32_t result = std::bit_cast<uint32_t>(scaled);
    if (magnitude >= 0x7C00) result |= 0x7F800000;
    return std::bit_cast<float>(sign | result);
}

inline uint16_t floatToF16(float value) {
    const auto bits = std::bit_cast<uint32_t>(value);
    const uint32_t sign = (bits >> 16) & 0x8000;
    const uint32_t magnitude = bits & 0x7FFFFFFF;
    uint32_t result = 0;
    if (magnitude > 0x7F800000) {
        result = 0x7E00 | ((magnitude >> 13) & 0x1FF);
    } else if (magnitude >= 0x47800000) {
        result = 0x7C00;  // 65536 and above; 65520..65535 get here by the rounding below
    } else if (magnitude < 0x38800000) {
        // Subnormal: adding 0.5 puts the last bit of binary16 at the last bit of binary32, so the addition
        // rounds.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        result = std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(0.5F);
    } else {
        result = (magnitude - (uint32_t{112} << 23) + 0xFFF + ((magnitude >> 13) & 1)) >> 13;
    }
    return static_cast<uint16_t>(sign | result);
}

}  // namespace optirs::plugin
