// Reading tensors that have been checked.
#pragma once

#include <optirs/dlpack.h>

#include <cstdint>

namespace optirs::cpu {

template <class T>
T* dataOf(const optirs_dl_tensor& tensor) {
    return reinterpret_cast<T*>(static_cast<char*>(tensor.data) + tensor.byte_offset);
}

inline int64_t elementCount(const optirs_dl_tensor& tensor) {
    int64_t count = 1;
    for (int32_t i = 0; i < tensor.ndim; ++i) {
        count *= tensor.shape[i];
    }
    return count;
}

}  // namespace optirs::cpu
