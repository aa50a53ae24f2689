#include "src/cuda/attention.h"

#include <algorithm>
#include <array>

namespace optirs::cuda {
namespace {

/// A kernel by element type and width.
using Names = std::array<std::array<const char*, 4>, 3>;
#define OPTIRS_WIDTHS(prefix) {prefix "_64", prefix "_128", prefix "_256", prefix "_512"}
#define OPTIRS_NAMES(prefix)                                                                          \
    Names {                                                                                           \
        {                                                                                             \
            OPTIRS_WIDTHS(prefix "_f32"), OPTIRS_WIDTHS(prefix "_bf16"), OPTIRS_WIDTHS(prefix "_f16") \
        }                                                                                             \
    }

// Where there are few rows: blocks that keep a device busy, and columns that are worth a block.
constexpr int64_t kBusyBlocks = 264;  // two waves on 132 multiprocessors
constexpr int64_t kShortestPart = 512;

constexpr const char* kBackwardFile = "attention_backward";
constexpr int64_t kWarpRows = kThreads / 32;  // of a block whose warps have a row each

int64_t ceilDiv(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

/// Blocks of rows of all heads.
int64_t rowParts(const AttentionScores& scores, Element element) {
    return partCount(scores.q_starts, scores.rows, scores.batches, attentionRows(elementBytes(element))) *
           scores.heads;
}

/// `resident`: tiles that stay in shared memory.
template <class Arguments>
void launch(const Queue& queue, const char* file, const Names& names, Element element, int64_t blocks,
            int resident, const Arguments& arguments) {
    const size_t width = attentionWidthIndex(arguments.scores);
    const int bytes = elementBytes(element);
    launchKernel(
        queue, {file, names[static_cast<size_t>(element)][width]}, blocks, &arguments,
        {.threads = static_cast<unsigned>(attentionThreads(bytes)),
         .shared_bytes = static_cast<unsigned>(attentionBytes(bytes, kAttentionWidths[width], resident))});
}

}  // namespace

size_t attentionWidthIndex(const AttentionScores& scores) {
    const int width = std::max(scores.q.width, scores.v.width);
    return static_cast<size_t>(std::ranges::lower_bound(kAttentionWidths, width) - kAttentionWidths);
}

std::string_view fusedObstacle(const AttentionCall& call) {
    const AttentionScores& s = call.scores;
    if (call.element == Element::kF32) {
        return "f32";
    }
    if (call.parts > 1) {
        return "columns in parts";
    }
    if (s.bias != nullptr || s.slopes != nullptr || s.drops != 0) {
        return "bias, ALiBi or dropout";
    }
    if (s.block_table != nullptr) {
        return "paged keys";
    }
    if (s.batches == 0 || s.heads == 0 || s.rows == 0 || s.columns == 0) {
        return "an empty tensor";
    }
    return {};
}

int64_t partCount(const int32_t* starts, int64_t rows, int64_t batches, int block_rows) {
    return starts == nullptr ? batches * ceilDiv(rows, block_rows) : rows / block_rows + batches;
}

int64_t attentionRowCount(const AttentionScores& scores) {
    return (scores.q_starts == nullptr ? scores.batches : 1) * scores.heads * scores.rows;
}

int64_t attentionParts(const AttentionScores& scores, Element element, int64_t wanted) {
    const int bytes = elementBytes(element);
    const int64_t blocks = rowParts(scores, element);
    if (wanted == 0 && blocks > 0 && scores.rows <= attentionRows(bytes)) {
        wanted = std::min(ceilDiv(kBusyBlocks, blocks), scores.columns / kShortestPart);
    }
    const int64_t tiles =
        ceilDiv(scores.columns, attentionColumns(bytes, kAttentionWidths[attentionWidthIndex(scores)]));
    return std::clamp<int64_t>(wanted, 1, std::max<int64_t>(tiles, 1));
}

void attentionForwardAnywhere(const Queue& queue, Element element, const AttentionArguments& arguments) {
    static constexpr Names kForward = OPTIRS_NAMES("attention_forward");
    static constexpr std::array kJoin = {"attention_join_f32", "attention_join_bf16", "attention_join_f16"};
    const AttentionScores& scores = arguments.scores;
    const int64_t slices = scores.v.width > kAttentionSlice ? 2 : 1;
    launch(queue, "attention_forward", kForward, element,
           rowParts(scores, element) * arguments.parts * slices, 1, arguments);
    if (arguments.parts > 1) {
        launchKernel(queue, {"attention_join", kJoin[static_cast<size_t>(element)]},
                     ceilDiv(attentionRowCount(scores), kWarpRows), &arguments);
    }
}

void attentionMeans(const Queue& queue, Element element, const AttentionBackwardArguments& arguments) {
    static constexpr std::array kMeans = {"attention_means_f32", "attention_means_bf16",
                                          "attention_means_f16"};
    launchKernel(queue, {kBackwardFile, kMeans[static_cast<size_t>(element)]},
                 ceilDiv(attentionRowCount(arguments.scores), kWarpRows), &arguments);
}

void attentionBackwardAnywhere(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                               const AttentionGradients& gradients) {
    static constexpr Names kQuery = OPTIRS_NAMES("attention_query_gradient");
    static constexpr Names kKey = OPTIRS_NAMES("attention_key_gradient");
    static constexpr Names kValue = OPTIRS_NAMES("attention_value_gradient");
    const AttentionScores& scores = arguments.scores;
    attentionMeans(queue, element, arguments);
    const int rows = attentionRows(elementBytes(element));
    const int64_t column_parts =
        partCount(scores.kv_starts, scores.columns, scores.batches, rows) * scores.kv_heads;
    arguments.gradient = gradients.q;
    launch(queue, kBackwardFile, kQuery, element, rowParts(scores, element), 2, arguments);
    arguments.gradient = gradients.k;
    launch(queue, kBackwardFile, kKey, element, column_parts, 2, arguments);
    arguments.gradient = gradients.v;
    launch(queue, kBackwardFile, kValue, element, column_parts, 1, arguments);
}

}  // namespace optirs::cuda
