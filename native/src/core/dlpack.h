// Exchange of host tensors with other libraries.
#pragma once

#include <optirs/buffer.h>

#include <span>

#include "src/core/buffer.h"

namespace optirs::core {

/// A dense row-major tensor that shares the memory of `buffer` and keeps it alive.
ManagedTensor exportTensor(optirs_buffer* buffer, uint64_t byte_offset, optirs_dtype dtype,
                           std::span<const int64_t> dims);

/// Whether elements with these strides, NULL for the usual ones, follow each other in row-major order.
bool isDense(std::span<const int64_t> dims, const int64_t* strides);

/// Shares the memory of the tensor where it is dense and aligned, copies it otherwise. Takes the tensor over
/// on success only.
Ref<optirs_buffer> importTensor(optirs_dl_managed_tensor* tensor, uint64_t alignment,
                                optirs_dlpack_view& view);

}  // namespace optirs::core
