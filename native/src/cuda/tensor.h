// Tensors of the C ABI as the kernels take them. The library has checked them before (src/kernels): types are
// among those that the header names, shapes fit.
#pragma once

#include <optirs/dlpack.h>

#include <cstddef>

#include "src/cuda/kernels/matmul_arguments.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

/// The first element; NULL for no tensor.
template <class T = void>
T* dataOf(const optirs_dl_tensor* tensor) {
    return tensor == nullptr
               ? nullptr
               : reinterpret_cast<T*>(static_cast<std::byte*>(tensor->data) + tensor->byte_offset);
}

int64_t countOf(const optirs_dl_tensor& tensor);
/// Extent of the last dimension, and the product of the others.
int64_t columnsOf(const optirs_dl_tensor& tensor);
int64_t rowsOf(const optirs_dl_tensor& tensor);

bool isF32(const optirs_dl_tensor& tensor);
/// Of f32, bf16 or f16.
Element elementOf(const optirs_dl_tensor& tensor);
bool isFloat8(const optirs_dl_tensor& tensor);
Float8 float8Of(const optirs_dl_tensor& tensor);
/// Of any of them.
MatrixType matrixTypeOf(const optirs_dl_tensor& tensor);
/// Of integers of 32 or 64 bits; NULL is without data.
Indices indicesOf(const optirs_dl_tensor* tensor);

/// The stream on the device of the tensor.
Queue queueOf(const optirs_dl_tensor& tensor, CUstream stream);

/// The bits of a greatest magnitude, zero when the kernel that raises them starts. NULL stays NULL.
uint32_t* clearedAmax(const Queue& queue, const optirs_dl_tensor* amax);

/// Throws UNIMPLEMENTED with what this backend lacks, unless it is not asked for.
void require(bool is_served, const char* lacking);

/// Throws UNIMPLEMENTED unless a gradient has the type of the tensor that it belongs to.
void requireSameType(const optirs_dl_tensor& x, const optirs_dl_tensor& gradient);

}  // namespace optirs::cuda
