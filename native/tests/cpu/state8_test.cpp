// 8-bit states against the map itself, made in double as its authors make it.
#include "src/cpu/state8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace optirs::cpu {
namespace {

/// Ascending: for each power of ten from -6 to 0 the midpoints of a division of [0.1, 1] into 1, 2, 4, ...
/// parts (twice as many without a sign), their negatives, 0 and 1.
std::vector<double> mapOf(bool has_sign) {
    std::vector<double> map = {0, 1};
    for (int decade = 0; decade < 7; ++decade) {
        const int parts = (has_sign ? 1 : 2) << decade;
        for (int k = 0; k < parts; ++k) {
            const double value = (0.1 + 0.9 * (k + 0.5) / parts) * std::pow(10.0, decade - 6);
            map.push_back(value);
            if (has_sign) {
                map.push_back(-value);
            }
        }
    }
    std::ranges::sort(map);
    return map;
}

class States : public ::testing::TestWithParam<bool> {};

TEST_P(States, CodesDecodeToTheMap) {
    const std::vector<double> map = mapOf(GetParam());
    ASSERT_EQ(map.size(), 256U);
    std::vector<uint8_t> codes(256);
    for (size_t i = 0; i < codes.size(); ++i) {
        codes[i] = static_cast<uint8_t>(i);
    }
    const float scale = 3.0F;
    std::vector<float> values(256);
    decodeState(codes.data(), &scale, GetParam(), values.data(), 256);
    for (size_t i = 0; i < codes.size(); ++i) {
        const double expected = map[i] * 3;
        EXPECT_NEAR(values[i], expected, std::abs(expected) * 3e-7) << "code " << i;
    }
}

TEST_P(States, CodesAreOfTheNearestValue) {
    const bool has_sign = GetParam();
    const std::vector<double> map = mapOf(has_sign);
    std::vector<float> x = {0.0F, 1e-30F, 1e-9F, 2.7e-7F, 2.8e-7F, 1.0F, std::nextafter(1.0F, 0.0F)};
    // The boundaries between neighbours, and what is next to them.
    for (size_t i = 1; i < map.size(); ++i) {
        const auto middle = static_cast<float>((map[i - 1] + map[i]) / 2);
        x.insert(x.end(), {middle, middle * 1.00001F, middle * 0.99999F});
    }
    std::mt19937 random(1);
    std::uniform_real_distribution<double> exponent(-9, 0);
    for (int i = 0; i < 20000; ++i) {
        x.push_back(static_cast<float>(std::pow(10.0, exponent(random))) *
                    (has_sign && i % 2 == 0 ? -1.0F : 1.0F));
    }
    for (size_t begin = 0; begin < x.size(); begin += kStateBlock - 1) {
        // Each block has a 1 in it, which makes the scale 1.
        std::vector<float> block(
            x.begin() + static_cast<ptrdiff_t>(begin),
            x.begin() + static_cast<ptrdiff_t>(std::min<size_t>(begin + kStateBlock - 1, x.size())));
        block.push_back(1.0F);
        std::vector<uint8_t> codes(block.size());
        float scale = 0;
        encodeState(block.data(), has_sign, codes.data(), &scale, static_cast<int64_t>(block.size()));
        ASSERT_EQ(scale, 1.0F);
        for (size_t i = 0; i < block.size(); ++i) {
            const double number = static_cast<double>(block[i]);
            double best = 2;
            for (const double value : map) {
                best = std::min(best, std::abs(value - number));
            }
            // In the middle between two either will do, and the middle is known to within rounding.
            EXPECT_LE(std::abs(map[codes[i]] - number), best + std::abs(number) * 1e-6)
                << number << " became " << map[codes[i]];
        }
    }
}

TEST_P(States, BlocksOfZerosAndOddLengths) {
    std::vector<float> x(kStateBlock + 3, 0.0F);
    x[kStateBlock] = 0.25F;
    std::vector<uint8_t> codes(x.size());
    std::vector<float> scales(2), result(x.size());
    encodeState(x.data(), GetParam(), codes.data(), scales.data(), static_cast<int64_t>(x.size()));
    decodeState(codes.data(), scales.data(), GetParam(), result.data(), static_cast<int64_t>(x.size()));
    EXPECT_EQ(scales[0], 0.0F);
    EXPECT_EQ(scales[1], 0.25F);
    EXPECT_EQ(result, x);
}

INSTANTIATE_TEST_SUITE_P(Signs, States, ::testing::Values(false, true));

}  // namespace
}  // namespace optirs::cpu
