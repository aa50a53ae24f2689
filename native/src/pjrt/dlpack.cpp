#include "src/pjrt/dlpack.h"

#include <algorithm>
#include <memory>

#include "src/core/dtype.h"
#include "src/core/text.h"
#include "src/pjrt/creation.h"
#include "src/pjrt/hold.h"

namespace optirs::pjrt {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;

namespace {

/// Where a device's memory is, in DLPack's terms. Throws UNIMPLEMENTED for platforms that DLPack does not
/// know.
optirs_dl_device placeOf(const optirs_pjrt_device& device) {
    const std::string& platform = device.client->platformName();
    if (platform == "cuda") {
        return {OPTIRS_DL_CUDA, std::max(device.local_hardware_id, 0)};
    }
    if (platform == "tpu" || platform == "rocm" || platform == "sycl") {
        throw Error(Code::kUnimplemented,
                    concat("DLPack tensors of the platform '", platform,
                           "' are not supported: copy the data to the host"),
                    platform);
    }
    return {OPTIRS_DL_CPU, 0};
}

/// Throws UNIMPLEMENTED unless elements follow each other in row-major order.
void requireRowMajor(const optirs_pjrt_buffer& buffer) {
    const Ref<optirs_pjrt_layout> layout = buffer.layout();
    const optirs_pjrt_layout_view view = layout->view();
    bool is_row_major = view.kind == OPTIRS_PJRT_LAYOUT_TILED && view.num_tiles == 0;
    for (uint64_t i = 0; is_row_major && i < view.rank; ++i) {
        is_row_major = view.minor_to_major[i] == static_cast<int64_t>(view.rank - 1 - i);
    }
    if (!is_row_major) {
        throw Error(Code::kUnimplemented,
                    "the buffer does not lie in row-major order, which DLPack consumers expect: copy it",
                    buffer.client().platformName());
    }
}

struct LentTensor final {
    LentTensor(Ref<optirs_pjrt_hold> memory, const TensorType& type)
        : hold(std::move(memory)), shape(type.dims), strides(type.dims.size()) {
        int64_t stride = 1;
        for (std::size_t i = shape.size(); i-- > 0;) {
            strides[i] = stride;
            stride *= std::max<int64_t>(shape[i], 1);
        }
        core::countObject(OPTIRS_OBJECT_DL_TENSOR, +1);
    }
    LentTensor(const LentTensor&) = delete;
    LentTensor& operator=(const LentTensor&) = delete;
    ~LentTensor() { core::countObject(OPTIRS_OBJECT_DL_TENSOR, -1); }

    optirs_dl_managed_tensor tensor{};
    Ref<optirs_pjrt_hold> hold;
    std::vector<int64_t> shape;
    std::vector<int64_t> strides;
};

extern "C" void deleteLentTensor(optirs_dl_managed_tensor* tensor) {
    const std::unique_ptr<LentTensor> owner(static_cast<LentTensor*>(tensor->manager_ctx));
}

extern "C" void giveTensorBack(void* /*data*/, void* tensor) {
    optirs_dl_managed_tensor_release(static_cast<optirs_dl_managed_tensor*>(tensor));
}

optirs_pjrt_device& deviceOf(optirs_pjrt_client& client, const optirs_dl_device& place,
                             optirs_pjrt_device* wanted) {
    if (wanted != nullptr) {
        client.requireDevice(wanted);
    }
    for (optirs_pjrt_device* device : client.addressableDevices()) {
        const optirs_dl_device own = placeOf(*device);
        const bool is_here = own.device_type == place.device_type && own.device_id == place.device_id;
        if (is_here && (wanted == nullptr || wanted == device)) {
            return *device;
        }
    }
    throw Error(
        Code::kInvalidArgument,
        concat("the tensor is on device ", place.device_id, " of DLPack type ", place.device_type,
               ", which is not the memory of ",
               wanted == nullptr ? std::string("any device of the client") : concat("device ", wanted->id),
               ": copy it"));
}

}  // namespace

core::ManagedTensor lendTensor(optirs_pjrt_buffer& buffer) {
    const auto held = buffer.require();
    const TensorType& type = held->type();
    const auto dtype = core::toDlpack(type.dtype);
    if (!dtype) {
        throw Error(Code::kUnimplemented,
                    concat(describe(type.dtype, type.dims), " cannot be expressed in DLPack in whole bytes"));
    }
    const optirs_dl_device place = placeOf(*held->device());
    requireRowMajor(buffer);
    auto hold = core::makeObject<optirs_pjrt_hold>(Ref<optirs_pjrt_client>::share(&buffer.client()), held);
    void* const data = hold->data();
    auto lent = std::make_unique<LentTensor>(std::move(hold), type);
    optirs_dl_managed_tensor& tensor = lent->tensor;
    tensor.version = {OPTIRS_DL_MAJOR, OPTIRS_DL_MINOR};
    tensor.deleter = deleteLentTensor;
    tensor.flags = OPTIRS_DL_READ_ONLY;  // programs take the data of a buffer for constant
    tensor.dl_tensor = {.data = data,
                        .device = place,
                        .ndim = static_cast<int32_t>(lent->shape.size()),
                        .dtype = *dtype,
                        .shape = lent->shape.data(),
                        .strides = lent->strides.data(),
                        .byte_offset = 0};
    tensor.manager_ctx = lent.release();
    return core::ManagedTensor(&tensor);
}

void viewTensor(optirs_pjrt_client& client, optirs_dl_managed_tensor& managed, optirs_pjrt_device* device,
                optirs_pjrt_buffer** inout) {
    if (managed.version.major != OPTIRS_DL_MAJOR) {
        throw Error(Code::kInvalidArgument,
                    concat("the tensor is of DLPack ", managed.version.major, ".", managed.version.minor,
                           "; this library reads version ", OPTIRS_DL_MAJOR));
    }
    const optirs_dl_tensor& tensor = managed.dl_tensor;
    if (tensor.ndim < 0 || (tensor.ndim > 0 && tensor.shape == nullptr)) {
        throw Error(Code::kInvalidArgument,
                    concat("the tensor has ", tensor.ndim, " dimensions and no shape"));
    }
    const optirs_dtype dtype = core::fromDlpack(tensor.dtype);
    if (dtype == OPTIRS_DTYPE_INVALID) {
        throw Error(Code::kUnimplemented, concat("DLPack element type code ", tensor.dtype.code, " of ",
                                                 tensor.dtype.bits, " bits has no counterpart here"));
    }
    const std::span<const int64_t> dims(tensor.shape, static_cast<std::size_t>(tensor.ndim));
    if (!core::isDense(dims, tensor.strides)) {
        throw Error(Code::kInvalidArgument,
                    concat(describe(dtype, dims), " does not lie in row-major order: copy it"));
    }
    optirs_pjrt_array array{};
    array.struct_size = sizeof array;
    array.dims = dims.data();
    array.rank = tensor.ndim;
    array.dtype = dtype;
    array.device = &deviceOf(client, tensor.device, device);
    auto* const data = static_cast<std::byte*>(tensor.data) + tensor.byte_offset;
    view(client, {client, array}, {data, 0, giveTensorBack, &managed}, inout);
}

}  // namespace optirs::pjrt
