#include "src/pjrt/array.h"

#include "src/core/dtype.h"
#include "src/core/text.h"
#include "src/pjrt/buffer.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;
using core::Error;

namespace {

std::span<const int64_t> checkedDims(const optirs_pjrt_array& array) {
    if (array.struct_size < sizeof(optirs_pjrt_array)) {
        throw Error(Code::kInvalidArgument, concat("array.struct_size is ", array.struct_size, "; set it to ",
                                                   sizeof(optirs_pjrt_array)));
    }
    if (array.rank < 0 || array.rank > static_cast<int64_t>(kMaxRank) ||
        (array.rank > 0 && array.dims == nullptr)) {
        throw Error(Code::kInvalidArgument,
                    concat("an array of rank ", array.rank,
                           " needs as many extents, of which there may be 0 to ", kMaxRank));
    }
    return {array.dims, static_cast<std::size_t>(array.rank)};
}

}  // namespace

ArrayArgument::ArrayArgument(optirs_pjrt_client& client, const optirs_pjrt_array& array)
    : memory_(array.memory) {
    const std::span<const int64_t> dims = checkedDims(array);
    if (core::findDType(array.dtype) == nullptr) {
        throw Error(Code::kInvalidArgument, concat("dtype ", array.dtype, " is not one of OPTIRS_DTYPE_*"));
    }
    type_ = client.types().intern(array.dtype, dims);
    if (memory_ != nullptr && array.device != nullptr) {
        throw Error(Code::kInvalidArgument, "give a device or a memory, not both");
    }
    if (memory_ != nullptr && !client.requireMemory(*memory_).devices.empty()) {
        place_ = memory_->devices.front();
    } else {
        place_ = &client.requireDevice(array.device);
    }
    if (array.layout != nullptr) {
        layout_ = toPlugin(*array.layout, dims.size());
    }
}

PJRT_Memory* ArrayArgument::requiredMemory() const {
    const optirs_pjrt_memory* memory = memory_ == nullptr ? place_->default_memory : memory_;
    if (memory == nullptr) {
        throw Error(Code::kUnimplemented, concat("the plugin names no memory of device ", place_->id),
                    place_->client->platformName());
    }
    return memory->handle;
}

void ArrayArgument::requireNoPlace(const optirs_pjrt_array& array, std::string_view operation) {
    if (array.device != nullptr || array.memory != nullptr) {
        throw Error(Code::kInvalidArgument, concat(operation, " takes no device and no memory"));
    }
}

}  // namespace optirs::pjrt
