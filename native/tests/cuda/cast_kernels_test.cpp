#include "kernels.h"

namespace optirs::cuda {
namespace {

template <class T>
class CastKernels : public ::testing::Test {};
using Pairs = ::testing::Types<std::pair<F32, E4M3>, std::pair<F32, E5M2>, std::pair<BF16, E4M3>,
                               std::pair<BF16, E5M2>, std::pair<F16, E4M3>, std::pair<F16, E5M2>>;
TYPED_TEST_SUITE(CastKernels, Pairs);

struct Shape {
    int64_t rows;
    int64_t columns;
    int64_t shift;
};
constexpr Shape kShapes[] = {{1, 1, 0},     {3, 5, 0},    {64, 64, 0}, {65, 130, 0},
                             {130, 128, 0}, {70, 256, 1}, {200, 96, 0}};

TYPED_TEST(CastKernels, QuantizeRoundsOnceAndFindsTheGreatest) {
    using T = typename TypeParam::first_type;
    using Q = typename TypeParam::second_type;
    for (const auto& [rows, columns, shift] : kShapes) {
        Array<T> input(rows * columns, shift);
        input.fill(1, 3);
        Array<Q> output(rows * columns);
        float scale = 37.5F;
        uint32_t amax = 0;
        quantize(testQueue(), ElementOf<T>::kValue, Float8Of<Q>::kValue,
                 {input.data(), &scale, output.data(), nullptr, &amax, rows, columns});
        float greatest = 0;
        for (int64_t i = 0; i < input.size(); ++i) {
            const float x = toFloat(input[i]);
            ASSERT_EQ(output[i].bits, rounded<Q>(x * scale).bits) << rows << "x" << columns << " " << i;
            greatest = std::fmax(greatest, std::fabs(x));
        }
        EXPECT_EQ(__uint_as_float(amax), greatest);
        // The greatest magnitude alone, raised above what was there.
        uint32_t other = 0;
        quantize(testQueue(), ElementOf<T>::kValue, Float8Of<Q>::kValue,
                 {input.data(), nullptr, nullptr, nullptr, &other, rows, columns});
        EXPECT_EQ(other, amax);
        other = __float_as_uint(1e6F);
        quantize(testQueue(), ElementOf<T>::kValue, Float8Of<Q>::kValue,
                 {input.data(), nullptr, nullptr, nullptr, &other, rows, columns});
        EXPECT_EQ(__uint_as_float(other), 1e6F);

        Array<T> back(rows * columns, shift);
        float inverse = 1 / scale;
        dequantize(testQueue(), Float8Of<Q>::kValue, ElementOf<T>::kValue,
                   {output.data(), &inverse, back.data(), nullptr, nullptr, rows, columns});
        for (int64_t i = 0; i < input.size(); ++i) {
            ASSERT_EQ(back[i].bits, rounded<T>(toFloat(output[i]) * inverse).bits) << i;
        }
    }
}

TYPED_TEST(CastKernels, SpecialValuesKeepTheirMeaning) {
    using T = typename TypeParam::first_type;
    using Q = typename TypeParam::second_type;
    Array<T> input(9);
    input.fill(1);
    input.set(3, NAN);
    input.set(4, INFINITY);
    input.set(5, -INFINITY);
    Array<Q> output(9);
    float scale = 1;
    uint32_t amax = 0;
    quantize(testQueue(), ElementOf<T>::kValue, Float8Of<Q>::kValue,
             {input.data(), &scale, output.data(), nullptr, &amax, 1, 9});
    EXPECT_TRUE(std::isnan(output.value(3)));
    EXPECT_EQ(output.value(4), -output.value(5));
    EXPECT_TRUE(std::isfinite(output.value(4)));  // saturated
    EXPECT_TRUE(std::isnan(__uint_as_float(amax)));
}

TYPED_TEST(CastKernels, CastTransposeWritesBoth) {
    using T = typename TypeParam::first_type;
    using Q = typename TypeParam::second_type;
    for (const auto& [rows, columns, shift] : kShapes) {
        Array<T> input(rows * columns, shift);
        input.fill(2, 3);
        Array<Q> output(rows * columns);
        Array<Q> transposed(rows * columns, shift);
        float scale = 5;
        uint32_t amax = 0;
        castTranspose(testQueue(), ElementOf<T>::kValue, Float8Of<Q>::kValue,
                      {input.data(), &scale, output.data(), transposed.data(), &amax, rows, columns});
        float greatest = 0;
        for (int64_t r = 0; r < rows; ++r) {
            for (int64_t c = 0; c < columns; ++c) {
                const float x = toFloat(input[r * columns + c]);
                ASSERT_EQ(output[r * columns + c].bits, rounded<Q>(x * scale).bits);
                ASSERT_EQ(transposed[c * rows + r].bits, output[r * columns + c].bits) << r << "," << c;
                greatest = std::fmax(greatest, std::fabs(x));
            }
        }
        EXPECT_EQ(__uint_as_float(amax), greatest);
    }
}

template <class Q>
float wantedScale(float most, bool is_power_of_two) {
    const float limit = toFloat(rounded<Q>(1e9F));
    if (most == 0 || !std::isfinite(most)) {
        return 1;
    }
    const float scale = std::fmin(limit / most, 0x1p126F);
    return is_power_of_two ? std::exp2(std::floor(std::log2(scale))) : scale;
}

TYPED_TEST(CastKernels, BlocksHaveScalesOfTheirOwn) {
    using T = typename TypeParam::first_type;
    using Q = typename TypeParam::second_type;
    for (const auto& [block_rows, block_columns] :
         {std::pair<int64_t, int64_t>{1, 128}, {128, 128}, {1, 16}, {5, 3}, {32, 64}}) {
        for (const bool is_power_of_two : {false, true}) {
            for (const auto& [rows, columns, shift] : kShapes) {
                Array<T> input(rows * columns, shift);
                input.fill(3);
                for (int64_t c = 0; c < std::min<int64_t>(columns, block_columns); ++c) {
                    input.set(c, 0);  // a row of zeros
                }
                const int64_t down = (rows + block_rows - 1) / block_rows;
                const int64_t across = (columns + block_columns - 1) / block_columns;
                Array<Q> output(rows * columns);
                Array<F32> scales(down * across);
                quantizeBlocks(testQueue(), ElementOf<T>::kValue, Float8Of<Q>::kValue,
                               {input.data(), output.data(), &scales.data()->bits, rows, columns, block_rows,
                                block_columns, is_power_of_two ? 1 : 0});
                for (int64_t b = 0; b < down * across; ++b) {
                    const int64_t first_row = b / across * block_rows;
                    const int64_t first_column = b % across * block_columns;
                    float most = 0;
                    const auto each_inside = [&](auto&& body) {
                        for (int64_t r = first_row; r < std::min(rows, first_row + block_rows); ++r) {
                            for (int64_t c = first_column;
                                 c < std::min(columns, first_column + block_columns); ++c) {
                                body(r * columns + c);
                            }
                        }
                    };
                    each_inside([&](int64_t i) { most = std::fmax(most, std::fabs(toFloat(input[i]))); });
                    const float scale = wantedScale<Q>(most, is_power_of_two);
                    ASSERT_EQ(scales[b].bits, 1 / scale) << b;
                    each_inside([&](int64_t i) {
                        ASSERT_EQ(output[i].bits, rounded<Q>(toFloat(input[i]) * scale).bits) << i;
                    });
                }
            }
        }
    }
}

TEST(CastKernels, AnOutlierOfABlockStaysItsOwn) {
    Array<F32> input(256);
    input.fill(4, 0.01);
    input.set(7, 1e30);
    input.set(200, NAN);
    Array<E4M3> output(256);
    Array<F32> scales(2);
    quantizeBlocks(testQueue(), Element::kF32, Float8::kE4M3,
                   {input.data(), output.data(), &scales.data()->bits, 1, 256, 1, 128, 0});
    EXPECT_EQ(output.value(7), 448);
    EXPECT_EQ(output.value(8), 0);
    EXPECT_EQ(scales.value(1), 1);  // a block with a NaN is not scaled
    EXPECT_TRUE(std::isnan(output.value(200)));
    EXPECT_EQ(output[201].bits, rounded<E4M3>(toFloat(input[201])).bits);
}

}  // namespace
}  // namespace optirs::cuda
