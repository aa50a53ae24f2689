// The formulas of optimizer steps, one element at a time, as in cpu/optimizer_rules.cpp step by step: the
// bits are the same where the CPU has fused multiply-add. Which constant is which stands there too.
#pragma once

#include "kernel.cuh"
#include "optimizer_arguments.h"

namespace optirs::cuda {

/// What a formula reads besides the parameter, and writes besides it (but the gradient).
enum Streams : unsigned { kGrad = 1, kState1 = 2, kState2 = 4 };

/// kRate: which constant is the tensor's own where there are `rates`.
struct SgdRule {
    static constexpr unsigned kStreams = kGrad;
    static constexpr int kRate = 0;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float&, float&) {
        p = fmaf(-c[0], fmaf(c[1], p, g), p);
    }
};

struct MomentumRule {
    static constexpr unsigned kStreams = kGrad | kState1;
    static constexpr int kRate = 0;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& v, float&) {
        v = fmaf(c[2], v, c[0] * fmaf(c[1], p, g));
        p = p - v;
    }
};

/// m and v of Adam.
struct MomentsRule {
    static constexpr unsigned kStreams = kGrad | kState1 | kState2;
    static constexpr int kRate = 0;
    static __device__ __forceinline__ void step(const float (&c)[12], float&, float g, float& m, float& v) {
        m = fmaf(c[0], m, c[1] * g);
        v = fmaf(c[2], v, c[3] * g * g);
    }
};

/// sqrt(v) corrected, plus epsilon.
__device__ __forceinline__ float adamDenominator(const float (&c)[12], float v) {
    return fmaf(sqrtf(v), c[6], c[7]);
}

struct AdamRule : MomentsRule {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float& v) {
        MomentsRule::step(c, p, fmaf(c[4], p, g), m, v);
        p = fmaf(-c[5], m / adamDenominator(c, v), p);
    }
};

struct AdamWRule : MomentsRule {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float& v) {
        MomentsRule::step(c, p, g, m, v);
        p = fmaf(-c[5], m / adamDenominator(c, v), p * c[4]);
    }
};

struct FirstMomentRule : MomentsRule {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float& v) {
        MomentsRule::step(c, p, fmaf(c[4], p, g), m, v);
        p = fmaf(-c[5], m, p);
    }
};

struct AdaBoundRule : MomentsRule {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float& v) {
        MomentsRule::step(c, p, fmaf(c[4], p, g), m, v);
        const float own = c[5] / adamDenominator(c, v);
        const float raised = own > c[9] ? own : c[9];
        p = fmaf(-(raised < c[10] ? raised : c[10]), m * c[8], p);
    }
};

/// r of LAMB.
__device__ __forceinline__ float lambDirection(const float (&c)[12], float p, float m, float v) {
    return fmaf(c[4], p, m * c[5] / adamDenominator(c, v));
}

struct LambRule {
    static constexpr unsigned kStreams = kState1 | kState2;
    static constexpr int kRate = 8;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float, float& m, float& v) {
        p = fmaf(-c[8], lambDirection(c, p, m, v), p);
    }
};

struct LionRule {
    static constexpr unsigned kStreams = kGrad | kState1;
    static constexpr int kRate = 5;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float&) {
        const float u = fmaf(c[0], m, c[1] * g);
        // 0 and NaN stand for themselves.
        p = fmaf(p, c[4], -(u > 0 ? c[5] : u < 0 ? -c[5] : u));
        m = fmaf(c[2], m, c[3] * g);
    }
};

struct AdagradRule {
    static constexpr unsigned kStreams = kGrad | kState1;
    static constexpr int kRate = 0;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float plain, float& s,
                                                float&) {
        const float g = fmaf(c[1], p, plain);
        s = fmaf(g, g, s);
        p = fmaf(-c[0], g / (sqrtf(s) + c[2]), p);
    }
};

struct AdaDeltaRule {
    static constexpr unsigned kStreams = kGrad | kState1 | kState2;
    static constexpr int kRate = 0;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& s,
                                                float& delta) {
        s = fmaf(c[1], s, c[2] * g * g);
        const float u = g * sqrtf((delta + c[3]) / (s + c[3]));
        delta = fmaf(c[1], delta, c[2] * u * u);
        p = fmaf(-c[0], u, p);
    }
};

struct RmsPropRule {
    static constexpr unsigned kStreams = kGrad | kState1;
    static constexpr int kRate = 0;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float plain, float& s,
                                                float&) {
        const float g = fmaf(c[1], p, plain);
        s = fmaf(c[3], s, c[4] * g * g);
        p = fmaf(-c[0], g / (sqrtf(s) + c[2]), p);
    }
};

struct LookaheadRule {
    static constexpr unsigned kStreams = kState1;
    static constexpr int kRate = 0;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float, float& slow, float&) {
        slow = fmaf(c[0], p - slow, slow);
        p = slow;
    }
};

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

/// What a pass reads and writes for each element.
template <unsigned kReads, unsigned kWrites, bool kWritesParam>
struct Pass {
    /// Calls element(p, g, s1, s2) for those from i on; the gradient is not scaled yet.
    template <int N, class Element>
    static __device__ __forceinline__ void run(const OptimizerTensor& t, int64_t i, bool zero_grads,
                                               Element&& element) {
        float p[N] = {};
        float g[N] = {};
        float s1[N] = {};
        float s2[N] = {};
        loadF32<N>(t.param + i, p);
        if ((kReads & kGrad) != 0) {
            loadF32<N>(t.grad + i, g);
        }
        if ((kReads & kState1) != 0) {
            loadF32<N>(t.state1 + i, s1);
        }
        if ((kReads & kState2) != 0) {
            loadF32<N>(t.state2 + i, s2);
        }
#pragma unroll
        for (int k = 0; k < N; ++k) {
            element(p[k], g[k], s1[k], s2[k]);
        }
        if (kWritesParam) {
            storeF32<N>(t.param + i, p);
        }
        if ((kWrites & kState1) != 0) {
            storeF32<N>(t.state1 + i, s1);
        }
        if ((kWrites & kState2) != 0) {
            storeF32<N>(t.state2 + i, s2);
        }
        if ((kReads & kGrad) != 0 && zero_grads) {
            const float zeros[N] = {};
            storeF32<N>(t.grad + i, zeros);
        }
    }

    /// All elements of the chunk, 16 bytes at a time where that can be.
    template <class Element>
    static __device__ __forceinline__ void over(const OptimizerTensor& t, bool zero_grads,
                                                Element&& element) {
        const Chunk chunk = chunkOf(t);
        int64_t i = chunk.begin;
        if (isAligned<4>(t.param) && isAligned<4>(t.grad) && isAligned<4>(t.state1) &&
            isAligned<4>(t.state2)) {
            const int64_t vectors_end = chunk.begin + (chunk.end - chunk.begin) / 4 * 4;
            for (i = chunk.begin + threadIdx.x * 4; i < vectors_end; i += kThreads * 4) {
                run<4>(t, i, zero_grads, element);
            }
            i = vectors_end;
        }
        for (i += threadIdx.x; i < chunk.end; i += kThreads) {
            run<1>(t, i, zero_grads, element);
        }
    }

 private:
    template <int N>
    static __device__ __forceinline__ void loadF32(const float* from, float (&to)[N]) {
        load<N>(reinterpret_cast<const F32*>(from), to);
    }
    template <int N>
    static __device__ __forceinline__ void storeF32(float* to, const float (&from)[N]) {
        store<N>(reinterpret_cast<F32*>(to), from);
    }
};

__device__ __forceinline__ bool isSkipped(const StepArguments& a) {
    return a.skip != nullptr && *a.skip != 0;
}
__device__ __forceinline__ float gradScale(const StepArguments& a) {
    return a.grad_scale == nullptr ? 1.0F : *a.grad_scale;
}

}  // namespace optirs::cuda
