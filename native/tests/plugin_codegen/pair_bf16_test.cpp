// Loops over bf16, which take two elements a round: every length, place and kind of neighbour gives what its
// formula does.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

float widened(uint16_t bits) {
    const uint32_t word = uint32_t{bits} << 16;
    float value = 0;
    std::memcpy(&value, &word, sizeof value);
    return value;
}

/// The nearest bf16, ties to even, by its distance to the neighbours.
uint16_t rounded(double value) {
    if (std::isnan(value)) return 0x7fc0;
    if (std::isinf(value)) return value > 0 ? 0x7f80 : 0xff80;
    const auto narrow = static_cast<float>(value);
    uint32_t word = 0;
    std::memcpy(&word, &narrow, sizeof word);
    const auto low = static_cast<uint16_t>(word >> 16);
    const auto high = static_cast<uint16_t>(low + 1);
    const double below = std::abs(value - widened(low));
    const double above = std::abs(widened(high) - value);
    if (std::isinf(widened(high))) return below < std::ldexp(1.0, 119) ? low : high;
    return below < above || (below == above && low % 2 == 0) ? low : high;
}

std::vector<uint16_t> narrowNumbers(size_t count, uint32_t seed) {
    std::vector<uint16_t> out;
    for (const float value : numbers(count, seed)) out.push_back(rounded(value));
    return out;
}

void expectClose(const std::vector<uint16_t>& actual, const std::vector<double>& expected, double units) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) {
        const double value = widened(actual[i]);
        if (std::isnan(expected[i])) {
            EXPECT_TRUE(std::isnan(value)) << i;
            continue;
        }
        const double unit = std::ldexp(1.0, std::max(std::ilogb(expected[i]), -126) - 7);
        EXPECT_LE(std::abs(value - expected[i]), units * unit)
            << i << " of " << actual.size() << ": " << expected[i];
    }
}

constexpr size_t kLengths[] = {1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1000, 1001, 40003};

/// x y + x, rounded after each step; the second argument may be donated.
std::string elementwise(size_t n, bool donated) {
    const std::string type = "tensor<" + std::to_string(n) + "xbf16>";
    return "func.func @main(%x: " + type + ", %y: " + type +
           (donated ? " {tf.aliasing_output = 0 : i32}" : "") + ") -> " + type +
           "{\n %p = stablehlo.multiply %x, %y : " + type + "\n %s = stablehlo.add %p, %x : " + type +
           "\n return %s : " + type + "\n}";
}

TEST(PairBf16, ElementsOfAnyNumber) {
    for (const bool donated : {false, true}) {
        for (const size_t n : kLengths) {
            const std::vector<uint16_t> x = narrowNumbers(n, 1);
            std::vector<uint16_t> y = narrowNumbers(n, 2);
            y[n / 2] = 0x7f81;  // a NaN whose only set bit would be rounded away
            y[n - 1] = 0xffff;
            y[0] = n > 2 ? 0xff80 : y[0];
            const std::vector<uint16_t> actual =
                run(elementwise(n, donated), {Bytes::of(x), Bytes::of(y)})[0].as<uint16_t>();
            for (size_t i = 0; i < n; ++i) {
                const float product = widened(rounded(static_cast<double>(widened(x[i])) * widened(y[i])));
                const uint16_t expected = rounded(static_cast<double>(product) + widened(x[i]));
                if (std::isnan(widened(expected))) {
                    EXPECT_TRUE(std::isnan(widened(actual[i]))) << i << " of " << n;
                } else {
                    EXPECT_EQ(actual[i], expected) << i << " of " << n;
                }
            }
        }
    }
}

TEST(PairBf16, RowsThatTheKernelKeepsToItself) {
    for (const size_t n : kLengths) {
        if (n > 2000) continue;
        constexpr size_t kRows = 3;
        const std::string all = "tensor<3x" + std::to_string(n) + "xbf16>";
        const std::string wide = "tensor<3x" + std::to_string(n) + "xf32>";
        const std::string text = "func.func @main(%x: " + all + ") -> " + all + R"( {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %w = stablehlo.convert %x : ()" +
                                 all + ") -> " + wide + R"(
  %m = stablehlo.reduce(%w init: %low) applies stablehlo.maximum across dimensions = [1] : ()" +
                                 wide + R"(, tensor<f32>) -> tensor<3xf32>
  %mb = stablehlo.broadcast_in_dim %m, dims = [0] : (tensor<3xf32>) -> )" +
                                 wide + R"(
  %d = stablehlo.subtract %w, %mb : )" +
                                 wide + R"(
  %e = stablehlo.exponential %d : )" +
                                 wide + R"(
  %s = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : ()" +
                                 wide + R"(, tensor<f32>) -> tensor<3xf32>
  %sb = stablehlo.broadcast_in_dim %s, dims = [0] : (tensor<3xf32>) -> )" +
                                 wide + R"(
  %r = stablehlo.divide %e, %sb : )" +
                                 wide + R"(
  %n = stablehlo.convert %r : ()" +
                                 wide + ") -> " + all + "\n return %n : " + all + "\n}";
        const std::vector<uint16_t> x = narrowNumbers(kRows * n, 3);
        std::vector<double> expected;
        for (size_t row = 0; row < kRows; ++row) {
            double sum = 0;
            for (size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(widened(x[row * n + i])));
            for (size_t i = 0; i < n; ++i)
                expected.push_back(std::exp(static_cast<double>(widened(x[row * n + i]))) / sum);
        }
        expectClose(run(text, {Bytes::of(x)})[0].as<uint16_t>(), expected, 0.51);
    }
}

TEST(PairBf16, NeighboursAtOtherPlaces) {
    for (const size_t n : kLengths) {
        if (n < 3 || n > 2000) continue;
        // The sum of what lies one further, what lies as far from the end, one number of all, and f32.
        const auto sized = [](size_t count, const char* element) {
            return "tensor<" + std::to_string(count) + "x" + element + ">";
        };
        const std::string all = sized(n, "bf16");
        const std::string part = sized(n - 1, "bf16");
        const std::string wide = sized(n - 1, "f32");
        const std::string text = "func.func @main(%x: " + all + ", %b: tensor<bf16>, %f: " + wide + ") -> (" +
                                 part + ", " + wide + R"() {
  %a = stablehlo.slice %x [1:)" + std::to_string(n) +
                                 "] : (" + all + ") -> " + part + R"(
  %c = stablehlo.slice %x [0:)" + std::to_string(n - 1) +
                                 "] : (" + all + ") -> " + part + R"(
  %r = stablehlo.reverse %c, dims = [0] : )" +
                                 part + R"(
  %bb = stablehlo.broadcast_in_dim %b, dims = [] : (tensor<bf16>) -> )" +
                                 part + R"(
  %aw = stablehlo.convert %a : ()" +
                                 part + ") -> " + wide + R"(
  %rw = stablehlo.convert %r : ()" +
                                 part + ") -> " + wide + R"(
  %bw = stablehlo.convert %bb : ()" +
                                 part + ") -> " + wide + R"(
  %s0 = stablehlo.add %aw, %rw : )" +
                                 wide + R"(
  %s1 = stablehlo.multiply %s0, %bw : )" +
                                 wide + R"(
  %s2 = stablehlo.add %s1, %f : )" +
                                 wide + R"(
  %n = stablehlo.convert %s2 : ()" +
                                 wide + ") -> " + part + "\n return %n, %s1 : " + part + ", " + wide + "\n}";
        const std::vector<uint16_t> x = narrowNumbers(n, 4);
        const std::vector<uint16_t> b = {rounded(1.5)};
        const std::vector<float> f = numbers(n - 1, 5);
        const std::vector<Bytes> results = run(text, {Bytes::of(x), Bytes::of(b), Bytes::of(f)});
        std::vector<double> expected;
        const std::vector<float> second = results[1].as<float>();
        for (size_t i = 0; i + 1 < n; ++i) {
            const float sum = (widened(x[i + 1]) + widened(x[n - 2 - i])) * 1.5F;
            EXPECT_EQ(second[i], sum) << i << " of " << n;
            expected.push_back(static_cast<double>(sum) + static_cast<double>(f[i]));
        }
        expectClose(results[0].as<uint16_t>(), expected, 0.51);
    }
}

TEST(PairBf16, VectorsAreOfWords) {
    const std::string ir = optimisedIr(elementwise(40000, false));
    EXPECT_NE(ir.find("x i32>"), std::string::npos);
    EXPECT_EQ(ir.find("x i16>"), std::string::npos) << "halves are spread or packed";
}

TEST(PairBf16, LoopsWithMoreF32StayAsTheyAre) {
    const std::string text =
        R"(func.func @main(%x: tensor<40000xbf16>, %y: tensor<40000xf32>) -> tensor<40000xf32> {
  %w = stablehlo.convert %x : (tensor<40000xbf16>) -> tensor<40000xf32>
  %s = stablehlo.add %w, %y : tensor<40000xf32>
  return %s : tensor<40000xf32>
})";
    EXPECT_NE(optimisedIr(text).find("x i16>"), std::string::npos);
}

}  // namespace
}  // namespace optirs::plugin::testing
