#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// out[b, m, n] = alpha * sum_k lhs[b, m, k] * rhs[b, k, n], with any number of dimensions of each kind and
/// any strides: transposes, slices, reshapes and broadcasts of the operands and of the result are strides,
/// not copies.
struct ContractionSpec {
    enum class Kind : uint8_t { kBatch, kM, kN, kK };
    struct Dim {
        int64_t size = 1;
        Kind kind = Kind::kBatch;
        /// In elements. kM has no rhs stride, kN no lhs stride, kK no out stride (they are ignored). A stride
        /// of 0 broadcasts an operand; strides of the result address each element once.
        int64_t lhs_stride = 0;
        int64_t rhs_stride = 0;
        int64_t out_stride = 0;
    };

    ElementType lhs{};
    ElementType rhs{};
    ElementType out{};
    std::vector<Dim> dims;
    /// Indices into Program::allocations.
    int32_t lhs_allocation = -1;
    int32_t rhs_allocation = -1;
    int32_t out_allocation = -1;
    /// Of the first element, in elements.
    int64_t lhs_offset = 0;
    int64_t rhs_offset = 0;
    int64_t out_offset = 0;
    float alpha = 1.0F;

    /// Runs on rows of the result while they are in the cache: epilogue(buffers, begin, end) over the rows
    /// [0, batch * m) of the result, in the row-major order of the kBatch dims and then the kM dims as listed
    /// in `dims`. `epilogue_allocations` are the allocations behind `buffers`. It may read and write the
    /// result (its own rows) and anything else that no other row writes.
    KernelFunction epilogue = nullptr;
    std::vector<int32_t> epilogue_allocations;
};

/// A step over oneDNN for f32, bf16 and f16 operands (both of one type, the result of that type or f32; sums
/// are f32). Null for other types: the caller compiles a loop nest. Throws INVALID_ARGUMENT on a spec that is
/// no contraction.
std::unique_ptr<Step> makeContractionStep(const ContractionSpec& spec);

}  // namespace optirs::plugin
