// Layer norm and RMS norm, forward and backward: one block for each row forward, one for each group of rows
// backward.
#include "kernel.cuh"

namespace optirs::cuda {
namespace {

/// N columns of an optional vector of f32 or T, or `otherwise`.
template <int N, class T>
__device__ __forceinline__ void loadOr(const void* from, bool is_f32, int64_t i, float otherwise,
                                       float (&to)[N]) {
    if (from != nullptr) {
        loadEither<N, T>(from, is_f32, i, to);
        return;
    }
#pragma unroll
    for (int k = 0; k < N; ++k) {
        to[k] = otherwise;
    }
}

template <int N, class T>
__device__ __forceinline__ bool isWeightAligned(const void* weight, bool is_f32) {
    return is_f32 ? isAligned<N>(static_cast<const F32*>(weight))
                  : isAligned<N>(static_cast<const T*>(weight));
}

/// The row is read three times: once from memory, then from the cache. Around the mean the squares do not
/// cancel. Results of 8 bits are scaled, and the greatest magnitude is that before it.
template <class T, class Out, bool kIsLayer, int N>
__device__ __forceinline__ void normRow(const NormArguments& a, float* scratch) {
    const auto row = static_cast<int64_t>(blockIdx.x);
    const T* input = static_cast<const T*>(a.input) + row * a.columns;
    Out* output = static_cast<Out*>(a.output) + row * a.columns;
    const auto count = static_cast<float>(a.columns);
    float mean = 0;
    if (kIsLayer) {
        float sum = 0;
        each<N>(a.columns, [&](int64_t i) {
            float x[N];
            load<N>(input + i, x);
#pragma unroll
            for (int k = 0; k < N; ++k) {
                sum += x[k];
            }
        });
        mean = reduceBlock<Sum>(sum, scratch) / count;
    }
    float squares = 0;
    each<N>(a.columns, [&](int64_t i) {
        float x[N];
        load<N>(input + i, x);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            squares += (x[k] - mean) * (x[k] - mean);
        }
    });
    const float inverse = 1.0F / sqrtf(reduceBlock<Sum>(squares, scratch) / count + a.epsilon);
    constexpr bool kIsFloat8 = sizeof(Out) == 1;
    const float scale = kIsFloat8 && a.scale != nullptr ? *a.scale : 1.0F;
    float most = 0;
    each<N>(a.columns, [&](int64_t i) {
        float x[N];
        float weight[N];
        float bias[N];
        load<N>(input + i, x);
        loadOr<N, T>(a.weight, a.has_f32_weight != 0, i, 1.0F, weight);
        loadOr<N, T>(a.bias, a.has_f32_weight != 0, i, 0.0F, bias);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            x[k] = (x[k] - mean) * inverse * weight[k] + bias[k];
            if (kIsFloat8) {
                most = Max::combine(most, magnitude(x[k]));
                x[k] *= scale;
            }
        }
        store<N>(output + i, x);
    });
    if (kIsFloat8 && a.amax != nullptr) {
        raise(a.amax, reduceBlock<Max>(most, scratch));
    }
    if (threadIdx.x == 0) {
        if (a.mean != nullptr) {
            a.mean[row] = mean;
        }
        if (a.inverse != nullptr) {
            a.inverse[row] = inverse;
        }
    }
}

template <class T, class Out, bool kIsLayer>
__device__ __forceinline__ void normForward(const NormArguments& a) {
    __shared__ float scratch[kWarp];
    constexpr int N = kVector<T>;
    const bool is_aligned = isAligned<N>(static_cast<const T*>(a.input), a.columns) &&
                            isAligned<N>(static_cast<const Out*>(a.output)) &&
                            isWeightAligned<N, T>(a.weight, a.has_f32_weight != 0) &&
                            isWeightAligned<N, T>(a.bias, a.has_f32_weight != 0);
    if (is_aligned) {
        normRow<T, Out, kIsLayer, N>(a, scratch);
    } else {
        normRow<T, Out, kIsLayer, 1>(a, scratch);
    }
}

/// With x^ = (x - mean) inverse and h = grad weight, dx = inverse (h - mean(h) - x^ mean(h x^)); without the
/// second term for RMS norm. Rows go to groups in turn; the group's block adds up its rows' share of dweight
/// and dbias, each thread its own columns, in the order of the rows.
template <class T, bool kIsLayer, int N>
__device__ __forceinline__ void normBackwardRows(const NormBackwardArguments& a, float* scratch) {
    const auto group = static_cast<int64_t>(blockIdx.x);
    const auto count = static_cast<float>(a.columns);
    float* partial_weight = a.partial_weight == nullptr ? nullptr : a.partial_weight + group * a.columns;
    float* partial_bias = a.partial_bias == nullptr ? nullptr : a.partial_bias + group * a.columns;
    bool is_first = true;
    const auto accumulate = [&](float* partial, int64_t i, const float(&addend)[N]) {
        if (partial != nullptr) {
#pragma unroll
            for (int k = 0; k < N; ++k) {
                partial[i + k] = is_first ? addend[k] : partial[i + k] + addend[k];
            }
        }
    };
    for (int64_t row = group; row < a.rows; row += a.groups) {
        const T* grads = static_cast<const T*>(a.grad) + row * a.columns;
        const T* input = static_cast<const T*>(a.input) + row * a.columns;
        T* grad_input = static_cast<T*>(a.grad_input) + row * a.columns;
        const float mean = kIsLayer ? a.mean[row] : 0.0F;
        const float inverse = a.inverse[row];
        float sum = 0;
        float sum_normal = 0;
        each<N>(a.columns, [&](int64_t i) {
            float x[N];
            float g[N];
            float weight[N];
            load<N>(input + i, x);
            load<N>(grads + i, g);
            loadOr<N, T>(a.weight, a.has_f32_weight != 0, i, 1.0F, weight);
            accumulate(partial_bias, i, g);
#pragma unroll
            for (int k = 0; k < N; ++k) {
                const float normal = (x[k] - mean) * inverse;
                sum += g[k] * weight[k];
                sum_normal += g[k] * weight[k] * normal;
                g[k] *= normal;
            }
            accumulate(partial_weight, i, g);
        });
        is_first = false;
        const float mean_h = kIsLayer ? reduceBlock<Sum>(sum, scratch) / count : 0.0F;
        const float mean_normal = reduceBlock<Sum>(sum_normal, scratch + kWarp) / count;
        each<N>(a.columns, [&](int64_t i) {
            float x[N];
            float g[N];
            float weight[N];
            load<N>(input + i, x);
            load<N>(grads + i, g);
            loadOr<N, T>(a.weight, a.has_f32_weight != 0, i, 1.0F, weight);
#pragma unroll
            for (int k = 0; k < N; ++k) {
                const float normal = (x[k] - mean) * inverse;
                x[k] = inverse * (g[k] * weight[k] - mean_h - normal * mean_normal);
            }
            store<N>(grad_input + i, x);
        });
    }
}

template <class T, bool kIsLayer>
__device__ __forceinline__ void normBackward(const NormBackwardArguments& a) {
    __shared__ float scratch[2 * kWarp];
    constexpr int N = kVector<T>;
    const bool is_aligned = isAligned<N>(static_cast<const T*>(a.input), a.columns) &&
                            isAligned<N>(static_cast<const T*>(a.grad)) &&
                            isAligned<N>(static_cast<const T*>(a.grad_input)) &&
                            isWeightAligned<N, T>(a.weight, a.has_f32_weight != 0);
    if (is_aligned) {
        normBackwardRows<T, kIsLayer, N>(a, scratch);
    } else {
        normBackwardRows<T, kIsLayer, 1>(a, scratch);
    }
}

/// Adds up the groups of each column, in order.
template <class T>
__device__ __forceinline__ void sumGroups(const SumGroupsArguments& a) {
    const int64_t column = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (column < a.columns) {
        float sum = 0;
        for (int64_t group = 0; group < a.groups; ++group) {
            sum += a.partial[group * a.columns + column];
        }
        static_cast<T*>(a.output)[column] = rounded<T>(sum);
    }
}

}  // namespace

#define OPTIRS_NORMS_TO(T, Out, suffix)                                                             \
    OPTIRS_KERNEL(layer_norm_forward_##suffix, kThreads, NormArguments, normForward<T, Out, true>); \
    OPTIRS_KERNEL(rms_norm_forward_##suffix, kThreads, NormArguments, normForward<T, Out, false>)
#define OPTIRS_NORMS(T, suffix)                                                                          \
    OPTIRS_NORMS_TO(T, T, suffix);                                                                       \
    OPTIRS_NORMS_TO(T, E4M3, suffix##_e4m3);                                                             \
    OPTIRS_NORMS_TO(T, E5M2, suffix##_e5m2);                                                             \
    OPTIRS_KERNEL(layer_norm_backward_##suffix, kThreads, NormBackwardArguments, normBackward<T, true>); \
    OPTIRS_KERNEL(rms_norm_backward_##suffix, kThreads, NormBackwardArguments, normBackward<T, false>);  \
    OPTIRS_KERNEL(sum_groups_##suffix, kThreads, SumGroupsArguments, sumGroups<T>)

OPTIRS_NORMS(F32, f32);
OPTIRS_NORMS(BF16, bf16);
OPTIRS_NORMS(F16, f16);

}  // namespace optirs::cuda
