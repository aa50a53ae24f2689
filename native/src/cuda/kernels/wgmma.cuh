// Products by a warp group of Hopper (PTX ISA, wgmma.mma_async, m64nNk16): d[64, N] += a[64, 16] b[16, N],
// f32 sums, operands of 16 bits, b and one form of a in shared memory. They run while the threads go on.
//
// Warp w has rows 16 w to 16 w + 15 of d, and of an a in registers, as one m16n8k16 after the other has
// (mma.cuh). A tile in shared memory consists of panels: rows of 64 elements, 128 bytes, swizzled as TMA puts
// them there with CU_TENSOR_MAP_SWIZZLE_128B; a panel begins at a multiple of 1 KiB.
#pragma once

#include "hopper.cuh"
#include "mma.cuh"

namespace optirs::cuda {

// ---- Operands in shared memory (PTX ISA, "Matrix Descriptor Format"); offsets are in units of 16 bytes.
// ----

inline constexpr uint32_t kSwizzleRows = 8;  // that the swizzle repeats after
inline constexpr uint32_t kSwizzleBytes = kSwizzleRows * 128;

__device__ __forceinline__ uint64_t operandAt(uint32_t address, uint32_t leading_bytes) {
    constexpr uint64_t kSwizzle128 = uint64_t{1} << 62;
    return kSwizzle128 | uint64_t{kSwizzleBytes >> 4} << 32 | uint64_t{leading_bytes >> 4} << 16 |
           uint64_t{(address & 0x3ffffU) >> 4};
}
/// Rows of the panel are rows of a or columns of b; `address` is that of the first of 16 elements.
__device__ __forceinline__ uint64_t alongRows(uint32_t address) { return operandAt(address, 16); }
/// Rows of the panels are rows of b, its columns stand in one panel after the other; `address` is that of the
/// first of 16 rows.
__device__ __forceinline__ uint64_t acrossRows(uint32_t address, uint32_t panel_bytes) {
    return operandAt(address, panel_bytes);
}

// ---- Products ----

#ifdef OPTIRS_CUDA_EMULATION

/// a(row, k) of the thread's warp, times the operand in shared memory.
template <class T, int N, class A>
void emulatedWgmma(float (&d)[N / 8][4], A&& a, uint64_t b, bool is_across) {
    const MmaLane lane = mmaLane();
    const auto element = [](uint16_t bits) { return static_cast<double>(toFloat(T{bits})); };
    double sums[N / 8][4] = {};
    for (int k = 0; k < 16; ++k) {
        const double rows[2] = {a(lane.group, k), a(lane.group + 8, k)};
        for (int n = 0; n < N / 8; ++n) {
            for (int i = 0; i < 2; ++i) {
                const int column = n * 8 + 2 * lane.pair + i;
                const double factor = element(::optirs::emulation::operandElement(b, is_across, column, k));
                sums[n][i] += rows[0] * factor;
                sums[n][2 + i] += rows[1] * factor;
            }
        }
    }
    for (int n = 0; n < N / 8; ++n) {
        for (int i = 0; i < 4; ++i) {
            d[n][i] = static_cast<float>(d[n][i] + sums[n][i]);
        }
    }
}

template <class T, int N>
void multiplyAsync(float (&d)[N / 8][4], uint64_t a, uint64_t b, int adds) {
    const int warp_row = static_cast<int>(threadIdx.x % kWarpGroup / kWarp) * 16;
    if (adds == 0) {
        std::memset(d, 0, sizeof(d));
    }
    emulatedWgmma<T, N>(
        d,
        [&](int row, int k) {
            return static_cast<double>(
                toFloat(T{::optirs::emulation::operandElement(a, false, warp_row + row, k)}));
        },
        b, false);
}
template <class T, int N>
void multiplyAsync(float (&d)[N / 8][4], const uint32_t (&a)[4], uint64_t b) {
    const uint32_t* all = ::optirs::emulation::exchangeWords(a, 4);
    emulatedWgmma<T, N>(
        d,
        [&](int row, int k) {
            const uint32_t pair = all[(row % 8 * 4 + k % 8 / 2) * 4 + row / 8 + k / 8 * 2];
            return static_cast<double>(toFloat(T{static_cast<uint16_t>(k % 2 == 0 ? pair : pair >> 16)}));
        },
        b, true);
}
inline void beginProducts() {}
inline void closeProducts() {}
template <int kLeft, int N>
void waitForProducts(float (&)[N][4]) {}

#else

// Operands of the assembler: its numbers %0, %1, ... for each element of d.
#define OPTIRS_TEN(t) \
    "%" #t "0,%" #t "1,%" #t "2,%" #t "3,%" #t "4,%" #t "5,%" #t "6,%" #t "7,%" #t "8,%" #t "9"
#define OPTIRS_FOUR(n) "+f"(d[n][0]), "+f"(d[n][1]), "+f"(d[n][2]), "+f"(d[n][3])
#define OPTIRS_NUMBERS_30 OPTIRS_TEN() "," OPTIRS_TEN(1) "," OPTIRS_TEN(2)
#define OPTIRS_NUMBERS_60 OPTIRS_NUMBERS_30 "," OPTIRS_TEN(3) "," OPTIRS_TEN(4) "," OPTIRS_TEN(5)
#define OPTIRS_NUMBERS_90 OPTIRS_NUMBERS_60 "," OPTIRS_TEN(6) "," OPTIRS_TEN(7) "," OPTIRS_TEN(8)
#define OPTIRS_NUMBERS_120 OPTIRS_NUMBERS_90 "," OPTIRS_TEN(9) "," OPTIRS_TEN(10) "," OPTIRS_TEN(11)
// By the columns of d, of which a thread has half as many elements.
#define OPTIRS_D_32 OPTIRS_TEN() ",%10,%11,%12,%13,%14,%15"
#define OPTIRS_D_64 OPTIRS_NUMBERS_30 ",%30,%31"
#define OPTIRS_D_80 OPTIRS_NUMBERS_30 "," OPTIRS_TEN(3)
#define OPTIRS_D_128 OPTIRS_NUMBERS_60 ",%60,%61,%62,%63"
#define OPTIRS_D_256 OPTIRS_NUMBERS_120 ",%120,%121,%122,%123,%124,%125,%126,%127"
#define OPTIRS_EIGHT(n) OPTIRS_FOUR(n), OPTIRS_FOUR(n + 1)
#define OPTIRS_SIXTEEN(n) OPTIRS_EIGHT(n), OPTIRS_EIGHT(n + 2)
#define OPTIRS_THIRTY_TWO(n) OPTIRS_SIXTEEN(n), OPTIRS_SIXTEEN(n + 4)
#define OPTIRS_ELEMENTS_32 OPTIRS_SIXTEEN(0)
#define OPTIRS_ELEMENTS_64 OPTIRS_THIRTY_TWO(0)
#define OPTIRS_ELEMENTS_80 OPTIRS_THIRTY_TWO(0), OPTIRS_EIGHT(8)
#define OPTIRS_ELEMENTS_128 OPTIRS_THIRTY_TWO(0), OPTIRS_THIRTY_TWO(8)
#define OPTIRS_ELEMENTS_256 OPTIRS_ELEMENTS_128, OPTIRS_THIRTY_TWO(16), OPTIRS_THIRTY_TWO(24)

#define OPTIRS_WGMMA(N, type, operands) \
    "wgmma.mma_async.sync.aligned.m64n" #N "k16.f32." type "." type " {" OPTIRS_D_##N "}, " operands
// a, b and whether to add to d are the operands that follow d.
#define OPTIRS_WGMMA_SHARED(N, type, a_number, b_number, adds_number)                                \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #adds_number                                   \
                 ", 0;\n" OPTIRS_WGMMA(N, type, "%" #a_number ", %" #b_number ", p, 1, 1, 0, 0;\n}") \
                 : OPTIRS_ELEMENTS_##N                                                               \
                 : "l"(a), "l"(b), "r"(adds))
#define OPTIRS_WGMMA_REGISTERS(N, type, a0, a1, a2, a3, b_number)                                      \
    asm volatile("{\n.reg .pred p;\nsetp.eq.b32 p, 0, 0;\n" OPTIRS_WGMMA(                              \
                     N, type, "{%" #a0 ",%" #a1 ",%" #a2 ",%" #a3 "}, %" #b_number ", p, 1, 1, 1;\n}") \
                 : OPTIRS_ELEMENTS_##N                                                                 \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b))

/// d = a b or, if `adds` is not 0, d += a b; both operands along rows.
template <class T, int N>
__device__ __forceinline__ void multiplyAsync(float (&d)[N / 8][4], uint64_t a, uint64_t b, int adds) {
    static_assert(N == 32 || N == 64 || N == 80 || N == 128);
    constexpr bool kIsBF16 = std::is_same_v<T, BF16>;
    if constexpr (N == 32 && kIsBF16) {
        OPTIRS_WGMMA_SHARED(32, "bf16", 16, 17, 18);
    } else if constexpr (N == 32) {
        OPTIRS_WGMMA_SHARED(32, "f16", 16, 17, 18);
    } else if constexpr (N == 64 && kIsBF16) {
        OPTIRS_WGMMA_SHARED(64, "bf16", 32, 33, 34);
    } else if constexpr (N == 64) {
        OPTIRS_WGMMA_SHARED(64, "f16", 32, 33, 34);
    } else if constexpr (N == 80 && kIsBF16) {
        OPTIRS_WGMMA_SHARED(80, "bf16", 40, 41, 42);
    } else if constexpr (N == 80) {
        OPTIRS_WGMMA_SHARED(80, "f16", 40, 41, 42);
    } else if constexpr (kIsBF16) {
        OPTIRS_WGMMA_SHARED(128, "bf16", 64, 65, 66);
    } else {
        OPTIRS_WGMMA_SHARED(128, "f16", 64, 65, 66);
    }
}
/// d += a b, with a in registers and b across rows.
template <class T, int N>
__device__ __forceinline__ void multiplyAsync(float (&d)[N / 8][4], const uint32_t (&a)[4], uint64_t b) {
    static_assert(N == 64 || N == 128 || N == 256);
    constexpr bool kIsBF16 = std::is_same_v<T, BF16>;
    if constexpr (N == 64 && kIsBF16) {
        OPTIRS_WGMMA_REGISTERS(64, "bf16", 32, 33, 34, 35, 36);
    } else if constexpr (N == 64) {
        OPTIRS_WGMMA_REGISTERS(64, "f16", 32, 33, 34, 35, 36);
    } else if constexpr (N == 128 && kIsBF16) {
        OPTIRS_WGMMA_REGISTERS(128, "bf16", 64, 65, 66, 67, 68);
    } else if constexpr (N == 128) {
        OPTIRS_WGMMA_REGISTERS(128, "f16", 64, 65, 66, 67, 68);
    } else if constexpr (kIsBF16) {
        OPTIRS_WGMMA_REGISTERS(256, "bf16", 128, 129, 130, 131, 132);
    } else {
        OPTIRS_WGMMA_REGISTERS(256, "f16", 128, 129, 130, 131, 132);
    }
}

/// Before products whose registers something else has written.
__device__ __forceinline__ void beginProducts() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
/// Products since the last call are a group.
__device__ __forceinline__ void closeProducts() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/// Waits until at most `kLeft` groups run. `d` are results of a group that has ended then: no use of theirs
/// is moved before the wait.
template <int kLeft, int N>
__device__ __forceinline__ void waitForProducts(float (&d)[N][4]) {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kLeft) : "memory");
#pragma unroll
    for (int n = 0; n < N; ++n) {
        asm volatile("" : OPTIRS_FOUR(n)::"memory");
    }
}

#endif

/// Two numbers rounded to T, as an operand has them.
template <class T>
__device__ __forceinline__ uint32_t roundedPair(float low, float high) {
#ifdef OPTIRS_CUDA_EMULATION
    return static_cast<uint32_t>(rounded<T>(low).bits) | static_cast<uint32_t>(rounded<T>(high).bits) << 16;
#else
    uint32_t pair;
    if constexpr (std::is_same_v<T, BF16>) {
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    } else {
        asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    }
    return pair;
#endif
}

}  // namespace optirs::cuda
