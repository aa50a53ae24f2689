#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// JIT-compiled comparator: nonzero when the left row comes before the right one. `elements` = {lhs of
/// operand 0, rhs of operand 0, lhs of operand 1, ...}, as the block arguments of stablehlo.sort; `captured`
/// = SortSpec::captured_allocations.
using SortComparator = uint8_t (*)(const std::byte* const* elements, std::byte* const* captured);

/// stablehlo.sort over dense row-major operands of one shape; always stable.
struct SortSpec {
    struct Operand {
        int32_t in_allocation = -1;
        int32_t out_allocation = -1;  ///< may be the same memory as the input
        int64_t element_bytes = 4;
    };
    std::vector<Operand> operands;
    std::vector<int64_t> shape;
    int64_t dimension = 0;
    SortComparator comparator = nullptr;
    std::vector<int32_t> captured_allocations;
};

/// Throws INVALID_ARGUMENT on a spec that is no sort.
std::unique_ptr<Step> makeSortStep(const SortSpec& spec);

}  // namespace optirs::plugin
