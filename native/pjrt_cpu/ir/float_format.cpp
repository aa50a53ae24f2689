#include "pjrt_cpu/ir/float_format.h"

#include <bit>
#include <cmath>
#include <limits>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

enum class Specials : uint8_t {
    kIeee,         // all-ones exponent: infinity and NaN
    kFiniteNan,    // FN: all-ones exponent and mantissa is NaN, no infinity
    kFiniteOnly,   // neither (f4, f6)
    kUnsignedZero  // FNUZ: the pattern of -0 is NaN, no infinity
};

struct Format {
    int exponent_bits;
    int mantissa_bits;
    int bias;
    Specials specials;
};

Format formatOf(ElementType type) {
    switch (type) {
        case ElementType::kF4E2M1FN:
            return {2, 1, 1, Specials::kFiniteOnly};
        case ElementType::kF6E2M3FN:
            return {2, 3, 1, Specials::kFiniteOnly};
        case ElementType::kF6E3M2FN:
            return {3, 2, 3, Specials::kFiniteOnly};
        case ElementType::kF8E3M4:
            return {3, 4, 3, Specials::kIeee};
        case ElementType::kF8E4M3:
            return {4, 3, 7, Specials::kIeee};
        case ElementType::kF8E4M3FN:
            return {4, 3, 7, Specials::kFiniteNan};
        case ElementType::kF8E4M3FNUZ:
            return {4, 3, 8, Specials::kUnsignedZero};
        case ElementType::kF8E4M3B11FNUZ:
            return {4, 3, 11, Specials::kUnsignedZero};
        case ElementType::kF8E5M2:
            return {5, 2, 15, Specials::kIeee};
        case ElementType::kF8E5M2FNUZ:
            return {5, 2, 16, Specials::kUnsignedZero};
        case ElementType::kF16:
            return {5, 10, 15, Specials::kIeee};
        case ElementType::kBF16:
            return {8, 7, 127, Specials::kIeee};
        default:
            throw internalError("no float format of " + std::string(elementTypeName(type)));
    }
}

uint64_t nanPattern(const Format& f) {
    const uint64_t exponent_mask = (uint64_t{1} << f.exponent_bits) - 1;
    const uint64_t all = (exponent_mask << f.mantissa_bits) | ((uint64_t{1} << f.mantissa_bits) - 1);
    switch (f.specials) {
        case Specials::kIeee:
            return (exponent_mask << f.mantissa_bits) | (uint64_t{1} << (f.mantissa_bits - 1));
        case Specials::kFiniteNan:
            return all;
        case Specials::kUnsignedZero:
            return uint64_t{1} << (f.exponent_bits + f.mantissa_bits);
        case Specials::kFiniteOnly:
            return all;
    }
    return all;
}

// The largest finite pattern without sign.
uint64_t largestPattern(const Format& f) {
    const uint64_t all = (uint64_t{1} << (f.exponent_bits + f.mantissa_bits)) - 1;
    switch (f.specials) {
        case Specials::kIeee:
            return all - (uint64_t{1} << f.mantissa_bits);
        case Specials::kFiniteNan:
            return all - 1;
        default:
            return all;
    }
}

uint64_t overflowPattern(const Format& f) {
    switch (f.specials) {
        case Specials::kIeee:
            return largestPattern(f) + 1;
        case Specials::kFiniteOnly:
            return largestPattern(f);
        default:
            return nanPattern(f);
    }
}

uint64_t encodeE8M0(double value) {
    constexpr uint64_t kNan = 0xFF;
    if (std::isnan(value) || std::signbit(value) || std::isinf(value)) return kNan;
    if (value == 0) return 0;
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);  // in [0.5, 1)
    // Round to the nearest power of two; halfway (1.5 * 2^k) goes to the even exponent code.
    int64_t code = int64_t{exponent} - 1 + 127;
    if (fraction > 0.75 || (fraction == 0.75 && (code & 1) != 0)) ++code;
    if (code < 0) return 0;
    return code > 254 ? kNan : static_cast<uint64_t>(code);
}

}  // namespace

uint64_t encodeFloat(double value, ElementType type) {
    if (type == ElementType::kF64) return std::bit_cast<uint64_t>(value);
    if (type == ElementType::kF32) return std::bit_cast<uint32_t>(static_cast<float>(value));
    if (type == ElementType::kF8E8M0FNU) return encodeE8M0(value);
    const Format f = formatOf(type);
    const uint64_t sign = std::signbit(value) ? uint64_t{1} << (f.exponent_bits + f.mantissa_bits) : 0;
    const bool unsigned_zero = f.specials == Specials::kUnsignedZero;
    if (std::isnan(value)) return unsigned_zero ? nanPattern(f) : nanPattern(f) | sign;
    if (std::isinf(value)) {
        const uint64_t pattern = overflowPattern(f);
        return unsigned_zero ? pattern : pattern | sign;
    }
    const double magnitude = std::fabs(value);
    if (magnitude == 0) return unsigned_zero ? 0 : sign;
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    // Exponent of the last mantissa bit: of the number itself, or of the subnormals.
    const int ulp_exponent = std::max(exponent - 1, 1 - f.bias) - f.mantissa_bits;
    // Scaling by a power of two is exact here, and nearbyint rounds ties to even.
    const double scaled = std::nearbyint(std::ldexp(magnitude, -ulp_exponent));
    const auto mantissa = static_cast<uint64_t>(scaled);
    // A subnormal's exponent code is 0; the hidden bit of a normal adds 1 to it, and a carry one more.
    const uint64_t exponent_code = static_cast<uint64_t>(ulp_exponent + f.mantissa_bits + f.bias - 1);
    const uint64_t pattern = (exponent_code << f.mantissa_bits) + mantissa;
    if (pattern > largestPattern(f)) {
        const uint64_t overflow = overflowPattern(f);
        return unsigned_zero ? overflow : overflow | sign;
    }
    if (pattern == 0 && unsigned_zero) return 0;
    return pattern | sign;
}

double decodeFloat(uint64_t bits, ElementType type) {
    if (type == ElementType::kF64) return std::bit_cast<double>(bits);
    if (type == ElementType::kF32) return std::bit_cast<float>(static_cast<uint32_t>(bits));
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (type == ElementType::kF8E8M0FNU) {
        return bits == 0xFF ? kNan : std::ldexp(1.0, static_cast<int>(bits) - 127);
    }
    const Format f = formatOf(type);
    const int width = f.exponent_bits + f.mantissa_bits;
    const bool negative = ((bits >> width) & 1) != 0;
    const uint64_t magnitude = bits & ((uint64_t{1} << width) - 1);
    if (f.specials == Specials::kUnsignedZero && negative && magnitude == 0) return kNan;
    if (magnitude > largestPattern(f)) {
        const bool infinite = f.specials == Specials::kIeee && magnitude == overflowPattern(f);
        const double value = infinite ? std::numeric_limits<double>::infinity() : kNan;
        return negative ? -value : value;
    }
    const auto exponent = static_cast<int>(magnitude >> f.mantissa_bits);
    const uint64_t fraction = magnitude & ((uint64_t{1} << f.mantissa_bits) - 1);
    const uint64_t hidden = exponent == 0 ? 0 : uint64_t{1} << f.mantissa_bits;
    const double value =
        std::ldexp(static_cast<double>(hidden | fraction), std::max(exponent, 1) - f.bias - f.mantissa_bits);
    return negative ? -value : value;
}

}  // namespace optirs::plugin
