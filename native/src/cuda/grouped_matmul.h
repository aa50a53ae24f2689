// Products of groups of rows by the project's own kernels: the arguments of
// kernels/grouped_matmul_arguments.h with an element type.
#pragma once

#include "src/cuda/kernels/grouped_matmul_arguments.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

enum class GroupedForm : int32_t {
    kProduct,     // out_g = a_g b_g
    kTransposed,  // out_g = a_g b_g^T
    kSums,        // out_g = a_g^T b_g
};

/// `element` is that of a and b.
void groupedMatmul(const Queue& queue, GroupedForm form, Element element,
                   const GroupedMatmulArguments& arguments);

}  // namespace optirs::cuda
