// Microscaled numbers: the arguments of kernels/mx_arguments.h with a format and an element type.
#pragma once

#include "src/cuda/kernels/mx_arguments.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

enum class MxFormat : int32_t { kE4M3, kE5M2, kMxfp4, kNvfp4 };

void quantizeMx(const Queue& queue, MxFormat format, Element from, bool is_transposed,
                const QuantizeMxArguments& arguments);
void dequantizeMx(const Queue& queue, MxFormat format, Element to, const DequantizeMxArguments& arguments);
void mxTensorScale(const Queue& queue, const MxTensorScaleArguments& arguments);
void mxFactors(const Queue& queue, const MxFactorsArguments& arguments);

}  // namespace optirs::cuda
