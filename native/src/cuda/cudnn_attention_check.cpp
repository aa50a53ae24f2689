#include "src/cuda/cudnn_attention_check.h"

#include <algorithm>

#include "src/cuda/context.h"

namespace optirs::cuda {
namespace {

constexpr int64_t kOldestForAttention = 91002;       // before, masks and windows have many exceptions
constexpr int64_t kOldestForEmptySequences = 92500;  // before, they give NaN
constexpr int64_t kMostExact = int64_t{1} << 24;     // of the integers that graphs hold as f32

/// A failure that is known of some versions, both included.
struct KnownFailure {
    int64_t first;
    int64_t last;
    std::string_view text;
    bool (*happens)(const AttentionCall& call);
};

constexpr KnownFailure kKnownFailures[] = {
    {91100, 91299, "cuDNN 9.11 and 9.12 have backward passes that give NaN",
     [](const AttentionCall& call) { return call.is_backward; }},
    {91400, 91400, "cuDNN 9.14.0 fails with windows that are not causal over more than 1024 columns",
     [](const AttentionCall& call) {
         const AttentionScores& s = call.scores;
         return (s.window_left >= 0 || s.window_right >= 0) && s.mask == 0 && s.columns > 1024;
     }},
    {0, 91500, "cuDNN up to 9.15.0 needs a multiple of 128 columns in the backward pass",
     [](const AttentionCall& call) { return call.is_backward && call.scores.columns % 128 != 0; }},
    {92600, 92699, "cuDNN 9.26 gives NaN in the backward pass of one row",
     [](const AttentionCall& call) { return call.is_backward && call.scores.rows == 1; }},
};

bool isLaidOut(const HeadOperand& operand) {
    return operand.is_vector != 0 && operand.batch_stride > 0 && operand.row_stride > 0 &&
           operand.head_stride > 0;
}

/// Widths that cuDNN's documentation names.
bool areWidthsServed(const AttentionCall& call, int32_t capability) {
    const int64_t d = call.scores.q.width;
    const int64_t dv = call.scores.v.width;
    const int64_t widest = call.is_backward && capability >= kBlackwell ? 128 : 256;
    return (d <= widest && dv <= widest) || (d == 192 && dv == 128);
}

}  // namespace

AttentionBand::AttentionBand(const AttentionScores& s) {
    const auto bound = [&](int64_t window) {
        return window < s.rows + s.columns ? std::max<int64_t>(window, -1) : -1;
    };
    left = bound(s.window_left);
    right = s.mask != 0 ? 0 : bound(s.window_right);
    is_bottom_right = s.mask == 2;
}

bool AttentionBand::reachesAllRows(const AttentionScores& s) const {
    return s.rows <= s.columns || (!is_bottom_right && left < 0);
}

std::string_view cudnnObstacle(const AttentionCall& call, int64_t version, int32_t capability) {
    const AttentionScores& s = call.scores;
    const AttentionBand band(s);
    if (version < kOldestForAttention) {
        return "cuDNN is older than 9.10.2";
    }
    if (const std::string_view obstacle = fusedObstacle(call); !obstacle.empty()) {
        return obstacle;
    }
    if (hasCodes(s.q) || hasCodes(s.k) || hasCodes(s.v) || (call.is_backward && hasCodes(call.dout))) {
        return "8-bit floats";
    }
    if (s.soft_cap > 0) {
        return "capped scores";
    }
    if (s.q_starts != nullptr || s.kv_starts != nullptr) {
        return "packed sequences";
    }
    if (std::max(s.rows, s.columns) > kMostExact) {
        return "more than 2^24 rows or columns";
    }
    const bool is_laid_out =
        isLaidOut(s.q) && isLaidOut(s.k) && isLaidOut(s.v) && isLaidOut(call.out) &&
        (!call.is_backward || (isLaidOut(call.dout) && isLaidOut(call.gradients.q) &&
                               isLaidOut(call.gradients.k) && isLaidOut(call.gradients.v)));
    if (!is_laid_out || !areWidthsServed(call, capability)) {
        return "a width or layout";
    }
    if (!band.reachesAllRows(s)) {
        return "rows that see nothing";
    }
    // What is behind the length of q is 0 here and anything in cuDNN; likewise the gradients of k and v.
    if (s.q_lengths != nullptr || (call.is_backward && s.kv_lengths != nullptr)) {
        return "results behind the end of a sequence";
    }
    if (s.kv_lengths != nullptr) {
        if (version < kOldestForEmptySequences) {
            return "cuDNN is older than 9.25, and a sequence may be empty";
        }
        if (band.left >= 0 || band.is_bottom_right) {
            return "rows that may see nothing";
        }
    }
    for (const KnownFailure& known : kKnownFailures) {
        if (version >= known.first && version <= known.last && known.happens(call)) {
            return known.text;
        }
    }
    return {};
}

}  // namespace optirs::cuda
