#include "src/cuda/tensor_map.h"

#include <algorithm>

#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

constexpr int64_t kPanelBytes = 128;
constexpr int64_t kAlignment = 16;
constexpr int64_t kLargestStride = int64_t{1} << 40;  // bytes
constexpr int64_t kLargestExtent = int64_t{1} << 31;  // indices are of 32 bits

}  // namespace

bool hasTensorMaps() { return libraries().driver.api.tensorMapEncodeTiled != nullptr; }

bool isMappable(const MappedTensor& tensor) {
    bool is_mappable = reinterpret_cast<uintptr_t>(tensor.data) % kAlignment == 0 &&
                       std::ranges::min(tensor.extents) > 0 &&
                       std::ranges::max(tensor.extents) < kLargestExtent;
    for (size_t i = 0; i < tensor.strides.size(); ++i) {
        const int64_t bytes = tensor.strides[i] * tensor.bytes;
        is_mappable &=
            tensor.extents[i + 1] == 1 || (bytes > 0 && bytes < kLargestStride && bytes % kAlignment == 0);
    }
    return is_mappable;
}

CUtensorMap tensorMapOf(const MappedTensor& tensor, int rows) {
    uint64_t extents[4];
    uint64_t strides[3];
    std::ranges::copy(tensor.extents, extents);
    const int64_t row_bytes = (tensor.extents[0] * tensor.bytes + kAlignment - 1) / kAlignment * kAlignment;
    for (size_t i = 0; i < tensor.strides.size(); ++i) {
        strides[i] =
            static_cast<uint64_t>(tensor.extents[i + 1] == 1 ? row_bytes : tensor.strides[i] * tensor.bytes);
    }
    const uint32_t box[4] = {static_cast<uint32_t>(kPanelBytes / tensor.bytes), static_cast<uint32_t>(rows),
                             1, 1};
    constexpr uint32_t kSteps[4] = {1, 1, 1, 1};
    CUtensorMap map;
    checkDriver(libraries().driver.api.tensorMapEncodeTiled(
                    &map, tensor.type, 4, tensor.data, extents, strides, box, kSteps,
                    CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                    CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
                "cuTensorMapEncodeTiled");
    return map;
}

}  // namespace optirs::cuda
