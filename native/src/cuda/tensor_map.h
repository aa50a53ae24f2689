// Tensor maps, through which Hopper's kernels fetch their operands by TMA.
#pragma once

#include <array>
#include <cstdint>

#include "src/cuda/api/tensor_map.h"

namespace optirs::cuda {

/// A tensor of four dimensions, fastest first, whose elements lie side by side.
struct MappedTensor {
    void* data;
    int32_t type;   // CU_TENSOR_MAP_DATA_TYPE_*
    int64_t bytes;  // of an element
    std::array<int64_t, 4> extents;
    std::array<int64_t, 3> strides;  // elements between indices of the other dimensions
};

/// Whether the driver makes maps at all: those of CUDA 12 do.
bool hasTensorMaps();

/// Whether a map of the tensor can be made: it is not empty, and the address and strides are multiples of 16
/// bytes. A stride along which there is nothing to go does not matter.
bool isMappable(const MappedTensor& tensor);

/// For boxes of `rows` rows of 128 bytes, with the swizzle that wgmma reads (kernels/wgmma.cuh); zeros for
/// what is outside of the tensor.
CUtensorMap tensorMapOf(const MappedTensor& tensor, int rows);

}  // namespace optirs::cuda
