#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// An array of which only a part may be there. Packed, that lies together, row-major in its own sizes, from
/// the beginning of the memory; else where it is in the whole.
struct SizedArray {
    int32_t packed = -1;  ///< the allocation of the first form
    int32_t spread = -1;  ///< and of the second
    TensorType type;      ///< of the whole
    /// By dimension: where its size is in the list of sizes; -1 where it is whole.
    std::vector<int32_t> sizes;
};

/// Results, in one memory, move together.
std::unique_ptr<Step> makePackStep(std::vector<SizedArray> arrays, int32_t sizes_allocation);
/// Arguments are copied to where they are in the whole, between zeros.
std::unique_ptr<Step> makeUnpackStep(std::vector<SizedArray> arrays, int32_t sizes_allocation);

}  // namespace optirs::plugin
