// Element types of the kernels: storage, and conversion to and from f32, rounding to nearest even.
#pragma once

#ifndef OPTIRS_CUDA_EMULATION
#include <cstdint>
#endif

namespace optirs::cuda {

struct F32 {
    float bits;
};
struct BF16 {
    uint16_t bits;
};
struct F16 {
    uint16_t bits;
};
struct E4M3 {
    uint8_t bits;
};
struct E5M2 {
    uint8_t bits;
};

/// f32 to the bits of a smaller format, without infinities if `saturates`: what is beyond its greatest finite
/// number becomes that. The steps below the least normal number are those of the float whose last place is as
/// large, so that adding it rounds once, as it should.
template <int kMantissa, int kBias, bool kSaturates>
__device__ __forceinline__ uint32_t roundTo(float x, uint32_t greatest, uint32_t nan) {
    constexpr int kShift = 23 - kMantissa;
    constexpr int kSignBit = kMantissa == 10 ? 15 : 7;
    const uint32_t bits = __float_as_uint(x);
    const uint32_t sign = bits >> 31 << kSignBit;
    const uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) {
        return sign | nan;
    }
    uint32_t rounded;
    if (magnitude < static_cast<uint32_t>(128 - kBias) << 23) {
        constexpr uint32_t kUnit = static_cast<uint32_t>(127 + 24 - kBias - kMantissa) << 23;
        rounded = __float_as_uint(__uint_as_float(magnitude) + __uint_as_float(kUnit)) - kUnit;
    } else {
        const uint32_t half = (1U << (kShift - 1)) - 1U + (magnitude >> kShift & 1U);
        rounded = ((magnitude + half) >> kShift) - (static_cast<uint32_t>(127 - kBias) << kMantissa);
    }
    const uint32_t limit = kSaturates ? greatest : greatest + 1;  // the infinity follows
    return sign | (rounded < limit ? rounded : limit);
}

/// A finite number of a smaller format as f32.
template <int kMantissa, int kBias>
__device__ __forceinline__ float expand(uint32_t magnitude, bool is_negative) {
    // Shifted so, subnormals are subnormals of f32; the product is exact.
    constexpr uint32_t kScale = static_cast<uint32_t>(127 + 127 - kBias) << 23;
    const float value = __uint_as_float(magnitude << (23 - kMantissa)) * __uint_as_float(kScale);
    return is_negative ? -value : value;
}

__device__ __forceinline__ float toFloat(F32 x) { return x.bits; }
__device__ __forceinline__ F32 fromFloat(float x, F32*) { return {x}; }

__device__ __forceinline__ float toFloat(BF16 x) {
    return __uint_as_float(static_cast<uint32_t>(x.bits) << 16);
}
__device__ __forceinline__ BF16 fromFloat(float x, BF16*) {
    const uint32_t bits = __float_as_uint(x);
    if ((bits & 0x7fffffffU) > 0x7f800000U) {
        return {static_cast<uint16_t>((bits >> 16) | 0x40U)};
    }
    return {static_cast<uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16)};
}

#ifdef OPTIRS_CUDA_EMULATION
inline float toFloat(F16 x) {
    const uint32_t magnitude = x.bits & 0x7fffU;
    if (magnitude >= 0x7c00U) {
        return __uint_as_float(static_cast<uint32_t>(x.bits & 0x8000U) << 16 | 0x7f800000U |
                               (magnitude & 0x3ffU) << 13);
    }
    return expand<10, 15>(magnitude, (x.bits & 0x8000U) != 0);
}
inline F16 fromFloat(float x, F16*) {
    return {static_cast<uint16_t>(roundTo<10, 15, false>(x, 0x7bffU, 0x7e00U))};
}
#else
__device__ __forceinline__ float toFloat(F16 x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}
__device__ __forceinline__ F16 fromFloat(float x, F16*) {
    F16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
}
#endif

#if !defined(OPTIRS_CUDA_EMULATION) && defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
__device__ __forceinline__ E4M3 fromFloat(float x, E4M3*) {
    uint16_t pair;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(0.0F), "f"(x));
    return {static_cast<uint8_t>(pair)};
}
__device__ __forceinline__ E5M2 fromFloat(float x, E5M2*) {
    uint16_t pair;
    asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(0.0F), "f"(x));
    return {static_cast<uint8_t>(pair)};
}
__device__ __forceinline__ float toFloat(E4M3 x) {
    uint32_t pair;
    asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(pair) : "h"(static_cast<uint16_t>(x.bits)));
    return toFloat(F16{static_cast<uint16_t>(pair)});
}
#else
// Before Ada there is no instruction for it. NaN becomes 0x7f, without its sign, as the instruction does it.
__device__ __forceinline__ E4M3 fromFloat(float x, E4M3*) {
    return {x == x ? static_cast<uint8_t>(roundTo<3, 7, true>(x, 0x7eU, 0x7fU)) : uint8_t{0x7f}};
}
__device__ __forceinline__ E5M2 fromFloat(float x, E5M2*) {
    return {x == x ? static_cast<uint8_t>(roundTo<2, 15, true>(x, 0x7bU, 0x7fU)) : uint8_t{0x7f}};
}
__device__ __forceinline__ float toFloat(E4M3 x) {
    const uint32_t magnitude = x.bits & 0x7fU;
    return magnitude == 0x7fU ? __uint_as_float(0x7fc00000U) : expand<3, 7>(magnitude, (x.bits & 0x80U) != 0);
}
#endif
/// The upper half of an f16.
__device__ __forceinline__ float toFloat(E5M2 x) { return toFloat(F16{static_cast<uint16_t>(x.bits << 8)}); }

template <class T>
__device__ __forceinline__ T rounded(float x) {
    return fromFloat(x, static_cast<T*>(nullptr));
}

}  // namespace optirs::cuda
