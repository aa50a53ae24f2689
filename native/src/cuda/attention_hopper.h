// What the launches of attention's kernels for Hopper share: how operands are read by TMA, and blocks.
#pragma once

#include <algorithm>
#include <array>

#include "src/cuda/attention.h"
#include "src/cuda/kernels/attention_hopper_arguments.h"
#include "src/cuda/tensor_map.h"

namespace optirs::cuda {

// Kernels by type of the operands and width.
using HopperNames = std::array<const char*, 3>;
#define OPTIRS_HOPPER_NAME(pass, type, width) "attention_hopper_" pass "_" type "_" width
#define OPTIRS_HOPPER_NAMES(pass, type)                                           \
    {OPTIRS_HOPPER_NAME(pass, type, "64"), OPTIRS_HOPPER_NAME(pass, type, "128"), \
     OPTIRS_HOPPER_NAME(pass, type, "256")}

/// What operands have rows of: queries, or keys.
struct HeadRows {
    const int32_t* starts;
    const int32_t* lengths;
    int64_t rows;
    int64_t heads;
    int64_t batches;

    int64_t batchesInMemory() const { return starts != nullptr ? 1 : batches; }
};
inline HeadRows queryRows(const AttentionScores& s) {
    return {s.q_starts, s.q_lengths, s.rows, s.heads, s.batches};
}
inline HeadRows columnRows(const AttentionScores& s) {
    return {s.kv_starts, s.kv_lengths, s.columns, s.kv_heads, s.batches};
}

/// The operand where it is; numbers of 16 bits are those of `element`.
inline MappedTensor mapped(Element element, const HeadOperand& operand, const HeadRows& rows) {
    const bool is_bf16 = element == Element::kBF16;
    const auto wide = is_bf16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
    return {.data = operand.data,
            .type = hasCodes(operand) ? CU_TENSOR_MAP_DATA_TYPE_UINT8 : wide,
            .bytes = hasCodes(operand) ? 1 : 2,
            .extents = {operand.width, rows.rows, rows.heads, rows.batchesInMemory()},
            .strides = {operand.row_stride, operand.head_stride, operand.batch_stride}};
}
/// Whether such a map can be made, so that TMA reads the operand where it is.
inline bool isGood(Element element, const HeadOperand& operand, const HeadRows& rows) {
    return operand.is_vector != 0 && isMappable(mapped(element, operand, rows));
}

/// Blocks of a kernel have kHopperRows rows of a head.
template <class Arguments>
void launchHopper(const Queue& queue, const KernelName& kernel, const HeadRows& rows, int shared_bytes,
                  const Arguments& arguments) {
    launchKernel(queue, kernel, partCount(rows.starts, rows.rows, rows.batches, kHopperRows) * rows.heads,
                 &arguments,
                 {.threads = kHopperThreads, .shared_bytes = static_cast<unsigned>(shared_bytes)});
}

/// Whether a call's products can be of 8 bits.
bool isForFloat8(const AttentionCall& call);

}  // namespace optirs::cuda
