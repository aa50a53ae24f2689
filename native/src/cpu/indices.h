// Tensors of indices, s32 or s64.
#pragma once

#include <string>

#include "src/cpu/kernel_error.h"
#include "src/cpu/tensor.h"

namespace optirs::cpu {

inline int64_t indexAt(const optirs_dl_tensor& indices, int64_t i) {
    return indices.dtype.bits == 64 ? dataOf<int64_t>(indices)[i] : int64_t{dataOf<int32_t>(indices)[i]};
}

/// Throws OUT_OF_RANGE unless all are at least 0 and below the limit.
inline void checkIndices(const char* name, const optirs_dl_tensor& indices, int64_t limit) {
    const int64_t count = elementCount(indices);
    for (int64_t i = 0; i < count; ++i) {
        const int64_t index = indexAt(indices, i);
        if (index < 0 || index >= limit) {
            throw KernelError(OPTIRS_OUT_OF_RANGE,
                              std::string(name) + "[" + std::to_string(i) + "] is " + std::to_string(index) +
                                  "; it must be at least 0 and below " + std::to_string(limit));
        }
    }
}

}  // namespace optirs::cpu
