// Operands of products as f32, as oneDNN takes them.
#pragma once

#include <optirs/kernel_matmul.h>

#include "src/cpu/rows.h"

namespace optirs::cpu {

/// Bytes of workspace that a matrix of so many elements takes as f32.
inline uint64_t workspaceBytes(int64_t elements) {
    constexpr int64_t kAlignment = 64;
    return static_cast<uint64_t>((elements * 4 + kAlignment - 1) / kAlignment * kAlignment);
}

/// As above, for a tensor that is used in place if it is f32.
inline uint64_t wideBytes(const optirs_dl_tensor& tensor) {
    return elementOf(tensor.dtype) == Element::kF32 ? 0 : workspaceBytes(elementCount(tensor));
}

/// All elements of a tensor as f32: in place, or decoded into the workspace.
inline const float* widenAll(const optirs_dl_tensor& tensor, char* workspace, ThreadPool& pool) {
    const Element type = elementOf(tensor.dtype);
    if (type == Element::kF32) {
        return dataOf<float>(tensor);
    }
    auto* to = reinterpret_cast<float*>(workspace);
    const char* from = dataOf<char>(tensor);
    pool.parallelFor(elementCount(tensor), 16384, [&](int64_t begin, int64_t end) {
        convert(type, from + begin * byteSize(type), 1.0F, Element::kF32, to + begin, end - begin);
    });
    return to;
}

}  // namespace optirs::cpu
