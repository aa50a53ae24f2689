// What the kernels of matrix products have in common: types, and what becomes of a product; see arguments.h.
#pragma once

#include "arguments.h"

namespace optirs::cuda {

enum class MatrixType : int32_t { kF32, kF16, kBF16, kE4M3, kE5M2 };

/// out = round((alpha product + bias + beta out) scale), row-major.
struct ProductResult {
    void* out;
    int64_t stride;  // elements between rows
    int64_t rows;
    int64_t columns;
    MatrixType type;
    MatrixType bias_type;
    const void* bias;    // [columns]; NULL for none
    const float* scale;  // [1], of an 8-bit result; NULL for 1
    float alpha;
    float beta;  // 0: out is not read
};

}  // namespace optirs::cuda
