// Attention of which some scores, rows or operands are no ordinary numbers, or masked in ways that only look
// causal.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/plugin_codegen/attention_program.h"

namespace optirs::plugin::testing {
namespace {

// A masked score of zero is no reason to leave out what it multiplies when that is not a number.
TEST(AttentionValues, NotANumberSpreadsAsTheProductsSay) {
    struct Spot {
        size_t argument, at;
        double value;
    };
    const Spot spots[] = {{0, (90 * kHeads + 1) * kWidth + 3, NAN},    // a row of q
                          {1, (2 * kColumns + 60) * kWidth + 3, NAN},  // a column of k
                          {2, (1 * kColumns + 50) * kWidth + 3, NAN},  // of v
                          {2, (1 * kColumns + 50) * kWidth + 3, INFINITY},
                          {3, (4 * kRows + 5) * kWidth + 3, NAN}};  // of the cotangent
    const auto program = compile(attention("f32", Mask::kCausal, true, false));
    for (const Spot& spot : spots) {
        Inputs inputs = makeInputs(false);
        inputs.numbers[spot.argument][spot.at] = spot.value;
        reinterpret_cast<float*>(inputs.bytes[spot.argument].data())[spot.at] =
            static_cast<float>(spot.value);
        const auto results = run(*program, inputs.bytes);
        const auto expected = reference(inputs.numbers, Mask::kCausal, false);
        for (size_t i = 0; i < results.size(); ++i) {
            const auto values = results[i].as<float>();
            size_t spread = 0;
            for (size_t j = 0; j < values.size(); ++j) {
                spread += std::isnan(expected[i][j]) ? 1 : 0;
                ASSERT_EQ(std::isnan(values[j]), std::isnan(expected[i][j]))
                    << spot.argument << " " << i << " " << j;
                if (std::isfinite(expected[i][j])) {
                    ASSERT_NEAR(values[j], expected[i][j], 2e-5);
                }
            }
            EXPECT_LT(spread, values.size());
        }
    }
}

// Nothing in the products' operands shows that a row is none: its block is made anew, with all columns, and
// the others as if nothing had been.
TEST(AttentionValues, ARowThatIsNoNumberLeavesTheOthersAlone) {
    constexpr size_t kHead = 1;
    constexpr size_t kRow = 50;
    for (const bool backward : {false, true}) {
        std::string text = attention("f32", Mask::kCausal, backward, false);
        text = replaced(text, "%g: tensor<6x100x40xf32>)",
                        "%g: tensor<6x100x40xf32>, %factors: tensor<6x100xf32>)");
        text = replaced(text, "%p = stablehlo.divide %e, %tb : tensor<6x100x70xf32>", R"(
  %quotient = stablehlo.divide %e, %tb : tensor<6x100x70xf32>
  %fb = stablehlo.broadcast_in_dim %factors, dims = [0, 1] : (tensor<6x100xf32>) -> tensor<6x100x70xf32>
  %p = stablehlo.multiply %quotient, %fb : tensor<6x100x70xf32>)");
        const auto program = compile(text);
        EXPECT_NE(describe(*program).find("zeros from column r + 1"), std::string::npos);
        Inputs inputs = makeInputs(false);
        std::vector<float> factors(kHeads * kRows, 1.0F);
        factors[kHead * kRows + kRow] = NAN;
        inputs.bytes.push_back(Bytes::of(factors));
        // The same row of q would do the same.
        inputs.numbers[0][(kRow * kHeads + kHead) * kWidth] = NAN;
        const auto results = run(*program, inputs.bytes);
        const auto again = run(*program, inputs.bytes, 1);
        const auto expected = reference(inputs.numbers, Mask::kCausal, false);
        for (size_t i = 0; i < results.size(); ++i) {
            const auto values = results[i].as<float>();
            for (size_t j = 0; j < values.size(); ++j) {
                ASSERT_EQ(std::isnan(values[j]), std::isnan(expected[i][j])) << i << " " << j;
                if (std::isfinite(expected[i][j])) {
                    ASSERT_NEAR(values[j], expected[i][j], 2e-5) << i << " " << j;
                }
            }
            EXPECT_EQ(results[i].as<uint8_t>(), again[i].as<uint8_t>());
        }
    }
}

/// What replaces the causal mask, and gives %s.
std::string maskedBy(const std::string& mask) {
    const std::string causal = attention("f32", Mask::kCausal, true, false);
    const size_t begin = causal.find("  %c = stablehlo.compare");
    const size_t end = causal.find("\n", causal.find("%s = stablehlo.select"));
    std::string text = causal;
    text.replace(begin, end - begin, replaced(mask, "TYPE", "tensor<6x100x70xf32>"));
    return replaced(text, "dense<0xFF800000> : tensor<6x100x70xf32>", "dense<-1.0e9> : tensor<6x100x70xf32>");
}

// Of rows in which no column is left that is above the masked ones, all columns are equal: none may be left
// out.
TEST(AttentionValues, RowsThatTheMaskLeavesNothingOfAreAverages) {
    const std::string far = R"(
  %ten = stablehlo.constant dense<10> : tensor<100x70xi32>
  %low_splat = stablehlo.constant dense<-1.0e9> : tensor<100x70xf32>
  %null = stablehlo.constant dense<0.0> : tensor<100x70xf32>
  %f = stablehlo.compare GE, %column, %ten : (tensor<100x70xi32>, tensor<100x70xi32>) -> tensor<100x70xi1>
  %c0 = stablehlo.compare GE, %row, %column : (tensor<100x70xi32>, tensor<100x70xi32>) -> tensor<100x70xi1>
)";
    const std::string by_mask = far + R"(
  %c = stablehlo.and %c0, %f : tensor<100x70xi1>
  %cb = stablehlo.broadcast_in_dim %c, dims = [1, 2] : (tensor<100x70xi1>) -> tensor<6x100x70xi1>
  %s = stablehlo.select %cb, %s2, %masked : tensor<6x100x70xi1>, TYPE)";
    const std::string by_bias = far + R"(
  %b = stablehlo.select %f, %null, %low_splat : tensor<100x70xi1>, tensor<100x70xf32>
  %bb = stablehlo.broadcast_in_dim %b, dims = [1, 2] : (tensor<100x70xf32>) -> TYPE
  %s3 = stablehlo.add %s2, %bb : TYPE
  %cb = stablehlo.broadcast_in_dim %c0, dims = [1, 2] : (tensor<100x70xi1>) -> tensor<6x100x70xi1>
  %s = stablehlo.select %cb, %s3, %masked : tensor<6x100x70xi1>, TYPE)";
    const Inputs inputs = makeInputs(false);
    for (const std::string& mask : {by_mask, by_bias}) {
        const auto o = run(maskedBy(mask), inputs.bytes)[0].as<float>();
        for (size_t head = 0; head < kHeads; ++head) {
            for (size_t w = 0; w < kWidth; ++w) {
                double mean = 0;
                for (size_t c = 0; c < kColumns; ++c)
                    mean += inputs.numbers[2][(head * kColumns + c) * kWidth + w] / kColumns;
                for (size_t row = 0; row < 10; ++row)
                    ASSERT_NEAR(o[(head * kRows + row) * kWidth + w], mean, 1e-5) << mask;
            }
        }
    }
}

// The difference of unsigned numbers is never negative: that masks nothing.
TEST(AttentionValues, UnsignedDistancesMaskNothing) {
    const std::string mask = R"(
  %ur = stablehlo.iota dim = 0 : tensor<100x70xui32>
  %uc = stablehlo.iota dim = 1 : tensor<100x70xui32>
  %d0 = stablehlo.subtract %ur, %uc : tensor<100x70xui32>
  %nought = stablehlo.constant dense<0> : tensor<100x70xui32>
  %c = stablehlo.compare GE, %d0, %nought : (tensor<100x70xui32>, tensor<100x70xui32>) -> tensor<100x70xi1>
  %cb = stablehlo.broadcast_in_dim %c, dims = [1, 2] : (tensor<100x70xi1>) -> tensor<6x100x70xi1>
  %s = stablehlo.select %cb, %s2, %masked : tensor<6x100x70xi1>, TYPE)";
    const Inputs inputs = makeInputs(false);
    const auto o = run(maskedBy(mask), inputs.bytes)[0].as<float>();
    const auto expected = reference(inputs.numbers, Mask::kNone, false)[0];
    for (size_t i = 0; i < o.size(); ++i) ASSERT_NEAR(o[i], expected[i], 2e-5) << i;
}

}  // namespace
}  // namespace optirs::plugin::testing
