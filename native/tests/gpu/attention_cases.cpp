// Attention, bf16: the forward pass by each kernel that can do it, and both passes together.
#include <algorithm>
#include <cmath>

#include "cases.h"
#include "numbers.h"
#include "src/cuda/attention.h"
#include "src/cuda/context.h"

namespace optirs::gpu_check {
namespace {

// Probabilities and their gradients are rounded to bf16 on the device.
constexpr double kRelative = 0x1p-6;
constexpr double kAbsolute = 0x1p-6;
constexpr double kLseError = 1e-4;
constexpr int64_t kSamples = 200;  // elements of each result that are compared

/// Operands [length, heads, width] and what follows from them in float64, a row at a time.
struct Problem {
    int64_t length;
    int64_t heads;
    int64_t width;
    bool is_causal;
    std::vector<char> q, k, v, change;

    Problem(int64_t given_length, int64_t given_heads, int64_t given_width, bool given_causal = true)
        : length(given_length), heads(given_heads), width(given_width), is_causal(given_causal) {
        unsigned seed = 1;
        for (auto* operand : {&q, &k, &v, &change}) {
            *operand = bytesOf(randomNumbers<BF16>(count(), seed++));
        }
    }

    int64_t count() const { return length * heads * width; }
    double scale() const { return 1 / std::sqrt(static_cast<double>(width)); }
    /// The first element of a row of a head.
    int64_t at(int64_t row, int64_t head) const { return (row * heads + head) * width; }

    double dot(const std::vector<char>& a, int64_t i, const std::vector<char>& b, int64_t j) const {
        double sum = 0;
        for (int64_t e = 0; e < width; ++e) {
            sum += gpu_check::at<BF16>(a, i + e) * gpu_check::at<BF16>(b, j + e);
        }
        return sum;
    }

    /// Probabilities of a row, the log-sum-exp and the gradients of its scores.
    struct Row {
        std::vector<double> probabilities;
        std::vector<double> gradients;
        double lse = 0;
    };
    Row row(int64_t i, int64_t head) const {
        Row made;
        double greatest = -INFINITY;
        const int64_t end = is_causal ? i + 1 : length;
        for (int64_t j = 0; j < end; ++j) {
            made.probabilities.push_back(dot(q, at(i, head), k, at(j, head)) * scale());
            greatest = std::fmax(greatest, made.probabilities.back());
        }
        double sum = 0;
        for (double& probability : made.probabilities) {
            probability = std::exp(probability - greatest);
            sum += probability;
        }
        made.lse = greatest + std::log(sum);
        double mean = 0;
        for (int64_t j = 0; j < end; ++j) {
            made.probabilities[static_cast<size_t>(j)] /= sum;
            made.gradients.push_back(dot(change, at(i, head), v, at(j, head)));
            mean += made.probabilities[static_cast<size_t>(j)] * made.gradients.back();
        }
        for (size_t j = 0; j < made.gradients.size(); ++j) {
            made.gradients[j] = made.probabilities[j] * (made.gradients[j] - mean) * scale();
        }
        return made;
    }

    /// Some elements of a result against wanted(row, head, element).
    template <class Wanted>
    double error(const std::vector<char>& result, Wanted&& wanted) const {
        // One that visits all heads and elements.
        const int64_t step = std::max<int64_t>(count() / kSamples, 1) | 1;
        return worst<BF16>(result, step, kRelative, kAbsolute, [&](int64_t i) {
            return wanted(i / width / heads, i / width % heads, i % width);
        });
    }
};

/// Sum of weights times elements of rows.
double weighted(const std::vector<double>& weights, const Problem& p, const std::vector<char>& rows,
                int64_t head, int64_t element) {
    double sum = 0;
    for (size_t j = 0; j < weights.size(); ++j) {
        sum += weights[j] * at<BF16>(rows, p.at(static_cast<int64_t>(j), head) + element);
    }
    return sum;
}

std::string shapeOf(const Problem& p) {
    return std::to_string(p.length) + "x" + std::to_string(p.heads) + "x" + std::to_string(p.width);
}

HeadOperand operandOf(const Problem& p, void* data) {
    return {data, p.count(), p.heads * p.width, p.width, static_cast<int32_t>(p.width), 1};
}

AttentionArguments argumentsOf(const Problem& p, const std::vector<void*>& b) {
    AttentionArguments arguments{};
    AttentionScores& scores = arguments.scores;
    scores.q = operandOf(p, b[0]);
    scores.k = operandOf(p, b[1]);
    scores.v = operandOf(p, b[2]);
    scores.batches = 1;
    scores.rows = scores.columns = p.length;
    scores.heads = scores.kv_heads = p.heads;
    scores.window_left = scores.window_right = -1;
    scores.scale = static_cast<float>(p.scale());
    scores.mask = p.is_causal ? 1 : 0;
    arguments.out = operandOf(p, b[3]);
    arguments.lse = static_cast<float*>(b[4]);
    return arguments;
}

Buffer bf16Output(const char* name, const Problem& p, std::function<double(const std::vector<char>&)> error) {
    return {name, std::vector<char>(static_cast<size_t>(p.count()) * 2), std::move(error)};
}

using Forward = void (*)(const Queue&, Element, const AttentionArguments&);

Case forwardCase(const char* name, Forward forward, const Problem& p) {
    const double products = (p.is_causal ? 2.0 : 4.0) * static_cast<double>(p.count() * p.length);
    Case made = {name, shapeOf(p), 0, products, {}, {}};
    const auto lse_error = [=](const std::vector<char>& result) {
        return worst<F32>(result, p.length * p.heads / 50 | 1, kLseError, kLseError,
                          [&](int64_t i) { return p.row(i % p.length, i / p.length).lse; });
    };
    made.buffers = {{"q", p.q, nullptr},
                    {"k", p.k, nullptr},
                    {"v", p.v, nullptr},
                    bf16Output("out", p,
                               [=](const std::vector<char>& result) {
                                   return p.error(result, [&](int64_t row, int64_t head, int64_t element) {
                                       return weighted(p.row(row, head).probabilities, p, p.v, head, element);
                                   });
                               }),
                    {"lse", std::vector<char>(static_cast<size_t>(p.length * p.heads) * 4), lse_error}};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        forward(queue, Element::kBF16, argumentsOf(p, b));
    };
    return made;
}

/// Sums over the rows that attend to a column; `gradients`: of the scores, else probabilities.
double columnSum(const Problem& p, const std::vector<char>& rows, bool gradients, int64_t column,
                 int64_t head, int64_t element) {
    double sum = 0;
    for (int64_t i = column; i < p.length; ++i) {
        const Problem::Row row = p.row(i, head);
        sum += (gradients ? row.gradients : row.probabilities)[static_cast<size_t>(column)] *
               at<BF16>(rows, p.at(i, head) + element);
    }
    return sum;
}

Case bothCase(int64_t length, int64_t heads, int64_t width) {
    const Problem p(length, heads, width);
    Case made = {
        "attention causal, both", shapeOf(p), 0, 7.0 * static_cast<double>(p.count() * length), {}, {}};
    // In float64 each element of a column takes all rows: few are looked at.
    const auto of_columns = [=](const std::vector<char>& result, const std::vector<char>& rows,
                                bool gradients) {
        return worst<BF16>(result, p.count() / 6 | 1, 2 * kRelative, 2 * kAbsolute, [&](int64_t i) {
            return columnSum(p, rows, gradients, i / width / heads, i / width % heads, i % width);
        });
    };
    const auto of_keys = [=](const std::vector<char>& result) { return of_columns(result, p.q, true); };
    const auto of_values = [=](const std::vector<char>& result) {
        return of_columns(result, p.change, false);
    };
    made.buffers = {{"q", p.q, nullptr},
                    {"k", p.k, nullptr},
                    {"v", p.v, nullptr},
                    bf16Output("out", p, nullptr),
                    {"lse", std::vector<char>(static_cast<size_t>(length * heads) * 4), nullptr},
                    {"dout", p.change, nullptr},
                    {"means", std::vector<char>(static_cast<size_t>(length * heads) * 4), nullptr},
                    bf16Output("dq", p,
                               [=](const std::vector<char>& result) {
                                   return p.error(result, [&](int64_t row, int64_t head, int64_t element) {
                                       return weighted(p.row(row, head).gradients, p, p.k, head, element);
                                   });
                               }),
                    bf16Output("dk", p, of_keys),
                    bf16Output("dv", p, of_values)};
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        const AttentionArguments forward = argumentsOf(p, b);
        attentionForwardAnywhere(queue, Element::kBF16, forward);
        attentionBackward(queue, Element::kBF16,
                          {.scores = forward.scores,
                           .out = forward.out,
                           .dout = operandOf(p, b[5]),
                           .gradient = {},
                           .lse = forward.lse,
                           .means = static_cast<float*>(b[6])},
                          {.q = operandOf(p, b[7]), .k = operandOf(p, b[8]), .v = operandOf(p, b[9])});
    };
    return made;
}

}  // namespace

std::vector<Case> attentionCases(int64_t scale) {
    constexpr int64_t kHeads = 16;
    const bool is_hopper = computeCapability(0) == 90;
    std::vector<Case> cases;
    for (const int64_t width : {64, 128, 256}) {
        const Problem causal(std::max<int64_t>(4096 / scale, 8), kHeads, width);
        const Problem full(causal.length, kHeads, width, false);
        cases.push_back(forwardCase("attention causal", attentionForwardAnywhere, causal));
        cases.push_back(forwardCase("attention", attentionForwardAnywhere, full));
        if (is_hopper) {
            const Problem odd(std::max<int64_t>(1111 / scale, 9), 3, width);
            cases.push_back(forwardCase("attention causal, Hopper", attentionForwardHopper, causal));
            cases.push_back(forwardCase("attention causal, Hopper", attentionForwardHopper, odd));
            cases.push_back(forwardCase("attention, Hopper", attentionForwardHopper, full));
        }
        cases.push_back(bothCase(std::max<int64_t>(1024 / scale, 8), kHeads, width));
    }
    cases.push_back(forwardCase(std::max<int64_t>(2048 / scale, 8), 16, 512));
    return cases;
}

}  // namespace optirs::gpu_check
