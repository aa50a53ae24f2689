// Attention's forward kernel for Hopper: when it is chosen, and the tensor maps that it reads through.
#include <algorithm>

#include "src/cuda/attention.h"
#include "src/cuda/kernels/attention_hopper_arguments.h"
#include "src/cuda/tensor_map.h"

namespace optirs::cuda {
namespace {

constexpr int32_t kHopper = 90;

MappedTensor tensorOf(Element element, const HeadOperand& operand, int64_t rows, int64_t heads,
                      int64_t batches) {
    return {.data = operand.data,
            .type = element == Element::kBF16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                              : CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
            .bytes = 2,
            .extents = {operand.width, rows, heads, batches},
            .strides = {operand.row_stride, operand.head_stride, operand.batch_stride}};
}
MappedTensor queriesOf(Element element, const AttentionScores& scores) {
    return tensorOf(element, scores.q, scores.rows, scores.heads, scores.batches);
}
MappedTensor columnsOf(Element element, const AttentionScores& scores, const HeadOperand& operand) {
    return tensorOf(element, operand, scores.columns, scores.kv_heads, scores.batches);
}

}  // namespace

bool isForHopper(int32_t capability, Element element, const AttentionArguments& arguments) {
    const AttentionScores& s = arguments.scores;
    const bool is_there = capability == kHopper && hasTensorMaps();
    const bool is_plain = s.q_lengths == nullptr && s.kv_lengths == nullptr && s.q_starts == nullptr &&
                          s.kv_starts == nullptr && s.block_table == nullptr && s.window_left < 0 &&
                          s.window_right < 0 && s.bias == nullptr && s.slopes == nullptr && s.drops == 0 &&
                          s.soft_cap == 0;
    const bool has_codes = hasCodes(s.q) || hasCodes(s.k) || hasCodes(s.v);
    const bool has_vectors = s.q.is_vector != 0 && s.k.is_vector != 0 && s.v.is_vector != 0;
    return is_there && is_plain && element != Element::kF32 && !has_codes && arguments.parts == 1 &&
           std::max(s.q.width, s.v.width) <= kAttentionSlice &&
           s.scale > 0 &&  // the largest product has the largest score
           has_vectors && isMappable(queriesOf(element, s)) && isMappable(columnsOf(element, s, s.k)) &&
           isMappable(columnsOf(element, s, s.v));
}

void attentionForwardHopper(const Queue& queue, Element element, const AttentionArguments& arguments) {
    static constexpr const char* kNames[2][3] = {
        {"attention_hopper_bf16_64", "attention_hopper_bf16_128", "attention_hopper_bf16_256"},
        {"attention_hopper_f16_64", "attention_hopper_f16_128", "attention_hopper_f16_256"}};
    const AttentionScores& s = arguments.scores;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const int columns = hopperColumns(width);
    const AttentionHopperArguments given = {.q = tensorMapOf(queriesOf(element, s), kHopperRows),
                                            .k = tensorMapOf(columnsOf(element, s, s.k), columns),
                                            .v = tensorMapOf(columnsOf(element, s, s.v), columns),
                                            .attention = arguments};
    const int64_t parts = s.batches * ((s.rows + kHopperRows - 1) / kHopperRows);
    launchKernel(queue, {"attention_hopper", kNames[element == Element::kBF16 ? 0 : 1][index]},
                 parts * s.heads, &given,
                 {.threads = kHopperThreads, .shared_bytes = static_cast<unsigned>(hopperBytes(width))});
}

}  // namespace optirs::cuda
