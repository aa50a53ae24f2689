#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pjrt_cpu/ir/element_type.h"

namespace optirs {
class ThreadPool;
}

namespace optirs::plugin {

/// A copy between two strided layouts of the same index space, converting between floating-point types on the
/// way.
struct StridedCopy {
    struct Dim {
        int64_t size = 1;
        int64_t from_stride = 0;  ///< in elements
        int64_t to_stride = 0;
    };
    std::vector<Dim> dims;
    ElementType from{};
    ElementType to{};
};

/// Orders and merges the dims for copying; call once, when the plan is made.
StridedCopy normalized(StridedCopy copy);

/// Copies in parallel. Types: equal ones of 1, 2, 4, 8 or 16 bytes, or any two of f32, bf16, f16.
void run(const StridedCopy& copy, const std::byte* from, std::byte* to, ThreadPool& pool);

}  // namespace optirs::plugin
