// Attention's kernels for Hopper: when they are chosen, and the tensor maps that they read through.
#include <algorithm>
#include <array>

#include "src/cuda/attention_decode.h"
#include "src/cuda/context.h"
#include "src/cuda/kernels/attention_hopper_arguments.h"
#include "src/cuda/tensor_map.h"

namespace optirs::cuda {
namespace {

// Kernels by type of the operands and width.
using Names = std::array<const char*, 3>;
#define OPTIRS_NAME(pass, type, width) "attention_hopper_" pass "_" type "_" width
#define OPTIRS_NAMES(pass, type) \
    {OPTIRS_NAME(pass, type, "64"), OPTIRS_NAME(pass, type, "128"), OPTIRS_NAME(pass, type, "256")}

constexpr uint64_t kMapAlignment = 16;

int64_t ceilDiv(int64_t count, int64_t unit) { return (count + unit - 1) / unit; }

MappedTensor tensorOf(Element element, const HeadOperand& operand, int64_t rows, int64_t heads,
                      int64_t batches) {
    const bool is_bf16 = element == Element::kBF16;
    const auto wide = is_bf16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
    return {.data = operand.data,
            .type = hasCodes(operand) ? CU_TENSOR_MAP_DATA_TYPE_UINT8 : wide,
            .bytes = hasCodes(operand) ? 1 : 2,
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

/// Whether a map of the tensor can be made, so that TMA reads the operand where it is.
bool isGood(const HeadOperand& operand, const MappedTensor& tensor) {
    return operand.is_vector != 0 && isMappable(tensor);
}

/// Blocks of a kernel for each head have kHopperRows of these rows or columns.
struct Blocks {
    const int32_t* starts;
    int64_t rows;
    int64_t heads;
};

template <class Arguments>
void launchHopper(const Queue& queue, const KernelName& kernel, const Blocks& blocks, int64_t batches,
                  int shared_bytes, const Arguments& arguments) {
    launchKernel(queue, kernel, partCount(blocks.starts, blocks.rows, batches, kHopperRows) * blocks.heads,
                 &arguments,
                 {.threads = kHopperThreads, .shared_bytes = static_cast<unsigned>(shared_bytes)});
}

void launchForward(const Queue& queue, const Names& names, int element_bytes,
                   const AttentionHopperArguments& arguments) {
    const AttentionScores& s = arguments.attention.scores;
    const size_t index = attentionWidthIndex(s);
    launchHopper(queue, {"attention_forward_hopper", names[index]}, {s.q_starts, s.rows, s.heads}, s.batches,
                 hopperBytes(kAttentionWidths[index], element_bytes), arguments);
}

/// 8-bit values on their side (AttentionTransposeArguments): a row for each of the width.
HeadOperand transposedValues(const AttentionScores& s, void* workspace) {
    const int64_t tiles = s.kv_starts == nullptr ? ceilDiv(s.columns, kHopperTransposed)
                                                 : s.columns / kHopperTransposed + s.batches;
    const int64_t columns = tiles * kHopperTransposed;
    HeadOperand values = s.v;
    const uintptr_t address = reinterpret_cast<uintptr_t>(workspace) + kMapAlignment - 1;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): without a workspace only the form is wanted
    values.data = reinterpret_cast<void*>(address / kMapAlignment * kMapAlignment);
    values.row_stride = columns;
    values.head_stride = s.v.width * values.row_stride;
    values.batch_stride = s.kv_heads * values.head_stride;
    return values;
}
MappedTensor mapped(const AttentionScores& s, const HeadOperand& transposed) {
    return {.data = transposed.data,
            .type = CU_TENSOR_MAP_DATA_TYPE_UINT8,
            .bytes = 1,
            .extents = {transposed.row_stride, transposed.width, s.kv_heads, batchesInMemory(s, s.kv_starts)},
            .strides = {transposed.row_stride, transposed.head_stride, transposed.batch_stride}};
}

bool isForFloat8(const AttentionCall& call) {
    const AttentionScores& s = call.scores;
    return !call.is_backward && hasCodes(s.q) && s.k.storage == s.q.storage && s.v.storage == s.q.storage &&
           std::max(s.q.width, s.v.width) <= kHopperFloat8Widest &&
           isGood(s.q, queriesOf(call.element, s, s.q)) && isGood(s.k, columnsOf(call.element, s, s.k)) &&
           isMappable(mapped(s, transposedValues(s, nullptr)));
}

bool isForWide(const AttentionCall& call) {
    const AttentionCall decoded = decodedForm(call, nullptr);
    const AttentionScores& s = decoded.scores;
    const auto is_query = [&](const HeadOperand& operand) {
        return isGood(operand, queriesOf(call.element, s, operand));
    };
    const auto is_column = [&](const HeadOperand& operand) {
        return isGood(operand, columnsOf(call.element, s, operand));
    };
    return is_query(s.q) && is_column(s.k) && is_column(s.v) &&
           (!call.is_backward || is_query(decoded.dout)) && std::max(s.q.width, s.v.width) <= kAttentionSlice;
}

}  // namespace

AttentionKernels ownKernels(const AttentionCall& call, int32_t capability) {
    if (capability != kHopper || !hasTensorMaps() || !fusedObstacle(call).empty()) {
        return AttentionKernels::kAnywhere;
    }
    if (isForFloat8(call)) {
        return AttentionKernels::kHopper8;
    }
    return isForWide(call) ? AttentionKernels::kHopper16 : AttentionKernels::kAnywhere;
}

void attentionForwardHopper(const Queue& queue, Element element, const AttentionArguments& arguments) {
    static constexpr Names kNames[2] = {OPTIRS_NAMES("forward", "bf16"), OPTIRS_NAMES("forward", "f16")};
    const AttentionScores& s = arguments.scores;
    const int columns = hopperColumns(kAttentionWidths[attentionWidthIndex(s)]);
    launchForward(queue, kNames[element == Element::kBF16 ? 0 : 1], 2,
                  {.q = tensorMapOf(queriesOf(element, s, s.q), kHopperRows),
                   .k = tensorMapOf(columnsOf(element, s, s.k), columns),
                   .v = tensorMapOf(columnsOf(element, s, s.v), columns),
                   .attention = arguments,
                   .is_bf16 = 0});
}

uint64_t transposedBytes(const AttentionScores& scores) {
    return static_cast<uint64_t>(batchesInMemory(scores, scores.kv_starts) *
                                 transposedValues(scores, nullptr).batch_stride) +
           kMapAlignment;
}

void attentionForwardFloat8(const Queue& queue, Element element, const AttentionArguments& arguments,
                            void* workspace) {
    static constexpr Names kNames[2] = {
        {OPTIRS_NAME("forward", "e4m3", "64"), OPTIRS_NAME("forward", "e4m3", "128")},
        {OPTIRS_NAME("forward", "e5m2", "64"), OPTIRS_NAME("forward", "e5m2", "128")}};
    const AttentionScores& s = arguments.scores;
    const AttentionTransposeArguments values = {.scores = s, .to = transposedValues(s, workspace)};
    launchKernel(queue, {"attention_transpose_hopper", "attention_transpose"},
                 partCount(s.kv_starts, s.columns, s.batches, kHopperTransposed) * s.kv_heads, &values);
    const int width = kAttentionWidths[attentionWidthIndex(s)];
    launchForward(queue, kNames[s.q.storage == Storage::kE4M3 ? 0 : 1], 1,
                  {.q = tensorMapOf(queriesOf(element, s, s.q), kHopperRows),
                   .k = tensorMapOf(columnsOf(element, s, s.k), hopperColumns(width)),
                   .v = tensorMapOf(mapped(s, values.to), width),
                   .attention = arguments,
                   .is_bf16 = element == Element::kBF16 ? 1 : 0});
}

void attentionBackwardHopper(const Queue& queue, Element element, AttentionBackwardArguments arguments,
                             const AttentionGradients& gradients) {
    // Of each type, by width. Of 256 columns the gradients of k and v are two kernels.
    static constexpr Names kQuery[2] = {OPTIRS_NAMES("query_gradient", "bf16"),
                                        OPTIRS_NAMES("query_gradient", "f16")};
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
    const auto launch = [&](const char* name, const Blocks& blocks) {
        launchHopper(queue, {"attention_backward_hopper", name}, blocks, s.batches,
                     hopperGradientBytes(width), given);
    };
    attentionMeans(queue, element, arguments);
    given.attention.gradient = gradients.q;
    launch(kQuery[type][index], {s.q_starts, s.rows, s.heads});
    given.attention.gradient = gradients.k;
    for (const char* name : kColumns[type][index]) {
        if (name != nullptr) {
            launch(name, {s.kv_starts, s.columns, s.kv_heads});
        }
    }
}

}  // namespace optirs::cuda
