#include "tests/plugin_codegen/attention_program.h"

#include <algorithm>
#include <cmath>

#include "pjrt_cpu/runtime/half.h"

namespace optirs::plugin::testing {
namespace {

constexpr double kScale = 0.3;

bool isSeen(Mask mask, size_t row, size_t column) {
    return mask == Mask::kNone || (mask == Mask::kCausal ? column <= row : column <= row + 2);
}

}  // namespace

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

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

}  // namespace optirs::plugin::testing
