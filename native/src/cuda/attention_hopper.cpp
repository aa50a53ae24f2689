// Attention's kernels for Hopper: when they are chosen, and the tensor maps that they read through.
#include <algorithm>
#include <array>

#include "src/cuda/attention_decode.h"
#include "src/cuda/context.h"
#include "src/cuda/kernels/attention_hopper_arguments.h"
#include "src/cuda/tensor_map.h"

namespace optirs::cuda {
namespace {

// Kernels of bf16 and f16, by width.
using Names = std::array<std::array<const char*, 3>, 2>;
#define OPTIRS_NAME(pass, type, width) "attention_hopper_" pass "_" type "_" width
#define OPTIRS_WIDTHS(pass, type) \
    {OPTIRS_NAME(pass, type, "64"), OPTIRS_NAME(pass, type, "128"), OPTIRS_NAME(pass, type, "256")}
#define OPTIRS_NAMES(pass)                                          \
    Names {                                                         \
        {                                                           \
            OPTIRS_WIDTHS(pass, "bf16"), OPTIRS_WIDTHS(pass, "f16") \
        }                                                           \
    }

MappedTensor tensorOf(Element element, const HeadOperand& operand, int64_t rows, int64_t heads,
                      int64_t batches) {
    return {.data = operand.data,
            .type = element == Element::kBF16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                              : CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
            .bytes = 2,
            .extents = {operand.width, rows, heads, batches},
            .strides = {operand.row_stride, operand.head_stride, operand.batch_stride}};
}
MappedTensor queriesOf(Element element, const AttentionScores& scores, const HeadOperand& operand) {
    return tensorOf(element, operand, scores.rows, scores.heads, batchesInMemory(scores, scores.q_starts));
}
MappedTensor columnsOf(Element element, const AttentionScores& scores, const HeadOperand& operand) {
    return tensorOf(element, operand, scores.columns, scores.kv_heads,
                    batchesInMemory(scores, scores.kv_starts));
}

}  // namespace

bool isForHopper(const AttentionCall& call, int32_t capability) {
    if (capability != kHopper || !hasTensorMaps() || !fusedObstacle(call).empty()) {
        return false;
    }
    const AttentionCall decoded = decodedForm(call, nullptr);
    const AttentionScores& s = decoded.scores;
    const auto is_good = [&](const HeadOperand& operand, const MappedTensor& tensor) {
        return operand.is_vector != 0 && isMappable(tensor);
    };
    const auto is_query = [&](const HeadOperand& operand) {
        return is_good(operand, queriesOf(call.element, s, operand));
    };
    const auto is_column = [&](const HeadOperand& operand) {
        return is_good(operand, columnsOf(call.element, s, operand));
    };
    return is_query(s.q) && is_column(s.k) && is_column(s.v) &&
           (!call.is_backward || is_query(decoded.dout)) && std::max(s.q.width, s.v.width) <= kAttentionSlice;
}

void attentionForwardHopper(const Queue& queue, Element element, const AttentionArguments& arguments) {
    static constexpr Names kForward = OPTIRS_NAMES("forward");
    const AttentionScores& s = arguments.scores;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const int columns = hopperColumns(width);
    const AttentionHopperArguments given = {.q = tensorMapOf(queriesOf(element, s, s.q), kHopperRows),
                                            .k = tensorMapOf(columnsOf(element, s, s.k), columns),
                                            .v = tensorMapOf(columnsOf(element, s, s.v), columns),
                                            .attention = arguments};
    const int64_t parts = partCount(s.q_starts, s.rows, s.batches, kHopperRows);
    launchKernel(queue, {"attention_forward_hopper", kForward[element == Element::kBF16 ? 0 : 1][index]},
                 parts * s.heads, &given,
                 {.threads = kHopperThreads, .shared_bytes = static_cast<unsigned>(hopperBytes(width))});
}

void attentionBackwardHopper(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                             const AttentionGradients& gradients) {
    // Of each type, by width. Of 256 columns the gradients of k and v are two kernels.
    static constexpr Names kQuery = OPTIRS_NAMES("query_gradient");
    static constexpr const char* kColumns[2][3][2] = {
        {{OPTIRS_NAME("column_gradients", "bf16", "64"), nullptr},
         {OPTIRS_NAME("column_gradients", "bf16", "128"), nullptr},
         {OPTIRS_NAME("key_gradient", "bf16", "256"), OPTIRS_NAME("value_gradient", "bf16", "256")}},
        {{OPTIRS_NAME("column_gradients", "f16", "64"), nullptr},
         {OPTIRS_NAME("column_gradients", "f16", "128"), nullptr},
         {OPTIRS_NAME("key_gradient", "f16", "256"), OPTIRS_NAME("value_gradient", "f16", "256")}}};
    const AttentionScores& s = arguments.scores;
    const size_t type = element == Element::kBF16 ? 0 : 1;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const auto map = [&](const MappedTensor& tensor) { return tensorMapOf(tensor, hopperPassing(width)); };
    AttentionHopperBackwardArguments given = {.q = map(queriesOf(element, s, s.q)),
                                              .k = map(columnsOf(element, s, s.k)),
                                              .v = map(columnsOf(element, s, s.v)),
                                              .dout = map(queriesOf(element, s, arguments.dout)),
                                              .attention = arguments,
                                              .value_gradient = gradients.v};
    const auto launch = [&](const char* name, int64_t blocks) {
        launchKernel(
            queue, {"attention_backward_hopper", name}, blocks, &given,
            {.threads = kHopperThreads, .shared_bytes = static_cast<unsigned>(hopperGradientBytes(width))});
    };
    attentionMeans(queue, element, arguments);
    given.attention.gradient = gradients.q;
    launch(kQuery[type][index], partCount(s.q_starts, s.rows, s.batches, kHopperRows) * s.heads);
    given.attention.gradient = gradients.k;
    for (const char* name : kColumns[type][index]) {
        if (name != nullptr) {
            launch(name, partCount(s.kv_starts, s.columns, s.batches, kHopperRows) * s.kv_heads);
        }
    }
}

}  // namespace optirs::cuda
