#include "pjrt_cpu/runtime/tile_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "pjrt_cpu/runtime/half.h"

namespace optirs::plugin {
namespace {

class TileProductTest : public ::testing::TestWithParam<ElementType> {
 protected:
    void SetUp() override {
        if (!hasTileProduct(GetParam())) GTEST_SKIP() << "no kernels for tiles on this processor";
    }

    /// Random elements, and the numbers that they stand for.
    std::vector<std::byte> make(size_t count, std::vector<float>& numbers) {
        std::uniform_real_distribution<float> uniform(-1, 1);
        const auto width = static_cast<size_t>(byteWidth(GetParam()));
        std::vector<std::byte> bytes(count * width);
        numbers.resize(count);
        for (size_t i = 0; i < count; ++i) {
            numbers[i] = uniform(random_);
            if (GetParam() == ElementType::kBF16) {
                const uint16_t bits = floatToBf16(numbers[i]);
                numbers[i] = bf16ToFloat(bits);
                std::memcpy(&bytes[i * width], &bits, width);
            } else {
                std::memcpy(&bytes[i * width], &numbers[i], width);
            }
        }
        return bytes;
    }

    void check(int64_t m, int64_t n, int64_t k, bool transposed, bool accumulate) {
        const ElementType type = GetParam();
        std::vector<float> left_numbers;
        std::vector<float> right_numbers;
        const auto left = make(static_cast<size_t>(m * k), left_numbers);
        const auto right = make(static_cast<size_t>(k * n), right_numbers);
        const int64_t stride = (k + 1) / 2 * 2 + 4;
        std::vector<std::byte> packed_left(static_cast<size_t>(m * stride * byteWidth(type)));
        // Left is stored by columns, right by rows or by columns.
        packLeft(type, {left.data(), 1, m}, m, k, packed_left.data(), stride);
        std::vector<std::byte> packed(static_cast<size_t>(packedRightBytes(type, k, n)), std::byte{0x7f});
        packRight(type, {right.data(), transposed ? 1 : n, transposed ? k : 1}, k, n, packed.data());
        const int64_t out_stride = n + 3;
        std::vector<float> out(static_cast<size_t>(m * out_stride), 0.5F);
        TileProduct product{type, ElementType::kF32, m, n, k};
        product.left = packed_left.data();
        product.left_stride = stride;
        product.right = packed.data();
        product.right_rows = k;
        product.out = reinterpret_cast<std::byte*>(out.data());
        product.out_stride = out_stride;
        product.accumulate = accumulate;
        multiply(product);
        for (int64_t i = 0; i < m; ++i) {
            for (int64_t j = 0; j < out_stride; ++j) {
                double sum = j < n && !accumulate ? 0 : 0.5;
                for (int64_t l = 0; j < n && l < k; ++l) {
                    sum += static_cast<double>(left_numbers[static_cast<size_t>(l * m + i)]) *
                           right_numbers[static_cast<size_t>(transposed ? j * k + l : l * n + j)];
                }
                ASSERT_NEAR(out[static_cast<size_t>(i * out_stride + j)], sum, 1e-5 * std::sqrt(k) + 1e-6)
                    << m << "x" << n << "x" << k << " at " << i << ", " << j;
            }
        }
    }

 private:
    std::mt19937 random_{7};
};

TEST_P(TileProductTest, AgreesWithSumsInDouble) {
    for (const int64_t m : {1, 5, 12, 13, 48}) {
        for (const int64_t n : {1, 16, 31, 32, 33, 100}) {
            for (const int64_t k : {1, 2, 7, 64}) check(m, n, k, (m + n) % 2 == 0, (n + k) % 2 == 0);
        }
    }
}

TEST_P(TileProductTest, PaddingOfTheRightOperandIsZero) {
    std::vector<float> numbers;
    const auto right = make(5 * 3, numbers);
    std::vector<std::byte> packed(static_cast<size_t>(packedRightBytes(GetParam(), 5, 3)), std::byte{0x7f});
    packRight(GetParam(), {right.data(), 3, 1}, 5, 3, packed.data());
    size_t zeros = 0;
    const auto width = static_cast<size_t>(byteWidth(GetParam()));
    const std::vector<std::byte> none(width);
    for (size_t i = 0; i < packed.size(); i += width)
        zeros += std::memcmp(&packed[i], none.data(), width) == 0 ? 1 : 0;
    EXPECT_EQ(zeros, packed.size() / width - 15);
}

INSTANTIATE_TEST_SUITE_P(Types, TileProductTest, ::testing::Values(ElementType::kF32, ElementType::kBF16));

}  // namespace
}  // namespace optirs::plugin
