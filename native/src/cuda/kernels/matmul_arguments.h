// What the kernels of matrix products have in common: types, and what becomes of a product; see arguments.h.
#pragma once

#include "arguments.h"

namespace optirs::cuda {

enum class MatrixType : int32_t { kF32, kF16, kBF16, kE4M3, kE5M2 };

/// What becomes of a number on its way to the result: nothing, its GELU in the tanh form, or its product with
/// the derivative of that GELU at a number of aux.
enum class Activation : int32_t { kNone, kGelu, kGeluSlope };

/// out = round((activation(alpha product + bias) + beta out) scale), row-major.
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
    Activation activation = Activation::kNone;
    MatrixType aux_type = MatrixType::kF32;
    void* aux = nullptr;  // where out is; GELU puts its argument there, unless it is NULL
};

}  // namespace optirs::cuda
