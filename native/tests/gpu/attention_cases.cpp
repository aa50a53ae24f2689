// Attention, bf16 and 8-bit floats: the forward pass by each kernel that can do it, and both
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
                                       return weighted(of.probabilities, p, p.v, of.first, head, element).sum;
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

/// Workspace of a call of 8-bit floats that are multiplied as such.
size_t float8Workspace(const Problem& p, const Case& of, bool is_backward) {
    char any = 0;  // an address, where only what is there counts
    AttentionCall call = float8Call({}, argumentsOf(p, std::vector<void*>(of.buffers.size(), &any)));
    call.is_backward = is_backward;
    call.dout = call.scores.q;
    return sideBytes(call);
}

/// Of 8-bit floats that are multiplied as such.
Case float8Case(const char* name, const Problem& p) {
    Case made = decodedCase(name, p);
    made.buffers[3].error = [=](const std::vector<char>& result) {
        const int64_t step = std::max<int64_t>(p.count() / kSamples, 1) | 1;
        return termsError(p, result, step, [&](int64_t row, int64_t head, int64_t element) {
            const Problem::Row of = p.row(row, head);
            return weighted(of.probabilities, p, p.v, of.first, head, element);
        });
    };
    made.buffers[kWorkspace].initial.resize(float8Workspace(p, made, false));
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
            return columnTerms(p, rows, gradients, i / p.width / p.heads, i / p.width % p.heads, i % p.width)
                .sum;
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
                                       return queryTerms(p, row, head, element).sum;
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

/// Both passes of 8-bit floats that are multiplied as such.
Case float8BothCase(const char* name, const Problem& p) {
    Case made = bothCase(name, attentionForwardHopper, attentionBackwardHopper, p);
    for (size_t i = 0; i < 3; ++i) {
        made.buffers[i].initial = p.codes[i];
    }
    made.buffers[5].initial = p.codes[3];
    const size_t of_sides = made.buffers.size() - (p.limits.starts.empty() ? 0 : 1);
    made.buffers.insert(made.buffers.begin() + static_cast<std::ptrdiff_t>(of_sides),
                        {"on side", std::vector<char>(float8Workspace(p, made, true)), nullptr});
    made.buffers[7].error = [=](const std::vector<char>& result) {
        const int64_t step = std::max<int64_t>(p.count() / kSamples, 1) | 1;
        return termsError(p, result, step, [&](int64_t row, int64_t head, int64_t element) {
            return queryTerms(p, row, head, element);
        });
    };
    for (const bool gradients : {true, false}) {
        made.buffers[gradients ? 8 : 9].error = [=](const std::vector<char>& result) {
            return termsError(p, result, p.count() / 6 | 1, [&](int64_t row, int64_t head, int64_t element) {
                return columnTerms(p, gradients ? p.q : p.change, gradients, row, head, element);
            });
        };
    }
    made.run = [=](const Queue& queue, const std::vector<void*>& b) {
        AttentionArguments forward = argumentsOf(p, b);
        forward.scores = float8Call(queue, forward).scores;
        attentionForwardFloat8(queue, Element::kBF16, forward, b[of_sides]);
        HeadOperand dout = operandOf(p, b[5]);
        dout.storage = Storage::kE4M3;
        attentionBackwardFloat8(queue, Element::kBF16,
                                {.scores = forward.scores,
                                 .out = forward.out,
                                 .dout = dout,
                                 .gradient = {},
                                 .lse = forward.lse,
                                 .means = static_cast<float*>(b[6])},
                                {.q = operandOf(p, b[7]), .k = operandOf(p, b[8]), .v = operandOf(p, b[9])},
                                b[of_sides]);
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
    const char* both_float8[] = {"attention causal, both, Hopper, e4m3",
                                 "attention window, both, Hopper, e4m3",
                                 "attention packed, both, Hopper, e4m3"};
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
            cases.push_back(float8BothCase(both_float8[i], float8Problem(problems[i])));
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
            if (width <= kHopperFloat8Widest) {
                cases.push_back(float8BothCase("attention causal, both, Hopper, e4m3",
                                               {shorter.length, kHeads, width, {}, true}));
            }
        }
    }
    cases.push_back(forwardCase("attention causal", attentionForwardAnywhere,
                                {std::max<int64_t>(2048 / scale, 8), 16, 512}));
    return cases;
}

}  // namespace optirs::gpu_check
