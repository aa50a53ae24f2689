// Tensor maps of the mock driver: what the emulated copies read (emulation/hopper.h).
#include <cstring>

#include "cuda_state.h"
#include "emulation/hopper.h"

using namespace optirs::cuda;
using optirs::mock::Machine;
using optirs::mock::Named;
using optirs::mock::Recorder;

namespace {

constexpr uint64_t kLargestStride = uint64_t{1} << 40;
constexpr uint64_t kLargestExtent = uint64_t{1} << 32;
constexpr uint32_t kLargestBox = 256;
constexpr uint32_t kSwizzleBytes = 128;

}  // namespace

#define REQUIRE(condition) OPTIRS_MOCK_REQUIRE(condition, CUDA_ERROR_INVALID_VALUE)

OPTIRS_MOCK_EXPORT CUresult cuTensorMapEncodeTiled(CUtensorMap* map, int32_t type, uint32_t rank,
                                                   void* address, const uint64_t* extents,
                                                   const uint64_t* strides, const uint32_t* box,
                                                   const uint32_t* steps, int32_t interleave, int32_t swizzle,
                                                   int32_t l2_promotion, int32_t fill) {
    OPTIRS_MOCK_CALL("cuTensorMapEncodeTiled", Named{"type", type}, Named{"rank", rank})
    REQUIRE(reinterpret_cast<uintptr_t>(map) % 64 == 0)
    REQUIRE(type == CU_TENSOR_MAP_DATA_TYPE_UINT8 || type == CU_TENSOR_MAP_DATA_TYPE_FLOAT16 ||
            type == CU_TENSOR_MAP_DATA_TYPE_BFLOAT16)
    const uint32_t bytes = type == CU_TENSOR_MAP_DATA_TYPE_UINT8 ? 1 : 2;
    REQUIRE(rank == 4)  // of 1 to 5, what the emulation knows
    REQUIRE(address != nullptr && reinterpret_cast<uintptr_t>(address) % 16 == 0)
    uint64_t last = 0;  // byte of the tensor
    for (uint32_t d = 0; d < rank; ++d) {
        REQUIRE(extents[d] > 0 && extents[d] <= kLargestExtent)
        REQUIRE(box[d] > 0 && box[d] <= kLargestBox && steps[d] == 1)
        REQUIRE(d == 0 || (strides[d - 1] % 16 == 0 && strides[d - 1] < kLargestStride))
        last += (extents[d] - 1) * (d == 0 ? bytes : strides[d - 1]);
    }
    REQUIRE(interleave == CU_TENSOR_MAP_INTERLEAVE_NONE && swizzle == CU_TENSOR_MAP_SWIZZLE_128B)
    REQUIRE(box[0] * bytes % 16 == 0 && box[0] * bytes <= kSwizzleBytes)
    REQUIRE(l2_promotion >= 0 && l2_promotion <= CU_TENSOR_MAP_L2_PROMOTION_L2_256B)
    REQUIRE(fill == CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE)
    REQUIRE(Machine::instance().isValid(reinterpret_cast<CUdeviceptr>(address), last + bytes, false))
    optirs::emulation::TensorMapContent content{reinterpret_cast<uint64_t>(address), {}, {}, {}, bytes};
    std::memcpy(content.extents, extents, sizeof(content.extents));
    std::memcpy(content.strides, strides, sizeof(content.strides));
    std::memcpy(content.box, box, sizeof(content.box));
    std::memset(map, 0, sizeof(*map));
    std::memcpy(map, &content, sizeof(content));
    return CUDA_SUCCESS;
}
