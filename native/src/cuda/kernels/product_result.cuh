// From the sums of a warp to the result of a matrix product: factor, bias, activation, what was there, scale,
// type.
#pragma once

#include "gelu.cuh"
#include "matmul_arguments.h"
#include "mma.cuh"

namespace optirs::cuda {

__device__ __forceinline__ float numberAt(const void* data, MatrixType type, int64_t i) {
    switch (type) {
        case MatrixType::kF32:
            return static_cast<const float*>(data)[i];
        case MatrixType::kF16:
            return toFloat(static_cast<const F16*>(data)[i]);
        case MatrixType::kBF16:
            return toFloat(static_cast<const BF16*>(data)[i]);
        case MatrixType::kE4M3:
            return toFloat(static_cast<const E4M3*>(data)[i]);
        default:
            return toFloat(static_cast<const E5M2*>(data)[i]);
    }
}

/// Numbers of a type from the i-th on.
template <class Pointer>
__device__ __forceinline__ Pointer numbersFrom(Pointer data, MatrixType type, int64_t i) {
    const bool is_narrow = type == MatrixType::kE4M3 || type == MatrixType::kE5M2;
    const int bytes = is_narrow ? 1 : type == MatrixType::kF32 ? 4 : 2;
    return reinterpret_cast<Pointer>(reinterpret_cast<uintptr_t>(data) + static_cast<uintptr_t>(i * bytes));
}

template <class T, int N>
__device__ __forceinline__ float storeProductAs(const ProductResult& result, int64_t row, int64_t column,
                                                const float (&sums)[N][4]) {
    const MmaLane lane = mmaLane();
    const float scale = result.scale == nullptr ? 1.0F : *result.scale;
    const int64_t behind = result.columns - column;
    const int columns = behind < N * 8 ? static_cast<int>(behind) : N * 8;
    const void* bias = result.bias == nullptr ? nullptr : numbersFrom(result.bias, result.bias_type, column);
    float most = 0;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int64_t i = row + lane.group + half * 8;
        if (i >= result.rows) {
            continue;
        }
        T* to = static_cast<T*>(result.out) + i * result.stride + column;
        const bool is_aligned = isAligned<2>(to);
#pragma unroll
        for (int n = 0; n < N; ++n) {
            const int j = n * 8 + 2 * lane.pair;
            float pair[2];
#pragma unroll
            for (int k = 0; k < 2; ++k) {
                float value = result.alpha * sums[n][2 * half + k];
                if (j + k < columns) {
                    value += bias == nullptr ? 0.0F : numberAt(bias, result.bias_type, j + k);
                    value += result.beta == 0 ? 0.0F : result.beta * toFloat(to[j + k]);
                    most = Max::combine(most, magnitude(value));
                }
                pair[k] = value * scale;
            }
            if (is_aligned && j + 1 < columns) {
                store<2>(to + j, pair);
            } else if (j < columns) {
                to[j] = rounded<T>(pair[0]);
                if (j + 1 < columns) {
                    to[j + 1] = rounded<T>(pair[1]);
                }
            }
        }
    }
    return most;
}

/// Writes a warp's 16 rows from `row` on, N * 8 columns from `column` on, as far as the result has them: row
/// g first, row g + 8 then. Returns the thread's greatest magnitude before the scale.
template <int N>
__device__ __forceinline__ float storeProduct(const ProductResult& result, int64_t row, int64_t column,
                                              const float (&sums)[N][4]) {
    switch (result.type) {
        case MatrixType::kF32:
            return storeProductAs<F32>(result, row, column, sums);
        case MatrixType::kF16:
            return storeProductAs<F16>(result, row, column, sums);
        case MatrixType::kBF16:
            return storeProductAs<BF16>(result, row, column, sums);
        case MatrixType::kE4M3:
            return storeProductAs<E4M3>(result, row, column, sums);
        default:
            return storeProductAs<E5M2>(result, row, column, sums);
    }
}

/// Calls body(sum, row, column) for each of a warp's sums that the result has.
template <int N, class Body>
__device__ __forceinline__ void eachSum(const ProductResult& result, int64_t row, int64_t column,
                                        float (&sums)[N][4], Body&& body) {
    const MmaLane lane = mmaLane();
#pragma unroll
    for (int n = 0; n < N; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int64_t at_row = row + lane.group + i / 2 * 8;
            const int64_t at_column = column + n * 8 + 2 * lane.pair + i % 2;
            if (at_row < result.rows && at_column < result.columns) {
                body(sums[n][i], at_row, at_column);
            }
        }
    }
}

/// As storeProduct, with the activation if there is one; the sums are used up then.
template <int N>
__device__ __forceinline__ float storeActivated(ProductResult result, int64_t row, int64_t column,
                                                float (&sums)[N][4]) {
    const bool has_argument = result.activation == Activation::kGelu && result.aux != nullptr;
    if (result.activation != Activation::kNone) {
        eachSum(result, row, column, sums, [&](float& sum, int64_t, int64_t j) {
            sum *= result.alpha;
            sum += result.bias == nullptr ? 0.0F : numberAt(result.bias, result.bias_type, j);
        });
        result.alpha = 1;
        result.bias = nullptr;
    }
    float most = 0;
#pragma unroll 1
    for (int pass = has_argument ? 0 : 1; pass < 2; ++pass) {
        ProductResult to = result;
        if (pass == 0) {
            to.out = result.aux;
            to.type = result.aux_type;
            to.scale = nullptr;
            to.beta = 0;
        } else if (result.activation == Activation::kGelu) {
            eachSum(result, row, column, sums,
                    [](float& sum, int64_t, int64_t) { sum = GeluTanh::value(sum); });
        } else if (result.activation == Activation::kGeluSlope) {
            eachSum(result, row, column, sums, [&](float& sum, int64_t i, int64_t j) {
                sum *= GeluTanh::slope(numberAt(result.aux, result.aux_type, i * result.stride + j));
            });
        }
        most = storeProduct(to, row, column, sums);
    }
    return most;
}

}  // namespace optirs::cuda
