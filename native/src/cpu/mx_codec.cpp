#include "src/cpu/mx_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "src/cpu/convert.h"

namespace optirs::cpu {
namespace {

constexpr float kMagnitudes[8] = {0, 0.5F, 1, 1.5F, 2, 3, 4, 6};
constexpr uint8_t kNaNScale = 255;

/// E2M1 of a number, to nearest, ties to even, saturated; 0 for NaN, of which there is no code.
uint8_t encodeE2M1(float x) {
    const float a = std::abs(x);
    // The midpoints between neighbours; one that rounds up to an even code belongs to it.
    const int code =
        (a > 0.25F) + (a >= 0.75F) + (a > 1.25F) + (a >= 1.75F) + (a > 2.5F) + (a >= 3.5F) + (a > 5);
    return static_cast<uint8_t>(code | (std::signbit(x) ? 8 : 0));
}

float decodeE2M1(int code) { return (code & 8) != 0 ? -kMagnitudes[code & 7] : kMagnitudes[code & 7]; }

float decodeE8M0(uint8_t code) {
    return code == kNaNScale ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0F, code - 127);
}

float decodeE4M3(uint8_t code) {
    float value;
    convert(Element::kE4M3, &code, 1.0F, Element::kF32, &value, 1);
    return value;
}

/// The code of the power of two for a block with this largest magnitude.
uint8_t e8m0For(const MxFormat& format, float largest, bool round_up) {
    if (std::isnan(largest)) {
        return kNaNScale;
    }
    if (largest == 0 || std::isinf(largest)) {
        return largest == 0 ? 0 : 254;
    }
    // The largest code is top 2^exponent, with top below 2.
    const int exponent = format.is_packed ? 2 : format.element == Element::kE4M3 ? 8 : 15;
    const float top = format.is_packed ? 1.5F : 1.75F;
    const int power = std::ilogb(largest);
    const bool is_beyond = round_up && std::ldexp(largest, -power) > top;
    return static_cast<uint8_t>(std::clamp(power - exponent + (is_beyond ? 1 : 0), -127, 127) + 127);
}

void encodeE2M1Run(const float* x, float scale, int64_t count, uint8_t* codes) {
    const auto code = [&](float value) { return scale > 0 ? encodeE2M1(value / scale) : uint8_t{0}; };
    for (int64_t i = 0; i < count; i += 2) {
        codes[i / 2] = static_cast<uint8_t>(code(x[i]) | code(x[i + 1]) << 4);
    }
}

}  // namespace

MxFormat::MxFormat(const optirs_dl_tensor& codes, const optirs_dl_tensor& scales)
    : element(elementOf(codes.dtype)),
      is_packed(element == Element::kOther),
      has_e4m3(elementOf(scales.dtype) == Element::kE4M3),
      block(has_e4m3 ? 16 : 32) {}

uint8_t encodeBlock(const MxFormat& format, const float* x, int64_t count, float tensor_scale, bool round_up,
                    uint8_t* codes) {
    const auto largest = std::bit_cast<float>(maxMagnitude(Element::kF32, x, count));
    if (format.has_e4m3) {
        const float wanted = largest / 6 / tensor_scale;
        uint8_t scale;
        convert(Element::kF32, &wanted, 1.0F, Element::kE4M3, &scale, 1);
        encodeE2M1Run(x, decodeE4M3(scale) * tensor_scale, count, codes);
        return scale;
    }
    const uint8_t scale = e8m0For(format, largest, round_up);
    if (format.is_packed) {
        encodeE2M1Run(x, decodeE8M0(scale), count, codes);
    } else {
        // The reciprocal of a power of two is exact.
        const float factor = scale == kNaNScale ? 1.0F : std::ldexp(1.0F, 127 - scale);
        convert(Element::kF32, x, factor, format.element, codes, count);
    }
    return scale;
}

void decodeBlock(const MxFormat& format, const uint8_t* codes, uint8_t scale, float tensor_scale,
                 int64_t count, float* to) {
    const float factor = format.has_e4m3 ? decodeE4M3(scale) * tensor_scale : decodeE8M0(scale);
    if (!format.is_packed) {
        convert(format.element, codes, factor, Element::kF32, to, count);
        return;
    }
    for (int64_t i = 0; i < count; i += 2) {
        to[i] = decodeE2M1(codes[i / 2] & 15) * factor;
        to[i + 1] = decodeE2M1(codes[i / 2] >> 4) * factor;
    }
}

}  // namespace optirs::cpu
