// The arguments of the kernels of microscaled numbers (optirs/kernel_mx.h); see arguments.h.
#pragma once

#include "arguments.h"

namespace optirs::cuda {

/// Codes [rows, columns], or two a byte; scales [rows, ceil(columns / block)].
struct QuantizeMxArguments {
    const void* input;  // [rows, columns], or [columns, rows] for the kernels of the transpose
    uint8_t* codes;
    uint8_t* scales;
    const float* tensor_scale;  // [1]; NVFP4 only
    int64_t rows;
    int64_t columns;
    int32_t rounds_up;  // scales of E8M0
};

struct DequantizeMxArguments {
    const uint8_t* codes;
    const uint8_t* scales;
    const float* tensor_scale;  // [1]; NULL for 1
    void* output;               // [rows, columns]
    int64_t rows;
    int64_t columns;
};

/// NVFP4's scale of a tensor.
struct MxTensorScaleArguments {
    const float* amax;  // [1]; may be `scale`
    float* scale;       // [1]
};

/// What a product of decoded operands is multiplied by.
struct MxFactorsArguments {
    const float* scale_a;  // [1]; NULL for 1
    const float* scale_b;
    float* factors;  // [2]: alpha times the scales, beta
    float alpha;
    float beta;
};

inline constexpr int kMxDecoded = 8;  // elements that a thread decodes

}  // namespace optirs::cuda
