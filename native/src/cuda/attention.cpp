#include "src/cuda/attention.h"

#include <algorithm>
#include <array>

namespace optirs::cuda {
namespace {

/// A kernel by element type and width.
using Names = std::array<std::array<const char*, 3>, 3>;
#define OPTIRS_WIDTHS(prefix) {prefix "_64", prefix "_128", prefix "_256"}
#define OPTIRS_NAMES(prefix)                                                                          \
    Names {                                                                                           \
        {                                                                                             \
            OPTIRS_WIDTHS(prefix "_f32"), OPTIRS_WIDTHS(prefix "_bf16"), OPTIRS_WIDTHS(prefix "_f16") \
        }                                                                                             \
    }

int elementBytes(Element element) { return element == Element::kF32 ? 4 : 2; }

/// The kernel's width for these heads: both of a product have to fit.
size_t widthIndex(const AttentionScores& scores) {
    const int width = std::max(scores.q.width, scores.v.width);
    return static_cast<size_t>(std::ranges::lower_bound(kAttentionWidths, width) - kAttentionWidths);
}

/// Blocks of `rows` rows or columns: of packed sequences there are as many as there can be.
int64_t partCount(const int32_t* starts, int64_t rows, int64_t batches, int block_rows) {
    return starts == nullptr ? batches * ((rows + block_rows - 1) / block_rows) : rows / block_rows + batches;
}

/// `resident`: tiles that stay in shared memory.
template <class Arguments>
void launch(const Queue& queue, const char* file, const Names& names, Element element, int64_t blocks,
            int resident, const Arguments& arguments) {
    const size_t width = widthIndex(arguments.scores);
    const int bytes = elementBytes(element);
    launchKernel(
        queue, {file, names[static_cast<size_t>(element)][width]}, blocks, &arguments,
        {.threads = static_cast<unsigned>(attentionThreads(bytes)),
         .shared_bytes = static_cast<unsigned>(attentionBytes(bytes, kAttentionWidths[width], resident))});
}

}  // namespace

int64_t attentionRowCount(const AttentionScores& scores) {
    return (scores.q_starts == nullptr ? scores.batches : 1) * scores.heads * scores.rows;
}

void attentionForward(const Queue& queue, Element element, const AttentionArguments& arguments) {
    static constexpr Names kForward = OPTIRS_NAMES("attention_forward");
    const AttentionScores& scores = arguments.scores;
    const int rows = attentionRows(elementBytes(element));
    const int64_t parts = partCount(scores.q_starts, scores.rows, scores.batches, rows);
    launch(queue, "attention_forward", kForward, element, parts * scores.heads, 1, arguments);
}

void attentionBackward(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                       const AttentionGradients& gradients) {
    static constexpr const char* kFile = "attention_backward";
    static constexpr std::array kMeans = {"attention_means_f32", "attention_means_bf16",
                                          "attention_means_f16"};
    static constexpr Names kQuery = OPTIRS_NAMES("attention_query_gradient");
    static constexpr Names kKey = OPTIRS_NAMES("attention_key_gradient");
    static constexpr Names kValue = OPTIRS_NAMES("attention_value_gradient");
    constexpr int64_t kRowsPerBlock = kThreads / 32;
    const AttentionScores& scores = arguments.scores;
    launchKernel(queue, {kFile, kMeans[static_cast<size_t>(element)]},
                 (attentionRowCount(scores) + kRowsPerBlock - 1) / kRowsPerBlock, &arguments);
    const int rows = attentionRows(elementBytes(element));
    const int64_t row_parts = partCount(scores.q_starts, scores.rows, scores.batches, rows) * scores.heads;
    const int64_t column_parts =
        partCount(scores.kv_starts, scores.columns, scores.batches, rows) * scores.kv_heads;
    arguments.gradient = gradients.q;
    launch(queue, kFile, kQuery, element, row_parts, 2, arguments);
    arguments.gradient = gradients.k;
    launch(queue, kFile, kKey, element, column_parts, 2, arguments);
    arguments.gradient = gradients.v;
    launch(queue, kFile, kValue, element, column_parts, 1, arguments);
}

}  // namespace optirs::cuda
