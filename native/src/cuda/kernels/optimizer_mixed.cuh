// The walk of a block over its chunk of one tensor, with parameters, gradients and states of any type. A warp
// takes kStateBlock elements at a time, which have one scale if they are codes, and each of its lanes kLane
// of them, one after the other: 16 bytes where elements have two.
#pragma once

#include "elements.cuh"
#include "optimizer.cuh"
#include "state_codes.cuh"

namespace optirs::cuda {

static_assert(kStateBlock == kLane * static_cast<int>(kWarp) && kOptimizerChunk % kStateBlock == 0);

struct Remainder {
    int16_t bits;
};

/// The f32 value of a parameter: in its master, put together with its remainder, or its own.
__device__ __forceinline__ void loadParam(const MixedTensor& t, const Lane& lane, float (&p)[kLane]) {
    if (t.masters == Masters::kF32) {
        loadLane<F32>(t.master, lane, p);
        return;
    }
    loadLane(t.param_type, t.param, lane, p);
    if (t.masters == Masters::kRemainders) {
        const auto rest = rawLane<Remainder>(t.master, lane);
#pragma unroll
        for (int k = 0; k < kLane; ++k) {
            p[k] = __uint_as_float(__float_as_uint(p[k]) + static_cast<uint32_t>(int32_t{rest.at[k].bits}));
        }
    }
}

__device__ __forceinline__ void storeParam(const MixedTensor& t, const Lane& lane, const float (&p)[kLane]) {
    if (t.masters == Masters::kRemainders) {
        Vector<BF16, kLane> upper;
        Vector<Remainder, kLane> rest;
#pragma unroll
        for (int k = 0; k < kLane; ++k) {
            const uint32_t bits = __float_as_uint(p[k]);
            // Half up, so that the remainder has its sign.
            upper.at[k].bits = static_cast<uint16_t>((bits + 0x8000U) >> 16);
            rest.at[k].bits = static_cast<int16_t>(bits & 0xffffU);
        }
        storeRaw(t.param, lane, upper);
        storeRaw(t.master, lane, rest);
        return;
    }
    if (t.masters == Masters::kF32) {
        storeLane<F32>(t.master, lane, p);
    }
    storeLane(t.param_type, t.param, lane, p);
}

/// A state: f32, or codes where there are scales.
template <bool kHasSign>
__device__ __forceinline__ void loadState(const StateMaps& maps, const void* state, const float* scales,
                                          int64_t block, const Lane& lane, float (&s)[kLane]) {
    if (scales == nullptr) {
        loadLane<F32>(state, lane, s);
        return;
    }
    const auto codes = rawLane<Code>(state, lane);
    const float scale = scales[block];
    const auto map = maps.codes<kHasSign>();
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        s[k] = map.value(codes.at[k]) * scale;
    }
}

template <bool kHasSign>
__device__ __forceinline__ void storeState(const StateMaps& maps, void* state, float* scales, int64_t block,
                                           const Lane& lane, const float (&s)[kLane]) {
    if (scales == nullptr) {
        storeLane<F32>(state, lane, s);
        return;
    }
    const float scale = reduceWarp<Max>(greatestOf(lane, s));
    const float divisor = scale > 0 ? scale : 1.0F;
    const auto map = maps.codes<kHasSign>();
    Vector<Code, kLane> codes;
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        codes.at[k] = map.code(s[k] / divisor);
    }
    storeRaw(state, lane, codes);
    if (threadIdx.x % kWarp == 0) {
        scales[block] = scale;
    }
}

__device__ __forceinline__ void storeCast(const MixedTensor& t, float scale, const Lane& lane,
                                          const float (&p)[kLane]) {
    float scaled[kLane];
#pragma unroll
    for (int k = 0; k < kLane; ++k) {
        scaled[k] = p[k] * scale;
    }
    if (t.cast_type == Float8::kE4M3) {
        storeLane<E4M3>(t.cast, lane, scaled);
    } else {
        storeLane<E5M2>(t.cast, lane, scaled);
    }
}

/// Whether every lane finds what it reads and writes aligned.
__device__ __forceinline__ bool isAligned(const MixedTensor& t) {
    return isLaneAligned(t.param, t.param_type) && isLaneAligned(t.grad, t.grad_type) &&
           isLaneAligned(t.state1, t.scales1 != nullptr ? 1U : 4U) &&
           isLaneAligned(t.state2, t.scales2 != nullptr ? 1U : 4U) &&
           isLaneAligned(t.master, t.masters == Masters::kF32 ? 4U : 2U) && isLaneAligned(t.cast, 1U);
}

/// All elements of the block's chunk of tensor `index`: element(p, g, s1, s2), the gradient not scaled yet.
template <class Rule, class Element>
__device__ __forceinline__ void overChunk(const MixedStepArguments& a, int index, Element&& element) {
    __shared__ StateMaps maps;
    __shared__ float scratch[kWarp];
    constexpr bool kHasSign = Rule::kHasSign;
    const MixedTensor& t = a.tensors[index];
    if (t.scales1 != nullptr || t.scales2 != nullptr) {
        maps.fill();
        __syncthreads();
    }
    const Chunk chunk = chunkOf(t);
    const bool is_aligned = isAligned(t);
    const float cast_scale = t.cast != nullptr && a.cast_scale != nullptr ? a.cast_scale[t.index] : 1.0F;
    float most = 0;
    for (int64_t begin = chunk.begin + threadIdx.x / kWarp * kStateBlock; begin < chunk.end;
         begin += kThreads / kWarp * kStateBlock) {
        const int64_t block = begin / kStateBlock;
        const Lane lane(begin + threadIdx.x % kWarp * kLane, chunk.end, is_aligned);
        float p[kLane] = {};
        float g[kLane] = {};
        float s1[kLane] = {};
        float s2[kLane] = {};
        loadParam(t, lane, p);
        if ((Rule::kReads & kGrad) != 0) {
            loadLane(t.grad_type, t.grad, lane, g);
        }
        if ((Rule::kReads & kState1) != 0) {
            loadState<kHasSign>(maps, t.state1, t.scales1, block, lane, s1);
        }
        if ((Rule::kReads & kState2) != 0) {
            loadState<false>(maps, t.state2, t.scales2, block, lane, s2);
        }
#pragma unroll
        for (int k = 0; k < kLane; ++k) {
            if (k < lane.count) {
                element(p[k], g[k], s1[k], s2[k]);
            }
        }
        if ((Rule::kWrites & kState1) != 0) {
            storeState<kHasSign>(maps, t.state1, t.scales1, block, lane, s1);
        }
        if ((Rule::kWrites & kState2) != 0) {
            storeState<false>(maps, t.state2, t.scales2, block, lane, s2);
        }
        if ((Rule::kWrites & kGrad) != 0 && a.zero_grads != 0) {
            const float zeros[kLane] = {};
            storeLane(t.grad_type, t.grad, lane, zeros);
        }
        if ((Rule::kWrites & kParam) != 0) {
            storeParam(t, lane, p);
            if (t.cast != nullptr) {
                storeCast(t, cast_scale, lane, p);
            }
            if (a.cast_amax != nullptr) {
                most = Max::combine(most, greatestOf(lane, p));
            }
        }
    }
    if ((Rule::kWrites & kParam) != 0 && a.cast_amax != nullptr) {
        raise(a.cast_amax + t.index, reduceBlock<Max>(most, scratch));
    }
}

}  // namespace optirs::cuda
