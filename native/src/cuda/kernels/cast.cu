// FP8: greatest magnitude, quantisation, cast with transposition, block scales, and back.
#include "kernel.cuh"

namespace optirs::cuda {
namespace {

constexpr int kTile = 64;    // rows and columns of a tile that is transposed
constexpr int kBlock = 128;  // elements under one block scale

__device__ __forceinline__ float greatest(E4M3*) { return 448.0F; }
__device__ __forceinline__ float greatest(E5M2*) { return 57344.0F; }

/// out = x scale, and max |x|. `output` NULL: the greatest magnitude alone. Blocks take turns along the
/// elements.
template <class T, class Q, int N>
__device__ __forceinline__ float quantizeElements(const QuantizeArguments& a, int64_t count, float scale) {
    const auto* input = static_cast<const T*>(a.input);
    auto* output = static_cast<Q*>(a.output);
    float most = 0;
    const int64_t stride = static_cast<int64_t>(gridDim.x) * kThreads * N;
    int64_t i = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
    for (; i + N <= count; i += stride) {
        float x[N];
        load<N>(input + i, x);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            most = Max::combine(most, magnitude(x[k]));
            x[k] *= scale;
        }
        if (output != nullptr) {
            store<N>(output + i, x);
        }
    }
    for (; i < count; ++i) {  // the rest, shorter than a vector, is one thread's
        const float x = toFloat(input[i]);
        most = Max::combine(most, magnitude(x));
        if (output != nullptr) {
            output[i] = rounded<Q>(x * scale);
        }
    }
    return most;
}

template <class T, class Q>
__device__ __forceinline__ void quantize(const QuantizeArguments& a) {
    __shared__ float scratch[kWarp];
    constexpr int N = kVector<T>;
    const int64_t count = a.rows * a.columns;
    const float scale = a.scale == nullptr ? 1.0F : *a.scale;
    const bool is_aligned =
        isAligned<N>(static_cast<const T*>(a.input)) && isAligned<N>(static_cast<const Q*>(a.output));
    const float most =
        is_aligned ? quantizeElements<T, Q, N>(a, count, scale) : quantizeElements<T, Q, 1>(a, count, scale);
    if (a.amax != nullptr) {
        raise(a.amax, reduceBlock<Max>(most, scratch));
    }
}

/// out = x scale, for Q to T; `scale` is the dequantisation factor.
template <class Q, class T>
__device__ __forceinline__ void dequantize(const QuantizeArguments& a) {
    constexpr int N = kVector<T>;
    const int64_t count = a.rows * a.columns;
    const float scale = a.scale == nullptr ? 1.0F : *a.scale;
    const auto* input = static_cast<const Q*>(a.input);
    auto* output = static_cast<T*>(a.output);
    const bool is_aligned = isAligned<N>(input) && isAligned<N>(output);
    const int64_t first = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
    if (is_aligned && first + N <= count) {
        float x[N];
        load<N>(input + first, x);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            x[k] *= scale;
        }
        store<N>(output + first, x);
        return;
    }
    for (int64_t i = first; i < first + N && i < count; ++i) {
        output[i] = rounded<T>(toFloat(input[i]) * scale);
    }
}

/// A block casts a tile of kTile x kTile, writes it, and writes it transposed from shared memory. Each row of
/// the tile in shared memory is padded by a word, so that columns lie in different banks.
template <class T, class Q>
__device__ __forceinline__ void castTranspose(const QuantizeArguments& a) {
    __shared__ uint8_t tile[kTile][kTile + 4];
    __shared__ float scratch[kWarp];
    const auto* input = static_cast<const T*>(a.input);
    auto* output = static_cast<Q*>(a.output);
    auto* transposed = static_cast<Q*>(a.transposed);
    const float scale = a.scale == nullptr ? 1.0F : *a.scale;
    const int64_t tiles = (a.columns + kTile - 1) / kTile;
    const int64_t first_row = static_cast<int64_t>(blockIdx.x) / tiles * kTile;
    const int64_t first_column = static_cast<int64_t>(blockIdx.x) % tiles * kTile;
    constexpr int kPerThread = 4;
    constexpr int kThreadsPerRow = kTile / kPerThread;
    constexpr int kRowsPerPass = kThreads / kThreadsPerRow;
    const int local_column = static_cast<int>(threadIdx.x) % kThreadsPerRow * kPerThread;
    const int64_t column = first_column + local_column;
    const bool is_whole = column + kPerThread <= a.columns && isAligned<kPerThread>(input, a.columns) &&
                          isAligned<kPerThread>(output);
    float most = 0;
    for (int local_row = static_cast<int>(threadIdx.x) / kThreadsPerRow; local_row < kTile;
         local_row += kRowsPerPass) {
        const int64_t row = first_row + local_row;
        if (row >= a.rows) {
            break;
        }
        float x[kPerThread] = {};
        if (is_whole) {
            load<kPerThread>(input + row * a.columns + column, x);
        } else {
            for (int k = 0; k < kPerThread && column + k < a.columns; ++k) {
                x[k] = toFloat(input[row * a.columns + column + k]);
            }
        }
        Vector<Q, kPerThread> cast;
#pragma unroll
        for (int k = 0; k < kPerThread; ++k) {
            most = Max::combine(most, magnitude(x[k]));
            cast.at[k] = rounded<Q>(x[k] * scale);
            tile[local_row][local_column + k] = cast.at[k].bits;
        }
        if (output == nullptr) {
            continue;
        }
        if (is_whole) {
            *reinterpret_cast<Vector<Q, kPerThread>*>(output + row * a.columns + column) = cast;
        } else {
            for (int k = 0; k < kPerThread && column + k < a.columns; ++k) {
                output[row * a.columns + column + k] = cast.at[k];
            }
        }
    }
    __syncthreads();
    const int local_row = static_cast<int>(threadIdx.x) % kThreadsPerRow * kPerThread;
    const int64_t row = first_row + local_row;
    const bool is_whole_column = row + kPerThread <= a.rows && isAligned<kPerThread>(transposed, a.rows);
    for (int local = static_cast<int>(threadIdx.x) / kThreadsPerRow; local < kTile; local += kRowsPerPass) {
        if (first_column + local >= a.columns) {
            break;
        }
        Q* to = transposed + (first_column + local) * a.rows + row;
        if (is_whole_column) {
            Vector<Q, kPerThread> values;
#pragma unroll
            for (int k = 0; k < kPerThread; ++k) {
                values.at[k] = Q{tile[local_row + k][local]};
            }
            *reinterpret_cast<Vector<Q, kPerThread>*>(to) = values;
        } else {
            for (int k = 0; k < kPerThread && row + k < a.rows; ++k) {
                to[k] = Q{tile[local_row + k][local]};
            }
        }
    }
    if (a.amax != nullptr) {
        raise(a.amax, reduceBlock<Max>(most, scratch));
    }
}

/// The factor for a block whose greatest magnitude is `most`: greatest / most, a power of two not above it if
/// wanted; 1 for a block of zeros, or one with a NaN or infinity, which stay what they are.
template <class Q>
__device__ __forceinline__ float blockScale(float most, bool is_power_of_two) {
    const float limit = greatest(static_cast<Q*>(nullptr));
    if (!(most > 0) || most > 3.402823466e38F) {
        return 1.0F;
    }
    const float scale = limit / most;
    const float finite = scale > 3.402823466e38F ? 3.402823466e38F : scale;
    return is_power_of_two ? __uint_as_float(__float_as_uint(finite) & 0x7f800000U) : finite;
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

/// 128 x 128: a block of threads for each, which reads it twice, the second time from the cache.
template <class T, class Q>
__device__ __forceinline__ void quantizeTiles(const QuantizeBlocksArguments& a) {
    __shared__ float scratch[kWarp];
    const int64_t per_row = (a.columns + kBlock - 1) / kBlock;
    const int64_t first_row = static_cast<int64_t>(blockIdx.x) / per_row * kBlock;
    const int64_t first_column = static_cast<int64_t>(blockIdx.x) % per_row * kBlock;
    const int64_t rows = a.rows - first_row < kBlock ? a.rows - first_row : kBlock;
    const int64_t columns = a.columns - first_column < kBlock ? a.columns - first_column : kBlock;
    const auto offset = [&](int i) {
        return (first_row + i / kBlock) * a.columns + first_column + i % kBlock;
    };
    const auto is_inside = [&](int i) { return i / kBlock < rows && i % kBlock < columns; };
    const auto* input = static_cast<const T*>(a.input);
    float most = 0;
    for (int i = static_cast<int>(threadIdx.x); i < kBlock * kBlock; i += static_cast<int>(kThreads)) {
        most = is_inside(i) ? Max::combine(most, magnitude(toFloat(input[offset(i)]))) : most;
    }
    const float scale = blockScale<Q>(reduceBlock<Max>(most, scratch), a.is_power_of_two != 0);
    for (int i = static_cast<int>(threadIdx.x); i < kBlock * kBlock; i += static_cast<int>(kThreads)) {
        if (is_inside(i)) {
            static_cast<Q*>(a.output)[offset(i)] = rounded<Q>(toFloat(input[offset(i)]) * scale);
        }
    }
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

/// A thread for each scale: the new one from the history of greatest magnitudes, which moves on by one.
__device__ __forceinline__ void delayedScaling(const DelayedScalingArguments& a) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= a.count) {
        return;
    }
    const float current = a.history[i];
    float most = current;
    for (int64_t row = 1; a.is_most_recent == 0 && row < a.length; ++row) {
        most = Max::combine(most, a.history[row * a.count + i]);
    }
    for (int64_t row = 1; row + 1 < a.length; ++row) {
        a.history[row * a.count + i] = a.history[(row + 1) * a.count + i];
    }
    a.history[(a.length - 1) * a.count + i] = current;
    a.history[i] = 0;
    constexpr float kGreatest = 3.402823466e38F;
    if (most > 0 && most <= kGreatest) {
        const double wanted = a.limit / static_cast<double>(most);
        a.scale[i] = wanted > static_cast<double>(kGreatest) ? kGreatest : static_cast<float>(wanted);
    }
    if (a.inverse != nullptr) {
        a.inverse[i] = 1.0F / a.scale[i];
    }
}

}  // namespace

#define OPTIRS_CASTS(T, type, Q, format)                                                                    \
    OPTIRS_KERNEL(quantize_##type##_##format, kThreads, QuantizeArguments, quantize<T, Q>);                 \
    OPTIRS_KERNEL(dequantize_##format##_##type, kThreads, QuantizeArguments, dequantize<Q, T>);             \
    OPTIRS_KERNEL(dequantize_blocks_##format##_##type, kThreads, DequantizeBlocksArguments,                 \
                  dequantizeBlocks<Q, T>);                                                                  \
    OPTIRS_KERNEL(cast_transpose_##type##_##format, kThreads, QuantizeArguments, castTranspose<T, Q>);      \
    OPTIRS_KERNEL(quantize_1x128_##type##_##format, kThreads, QuantizeBlocksArguments, quantizeRows<T, Q>); \
    OPTIRS_KERNEL(quantize_128x128_##type##_##format, kThreads, QuantizeBlocksArguments, quantizeTiles<T, Q>)

OPTIRS_CASTS(F32, f32, E4M3, e4m3);
OPTIRS_CASTS(F32, f32, E5M2, e5m2);
OPTIRS_CASTS(BF16, bf16, E4M3, e4m3);
OPTIRS_CASTS(BF16, bf16, E5M2, e5m2);
OPTIRS_CASTS(F16, f16, E4M3, e4m3);
OPTIRS_CASTS(F16, f16, E5M2, e5m2);
OPTIRS_KERNEL(delayed_scaling, kThreads, DelayedScalingArguments, delayedScaling);

}  // namespace optirs::cuda
