// FP8: greatest magnitude, quantisation, cast with transposition, and back.
#include "gelu.cuh"
#include "kernel.cuh"

namespace optirs::cuda {
namespace {

constexpr int kTile = kTransposeTile;

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

/// OPTIRS_ACTIVATION_GELU and its derivative; `aux` is given for that alone.
template <int N>
__device__ __forceinline__ void activate(float (&x)[N], const float (&aux)[N], bool is_backward) {
#pragma unroll
    for (int k = 0; k < N; ++k) {
        x[k] = is_backward ? x[k] * GeluTanh::slope(aux[k]) : GeluTanh::value(x[k]);
    }
}

/// A block casts a tile of kTile x kTile, writes it, and writes it transposed from shared memory. Each row of
/// the tile in shared memory is padded by a word, so that columns lie in different banks. Sums of columns are
/// added up over each thread's rows, then over threads, in their order.
template <class T, class Q>
__device__ __forceinline__ void castTranspose(const QuantizeArguments& a) {
    constexpr int kPerThread = 4;
    constexpr int kThreadsPerRow = kTile / kPerThread;
    constexpr int kRowsPerPass = kThreads / kThreadsPerRow;
    __shared__ uint8_t tile[kTile][kTile + 4];
    __shared__ float scratch[kWarp];
    __shared__ float sums[kRowsPerPass][kTile];  // of the rows of one row of threads
    const auto* input = static_cast<const T*>(a.input);
    const auto* aux = static_cast<const T*>(a.aux);
    auto* output = static_cast<Q*>(a.output);
    auto* transposed = static_cast<Q*>(a.transposed);
    const float scale = a.scale == nullptr ? 1.0F : *a.scale;
    const int64_t tiles = (a.columns + kTile - 1) / kTile;
    const int64_t first_row = static_cast<int64_t>(blockIdx.x) / tiles * kTile;
    const int64_t first_column = static_cast<int64_t>(blockIdx.x) % tiles * kTile;
    const int local_column = static_cast<int>(threadIdx.x) % kThreadsPerRow * kPerThread;
    const int64_t column = first_column + local_column;
    const bool is_whole = column + kPerThread <= a.columns && isAligned<kPerThread>(input, a.columns) &&
                          isAligned<kPerThread>(output);
    float most = 0;
    float column_sums[kPerThread] = {};
    for (int local_row = static_cast<int>(threadIdx.x) / kThreadsPerRow; local_row < kTile;
         local_row += kRowsPerPass) {
        const int64_t row = first_row + local_row;
        if (row >= a.rows) {
            break;
        }
        float x[kPerThread] = {};
        float slope_at[kPerThread] = {};
        if (is_whole) {
            load<kPerThread>(input + row * a.columns + column, x);
        } else {
            for (int k = 0; k < kPerThread && column + k < a.columns; ++k) {
                x[k] = toFloat(input[row * a.columns + column + k]);
            }
        }
        for (int k = 0; aux != nullptr && k < kPerThread && column + k < a.columns; ++k) {
            slope_at[k] = toFloat(aux[row * a.columns + column + k]);
        }
        if (a.activation != 0) {
            activate(x, slope_at, aux != nullptr);
        }
        Vector<Q, kPerThread> cast;
#pragma unroll
        for (int k = 0; k < kPerThread; ++k) {
            most = Max::combine(most, magnitude(x[k]));
            column_sums[k] += x[k];
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
    if (a.column_sums != nullptr) {
#pragma unroll
        for (int k = 0; k < kPerThread; ++k) {
            sums[static_cast<int>(threadIdx.x) / kThreadsPerRow][local_column + k] = column_sums[k];
        }
    }
    __syncthreads();
    if (a.column_sums != nullptr && threadIdx.x < kTile && first_column + threadIdx.x < a.columns) {
        float sum = 0;
        for (int row = 0; row < kRowsPerPass; ++row) {
            sum += sums[row][threadIdx.x];
        }
        a.column_sums[first_row / kTile * a.columns + first_column + threadIdx.x] = sum;
    }
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

#define OPTIRS_CASTS(T, type, Q, format)                                                        \
    OPTIRS_KERNEL(quantize_##type##_##format, kThreads, QuantizeArguments, quantize<T, Q>);     \
    OPTIRS_KERNEL(dequantize_##format##_##type, kThreads, QuantizeArguments, dequantize<Q, T>); \
    OPTIRS_KERNEL(cast_transpose_##type##_##format, kThreads, QuantizeArguments, castTranspose<T, Q>)

OPTIRS_CASTS(F32, f32, E4M3, e4m3);
OPTIRS_CASTS(F32, f32, E5M2, e5m2);
OPTIRS_CASTS(BF16, bf16, E4M3, e4m3);
OPTIRS_CASTS(BF16, bf16, E5M2, e5m2);
OPTIRS_CASTS(F16, f16, E4M3, e4m3);
OPTIRS_CASTS(F16, f16, E5M2, e5m2);
OPTIRS_KERNEL(delayed_scaling, kThreads, DelayedScalingArguments, delayedScaling);

}  // namespace optirs::cuda
