// Attention's kernels for Hopper: when they are chosen, and the tensor maps that they read through.
#include <algorithm>
#include <array>

#include "src/cuda/attention_decode.h"
#include "src/cuda/context.h"
#include "src/cuda/kernels/attention_hopper_arguments.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

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

constexpr int kBytes = 2;  // of an element
constexpr int64_t kLargestStride = (int64_t{1} << 40) / kBytes;

/// Extents and strides of an operand, fastest first, in elements.
struct Dimensions {
    std::array<int64_t, 4> extents;
    std::array<int64_t, 3> strides;
};

Dimensions dimensionsOf(const HeadOperand& operand, int64_t rows, int64_t heads, int64_t batches) {
    return {{operand.width, rows, heads, batches},
            {operand.row_stride, operand.head_stride, operand.batch_stride}};
}
Dimensions queriesOf(const AttentionScores& scores, const HeadOperand& operand) {
    return dimensionsOf(operand, scores.rows, scores.heads, batchesInMemory(scores, scores.q_starts));
}
Dimensions columnsOf(const AttentionScores& scores, const HeadOperand& operand) {
    return dimensionsOf(operand, scores.columns, scores.kv_heads, batchesInMemory(scores, scores.kv_starts));
}

/// Whether a tensor map can be made; a stride along which there is nothing to go does not matter.
bool isMappable(const HeadOperand& operand, const Dimensions& d) {
    bool is_mappable = operand.is_vector != 0 && std::ranges::min(d.extents) > 0;
    for (size_t i = 0; i < d.strides.size(); ++i) {
        is_mappable &= d.extents[i + 1] == 1 || (d.strides[i] > 0 && d.strides[i] < kLargestStride);
    }
    return is_mappable;
}

CUtensorMap mapOf(Element element, const HeadOperand& operand, const Dimensions& d, int tile_rows) {
    uint64_t extents[4];
    uint64_t strides[3];
    std::ranges::copy(d.extents, extents);
    for (size_t i = 0; i < d.strides.size(); ++i) {
        strides[i] = static_cast<uint64_t>(d.extents[i + 1] == 1 ? operand.width : d.strides[i]) * kBytes;
    }
    const uint32_t box[4] = {kHopperPanel, static_cast<uint32_t>(tile_rows), 1, 1};
    constexpr uint32_t kSteps[4] = {1, 1, 1, 1};
    CUtensorMap map;
    checkDriver(
        libraries().driver.api.tensorMapEncodeTiled(
            &map,
            element == Element::kBF16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 4,
            operand.data, extents, strides, box, kSteps, CU_TENSOR_MAP_INTERLEAVE_NONE,
            CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
            CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
        "cuTensorMapEncodeTiled");
    return map;
}

}  // namespace

bool isForHopper(const AttentionCall& call, int32_t capability) {
    const AttentionCall decoded = decodedForm(call, nullptr);
    const AttentionScores& s = decoded.scores;
    const bool is_mappable = isMappable(s.q, queriesOf(s, s.q)) && isMappable(s.k, columnsOf(s, s.k)) &&
                             isMappable(s.v, columnsOf(s, s.v)) &&
                             (!call.is_backward || isMappable(decoded.dout, queriesOf(s, decoded.dout)));
    return capability == kHopper && libraries().driver.api.tensorMapEncodeTiled != nullptr &&
           fusedObstacle(call).empty() && is_mappable && std::max(s.q.width, s.v.width) <= kAttentionSlice;
}

void attentionForwardHopper(const Queue& queue, Element element, const AttentionArguments& arguments) {
    static constexpr Names kForward = OPTIRS_NAMES("forward");
    const AttentionScores& s = arguments.scores;
    const size_t index = attentionWidthIndex(s);
    const int width = kAttentionWidths[index];
    const int columns = hopperColumns(width);
    const AttentionHopperArguments given = {.q = mapOf(element, s.q, queriesOf(s, s.q), kHopperRows),
                                            .k = mapOf(element, s.k, columnsOf(s, s.k), columns),
                                            .v = mapOf(element, s.v, columnsOf(s, s.v), columns),
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
    const auto map = [&](const HeadOperand& operand, const Dimensions& dimensions) {
        return mapOf(element, operand, dimensions, hopperPassing(width));
    };
    AttentionHopperBackwardArguments given = {.q = map(s.q, queriesOf(s, s.q)),
                                              .k = map(s.k, columnsOf(s, s.k)),
                                              .v = map(s.v, columnsOf(s, s.v)),
                                              .dout = map(arguments.dout, queriesOf(s, arguments.dout)),
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
