// The codes of 8-bit optimizer states, by the rule of core/state_map.h and with the CPU's arithmetic
// (cpu/state8.cpp): codes, scales and values are the same bits where that has fused multiply-add.
#pragma once

#include "../../core/state_map.h"
#include "kernel.cuh"

namespace optirs::cuda {

struct Code {
    uint8_t bits;
};

/// A map, whose decades lie in shared memory: eight threads that look up different ones meet different banks.
template <bool kHasSign>
struct StateCodes {
    const Decade* decades;

    static constexpr float kFirst = static_cast<float>(firstCells(kHasSign));
    static constexpr int kExponent = kHasSign ? 127 : 128;  // of kFirst, as bits of a float

    __device__ __forceinline__ float value(Code code) const {
        if (!kHasSign) {
            return valueOf(code.bits);
        }
        const int number = static_cast<int>(code.bits) - StateMap::kZero;
        return number < 0 ? -valueOf(-number) : valueOf(number);
    }

    /// Of what is from -1 to 1; of NaN any.
    __device__ __forceinline__ Code code(float x) const {
        if (!kHasSign) {
            return {static_cast<uint8_t>(numberOf(x))};
        }
        const int number = numberOf(magnitude(x));
        const int below = number < StateMap::kZero ? number : StateMap::kZero;
        return {static_cast<uint8_t>(x < 0 ? StateMap::kZero - below : StateMap::kZero + number)};
    }

 private:
    __device__ __forceinline__ float valueOf(int number) const {
        const uint32_t bits = __float_as_uint(static_cast<float>(number) + (kFirst - 1.0F));
        const int exponent = static_cast<int>(bits >> 23) - kExponent;
        const Decade& decade = decades[exponent > 0 ? exponent : 0];
        const float mantissa = __uint_as_float((bits & 0x7fffffU) | 0x3f800000U);
        return number > 0 ? fmaf(mantissa - 1.0F, decade.width, decade.base) : 0.0F;
    }

    /// The number of the value that is nearest to what is from 0 to 1.
    __device__ __forceinline__ int numberOf(float x) const {
        // The bits of a float are its logarithm, up to 0.09 too little. 0.45 below that to base ten, and
        // rounded down, it is the decade or the one below: bounds lie up to 0.44 above the powers of ten.
        const auto logarithm = static_cast<float>(static_cast<int32_t>(__float_as_uint(x)));
        const float estimate = fmaf(logarithm, 3.5885572e-8F, 7.55F - 38.230809F);
        const int next = static_cast<int>(fminf(fmaxf(estimate, 0.0F), StateMap::kDecades - 1.0F));
        const int reached = next + (x >= decades[next].bound ? 1 : 0);  // decade + 1, 0 for none
        const int decade = reached > 1 ? reached - 1 : 0;
        const float cells = __uint_as_float(static_cast<uint32_t>(decade + kExponent) << 23);
        const float place = fmaf(x, decades[decade].slope, -decades[decade].offset);
        const float cell = floorf(fminf(fmaxf(place, 0.0F), cells - 1.0F));
        return reached > 0 ? static_cast<int>(cells - (kFirst - 1.0F) + cell) : 0;
    }
};

static __constant__ constexpr StateMap kWithSign = stateMap(true);
static __constant__ constexpr StateMap kWithoutSign = stateMap(false);

/// Both maps in shared memory.
struct StateMaps {
    StateMap with_sign;
    StateMap without_sign;

    /// By all threads of the block; what follows begins with a barrier.
    __device__ __forceinline__ void fill() {
        const auto i = static_cast<int>(threadIdx.x);
        if (i < StateMap::kDecades) {
            with_sign.decades[i] = kWithSign.decades[i];
            without_sign.decades[i] = kWithoutSign.decades[i];
        }
    }

    template <bool kHasSign>
    __device__ __forceinline__ StateCodes<kHasSign> codes() const {
        return {kHasSign ? with_sign.decades : without_sign.decades};
    }
};

}  // namespace optirs::cuda
