// Attention, bf16 and forward of 8-bit floats: the forward pass by each kernel that can do it, and both
// passes together.
#include <algorithm>

#include "attention_problem.h"
#include "cases.h"
#include "src/cuda/attention_decode.h"
#include "src/cuda/context.h"
#include "src/cuda/kernels/attention_hopper_arguments.h"

namespace optirs::gpu_check {
namespace {

constexpr double kLseError = 1e-4;
constexpr size_t kWorkspace = 5;  // the buffer behind lse, of 8-bit floats

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
    if (!p.limits.starts.empty()) {
        scores.batches = static_cast<int64_t>(p.limits.starts.size()) - 1;
        scores.q_starts = scores.kv_starts = static_cast<const int32_t*>(b.back());
    }
    scores.rows = scores.columns = p.length;
    scores.heads = scores.kv_heads = p.heads;
    scores.window_left = p.limits.window;
    scores.window_right = -1;
    scores.scale = static_cast<float>(p.scale());
    scores.mask = p.limits.is_causal ? 1 : 0;
    arguments.out = operandOf(p, b[3]);
    arguments.lse = static_cast<float*>(b[4]);
    return arguments;
}

Buffer bf16Output(const char* name, const Problem& p, std::function<double(const std::vector<char>&)> error) {
    return {name, std::vector<char>(static_cast<size_t>(p.count()) * 2), std::move(error)};
}

/// Adds where packed sequences begin, if they are packed: the last buffer.
void addStarts(Case& made, const Problem& p) {
    if (!p.limits.starts.empty()) {
        made.buffers.push_back({"starts", bytesOf(p.limits.starts), nullptr});
    }
}

/// Products of a pass that has so many for each pair of a row and a column.
double flopsOf(const Problem& p, int products) {
    double pairs = 0;
    for (int64_t row = 0; row < p.length; ++row) {
        pairs += static_cast<double>(p.end(row) - p.begin(row));
    }
    return 2.0 * products * pairs * static_cast<double>(p.heads * p.width);
}

using Forward = void (*)(const Queue&, Element, const AttentionArguments&);

Case forwardCase(const char* name, Forward forward, const Problem& p) {
    Case made = {name, shapeOf(p), 0, flopsOf(p, 2), {}, {}};
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
                                       const Problem::Row of = p.row(row, head);
                                       return weighted(of.probabilities, p, p.v, of.first, head, element);
                                   });
                               }),
                    {"lse", std::vector<char>(static_cast<size_t>(p.length * p.heads) * 4), lse_error}};
    addStarts(made, p);
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        forward(queue, Element::kBF16, argumentsOf(p, b));
    };
    return made;
}

/// A call of 8-bit floats.
AttentionCall float8Call(const Queue& queue, const AttentionArguments& arguments) {
    AttentionCall call{};
    call.queue = queue;
    call.element = Element::kBF16;
    call.scores = arguments.scores;
    call.scores.q.storage = call.scores.k.storage = call.scores.v.storage = Storage::kE4M3;
    return call;
}

/// Of 8-bit floats, which are decoded first.
Case decodedCase(const char* name, const Problem& p) {
    Case made = forwardCase(name, attentionForwardHopper, p);
    for (size_t i = 0; i < 3; ++i) {
        made.buffers[i].initial = p.codes[i];
    }
    made.buffers.insert(made.buffers.begin() + kWorkspace,
                        {"decoded", std::vector<char>(static_cast<size_t>(p.count()) * 6 + 64), nullptr});
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        AttentionArguments arguments = argumentsOf(p, b);
        arguments.scores = decode(float8Call(queue, arguments), b[kWorkspace]).scores;
        attentionForwardHopper(queue, Element::kBF16, arguments);
    };
    return made;
}

/// Of 8-bit floats that are multiplied as such. Each probability is off by at most 1/16, and by some 1/40 in
/// the root mean square; these errors are independent, and of five times that.
Case float8Case(const char* name, const Problem& p) {
    Case made = decodedCase(name, p);
    made.buffers[3].error = [=](const std::vector<char>& result) {
        double greatest = 0;
        const int64_t step = std::max<int64_t>(p.count() / kSamples, 1) | 1;
        for (int64_t i = 0; i < p.count(); i += step) {
            const int64_t head = i / p.width % p.heads;
            const Problem::Row row = p.row(i / p.width / p.heads, head);
            double wanted = 0;
            double squares = 0;
            double magnitudes = 0;
            for (size_t j = 0; j < row.probabilities.size(); ++j) {
                const double term =
                    row.probabilities[j] *
                    at<BF16>(p.v, p.at(row.first + static_cast<int64_t>(j), head) + i % p.width);
                wanted += term;
                squares += term * term;
                magnitudes += std::fabs(term);
            }
            const double allowed =
                std::sqrt(squares) / 8 + magnitudes * 0x1p-12 + std::fabs(wanted) * 0x1p-8 + 1e-6;
            const double error = std::fabs(at<BF16>(result, i) - wanted) / allowed;
            greatest = std::isnan(error) ? INFINITY : std::fmax(greatest, error);
        }
        return greatest;
    };
    char any = 0;  // an address, where only what is there counts
    const AttentionArguments shape = argumentsOf(p, std::vector<void*>(made.buffers.size(), &any));
    made.buffers[kWorkspace].initial.resize(transposedBytes(shape.scores));
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        AttentionArguments arguments = argumentsOf(p, b);
        arguments.scores = float8Call(queue, arguments).scores;
        attentionForwardFloat8(queue, Element::kBF16, arguments, b[kWorkspace]);
    };
    return made;
}

using Backward = void (*)(const Queue&, Element, AttentionBackwardArguments, const AttentionGradients&);

Case bothCase(const char* name, Forward run_forward, Backward run_backward, const Problem& p) {
    Case made = {name, shapeOf(p), 0, flopsOf(p, 7), {}, {}};
    // In float64 each element of a column takes all rows: few are looked at.
    const auto of_columns = [=](const std::vector<char>& result, const std::vector<char>& rows,
                                bool gradients) {
        return worst<BF16>(result, p.count() / 6 | 1, 2 * kRelative, 2 * kAbsolute, [&](int64_t i) {
            return columnSum(p, rows, gradients, i / p.width / p.heads, i / p.width % p.heads, i % p.width);
        });
    };
    const auto of_keys = [=](const std::vector<char>& result) { return of_columns(result, p.q, true); };
    const auto of_values = [=](const std::vector<char>& result) {
        return of_columns(result, p.change, false);
    };
    const size_t of_rows = static_cast<size_t>(p.length * p.heads) * 4;
    made.buffers = {{"q", p.q, nullptr},
                    {"k", p.k, nullptr},
                    {"v", p.v, nullptr},
                    bf16Output("out", p, nullptr),
                    {"lse", std::vector<char>(of_rows), nullptr},
                    {"dout", p.change, nullptr},
                    {"means", std::vector<char>(of_rows), nullptr},
                    bf16Output("dq", p,
                               [=](const std::vector<char>& result) {
                                   return p.error(result, [&](int64_t row, int64_t head, int64_t element) {
                                       const Problem::Row of = p.row(row, head);
                                       return weighted(of.gradients, p, p.k, of.first, head, element);
                                   });
                               }),
                    bf16Output("dk", p, of_keys),
                    bf16Output("dv", p, of_values)};
    addStarts(made, p);
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        const AttentionArguments forward = argumentsOf(p, b);
        run_forward(queue, Element::kBF16, forward);
        run_backward(queue, Element::kBF16,
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

/// Both passes over whole tiles, over rows and columns that end within them, and over packed sequences.
void addHopperCases(std::vector<Case>& cases, const Problem& causal, const Problem& full, int64_t scale) {
    const int64_t odd = std::max<int64_t>(1111 / scale, 9);
    const auto end = static_cast<int32_t>(odd);
    const Problem problems[] = {
        {odd, 3, causal.width},
        {odd, 3, causal.width, {.is_causal = false, .window = odd / 3}},
        {odd, 3, causal.width, {.is_causal = false, .starts = {0, end / 5, end / 5, end / 2 + 1, end}}}};
    cases.push_back(forwardCase("attention causal, Hopper", attentionForwardHopper, causal));
    cases.push_back(forwardCase("attention, Hopper", attentionForwardHopper, full));
    const char* names[] = {"attention causal, Hopper", "attention window, Hopper",
                           "attention packed, Hopper"};
    const char* both[] = {"attention causal, both, Hopper", "attention window, both, Hopper",
                          "attention packed, both, Hopper"};
    const char* of_float8[] = {"attention causal, Hopper, e4m3", "attention window, Hopper, e4m3",
                               "attention packed, Hopper, e4m3"};
    for (size_t i = 0; i < 3; ++i) {
        cases.push_back(forwardCase(names[i], attentionForwardHopper, problems[i]));
        cases.push_back(bothCase(both[i], attentionForwardHopper, attentionBackwardHopper, problems[i]));
    }
    const auto float8Problem = [&](const Problem& like) {
        return Problem(like.length, like.heads, like.width, like.limits, true);
    };
    cases.push_back(decodedCase("attention causal, Hopper, e4m3 decoded", float8Problem(causal)));
    if (causal.width <= kHopperFloat8Widest) {
        cases.push_back(float8Case("attention causal, Hopper, e4m3", float8Problem(causal)));
        cases.push_back(float8Case("attention, Hopper, e4m3", float8Problem(full)));
        for (size_t i = 0; i < 3; ++i) {
            cases.push_back(float8Case(of_float8[i], float8Problem(problems[i])));
        }
    }
}

}  // namespace

std::vector<Case> attentionCases(int64_t scale) {
    constexpr int64_t kHeads = 16;
    const bool is_hopper = computeCapability(0) == kHopper;
    std::vector<Case> cases;
    for (const int64_t width : {64, 128, 256}) {
        const Problem causal(std::max<int64_t>(4096 / scale, 8), kHeads, width);
        const Problem full(causal.length, kHeads, width, {.is_causal = false});
        const Problem shorter(std::max<int64_t>(1024 / scale, 8), kHeads, width);
        cases.push_back(forwardCase("attention causal", attentionForwardAnywhere, causal));
        cases.push_back(forwardCase("attention", attentionForwardAnywhere, full));
        cases.push_back(
            bothCase("attention causal, both", attentionForwardAnywhere, attentionBackwardAnywhere, shorter));
        if (is_hopper) {
            addHopperCases(cases, causal, full, scale);
            cases.push_back(bothCase("attention causal, both, Hopper", attentionForwardHopper,
                                     attentionBackwardHopper, shorter));
        }
    }
    cases.push_back(forwardCase("attention causal", attentionForwardAnywhere,
                                {std::max<int64_t>(2048 / scale, 8), 16, 512}));
    return cases;
}

}  // namespace optirs::gpu_check
