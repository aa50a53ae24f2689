// FP8 with a scale for each block of rows and columns, and back.
#include "kernel.cuh"

namespace optirs::cuda {
namespace {

constexpr int kBlock = 128;  // columns of the blocks that are rows

__device__ __forceinline__ float greatest(E4M3*) { return 448.0F; }
__device__ __forceinline__ float greatest(E5M2*) { return 57344.0F; }

/// The factor for a block whose greatest magnitude is `most`: greatest / most, a power of two not above it if
/// wanted; 1 for a block of zeros, or one with a NaN or infinity, which stay what they are.
template <class Q>
__device__ __forceinline__ float blockScale(float most, bool is_power_of_two) {
    const float limit = greatest(static_cast<Q*>(nullptr));
    if (!(most > 0) || most > 3.402823466e38F) {
        return 1.0F;
    }
    // Kept within the numbers whose reciprocal is a normal number.
    constexpr float kGreatestScale = 8.507059173e37F;  // 2^126
    const float wanted = limit / most;
    const float scale = wanted > kGreatestScale ? kGreatestScale : wanted;
    return is_power_of_two ? __uint_as_float(__float_as_uint(scale) & 0x7f800000U) : scale;
}

/// 1 x 128: a warp for each block of a row.
template <class T, class Q>
__device__ __forceinline__ void quantizeRows(const QuantizeBlocksArguments& a) {
    const int64_t per_row = (a.columns + kBlock - 1) / kBlock;
    const int64_t index = static_cast<int64_t>(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp;
    if (index >= a.rows * per_row) {
        return;
    }
    const int64_t row = index / per_row;
    const int64_t first = index % per_row * kBlock;
    const T* input = static_cast<const T*>(a.input) + row * a.columns;
    Q* output = static_cast<Q*>(a.output) + row * a.columns;
    constexpr int kPerLane = kBlock / static_cast<int>(kWarp);
    const int64_t column = first + static_cast<int64_t>(threadIdx.x % kWarp) * kPerLane;
    const bool is_whole =
        column + kPerLane <= a.columns && isAligned<kPerLane>(input) && isAligned<kPerLane>(output);
    float x[kPerLane] = {};
    if (is_whole) {
        load<kPerLane>(input + column, x);
    } else {
        for (int k = 0; k < kPerLane && column + k < a.columns; ++k) {
            x[k] = toFloat(input[column + k]);
        }
    }
    float most = 0;
#pragma unroll
    for (int k = 0; k < kPerLane; ++k) {
        most = Max::combine(most, magnitude(x[k]));
    }
    const float scale = blockScale<Q>(reduceWarp<Max>(most), a.is_power_of_two != 0);
#pragma unroll
    for (int k = 0; k < kPerLane; ++k) {
        x[k] *= scale;
    }
    if (is_whole) {
        store<kPerLane>(output + column, x);
    } else {
        for (int k = 0; k < kPerLane && column + k < a.columns; ++k) {
            output[column + k] = rounded<Q>(x[k]);
        }
    }
    if (threadIdx.x % kWarp == 0) {
        a.scales[index] = 1.0F / scale;
    }
}

/// Any other size: a block of threads for each, which reads it twice, the second time from the cache. Warps
/// take turns along its rows, their threads along the columns.
template <class T, class Q>
__device__ __forceinline__ void quantizeBlocks(const QuantizeBlocksArguments& a) {
    __shared__ float scratch[kWarp];
    const int64_t per_row = (a.columns + a.block_columns - 1) / a.block_columns;
    const int64_t first_row = static_cast<int64_t>(blockIdx.x) / per_row * a.block_rows;
    const int64_t first_column = static_cast<int64_t>(blockIdx.x) % per_row * a.block_columns;
    const int64_t end_row = a.rows - first_row < a.block_rows ? a.rows : first_row + a.block_rows;
    const int64_t end_column =
        a.columns - first_column < a.block_columns ? a.columns : first_column + a.block_columns;
    const auto each_inside = [&](auto&& body) {
        for (int64_t row = first_row + threadIdx.x / kWarp; row < end_row; row += blockDim.x / kWarp) {
            for (int64_t column = first_column + threadIdx.x % kWarp; column < end_column; column += kWarp) {
                body(row * a.columns + column);
            }
        }
    };
    const auto* input = static_cast<const T*>(a.input);
    float most = 0;
    each_inside([&](int64_t i) { most = Max::combine(most, magnitude(toFloat(input[i]))); });
    const float scale = blockScale<Q>(reduceBlock<Max>(most, scratch), a.is_power_of_two != 0);
    each_inside([&](int64_t i) { static_cast<Q*>(a.output)[i] = rounded<Q>(toFloat(input[i]) * scale); });
    if (threadIdx.x == 0) {
        a.scales[blockIdx.x] = 1.0F / scale;
    }
}

/// out = x times the scale of its block; a thread for each element.
template <class Q, class T>
__device__ __forceinline__ void dequantizeBlocks(const DequantizeBlocksArguments& a) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= a.rows * a.columns) {
        return;
    }
    const int64_t per_row = (a.columns + a.block_columns - 1) / a.block_columns;
    const float scale = a.scales[i / a.columns / a.block_rows * per_row + i % a.columns / a.block_columns];
    static_cast<T*>(a.output)[i] = rounded<T>(toFloat(static_cast<const Q*>(a.input)[i]) * scale);
}

}  // namespace

#define OPTIRS_CASTS(T, type, Q, format)                                                                    \
    OPTIRS_KERNEL(quantize_1x128_##type##_##format, kThreads, QuantizeBlocksArguments, quantizeRows<T, Q>); \
    OPTIRS_KERNEL(quantize_blocks_##type##_##format, kThreads, QuantizeBlocksArguments,                     \
                  quantizeBlocks<T, Q>);                                                                    \
    OPTIRS_KERNEL(dequantize_blocks_##format##_##type, kThreads, DequantizeBlocksArguments,                 \
                  dequantizeBlocks<Q, T>)

OPTIRS_CASTS(F32, f32, E4M3, e4m3);
OPTIRS_CASTS(F32, f32, E5M2, e5m2);
OPTIRS_CASTS(BF16, bf16, E4M3, e4m3);
OPTIRS_CASTS(BF16, bf16, E5M2, e5m2);
OPTIRS_CASTS(F16, f16, E4M3, e4m3);
OPTIRS_CASTS(F16, f16, E5M2, e5m2);

}  // namespace optirs::cuda
