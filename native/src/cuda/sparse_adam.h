// Adam of the rows that have gradients.
#pragma once

#include "src/cuda/kernels/optimizer_arguments.h"
#include "src/cuda/launch.h"

namespace optirs::cuda {

/// Bytes of memory for where the gradients of each row are.
uint64_t sparseAdamBytes(int64_t rows);

/// `ends` of the arguments is that memory. Throws UNIMPLEMENTED for 2^32 gradients or more.
void sparseAdam(const Queue& queue, const SparseAdamArguments& arguments);

}  // namespace optirs::cuda
