// Attention against sums in double: forward, backward, masked, from operands in any layout; the scores never
// are in memory.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "pjrt_cpu/codegen/plan/recompute_scores.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/runtime/tile_product.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

constexpr size_t kHeads = 6;
constexpr size_t kRows = 100;  // no multiple of a block
constexpr size_t kColumns = 70;
constexpr size_t kWidth = 40;
constexpr double kScale = 0.3;

enum class Mask { kNone, kCausal, kShifted };

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// q [rows, heads, width], k, v [heads, columns, width]; T is the type, W that of the softmax. `gradient` is
/// the cotangent of the result: an argument, or (dependent) computed from the result.
std::string attention(const std::string& type, Mask mask, bool backward, bool dependent) {
    std::string text = R"(
func.func @main(%qt: tensor<100x6x40xT>, %k: tensor<6x70x40xT>, %v: tensor<6x70x40xT>, %g: tensor<6x100x40xT>) -> RESULTS {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %masked = stablehlo.constant dense<0xFF800000> : tensor<6x100x70xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %zeros = stablehlo.constant dense<0.0> : tensor<6x100x70xf32>
  %scale = stablehlo.constant dense<0.3> : tensor<6x100x70xf32>
  %q = stablehlo.transpose %qt, dims = [1, 0, 2] : (tensor<100x6x40xT>) -> tensor<6x100x40xT>
  %s0 = stablehlo.dot_general %q, %k, batching_dims = [0] x [0], contracting_dims = [2] x [2] : (tensor<6x100x40xT>, tensor<6x70x40xT>) -> tensor<6x100x70xT>
  %s1 = stablehlo.convert %s0 : (tensor<6x100x70xT>) -> tensor<6x100x70xf32>
  %s2 = stablehlo.multiply %s1, %scale : tensor<6x100x70xf32>
  %row = stablehlo.iota dim = 0 : tensor<100x70xi32>
  %column = stablehlo.iota dim = 1 : tensor<100x70xi32>
  %two = stablehlo.constant dense<2> : tensor<100x70xi32>
  %later = stablehlo.add %row, %two : tensor<100x70xi32>
  MASK
  %m = stablehlo.reduce(%s init: %low) applies stablehlo.maximum across dimensions = [2] : (tensor<6x100x70xf32>, tensor<f32>) -> tensor<6x100xf32>
  %mb = stablehlo.broadcast_in_dim %m, dims = [0, 1] : (tensor<6x100xf32>) -> tensor<6x100x70xf32>
  %d = stablehlo.subtract %s, %mb : tensor<6x100x70xf32>
  %e = stablehlo.exponential %d : tensor<6x100x70xf32>
  %t = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [2] : (tensor<6x100x70xf32>, tensor<f32>) -> tensor<6x100xf32>
  %tb = stablehlo.broadcast_in_dim %t, dims = [0, 1] : (tensor<6x100xf32>) -> tensor<6x100x70xf32>
  %p = stablehlo.divide %e, %tb : tensor<6x100x70xf32>
  %pn = stablehlo.convert %p : (tensor<6x100x70xf32>) -> tensor<6x100x70xT>
  %o = stablehlo.dot_general %pn, %v, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x100x70xT>, tensor<6x70x40xT>) -> tensor<6x100x40xT>
)";
    switch (mask) {
        case Mask::kNone:
            text = replaced(text, "MASK", "%s = stablehlo.multiply %s1, %scale : tensor<6x100x70xf32>");
            break;
        case Mask::kCausal:
        case Mask::kShifted:
            text = replaced(
                text, "MASK",
                R"(%c = stablehlo.compare COMPARISON : (tensor<100x70xi32>, tensor<100x70xi32>) -> tensor<100x70xi1>
  %cb = stablehlo.broadcast_in_dim %c, dims = [1, 2] : (tensor<100x70xi1>) -> tensor<6x100x70xi1>
  %s = stablehlo.select %cb, BRANCHES : tensor<6x100x70xi1>, tensor<6x100x70xf32>)");
            text = replaced(text, "COMPARISON",
                            mask == Mask::kCausal ? "GE, %row, %column" : "GT, %column, %later");
            text = replaced(text, "BRANCHES", mask == Mask::kCausal ? "%s2, %masked" : "%masked, %s2");
            break;
    }
    if (backward) {
        text += R"(
  %dp0 = stablehlo.dot_general GRADIENT, %v, batching_dims = [0] x [0], contracting_dims = [2] x [2] : (tensor<6x100x40xT>, tensor<6x70x40xT>) -> tensor<6x100x70xT>
  %dv = stablehlo.dot_general %pn, GRADIENT, batching_dims = [0] x [0], contracting_dims = [1] x [1] : (tensor<6x100x70xT>, tensor<6x100x40xT>) -> tensor<6x70x40xT>
  %dp = stablehlo.convert %dp0 : (tensor<6x100x70xT>) -> tensor<6x100x70xf32>
  %w = stablehlo.multiply %dp, %p : tensor<6x100x70xf32>
  %u = stablehlo.reduce(%w init: %zero) applies stablehlo.add across dimensions = [2] : (tensor<6x100x70xf32>, tensor<f32>) -> tensor<6x100xf32>
  %ub = stablehlo.broadcast_in_dim %u, dims = [0, 1] : (tensor<6x100xf32>) -> tensor<6x100x70xf32>
  %x = stablehlo.multiply %p, %ub : tensor<6x100x70xf32>
  %ds0 = stablehlo.subtract %w, %x : tensor<6x100x70xf32>
  %ds1 = stablehlo.multiply %ds0, %scale : tensor<6x100x70xf32>
  %ds = stablehlo.convert %ds1 : (tensor<6x100x70xf32>) -> tensor<6x100x70xT>
  %dq = stablehlo.dot_general %ds, %k, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x100x70xT>, tensor<6x70x40xT>) -> tensor<6x100x40xT>
  %dk = stablehlo.dot_general %ds, %q, batching_dims = [0] x [0], contracting_dims = [1] x [1] : (tensor<6x100x70xT>, tensor<6x100x40xT>) -> tensor<6x70x40xT>
)";
        const std::string sum = "  %h = stablehlo.add %o, %g : tensor<6x100x40xT>\n";
        if (dependent) text.insert(text.find("  %dp0"), sum);
        text = replaced(text, "GRADIENT", dependent ? "%h" : "%g");
        const std::string types =
            "tensor<6x100x40xT>, tensor<6x100x40xT>, tensor<6x70x40xT>, tensor<6x70x40xT>";
        text += "  return %o, %dq, %dk, %dv : " + types + "\n}\n";
        text = replaced(text, "RESULTS", "(" + types + ")");
    } else {
        text += "  return %o : tensor<6x100x40xT>\n}\n";
        text = replaced(text, "RESULTS", "tensor<6x100x40xT>");
    }
    return replaced(text, "xT>", "x" + type + ">");
}

using Numbers = std::vector<double>;

bool isSeen(Mask mask, size_t row, size_t column) {
    return mask == Mask::kNone || (mask == Mask::kCausal ? column <= row : column <= row + 2);
}

/// {o, dq, dk, dv}
std::vector<Numbers> reference(const std::vector<Numbers>& in, Mask mask, bool dependent) {
    const Numbers& k = in[1];
    const Numbers& v = in[2];
    Numbers o(kHeads * kRows * kWidth);
    Numbers dq(o.size());
    Numbers dk(kHeads * kColumns * kWidth);
    Numbers dv(dk.size());
    for (size_t h = 0; h < kHeads; ++h) {
        for (size_t r = 0; r < kRows; ++r) {
            const double* q = &in[0][(r * kHeads + h) * kWidth];
            Numbers p(kColumns, 0);
            double greatest = -1e300;
            double total = 0;
            const auto dot = [](const double* a, const double* b) {
                double sum = 0;
                for (size_t i = 0; i < kWidth; ++i) sum += a[i] * b[i];
                return sum;
            };
            for (size_t c = 0; c < kColumns; ++c) {
                p[c] = kScale * dot(q, &k[(h * kColumns + c) * kWidth]);
                if (isSeen(mask, r, c)) greatest = std::max(greatest, p[c]);
            }
            for (size_t c = 0; c < kColumns; ++c) {
                p[c] = isSeen(mask, r, c) ? std::exp(p[c] - greatest) : 0;
                total += p[c];
            }
            double* out = &o[(h * kRows + r) * kWidth];
            for (size_t c = 0; c < kColumns; ++c) {
                p[c] /= total;
                for (size_t i = 0; i < kWidth; ++i) out[i] += p[c] * v[(h * kColumns + c) * kWidth + i];
            }
            Numbers g(kWidth);
            for (size_t i = 0; i < kWidth; ++i)
                g[i] = in[3][(h * kRows + r) * kWidth + i] + (dependent ? out[i] : 0);
            double mean = 0;
            Numbers dp(kColumns);
            for (size_t c = 0; c < kColumns; ++c) {
                dp[c] = dot(g.data(), &v[(h * kColumns + c) * kWidth]);
                mean += dp[c] * p[c];
            }
            for (size_t c = 0; c < kColumns; ++c) {
                const double ds = kScale * p[c] * (dp[c] - mean);
                for (size_t i = 0; i < kWidth; ++i) {
                    const size_t at = (h * kColumns + c) * kWidth + i;
                    dq[(h * kRows + r) * kWidth + i] += ds * k[at];
                    dk[at] += ds * q[i];
                    dv[at] += p[c] * g[i];
                }
            }
        }
    }
    return {o, dq, dk, dv};
}

struct Inputs {
    std::vector<Numbers> numbers;
    std::vector<Bytes> bytes;
};

Inputs makeInputs(bool narrow) {
    Inputs inputs;
    uint32_t seed = 5;
    for (const size_t count : {kRows * kHeads * kWidth, kHeads * kColumns * kWidth,
                               kHeads * kColumns * kWidth, kHeads * kRows * kWidth}) {
        std::vector<float> values(count);
        std::vector<uint16_t> bits(count);
        for (size_t i = 0; i < count; ++i) {
            seed = seed * 1664525U + 1013904223U;
            values[i] = static_cast<float>(seed >> 8) / 8388608.0F - 1.0F;
            bits[i] = floatToBf16(values[i]);
            if (narrow) values[i] = bf16ToFloat(bits[i]);
        }
        inputs.numbers.emplace_back(values.begin(), values.end());
        inputs.bytes.push_back(narrow ? Bytes::of(bits) : Bytes::of(values));
    }
    return inputs;
}

std::string describe(const Program& program) {
    std::string steps;
    for (const auto& step : program.steps) steps += step->describe() + "\n";
    return steps;
}

struct Setting {
    bool narrow;
    Mask mask;
    bool backward, dependent;
};

class Attention : public ::testing::TestWithParam<Setting> {};

TEST_P(Attention, AgreesWithSumsInDouble) {
    const Setting setting = GetParam();
    const auto program = compile(
        attention(setting.narrow ? "bf16" : "f32", setting.mask, setting.backward, setting.dependent));
    const Inputs inputs = makeInputs(setting.narrow);
    const auto results = run(*program, inputs.bytes);
    const auto expected = reference(inputs.numbers, setting.mask, setting.dependent);
    for (size_t i = 0; i < results.size(); ++i) {
        std::vector<float> values;
        if (setting.narrow) {
            for (const uint16_t bits : results[i].as<uint16_t>()) values.push_back(bf16ToFloat(bits));
        } else {
            values = results[i].as<float>();
        }
        ASSERT_EQ(values.size(), expected[i].size());
        for (size_t j = 0; j < values.size(); ++j)
            ASSERT_NEAR(values[j], expected[i][j], setting.narrow ? 0.04 : 2e-5) << i << " " << j;
    }
    // The same bits on any number of threads.
    const auto again = run(*program, inputs.bytes, 1);
    for (size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].as<uint8_t>(), again[i].as<uint8_t>());
    EXPECT_LT(program->arena_bytes,
              static_cast<int64_t>(kHeads * kRows * kColumns * (setting.narrow ? 2 : 4)));
    const std::string steps = describe(*program);
    EXPECT_NE(steps.find("row tiles"), std::string::npos) << steps;
    const char* zeros = setting.mask == Mask::kCausal ? "zeros from column r + 1" : "zeros from column r + 3";
    EXPECT_EQ(steps.find(zeros) != std::string::npos, setting.mask != Mask::kNone) << steps;
}

INSTANTIATE_TEST_SUITE_P(
    All, Attention,
    ::testing::Values(Setting{false, Mask::kNone, false, false}, Setting{false, Mask::kCausal, false, false},
                      Setting{false, Mask::kShifted, false, false}, Setting{false, Mask::kNone, true, false},
                      Setting{false, Mask::kCausal, true, false}, Setting{false, Mask::kCausal, true, true},
                      Setting{true, Mask::kNone, true, false}, Setting{true, Mask::kShifted, true, true}));

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

TEST(RecomputeScores, ClonesWhatLateUsesNeed) {
    const auto count = [](const Module& module, OpKind kind) {
        size_t found = 0;
        for (const Operation& op : module.entry().body()) found += op.kind() == kind ? 1 : 0;
        return found;
    };
    const auto independent = parseModule(attention("f32", Mask::kCausal, true, false));
    EXPECT_FALSE(recomputeScores(independent->entry()));
    const auto dependent = parseModule(attention("f32", Mask::kCausal, true, true));
    EXPECT_TRUE(recomputeScores(dependent->entry()));
    verify(*dependent);
    // One product and one exponential more; the reductions are not repeated.
    EXPECT_EQ(count(*dependent, OpKind::kDotGeneral), count(*independent, OpKind::kDotGeneral) + 1);
    EXPECT_EQ(count(*dependent, OpKind::kExponential), 2U);
    EXPECT_EQ(count(*dependent, OpKind::kReduce), count(*independent, OpKind::kReduce));
    EXPECT_FALSE(recomputeScores(dependent->entry()));
}

}  // namespace
}  // namespace optirs::plugin::testing
