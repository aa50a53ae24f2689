#include "pjrt_cpu/runtime/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace optirs::plugin {
namespace {

/// The value of binary16 bits by its definition.
double f16Value(uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    if (exponent == 31) return fraction != 0 ? std::nan("") : sign * std::numeric_limits<double>::infinity();
    return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

TEST(Half, EveryF16) {
    for (uint32_t bits = 0; bits < 65536; ++bits) {
        const auto half = static_cast<uint16_t>(bits);
        const float value = f16ToFloat(half);
        if (std::isnan(f16Value(half))) {
            EXPECT_TRUE(std::isnan(value));
            EXPECT_TRUE(std::isnan(f16ToFloat(floatToF16(value))));
            continue;
        }
        ASSERT_EQ(static_cast<double>(value), f16Value(half)) << bits;
        ASSERT_EQ(floatToF16(value), half);
    }
}

TEST(Half, F16RoundsToNearestEven) {
    for (uint32_t bits = 0; bits < 0x7C00; ++bits) {
        const double low = f16Value(static_cast<uint16_t>(bits));
        const double high = bits == 0x7BFF ? 65536.0 : f16Value(static_cast<uint16_t>(bits + 1));
        const auto middle = static_cast<float>((low + high) / 2);
        const uint32_t even = (bits & 1) == 0 ? bits : bits + 1;
        ASSERT_EQ(floatToF16(middle), even);
        ASSERT_EQ(floatToF16(std::nextafter(middle, 0.0F)), bits);
        ASSERT_EQ(floatToF16(std::nextafter(middle, 1e9F)), bits + 1);
    }
    EXPECT_EQ(floatToF16(1e30F), 0x7C00);
    EXPECT_EQ(floatToF16(-1e30F), 0xFC00);
}

TEST(Half, Bf16) {
    for (uint32_t bits = 0; bits < 65536; ++bits) {
        const auto half = static_cast<uint16_t>(bits);
        const float value = bf16ToFloat(half);
        if (std::isnan(value)) {
            EXPECT_TRUE(std::isnan(bf16ToFloat(floatToBf16(value))));
        } else {
            ASSERT_EQ(floatToBf16(value), half);
        }
    }
    EXPECT_EQ(floatToBf16(std::bit_cast<float>(0x3F808000U)), 0x3F80);  // a tie, to even
    EXPECT_EQ(floatToBf16(std::bit_cast<float>(0x3F818000U)), 0x3F82);
    EXPECT_EQ(floatToBf16(std::bit_cast<float>(0x3F808001U)), 0x3F81);
}

}  // namespace
}  // namespace optirs::plugin
