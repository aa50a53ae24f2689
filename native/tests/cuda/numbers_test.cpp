// The element types of the kernels, every one of their values.
#include "kernels.h"

namespace optirs::cuda {
namespace {

/// Sign, exponent and fraction by the book.
double decode(uint32_t bits, int exponent_bits, int fraction_bits) {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const int exponent = static_cast<int>(bits >> fraction_bits & ((1U << exponent_bits) - 1));
    const double fraction =
        std::ldexp(static_cast<double>(bits & ((1U << fraction_bits) - 1)), -fraction_bits);
    const double magnitude =
        exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, exponent - bias);
    return (bits >> (exponent_bits + fraction_bits) & 1U) != 0 ? -magnitude : magnitude;
}

struct Format {
    int exponent_bits;
    int fraction_bits;
    uint32_t greatest;  // bits of the greatest finite number
    bool saturates;
};

/// All finite numbers of a format, and every float beside the middle between two neighbours.
template <class T>
void checkFormat(const Format& format) {
    const auto to = [](double x) { return rounded<T>(static_cast<float>(x)).bits; };
    for (uint32_t bits = 0; bits <= format.greatest; ++bits) {
        const double value = decode(bits, format.exponent_bits, format.fraction_bits);
        ASSERT_EQ(toFloat(T{static_cast<decltype(T::bits)>(bits)}), value) << bits;
        ASSERT_EQ(to(value), bits);
        const uint32_t sign = 1U << (format.exponent_bits + format.fraction_bits);
        ASSERT_EQ(to(-value), bits | sign);
        if (bits == format.greatest) {
            break;
        }
        const auto middle =
            static_cast<float>((value + decode(bits + 1, format.exponent_bits, format.fraction_bits)) / 2);
        ASSERT_EQ(to(middle), bits % 2 == 0 ? bits : bits + 1) << value;
        ASSERT_EQ(to(std::nextafter(middle, 0.0F)), bits) << value;
        ASSERT_EQ(to(std::nextafter(middle, INFINITY)), bits + 1) << value;
    }
    const uint32_t beyond = format.saturates ? format.greatest : format.greatest + 1;
    EXPECT_EQ(to(3e38), beyond);
    EXPECT_EQ(to(INFINITY), beyond);
    EXPECT_EQ(to(-INFINITY), beyond | 1U << (format.exponent_bits + format.fraction_bits));
    EXPECT_TRUE(std::isnan(toFloat(rounded<T>(NAN))));
    EXPECT_EQ(to(1e-40), 0U);
}

TEST(Numbers, E4M3) { checkFormat<E4M3>({4, 3, 0x7e, true}); }
TEST(Numbers, E5M2) { checkFormat<E5M2>({5, 2, 0x7b, true}); }
TEST(Numbers, F16) { checkFormat<F16>({5, 10, 0x7bff, false}); }

TEST(Numbers, BF16) {
    for (uint32_t bits = 0; bits <= 0x7f7f; ++bits) {
        const float value = toFloat(BF16{static_cast<uint16_t>(bits)});
        ASSERT_EQ(__float_as_uint(value), bits << 16);
        ASSERT_EQ(rounded<BF16>(value).bits, bits);
        const float middle = __uint_as_float(bits << 16 | 0x8000U);
        ASSERT_EQ(rounded<BF16>(middle).bits, bits % 2 == 0 ? bits : bits + 1);
        ASSERT_EQ(rounded<BF16>(__uint_as_float(bits << 16 | 0x7fffU)).bits, bits);
        ASSERT_EQ(rounded<BF16>(__uint_as_float(bits << 16 | 0x8001U)).bits, bits + 1);
    }
    EXPECT_EQ(rounded<BF16>(-INFINITY).bits, 0xff80);
    EXPECT_TRUE(std::isnan(toFloat(rounded<BF16>(__uint_as_float(0x7f800001U)))));
}

TEST(Numbers, SpecialValues) {
    EXPECT_TRUE(std::isnan(toFloat(E4M3{0x7f})));
    EXPECT_TRUE(std::isnan(toFloat(E4M3{0xff})));
    EXPECT_EQ(toFloat(E5M2{0x7c}), INFINITY);
    EXPECT_EQ(toFloat(E5M2{0xfc}), -INFINITY);
    EXPECT_TRUE(std::isnan(toFloat(E5M2{0x7d})));
    EXPECT_EQ(toFloat(F16{0x7c00}), INFINITY);
    EXPECT_TRUE(std::isnan(toFloat(F16{0x7e00})));
}

}  // namespace
}  // namespace optirs::cuda
