// Products of 8-bit floats by a warp group of Hopper (PTX ISA, wgmma.mma_async, m64nNk32): as those of
// wgmma.cuh, with operands in shared memory along rows, or a in registers. A row of a panel has 128 elements.
// A thread has of an a in registers, of rows g and g + 8, elements 4t to 4t + 3 of k, and 16 further.
#pragma once

#include "wgmma.cuh"

namespace optirs::cuda {

inline constexpr int kFloat8Depth = 32;  // elements of k of one product

#ifdef OPTIRS_CUDA_EMULATION

/// a(row, k) of the thread's warp, times the operand in shared memory.
template <class B, int N, class A>
void emulatedFloat8(float (&d)[N / 8][4], A&& a, uint64_t b, int adds) {
    const MmaLane lane = mmaLane();
    double sums[N / 8][4] = {};
    for (int k = 0; k < kFloat8Depth; ++k) {
        const double rows[2] = {a(lane.group, k), a(lane.group + 8, k)};
        for (int n = 0; n < N / 8; ++n) {
            for (int i = 0; i < 2; ++i) {
                const int column = n * 8 + 2 * lane.pair + i;
                const B right{::optirs::emulation::operandByte(b, column, k)};
                sums[n][i] += rows[0] * static_cast<double>(toFloat(right));
                sums[n][2 + i] += rows[1] * static_cast<double>(toFloat(right));
            }
        }
    }
    for (int n = 0; n < N / 8; ++n) {
        for (int i = 0; i < 4; ++i) {
            d[n][i] = static_cast<float>((adds != 0 ? static_cast<double>(d[n][i]) : 0.0) + sums[n][i]);
        }
    }
}

template <class A, class B, int N>
void multiplyFloat8(float (&d)[N / 8][4], uint64_t a, uint64_t b, int adds) {
    const int warp_row = static_cast<int>(threadIdx.x % kWarpGroup / kWarp) * 16;
    emulatedFloat8<B, N>(
        d,
        [&](int row, int k) {
            return static_cast<double>(toFloat(A{::optirs::emulation::operandByte(a, warp_row + row, k)}));
        },
        b, adds);
}
template <class B, int N>
void multiplyFloat8(float (&d)[N / 8][4], const uint32_t (&a)[4], uint64_t b, int adds) {
    const uint32_t* all = ::optirs::emulation::exchangeWords(a, 4);
    emulatedFloat8<B, N>(
        d,
        [&](int row, int k) {
            const uint32_t four = all[(row % 8 * 4 + k % 16 / 4) * 4 + row / 8 + k / 16 * 2];
            return static_cast<double>(toFloat(E4M3{static_cast<uint8_t>(four >> (k % 4 * 8))}));
        },
        b, adds);
}

#else

#define OPTIRS_WGMMA_FLOAT8(N, types, a_number, b_number, adds_number)                           \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #adds_number                               \
                 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N "k32.f32." types " {" OPTIRS_D_##N \
                 "}, %" #a_number ", %" #b_number ", p, 1, 1;\n}"                                \
                 : OPTIRS_ELEMENTS_##N                                                           \
                 : "l"(a), "l"(b), "r"(adds))
#define OPTIRS_WGMMA_FLOAT8_SHARED(types)            \
    if constexpr (N == 64) {                         \
        OPTIRS_WGMMA_FLOAT8(64, types, 32, 33, 34);  \
    } else {                                         \
        OPTIRS_WGMMA_FLOAT8(128, types, 64, 65, 66); \
    }
#define OPTIRS_WGMMA_FLOAT8_REGISTERS(N, types, a0, a1, a2, a3, b_number, adds_number)           \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #adds_number                               \
                 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #N "k32.f32." types " {" OPTIRS_D_##N \
                 "}, {%" #a0 ",%" #a1 ",%" #a2 ",%" #a3 "}, %" #b_number ", p, 1, 1;\n}"         \
                 : OPTIRS_ELEMENTS_##N                                                           \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(adds))

/// d = a b or, if `adds` is not 0, d += a b.
template <class A, class B, int N>
__device__ __forceinline__ void multiplyFloat8(float (&d)[N / 8][4], uint64_t a, uint64_t b, int adds) {
    static_assert(N == 64 || N == 128);
    constexpr bool kIsE4M3 = std::is_same_v<B, E4M3>;
    if constexpr (std::is_same_v<A, E4M3> && kIsE4M3) {
        OPTIRS_WGMMA_FLOAT8_SHARED("e4m3.e4m3");
    } else if constexpr (std::is_same_v<A, E4M3>) {
        OPTIRS_WGMMA_FLOAT8_SHARED("e4m3.e5m2");
    } else if constexpr (kIsE4M3) {
        OPTIRS_WGMMA_FLOAT8_SHARED("e5m2.e4m3");
    } else {
        OPTIRS_WGMMA_FLOAT8_SHARED("e5m2.e5m2");
    }
}
/// Likewise, with an a of E4M3 in registers.
template <class B, int N>
__device__ __forceinline__ void multiplyFloat8(float (&d)[N / 8][4], const uint32_t (&a)[4], uint64_t b,
                                               int adds) {
    static_assert(N == 64 || N == 128);
    constexpr bool kIsE4M3 = std::is_same_v<B, E4M3>;
    if constexpr (N == 64 && kIsE4M3) {
        OPTIRS_WGMMA_FLOAT8_REGISTERS(64, "e4m3.e4m3", 32, 33, 34, 35, 36, 37);
    } else if constexpr (N == 64) {
        OPTIRS_WGMMA_FLOAT8_REGISTERS(64, "e4m3.e5m2", 32, 33, 34, 35, 36, 37);
    } else if constexpr (kIsE4M3) {
        OPTIRS_WGMMA_FLOAT8_REGISTERS(128, "e4m3.e4m3", 64, 65, 66, 67, 68, 69);
    } else {
        OPTIRS_WGMMA_FLOAT8_REGISTERS(128, "e4m3.e5m2", 64, 65, 66, 67, 68, 69);
    }
}

#endif

/// Four numbers rounded to E4M3, the first in the lowest bits.
__device__ __forceinline__ uint32_t roundedFour(float a, float b, float c, float d) {
#ifdef OPTIRS_CUDA_EMULATION
    uint32_t four = 0;
    for (const float x : {d, c, b, a}) {
        four = four << 8 | rounded<E4M3>(x).bits;
    }
    return four;
#else
    uint16_t low;
    uint16_t high;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(low) : "f"(b), "f"(a));
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(high) : "f"(d), "f"(c));
    return static_cast<uint32_t>(low) | static_cast<uint32_t>(high) << 16;
#endif
}

/// Results of one product as an a in registers of the next. A thread has two neighbours of each eight
/// columns, and the operand four neighbours of each sixteen: it gets the columns in another order, as b has
/// to have its rows (attention_transpose_hopper.cu).
template <int N>
__device__ __forceinline__ void roundOperand(uint32_t (&codes)[N / 4][4], const float (&numbers)[N][4]) {
#pragma unroll
    for (int n = 0; n < N; n += 2) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            codes[n / 4][n / 2 % 2 * 2 + half] =
                roundedFour(numbers[n][2 * half], numbers[n][2 * half + 1], numbers[n + 1][2 * half],
                            numbers[n + 1][2 * half + 1]);
        }
    }
}

}  // namespace optirs::cuda
