// Element-wise kernels: GELU, SwiGLU, rotary embeddings, dropout, embedding gather.
#include "gelu.cuh"
#include "philox.cuh"

namespace optirs::cuda {
namespace {

/// The first element of this block's thread, N elements each, in a grid over `count` elements.
template <int N>
__device__ __forceinline__ int64_t firstElement() {
    return (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * N;
}

template <class T, class Function, bool kIsForward, int N>
__device__ __forceinline__ void activate(const PointwiseArguments& a, int64_t i) {
    float x[N];
    float g[N];
    load<N>(static_cast<const T*>(a.input) + i, x);
    if (!kIsForward) {
        load<N>(static_cast<const T*>(a.grad) + i, g);
    }
#pragma unroll
    for (int k = 0; k < N; ++k) {
        x[k] = kIsForward ? Function::value(x[k]) : g[k] * Function::slope(x[k]);
    }
    store<N>(static_cast<T*>(a.output) + i, x);
}

template <class T, class Function, bool kIsForward>
__device__ __forceinline__ void activation(const PointwiseArguments& a) {
    constexpr int N = kVector<T>;
    const int64_t first = firstElement<N>();
    const bool is_aligned = isAligned<N>(static_cast<const T*>(a.input)) &&
                            isAligned<N>(static_cast<const T*>(a.grad)) &&
                            isAligned<N>(static_cast<const T*>(a.output));
    if (is_aligned && first + N <= a.count) {
        activate<T, Function, kIsForward, N>(a, first);
    } else {
        for (int64_t i = first; i < first + N && i < a.count; ++i) {
            activate<T, Function, kIsForward, 1>(a, i);
        }
    }
}

__device__ __forceinline__ float sigmoid(float x) { return 1.0F / (1.0F + expf(-x)); }

template <class T, bool kIsForward, int N>
__device__ __forceinline__ void swiGluRow(const SwiGluArguments& a) {
    const auto row = static_cast<int64_t>(blockIdx.x);
    const T* gates = static_cast<const T*>(a.input) + row * 2 * a.columns;
    each<N>(a.columns, [&](int64_t i) {
        float gate[N];
        float up[N];
        load<N>(gates + i, gate);
        load<N>(gates + a.columns + i, up);
        if (kIsForward) {
#pragma unroll
            for (int k = 0; k < N; ++k) {
                gate[k] = gate[k] * sigmoid(gate[k]) * up[k];
            }
            store<N>(static_cast<T*>(a.output) + row * a.columns + i, gate);
        } else {
            float grad[N];
            load<N>(static_cast<const T*>(a.grad) + row * a.columns + i, grad);
#pragma unroll
            for (int k = 0; k < N; ++k) {
                const float s = sigmoid(gate[k]);
                const float silu = gate[k] * s;
                gate[k] = grad[k] * up[k] * (s + silu * (1.0F - s));
                up[k] = grad[k] * silu;
            }
            T* output = static_cast<T*>(a.output) + row * 2 * a.columns;
            store<N>(output + i, gate);
            store<N>(output + a.columns + i, up);
        }
    });
}

template <class T, bool kIsForward>
__device__ __forceinline__ void swiGlu(const SwiGluArguments& a) {
    constexpr int N = kVector<T>;
    const bool is_aligned = isAligned<N>(static_cast<const T*>(a.input), a.columns) &&
                            isAligned<N>(static_cast<const T*>(a.grad)) &&
                            isAligned<N>(static_cast<const T*>(a.output));
    is_aligned ? swiGluRow<T, kIsForward, N>(a) : swiGluRow<T, kIsForward, 1>(a);
}

/// One thread for each pair that is rotated and each element that is copied.
template <class T>
__device__ __forceinline__ void rope(const RopeArguments& a) {
    const int64_t index = firstElement<1>();
    const int32_t half = a.rotary / 2;
    const int32_t per_head = a.depth - half;
    if (index >= a.tokens * a.heads * per_head) {
        return;
    }
    const auto within = static_cast<int32_t>(index % per_head);
    const int64_t head = index / per_head;
    const T* input = static_cast<const T*>(a.input) + head * a.depth;
    T* output = static_cast<T*>(a.output) + head * a.depth;
    if (within >= half) {
        output[within + half] = input[within + half];
        return;
    }
    const int64_t token = head / a.heads;
    const int64_t position = a.positions.data == nullptr ? token % a.sequence : indexAt(a.positions, token);
    const float cosine = a.cosines[position * half + within];
    const float sine = a.sines[position * half + within] * a.sign;
    const int32_t first = a.is_interleaved != 0 ? 2 * within : within;
    const int32_t second = a.is_interleaved != 0 ? first + 1 : within + half;
    const float x = toFloat(input[first]);
    const float y = toFloat(input[second]);
    output[first] = rounded<T>(x * cosine - y * sine);
    output[second] = rounded<T>(y * cosine + x * sine);
}

/// Four elements for each number of the counter.
template <class T>
__device__ __forceinline__ void dropout(const DropoutArguments& a) {
    const int64_t first = firstElement<4>();
    if (first >= a.count) {
        return;
    }
    const uint4 random = philox4x32(a.seed, a.offset + static_cast<uint64_t>(first) / 4);
    const uint32_t draws[4] = {random.x, random.y, random.z, random.w};
    const auto* input = static_cast<const T*>(a.input);
    auto* output = static_cast<T*>(a.output);
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        if (first + k < a.count) {
            const float x = toFloat(input[first + k]);
            output[first + k] = rounded<T>(draws[k] >= a.threshold ? x * a.scale : 0.0F);
        }
    }
}

/// One block for each row.
template <class T, int N>
__device__ __forceinline__ void gatherRow(const EmbeddingArguments& a) {
    const auto row = static_cast<int64_t>(blockIdx.x);
    const int64_t index = indexAt(a.indices, row);
    const bool is_valid = index >= 0 && index < a.vocabulary;
    const T* from = static_cast<const T*>(a.table) + (is_valid ? index : 0) * a.columns;
    T* to = static_cast<T*>(a.output) + row * a.columns;
    each<N>(a.columns, [&](int64_t i) {
        Vector<T, N> values = *reinterpret_cast<const Vector<T, N>*>(from + i);
        *reinterpret_cast<Vector<T, N>*>(to + i) = is_valid ? values : Vector<T, N>{};
    });
}

template <class T>
__device__ __forceinline__ void gather(const EmbeddingArguments& a) {
    constexpr int N = kVector<T>;
    const bool is_aligned = isAligned<N>(static_cast<const T*>(a.table), a.columns) &&
                            isAligned<N>(static_cast<const T*>(a.output));
    is_aligned ? gatherRow<T, N>(a) : gatherRow<T, 1>(a);
}

/// One block for each row of the table. It looks through the indices, kThreads at a time, and adds the rows
/// that are its own in their order: each thread the columns that it will write.
template <class T>
__device__ __forceinline__ void gatherBackward(const EmbeddingBackwardArguments& a) {
    __shared__ uint32_t is_ours[kThreads / kWarp];  // a bit for each index of this round
    const auto own = static_cast<int64_t>(blockIdx.x);
    const auto* grad = static_cast<const T*>(a.grad);
    float* output = a.output + own * a.columns;
    each<1>(a.columns, [&](int64_t i) { output[i] = 0; });
    for (int64_t first = 0; first < a.rows; first += kThreads) {
        const int64_t row = first + threadIdx.x;
        const bool is_mine = row < a.rows && indexAt(a.indices, row) == own;
        const uint32_t bits = __ballot_sync(kAllLanes, is_mine ? 1 : 0);
        if (threadIdx.x % kWarp == 0) {
            is_ours[threadIdx.x / kWarp] = bits;
        }
        __syncthreads();
        for (int warp = 0; warp < static_cast<int>(kThreads / kWarp); ++warp) {
            for (uint32_t left = is_ours[warp]; left != 0; left &= left - 1) {
                const T* from =
                    grad +
                    (first + warp * static_cast<int>(kWarp) + __ffs(static_cast<int>(left)) - 1) * a.columns;
                each<1>(a.columns, [&](int64_t i) { output[i] += toFloat(from[i]); });
            }
        }
        __syncthreads();
    }
}

}  // namespace

#define OPTIRS_POINTWISE(T, suffix)                                                                         \
    OPTIRS_KERNEL(gelu_tanh_forward_##suffix, kThreads, PointwiseArguments, activation<T, GeluTanh, true>); \
    OPTIRS_KERNEL(gelu_tanh_backward_##suffix, kThreads, PointwiseArguments,                                \
                  activation<T, GeluTanh, false>);                                                          \
    OPTIRS_KERNEL(gelu_erf_forward_##suffix, kThreads, PointwiseArguments, activation<T, GeluErf, true>);   \
    OPTIRS_KERNEL(gelu_erf_backward_##suffix, kThreads, PointwiseArguments, activation<T, GeluErf, false>); \
    OPTIRS_KERNEL(swiglu_forward_##suffix, kThreads, SwiGluArguments, swiGlu<T, true>);                     \
    OPTIRS_KERNEL(swiglu_backward_##suffix, kThreads, SwiGluArguments, swiGlu<T, false>);                   \
    OPTIRS_KERNEL(rope_##suffix, kThreads, RopeArguments, rope<T>);                                         \
    OPTIRS_KERNEL(dropout_##suffix, kThreads, DropoutArguments, dropout<T>);                                \
    OPTIRS_KERNEL(embedding_##suffix, kThreads, EmbeddingArguments, gather<T>);                             \
    OPTIRS_KERNEL(embedding_backward_##suffix, kThreads, EmbeddingBackwardArguments, gatherBackward<T>)

OPTIRS_POINTWISE(F32, f32);
OPTIRS_POINTWISE(BF16, bf16);
OPTIRS_POINTWISE(F16, f16);

}  // namespace optirs::cuda
