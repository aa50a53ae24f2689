// Softmax along rows, forward and backward, and cross entropy with logits: one block for each row.
#include "kernel.cuh"

namespace optirs::cuda {
namespace {

/// The greatest element of a row, and the sum of exp(scale (x - greatest)): the difference first, as products
/// of large numbers would differ by their rounding. A row of -inf only has the sum 0.
struct RowSoftmax {
    float greatest;
    float sum;
};

template <class T, int N>
__device__ __forceinline__ RowSoftmax readRow(const T* input, int64_t columns, float scale, float* scratch) {
    float greatest = Max::kIdentity;
    each<N>(columns, [&](int64_t i) {
        float x[N];
        load<N>(input + i, x);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            greatest = Max::combine(greatest, x[k]);
        }
    });
    greatest = reduceBlock<Max>(greatest, scratch);
    float sum = 0;
    each<N>(columns, [&](int64_t i) {
        float x[N];
        load<N>(input + i, x);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            sum += expf((x[k] - greatest) * scale);
        }
    });
    return {greatest, reduceBlock<Sum>(sum, scratch + kWarp)};
}

template <class T, int N>
__device__ __forceinline__ void softmaxRow(const SoftmaxArguments& a, float* scratch) {
    const auto row = static_cast<int64_t>(blockIdx.x);
    const T* input = static_cast<const T*>(a.input) + row * a.columns;
    T* result = static_cast<T*>(a.result) + row * a.columns;
    const RowSoftmax softmax = readRow<T, N>(input, a.columns, a.scale, scratch);
    const float inverse = softmax.sum == 0 ? 0.0F : 1.0F / softmax.sum;
    each<N>(a.columns, [&](int64_t i) {
        float x[N];
        load<N>(input + i, x);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            x[k] = expf((x[k] - softmax.greatest) * a.scale) * inverse;
        }
        store<N>(result + i, x);
    });
}

/// dx = scale y (dy - sum(y dy)); `input` is dy, `output` is y.
template <class T, int N>
__device__ __forceinline__ void softmaxBackwardRow(const SoftmaxArguments& a, float* scratch) {
    const auto row = static_cast<int64_t>(blockIdx.x);
    const T* grads = static_cast<const T*>(a.input) + row * a.columns;
    const T* outputs = static_cast<const T*>(a.output) + row * a.columns;
    T* result = static_cast<T*>(a.result) + row * a.columns;
    float sum = 0;
    each<N>(a.columns, [&](int64_t i) {
        float g[N];
        float y[N];
        load<N>(grads + i, g);
        load<N>(outputs + i, y);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            sum += g[k] * y[k];
        }
    });
    sum = reduceBlock<Sum>(sum, scratch);
    each<N>(a.columns, [&](int64_t i) {
        float g[N];
        float y[N];
        load<N>(grads + i, g);
        load<N>(outputs + i, y);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            g[k] = a.scale * y[k] * (g[k] - sum);
        }
        store<N>(result + i, g);
    });
}

template <class T, bool kIsForward>
__device__ __forceinline__ void softmax(const SoftmaxArguments& a) {
    __shared__ float scratch[2 * kWarp];
    constexpr int N = kVector<T>;
    const bool is_aligned = isAligned<N>(static_cast<const T*>(a.input), a.columns) &&
                            isAligned<N>(static_cast<const T*>(a.output)) &&
                            isAligned<N>(static_cast<const T*>(a.result));
    if (kIsForward) {
        is_aligned ? softmaxRow<T, N>(a, scratch) : softmaxRow<T, 1>(a, scratch);
    } else {
        is_aligned ? softmaxBackwardRow<T, N>(a, scratch) : softmaxBackwardRow<T, 1>(a, scratch);
    }
}

/// loss = (1 - s) (lse - x[label]) + s (lse - mean(x)); its gradient softmax - (1 - s) [label] - s / columns.
template <class T, int N>
__device__ __forceinline__ void crossEntropyRow(const CrossEntropyArguments& a, float* scratch) {
    const auto row = static_cast<int64_t>(blockIdx.x);
    const T* logits = static_cast<const T*>(a.logits) + row * a.columns;
    T* grad = a.grad == nullptr ? nullptr : static_cast<T*>(a.grad) + row * a.columns;
    const int64_t label = indexAt(a.labels, row);
    if (label == a.ignored_label) {
        if (threadIdx.x == 0) {
            a.loss[row] = 0;
        }
        if (grad != nullptr) {
            each<N>(a.columns, [&](int64_t i) {
                const float zeros[N] = {};
                store<N>(grad + i, zeros);
            });
        }
        return;
    }
    const RowSoftmax softmax = readRow<T, N>(logits, a.columns, 1.0F, scratch);
    float sum = 0;
    if (a.smoothing != 0) {
        each<N>(a.columns, [&](int64_t i) {
            float x[N];
            load<N>(logits + i, x);
#pragma unroll
            for (int k = 0; k < N; ++k) {
                sum += x[k];
            }
        });
        sum = reduceBlock<Sum>(sum, scratch + 2 * kWarp);
    }
    const bool is_label_valid = label >= 0 && label < a.columns;
    const float at_label = is_label_valid ? toFloat(logits[label]) : 0.0F;
    // The gradient may take the place of the logits: all threads have read the label's by now.
    __syncthreads();
    const auto columns = static_cast<float>(a.columns);
    if (threadIdx.x == 0) {
        const float lse = softmax.greatest + logf(softmax.sum);
        const float loss = (1.0F - a.smoothing) * (lse - at_label) + a.smoothing * (lse - sum / columns);
        a.loss[row] = is_label_valid ? loss : __uint_as_float(0x7fc00000U);  // NaN: nobody overlooks it
    }
    if (grad == nullptr) {
        return;
    }
    const float inverse = 1.0F / softmax.sum;
    const float scale = a.grad_scale == nullptr ? 1.0F : *a.grad_scale;
    each<N>(a.columns, [&](int64_t i) {
        float x[N];
        load<N>(logits + i, x);
#pragma unroll
        for (int k = 0; k < N; ++k) {
            float g = expf(x[k] - softmax.greatest) * inverse - a.smoothing / columns;
            g = i + k == label ? g - (1.0F - a.smoothing) : g;
            x[k] = g * scale;
        }
        store<N>(grad + i, x);
    });
}

template <class T>
__device__ __forceinline__ void crossEntropy(const CrossEntropyArguments& a) {
    __shared__ float scratch[3 * kWarp];
    constexpr int N = kVector<T>;
    const bool is_aligned = isAligned<N>(static_cast<const T*>(a.logits), a.columns) &&
                            isAligned<N>(static_cast<const T*>(a.grad));
    is_aligned ? crossEntropyRow<T, N>(a, scratch) : crossEntropyRow<T, 1>(a, scratch);
}

}  // namespace

#define OPTIRS_SOFTMAX(T, suffix)                                                            \
    OPTIRS_KERNEL(softmax_forward_##suffix, kThreads, SoftmaxArguments, softmax<T, true>);   \
    OPTIRS_KERNEL(softmax_backward_##suffix, kThreads, SoftmaxArguments, softmax<T, false>); \
    OPTIRS_KERNEL(cross_entropy_##suffix, kThreads, CrossEntropyArguments, crossEntropy<T>)

OPTIRS_SOFTMAX(F32, f32);
OPTIRS_SOFTMAX(BF16, bf16);
OPTIRS_SOFTMAX(F16, f16);

}  // namespace optirs::cuda
