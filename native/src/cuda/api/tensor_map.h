// Tensor maps of the CUDA driver API: how Hopper's copy unit (TMA) finds the elements of a tensor. Kernels
// take them by value.
#pragma once

#include <cstdint>

namespace optirs::cuda {

/// Its content is the driver's.
struct alignas(64) CUtensorMap {
    uint64_t opaque[16];
};

enum : int32_t {
    CU_TENSOR_MAP_DATA_TYPE_UINT8 = 0,
    CU_TENSOR_MAP_DATA_TYPE_FLOAT16 = 6,
    CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 = 9,
    CU_TENSOR_MAP_INTERLEAVE_NONE = 0,
    CU_TENSOR_MAP_SWIZZLE_128B = 3,
    CU_TENSOR_MAP_L2_PROMOTION_L2_256B = 3,
    CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0,  // zeros
};

}  // namespace optirs::cuda
