#include "src/core/dlpack.h"

#include <cstring>
#include <string>

#include "src/core/dtype.h"
#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

std::string shapeText(std::span<const int64_t> dims) {
    std::string text = "[";
    for (size_t i = 0; i < dims.size(); ++i) {
        text += concat(i == 0 ? "" : ",", dims[i]);
    }
    return text + "]";
}

/// Bytes of a dense tensor; throws INVALID_ARGUMENT if a dimension is negative or the product does not fit.
uint64_t denseBytes(std::span<const int64_t> dims, uint64_t element_size) {
    uint64_t bytes = element_size;
    bool is_empty = false;
    for (const int64_t dim : dims) {
        if (dim < 0) {
            throw Error(Code::kInvalidArgument,
                        concat("shape ", shapeText(dims), " has the negative dimension ", dim));
        }
        is_empty |= dim == 0;
        if (dim != 0 && __builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes)) {
            throw Error(Code::kInvalidArgument,
                        concat("shape ", shapeText(dims), " has more than 2^64 bytes"));
        }
    }
    return is_empty ? 0 : bytes;
}

/// What the deleter of an exported tensor frees: the struct, the shape it points at, and a reference to the
/// memory.
struct ExportedTensor final {
    ExportedTensor(Ref<const Object> memory, std::span<const int64_t> dims)
        : owner(std::move(memory)), shape(dims.begin(), dims.end()), strides(dims.size()) {
        int64_t stride = 1;
        for (size_t i = dims.size(); i-- > 0;) {
            strides[i] = stride;
            stride *= std::max<int64_t>(dims[i], 1);
        }
        countObject(OPTIRS_OBJECT_DL_TENSOR, +1);
    }
    ExportedTensor(const ExportedTensor&) = delete;
    ExportedTensor& operator=(const ExportedTensor&) = delete;
    ~ExportedTensor() { countObject(OPTIRS_OBJECT_DL_TENSOR, -1); }

    optirs_dl_managed_tensor tensor{};
    Ref<const Object> owner;
    std::vector<int64_t> shape;
    std::vector<int64_t> strides;
};

extern "C" void deleteExportedTensor(optirs_dl_managed_tensor* tensor) {
    const std::unique_ptr<ExportedTensor> owner(static_cast<ExportedTensor*>(tensor->manager_ctx));
}

/// Writes the elements of a strided tensor to `target` in row-major order.
void copyDense(std::span<const int64_t> dims, const int64_t* strides, const std::byte* source,
               uint64_t element_size, std::byte* target) {
    const size_t rank = dims.size();
    std::vector<int64_t> index(rank, 0);
    while (true) {
        int64_t offset = 0;
        for (size_t i = 0; i < rank; ++i) {
            offset += index[i] * strides[i];
        }
        std::memcpy(target, source + offset * static_cast<int64_t>(element_size), element_size);
        target += element_size;
        size_t axis = rank;
        while (axis > 0 && ++index[axis - 1] == dims[axis - 1]) {
            index[--axis] = 0;
        }
        if (axis == 0) {
            return;
        }
    }
}

/// Throws unless the host can read the tensor and the alignment is one.
void checkHostTensor(const optirs_dl_tensor& tensor, uint64_t alignment) {
    if (tensor.device.device_type != OPTIRS_DL_CPU && tensor.device.device_type != OPTIRS_DL_CUDA_HOST) {
        throw Error(Code::kInvalidArgument, concat("the tensor is on a device of DLPack type ",
                                                   tensor.device.device_type, "; copy it to the host first"));
    }
    if ((alignment & (alignment - 1)) != 0 || alignment > OPTIRS_BUFFER_ALIGNMENT) {
        throw Error(Code::kInvalidArgument,
                    concat("alignment is ", alignment, "; it must be 0 or a power of two up to ",
                           OPTIRS_BUFFER_ALIGNMENT));
    }
}

}  // namespace

bool isDense(std::span<const int64_t> dims, const int64_t* strides) {
    if (strides == nullptr) {
        return true;
    }
    int64_t expected = 1;
    for (size_t i = dims.size(); i-- > 0;) {
        if (dims[i] != 1 && strides[i] != expected) {
            return false;
        }
        expected *= dims[i];
    }
    return true;
}

void ReleaseTensor::operator()(optirs_dl_managed_tensor* tensor) const noexcept {
    if (tensor->deleter != nullptr) {
        tensor->deleter(tensor);
    }
}

TensorMemory tensorMemory(const optirs_buffer& buffer) {
    return {.owner = Ref<const Object>::share(&buffer),
            .data = buffer.data(),
            .size = buffer.size(),
            .device = {OPTIRS_DL_CPU, 0},
            .flags = buffer.isReadOnly() ? uint64_t{OPTIRS_DL_READ_ONLY} : 0};
}

ManagedTensor exportTensor(const TensorMemory& memory, uint64_t byte_offset, optirs_dtype dtype,
                           std::span<const int64_t> dims) {
    const auto type = toDlpack(dtype);
    if (!type) {
        const DTypeFacts* facts = findDType(dtype);
        throw Error(Code::kInvalidArgument,
                    concat("element type ", facts != nullptr ? facts->name : "invalid", " (", dtype,
                           ") cannot be expressed in DLPack in whole bytes"));
    }
    const uint64_t element_size = type->bits / 8u;
    const uint64_t bytes = denseBytes(dims, element_size);
    if (byte_offset % element_size != 0) {
        throw Error(Code::kInvalidArgument, concat("byte_offset is ", byte_offset,
                                                   ", not a multiple of the element size ", element_size));
    }
    if (byte_offset > memory.size || bytes > memory.size - byte_offset) {
        throw Error(Code::kOutOfRange, concat("a tensor of shape ", shapeText(dims), " and type ",
                                              findDType(dtype)->name, " at byte ", byte_offset, " needs ",
                                              bytes, " bytes; the buffer has ", memory.size));
    }
    auto exported = std::make_unique<ExportedTensor>(memory.owner, dims);
    optirs_dl_managed_tensor& tensor = exported->tensor;
    tensor.version = {OPTIRS_DL_MAJOR, OPTIRS_DL_MINOR};
    tensor.deleter = deleteExportedTensor;
    tensor.flags = memory.flags;
    tensor.dl_tensor = {.data = memory.data,
                        .device = memory.device,
                        .ndim = static_cast<int32_t>(dims.size()),
                        .dtype = *type,
                        .shape = exported->shape.data(),
                        .strides = exported->strides.data(),
                        .byte_offset = byte_offset};
    tensor.manager_ctx = exported.release();
    return ManagedTensor(&tensor);
}

TensorFacts readTensor(const optirs_dl_managed_tensor& managed) {
    if (managed.version.major != OPTIRS_DL_MAJOR) {
        throw Error(Code::kInvalidArgument,
                    concat("the tensor is of DLPack ", managed.version.major, ".", managed.version.minor,
                           "; this library reads version ", OPTIRS_DL_MAJOR));
    }
    const optirs_dl_tensor& tensor = managed.dl_tensor;
    if (tensor.ndim < 0 || (tensor.ndim > 0 && tensor.shape == nullptr)) {
        throw Error(Code::kInvalidArgument, concat("the tensor has ", tensor.ndim, " dimensions",
                                                   tensor.ndim > 0 ? " but no shape" : ""));
    }
    const optirs_dtype dtype = fromDlpack(tensor.dtype);
    if (dtype == OPTIRS_DTYPE_INVALID) {
        throw Error(Code::kUnimplemented,
                    concat("DLPack element type code ", tensor.dtype.code, " of ", tensor.dtype.bits,
                           " bits and ", tensor.dtype.lanes, " lanes has no counterpart here"));
    }
    const std::span<const int64_t> dims(tensor.shape, static_cast<size_t>(tensor.ndim));
    return {dtype, dims, denseBytes(dims, tensor.dtype.bits / 8u)};
}

Ref<optirs_buffer> importTensor(optirs_dl_managed_tensor* managed, uint64_t alignment,
                                optirs_dlpack_view& view) {
    const auto [dtype, dims, bytes] = readTensor(*managed);
    const optirs_dl_tensor& tensor = managed->dl_tensor;
    checkHostTensor(tensor, alignment);
    const uint64_t element_size = tensor.dtype.bits / 8u;
    auto* first = static_cast<std::byte*>(tensor.data) + tensor.byte_offset;
    // Complex elements are pairs, aligned as their halves are.
    const uint64_t natural = tensor.dtype.code == OPTIRS_DL_COMPLEX ? element_size / 2 : element_size;
    const uint64_t wanted = alignment == 0 ? natural : alignment;
    const bool is_aligned = reinterpret_cast<uintptr_t>(first) % wanted == 0;
    const bool is_shared = bytes != 0 && is_aligned && isDense(dims, tensor.strides);

    Ref<optirs_buffer> buffer =
        is_shared ? makeObject<optirs_buffer>(first, bytes, (managed->flags & OPTIRS_DL_READ_ONLY) != 0)
                  : createBuffer(bytes);
    buffer->dims().assign(dims.begin(), dims.end());
    view = {buffer->dims().data(), tensor.ndim, dtype, static_cast<uint8_t>(is_shared ? 0 : 1), {}};
    if (is_shared) {
        buffer->keepProducer(ManagedTensor(managed));
        return buffer;
    }
    if (bytes != 0 && isDense(dims, tensor.strides)) {
        std::memcpy(buffer->data(), first, bytes);
    } else if (bytes != 0) {
        copyDense(dims, tensor.strides, first, element_size, buffer->data());
    }
    const ManagedTensor consumed(managed);  // only now: a failure leaves the tensor with the caller
    return buffer;
}

}  // namespace optirs::core
