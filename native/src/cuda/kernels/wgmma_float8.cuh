// Products of 8-bit floats by a warp group of Hopper (PTX ISA, wgmma.mma_async, m64n128k32): as those of
// wgmma.cuh, with both operands in shared memory along rows. A row of a panel has 128 elements.
#pragma once

#include "wgmma.cuh"

namespace optirs::cuda {

inline constexpr int kFloat8Depth = 32;  // elements of k of one product

#ifdef OPTIRS_CUDA_EMULATION

template <class A, class B>
void multiplyFloat8(float (&d)[16][4], uint64_t a, uint64_t b, int adds) {
    const MmaLane lane = mmaLane();
    const int row = static_cast<int>(threadIdx.x % kWarpGroup / kWarp) * 16 + lane.group;
    double sums[16][4] = {};
    for (int k = 0; k < kFloat8Depth; ++k) {
        const auto left = [&](int i) {
            return static_cast<double>(toFloat(A{::optirs::emulation::operandByte(a, row + i * 8, k)}));
        };
        const double rows[2] = {left(0), left(1)};
        for (int n = 0; n < 16; ++n) {
            for (int i = 0; i < 2; ++i) {
                const int column = n * 8 + 2 * lane.pair + i;
                const B right{::optirs::emulation::operandByte(b, column, k)};
                sums[n][i] += rows[0] * static_cast<double>(toFloat(right));
                sums[n][2 + i] += rows[1] * static_cast<double>(toFloat(right));
            }
        }
    }
    for (int n = 0; n < 16; ++n) {
        for (int i = 0; i < 4; ++i) {
            d[n][i] = static_cast<float>((adds != 0 ? static_cast<double>(d[n][i]) : 0.0) + sums[n][i]);
        }
    }
}

#else

#define OPTIRS_WGMMA_FLOAT8(types)                                                                        \
    asm volatile(                                                                                         \
        "{\n.reg .pred p;\nsetp.ne.b32 p, %66, 0;\n"                                                      \
        "wgmma.mma_async.sync.aligned.m64n128k32.f32." types " {" OPTIRS_D_128 "}, %64, %65, p, 1, 1;\n}" \
        : OPTIRS_ELEMENTS_128                                                                             \
        : "l"(a), "l"(b), "r"(adds))

/// d = a b or, if `adds` is not 0, d += a b.
template <class A, class B>
__device__ __forceinline__ void multiplyFloat8(float (&d)[16][4], uint64_t a, uint64_t b, int adds) {
    constexpr bool kIsE4M3 = std::is_same_v<B, E4M3>;
    if constexpr (std::is_same_v<A, E4M3> && kIsE4M3) {
        OPTIRS_WGMMA_FLOAT8("e4m3.e4m3");
    } else if constexpr (std::is_same_v<A, E4M3>) {
        OPTIRS_WGMMA_FLOAT8("e4m3.e5m2");
    } else if constexpr (kIsE4M3) {
        OPTIRS_WGMMA_FLOAT8("e5m2.e4m3");
    } else {
        OPTIRS_WGMMA_FLOAT8("e5m2.e5m2");
    }
}

#endif

}  // namespace optirs::cuda
