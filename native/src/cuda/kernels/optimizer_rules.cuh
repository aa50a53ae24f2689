// The formulas of optimizer steps, one element at a time, as in cpu/optimizer_rules.cpp step by step: the
// bits are the same where the CPU has fused multiply-add. Which constant is which stands there too.
#pragma once

#include "kernel.cuh"

namespace optirs::cuda {

/// What a formula works on.
enum Streams : unsigned { kGrad = 1, kState1 = 2, kState2 = 4, kParam = 8 };

/// What a formula reads besides the parameter, and what it writes; a gradient that is written is set to 0
/// where that is asked for.
template <unsigned kStreams, unsigned kWritten = kStreams | kParam>
struct Form {
    static constexpr unsigned kReads = kStreams;
    static constexpr unsigned kWrites = kWritten;
    static constexpr int kRate = 0;         // which constant is the tensor's own where there are `rates`
    static constexpr bool kHasSign = true;  // of the map of state1's codes; that of state2 has none
};

struct SgdRule : Form<kGrad> {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float&, float&) {
        p = fmaf(-c[0], fmaf(c[1], p, g), p);
    }
};

struct MomentumRule : Form<kGrad | kState1> {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& v, float&) {
        v = fmaf(c[2], v, c[0] * fmaf(c[1], p, g));
        p = p - v;
    }
};

/// m and v of Adam.
struct MomentsRule : Form<kGrad | kState1 | kState2, kGrad | kState1 | kState2> {
    static __device__ __forceinline__ void step(const float (&c)[12], float&, float g, float& m, float& v) {
        m = fmaf(c[0], m, c[1] * g);
        v = fmaf(c[2], v, c[3] * g * g);
    }
};

/// sqrt(v) corrected, plus epsilon.
__device__ __forceinline__ float adamDenominator(const float (&c)[12], float v) {
    return fmaf(sqrtf(v), c[6], c[7]);
}

struct AdamRule : Form<kGrad | kState1 | kState2> {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float& v) {
        MomentsRule::step(c, p, fmaf(c[4], p, g), m, v);
        p = fmaf(-c[5], m / adamDenominator(c, v), p);
    }
};

struct AdamWRule : Form<kGrad | kState1 | kState2> {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float& v) {
        MomentsRule::step(c, p, g, m, v);
        p = fmaf(-c[5], m / adamDenominator(c, v), p * c[4]);
    }
};

struct FirstMomentRule : Form<kGrad | kState1 | kState2> {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float& v) {
        MomentsRule::step(c, p, fmaf(c[4], p, g), m, v);
        p = fmaf(-c[5], m, p);
    }
};

struct AdaBoundRule : Form<kGrad | kState1 | kState2> {
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

struct LambRule : Form<kState1 | kState2, kParam> {
    static constexpr int kRate = 8;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float, float& m, float& v) {
        p = fmaf(-c[8], lambDirection(c, p, m, v), p);
    }
};

struct LionRule : Form<kGrad | kState1> {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& m, float&) {
        const float u = fmaf(c[0], m, c[1] * g);
        // 0 and NaN stand for themselves.
        p = fmaf(p, c[4], -(u > 0 ? c[5] : u < 0 ? -c[5] : u));
        m = fmaf(c[2], m, c[3] * g);
    }
};

struct AdagradRule : Form<kGrad | kState1> {
    static constexpr bool kHasSign = false;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float plain, float& s,
                                                float&) {
        const float g = fmaf(c[1], p, plain);
        s = fmaf(g, g, s);
        p = fmaf(-c[0], g / (sqrtf(s) + c[2]), p);
    }
};

struct AdaDeltaRule : Form<kGrad | kState1 | kState2> {
    static constexpr bool kHasSign = false;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float g, float& s,
                                                float& delta) {
        s = fmaf(c[1], s, c[2] * g * g);
        const float u = g * sqrtf((delta + c[3]) / (s + c[3]));
        delta = fmaf(c[1], delta, c[2] * u * u);
        p = fmaf(-c[0], u, p);
    }
};

struct RmsPropRule : Form<kGrad | kState1> {
    static constexpr bool kHasSign = false;
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float plain, float& s,
                                                float&) {
        const float g = fmaf(c[1], p, plain);
        s = fmaf(c[3], s, c[4] * g * g);
        p = fmaf(-c[0], g / (sqrtf(s) + c[2]), p);
    }
};

struct LookaheadRule : Form<kState1> {
    static __device__ __forceinline__ void step(const float (&c)[12], float& p, float, float& slow, float&) {
        slow = fmaf(c[0], p - slow, slow);
        p = slow;
    }
};

}  // namespace optirs::cuda
