// The walk of a block over its chunk of one tensor among many, of which all is f32; optimizer_mixed.cuh has
// the walk over other types.
#pragma once

#include "optimizer_arguments.h"
#include "optimizer_rules.cuh"

namespace optirs::cuda {

/// The tensor of this block: the last one whose first block is not after it.
template <class Arguments>
__device__ __forceinline__ int tensorOfBlock(const Arguments& arguments) {
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
    return low;
}

/// The elements of this block.
struct Chunk {
    int64_t begin;
    int64_t end;
};
template <class Tensor>
__device__ __forceinline__ Chunk chunkOf(const Tensor& tensor) {
    const int64_t begin = (static_cast<int64_t>(blockIdx.x) - tensor.first_block) * kOptimizerChunk;
    return {begin, begin + kOptimizerChunk < tensor.count ? begin + kOptimizerChunk : tensor.count};
}

template <int N>
__device__ __forceinline__ void loadF32(const float* from, float (&to)[N]) {
    load<N>(reinterpret_cast<const F32*>(from), to);
}
template <int N>
__device__ __forceinline__ void storeF32(float* to, const float (&from)[N]) {
    store<N>(reinterpret_cast<F32*>(to), from);
}

/// Calls element(p, g, s1, s2) for those from i on; the gradient is not scaled yet.
template <class Rule, int N, class Element>
__device__ __forceinline__ void overVector(const OptimizerTensor& t, int64_t i, bool zero_grads,
                                           Element&& element) {
    float p[N] = {};
    float g[N] = {};
    float s1[N] = {};
    float s2[N] = {};
    loadF32<N>(t.param + i, p);
    if ((Rule::kReads & kGrad) != 0) {
        loadF32<N>(t.grad + i, g);
    }
    if ((Rule::kReads & kState1) != 0) {
        loadF32<N>(t.state1 + i, s1);
    }
    if ((Rule::kReads & kState2) != 0) {
        loadF32<N>(t.state2 + i, s2);
    }
#pragma unroll
    for (int k = 0; k < N; ++k) {
        element(p[k], g[k], s1[k], s2[k]);
    }
    if ((Rule::kWrites & kParam) != 0) {
        storeF32<N>(t.param + i, p);
    }
    if ((Rule::kWrites & kState1) != 0) {
        storeF32<N>(t.state1 + i, s1);
    }
    if ((Rule::kWrites & kState2) != 0) {
        storeF32<N>(t.state2 + i, s2);
    }
    if ((Rule::kWrites & kGrad) != 0 && zero_grads) {
        const float zeros[N] = {};
        storeF32<N>(t.grad + i, zeros);
    }
}

/// All elements of the block's chunk of tensor `index`, 16 bytes at a time where that can be.
template <class Rule, class Element>
__device__ __forceinline__ void overChunk(const StepArguments& a, int index, Element&& element) {
    const OptimizerTensor& t = a.tensors[index];
    const bool zero_grads = a.zero_grads != 0;
    const Chunk chunk = chunkOf(t);
    int64_t i = chunk.begin;
    if (isAligned<4>(t.param) && isAligned<4>(t.grad) && isAligned<4>(t.state1) && isAligned<4>(t.state2)) {
        const int64_t vectors_end = chunk.begin + (chunk.end - chunk.begin) / 4 * 4;
        for (i = chunk.begin + threadIdx.x * 4; i < vectors_end; i += kThreads * 4) {
            overVector<Rule, 4>(t, i, zero_grads, element);
        }
        i = vectors_end;
    }
    for (i += threadIdx.x; i < chunk.end; i += kThreads) {
        overVector<Rule, 1>(t, i, zero_grads, element);
    }
}

__device__ __forceinline__ bool isSkipped(const StepConstants& a) {
    return a.skip != nullptr && *a.skip != 0;
}
__device__ __forceinline__ float gradScale(const StepConstants& a) {
    return a.grad_scale == nullptr ? 1.0F : *a.grad_scale;
}

/// A step by one formula; what a kernel of it does.
template <class Rule, class Arguments>
__device__ __forceinline__ void stepChunk(const Arguments& a) {
    if (isSkipped(a)) {
        return;
    }
    const int index = tensorOfBlock(a);
    float c[12];
#pragma unroll
    for (int i = 0; i < 12; ++i) {
        c[i] = i == Rule::kRate && a.rates != nullptr ? a.rates[index] : a.c[i];
    }
    const float scale = gradScale(a);
    overChunk<Rule>(a, index,
                    [&](float& p, float g, float& s1, float& s2) { Rule::step(c, p, g * scale, s1, s2); });
}

// X(name, Rule) for the formulas that are kernels.
#define OPTIRS_STEP_LIST(X)          \
    X(sgd, SgdRule)                  \
    X(momentum, MomentumRule)        \
    X(adam, AdamRule)                \
    X(adamw, AdamWRule)              \
    X(first_moment, FirstMomentRule) \
    X(adabound, AdaBoundRule)        \
    X(lamb, LambRule)                \
    X(lion, LionRule)                \
    X(adagrad, AdagradRule)          \
    X(adadelta, AdaDeltaRule)        \
    X(rmsprop, RmsPropRule)          \
    X(lookahead, LookaheadRule)

}  // namespace optirs::cuda
