#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// A result of which only a part is there: its memory, and where its sizes are in the list of all of them.
struct PackedResult {
    int32_t allocation = -1;
    TensorType type;
    /// By dimension; -1 where it is whole.
    std::vector<int32_t> sizes;
};

/// Moves what is there of results together: row-major in its own sizes, from the beginning of the memory.
std::unique_ptr<Step> makePackStep(std::vector<PackedResult> results, int32_t sizes_allocation);

}  // namespace optirs::plugin
