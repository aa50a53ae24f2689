// Exchange of tensors with other libraries.
#pragma once

#include <optirs/buffer.h>

#include <span>

#include "src/core/buffer.h"

namespace optirs::core {

/// Memory that a tensor may share, and the object that keeps it alive.
struct TensorMemory {
    Ref<const Object> owner;
    std::byte* data;
    uint64_t size;
    optirs_dl_device device;
    uint64_t flags;  // OPTIRS_DL_*
};
TensorMemory tensorMemory(const optirs_buffer& buffer);

/// A dense row-major tensor that shares the memory and keeps it alive.
ManagedTensor exportTensor(const TensorMemory& memory, uint64_t byte_offset, optirs_dtype dtype,
                           std::span<const int64_t> dims);

/// What an imported tensor is, wherever it is.
struct TensorFacts {
    optirs_dtype dtype;
    std::span<const int64_t> dims;
    uint64_t bytes;  // of its elements
};
/// Throws INVALID_ARGUMENT for another major version or a malformed shape, UNIMPLEMENTED for element types
/// without a counterpart.
TensorFacts readTensor(const optirs_dl_managed_tensor& managed);

/// Whether elements with these strides, NULL for the usual ones, follow each other in row-major order.
bool isDense(std::span<const int64_t> dims, const int64_t* strides);

/// Shares the memory of the tensor where it is dense and aligned, copies it otherwise. Takes the tensor over
/// on success only.
Ref<optirs_buffer> importTensor(optirs_dl_managed_tensor* tensor, uint64_t alignment,
                                optirs_dlpack_view& view);

}  // namespace optirs::core
