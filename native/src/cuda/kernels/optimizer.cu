// Multi-tensor optimizer steps: one launch updates many tensors. A block works on one chunk of one tensor.
#include "kernel.cuh"

namespace optirs::cuda {
namespace {

/// The tensor of this block: the last one whose first block is not after it.
template <class Arguments>
__device__ __forceinline__ const OptimizerTensor& tensorOfBlock(const Arguments& arguments) {
    int low = 0;
    int high = arguments.tensor_count - 1;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (arguments.tensors[middle].first_block <= static_cast<int64_t>(blockIdx.x)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return arguments.tensors[low];
}

// Step by step as the CPU's rule, so that the bits are the same where the CPU has fused multiply-add.
__device__ __forceinline__ void adamw(const AdamWArguments& a, float& p, float g, float& m, float& v) {
    m = fmaf(a.beta1, m, a.one_minus_beta1 * g);
    v = fmaf(a.beta2, v, a.one_minus_beta2 * g * g);
    const float denominator = fmaf(sqrtf(v), a.correction, a.epsilon);
    p = fmaf(-a.rate, m / denominator, p * a.decay);
}

__device__ __forceinline__ void adamwChunk(const AdamWArguments& arguments) {
    const OptimizerTensor& tensor = tensorOfBlock(arguments);
    const int64_t begin = (static_cast<int64_t>(blockIdx.x) - tensor.first_block) * kOptimizerChunk;
    const int64_t end = begin + kOptimizerChunk < tensor.count ? begin + kOptimizerChunk : tensor.count;
    auto* param = reinterpret_cast<F32*>(tensor.param);
    const auto* grad = reinterpret_cast<const F32*>(tensor.grad);
    auto* state1 = reinterpret_cast<F32*>(tensor.state1);
    auto* state2 = reinterpret_cast<F32*>(tensor.state2);
    int64_t i = begin;
    if (isAligned<4>(param) && isAligned<4>(grad) && isAligned<4>(state1) && isAligned<4>(state2)) {
        const int64_t vectors_end = begin + (end - begin) / 4 * 4;
        for (i = begin + threadIdx.x * 4; i < vectors_end; i += kThreads * 4) {
            float p[4];
            float g[4];
            float m[4];
            float v[4];
            load<4>(param + i, p);
            load<4>(grad + i, g);
            load<4>(state1 + i, m);
            load<4>(state2 + i, v);
#pragma unroll
            for (int k = 0; k < 4; ++k) {
                adamw(arguments, p[k], g[k], m[k], v[k]);
            }
            store<4>(param + i, p);
            store<4>(state1 + i, m);
            store<4>(state2 + i, v);
        }
        i = vectors_end;
    }
    for (i += threadIdx.x; i < end; i += kThreads) {
        adamw(arguments, tensor.param[i], tensor.grad[i], tensor.state1[i], tensor.state2[i]);
    }
}

}  // namespace

OPTIRS_KERNEL(adamw_f32, kThreads, AdamWArguments, adamwChunk);

}  // namespace optirs::cuda
