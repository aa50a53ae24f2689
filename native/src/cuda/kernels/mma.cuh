// Products of small matrices by one warp, on tensor cores: d[16, 8] += a[16, kDepth] b[kDepth, 8], sums in
// f32.
//
// Thread 4 g + t holds d[g, 2t], d[g, 2t + 1], d[g + 8, 2t], d[g + 8, 2t + 1]. Operands come from tiles in
// shared memory, whose rows are `stride` elements apart: with a stride of 8 elements more than a multiple of
// 64 (f32: of 32) the accesses of a warp fall into different banks.
#pragma once

#include <type_traits>

#include "kernel.cuh"

namespace optirs::cuda {

/// The place of a thread within its warp: rows g and g + 8, columns 2t and 2t + 1 of a result.
struct MmaLane {
    int group;
    int pair;
};
__device__ __forceinline__ MmaLane mmaLane() {
    const unsigned lane = threadIdx.x % kWarp;
    return {static_cast<int>(lane / 4), static_cast<int>(lane % 4)};
}

#ifdef OPTIRS_CUDA_EMULATION
/// As the instruction does it: `a(row, k)` and `b(k, column)` of the warp's operands.
template <int kDepth, class A, class B>
void emulatedMma(float (&d)[4], A&& a, B&& b) {
    const MmaLane lane = mmaLane();
    for (int i = 0; i < 4; ++i) {
        double sum = 0;
        for (int k = 0; k < kDepth; ++k) {
            sum += static_cast<double>(a(lane.group + i / 2 * 8, k)) * b(k, 2 * lane.pair + i % 2);
        }
        d[i] = static_cast<float>(d[i] + sum);
    }
}
#endif

// ---- One step of the hardware: operands in registers as the instruction has them. ----

template <class T>
__device__ __forceinline__ void mma16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef OPTIRS_CUDA_EMULATION
    const uint32_t mine[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
    const uint32_t* all = ::optirs::emulation::exchangeWords(mine, 6);
    const auto half = [](uint32_t pair, int i) {
        return toFloat(T{static_cast<uint16_t>(i == 0 ? pair : pair >> 16)});
    };
    emulatedMma<16>(
        d,
        [&](int row, int k) { return half(all[(row % 8 * 4 + k % 8 / 2) * 6 + row / 8 + k / 8 * 2], k % 2); },
        [&](int k, int column) { return half(all[(column * 4 + k % 8 / 2) * 6 + 4 + k / 8], k % 2); });
#else
    if constexpr (std::is_same_v<T, BF16>) {
        asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
            "{%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else {
        asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
            "{%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
#endif
}

/// Operands are TF32: f32 whose lowest 13 bits are 0.
__device__ __forceinline__ void mmaTf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef OPTIRS_CUDA_EMULATION
    const uint32_t mine[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
    const uint32_t* all = ::optirs::emulation::exchangeWords(mine, 6);
    emulatedMma<8>(
        d,
        [&](int row, int k) { return __uint_as_float(all[(row % 8 * 4 + k % 4) * 6 + row / 8 + k / 4 * 2]); },
        [&](int k, int column) { return __uint_as_float(all[(column * 4 + k % 4) * 6 + 4 + k / 4]); });
#else
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// ---- Operands of an element type. ----

/// bf16 and f16.
template <class T>
struct Mma {
    static constexpr int kDepth = 16;
    struct A {
        uint32_t at[4];
    };
    struct B {
        uint32_t at[2];
    };

    /// Rows row.. and columns k.. of a tile.
    static __device__ __forceinline__ A rows(const T* tile, int stride, int row, int k) {
        const MmaLane lane = mmaLane();
        const T* from = tile + (row + lane.group) * stride + k + 2 * lane.pair;
        return {{pairAt(from), pairAt(from + 8 * stride), pairAt(from + 8), pairAt(from + 8 * stride + 8)}};
    }
    /// The transpose of rows k.. and columns row.. of a tile.
    static __device__ __forceinline__ A down(const T* tile, int stride, int k, int row) {
        const MmaLane lane = mmaLane();
        const T* from = tile + (k + 2 * lane.pair) * stride + row + lane.group;
        const T* below = from + 8 * stride;
        return {{pair(from[0], from[stride]), pair(from[8], from[stride + 8]), pair(below[0], below[stride]),
                 pair(below[8], below[stride + 8])}};
    }
    /// The transpose of rows column.. and columns k.. of a tile.
    static __device__ __forceinline__ B columns(const T* tile, int stride, int column, int k) {
        const MmaLane lane = mmaLane();
        const T* from = tile + (column + lane.group) * stride + k + 2 * lane.pair;
        return {{pairAt(from), pairAt(from + 8)}};
    }
    /// Rows k.. and columns column.. of a tile.
    static __device__ __forceinline__ B across(const T* tile, int stride, int k, int column) {
        const MmaLane lane = mmaLane();
        const T* from = tile + (k + 2 * lane.pair) * stride + column + lane.group;
        return {{pair(from[0], from[stride]), pair(from[8 * stride], from[9 * stride])}};
    }
    /// Columns k.. of results that stand side by side.
    template <int N>
    static __device__ __forceinline__ A results(const float (&d)[N][4], int k) {
        const float(&left)[4] = d[k / 8];
        const float(&right)[4] = d[k / 8 + 1];
        return {{pair(rounded<T>(left[0]), rounded<T>(left[1])),
                 pair(rounded<T>(left[2]), rounded<T>(left[3])),
                 pair(rounded<T>(right[0]), rounded<T>(right[1])),
                 pair(rounded<T>(right[2]), rounded<T>(right[3]))}};
    }
    static __device__ __forceinline__ void multiply(float (&d)[4], const A& a, const B& b) {
        mma16<T>(d, a.at, b.at);
    }

 private:
    static __device__ __forceinline__ uint32_t pairAt(const T* from) {
        return *reinterpret_cast<const uint32_t*>(from);
    }
    static __device__ __forceinline__ uint32_t pair(T low, T high) {
        return static_cast<uint32_t>(low.bits) | static_cast<uint32_t>(high.bits) << 16;
    }
};

/// f32, each number as the sum of two of TF32; the product of the two smaller ones, 2^-22 of the whole, is
/// left out. Both operands have element 2t of a step where the instruction has t, and 2t + 1 where it has t +
/// 4, so that a thread's elements are neighbours: sums do not mind.
template <>
struct Mma<F32> {
    static constexpr int kDepth = 8;
    struct A {
        float at[4];
    };
    struct B {
        float at[2];
    };

    static __device__ __forceinline__ A rows(const F32* tile, int stride, int row, int k) {
        const MmaLane lane = mmaLane();
        const F32* from = tile + (row + lane.group) * stride + k + 2 * lane.pair;
        float low[2];
        float high[2];
        load<2>(from, low);
        load<2>(from + 8 * stride, high);
        return {{low[0], high[0], low[1], high[1]}};
    }
    static __device__ __forceinline__ A down(const F32* tile, int stride, int k, int row) {
        const MmaLane lane = mmaLane();
        const F32* from = tile + (k + 2 * lane.pair) * stride + row + lane.group;
        return {{from[0].bits, from[8].bits, from[stride].bits, from[stride + 8].bits}};
    }
    static __device__ __forceinline__ B columns(const F32* tile, int stride, int column, int k) {
        const MmaLane lane = mmaLane();
        B b;
        load<2>(tile + (column + lane.group) * stride + k + 2 * lane.pair, b.at);
        return b;
    }
    static __device__ __forceinline__ B across(const F32* tile, int stride, int k, int column) {
        const MmaLane lane = mmaLane();
        const F32* from = tile + (k + 2 * lane.pair) * stride + column + lane.group;
        return {{from[0].bits, from[stride].bits}};
    }
    template <int N>
    static __device__ __forceinline__ A results(const float (&d)[N][4], int k) {
        const float(&from)[4] = d[k / 8];
        return {{from[0], from[2], from[1], from[3]}};
    }
    static __device__ __forceinline__ void multiply(float (&d)[4], const A& a, const B& b) {
        uint32_t large_a[4];
        uint32_t small_a[4];
        uint32_t large_b[2];
        uint32_t small_b[2];
        split(a.at, large_a, small_a);
        split(b.at, large_b, small_b);
        mmaTf32(d, small_a, large_b);
        mmaTf32(d, large_a, small_b);
        mmaTf32(d, large_a, large_b);
    }

 private:
    template <int N>
    static __device__ __forceinline__ void split(const float (&x)[N], uint32_t (&large)[N],
                                                 uint32_t (&small)[N]) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            large[i] = __float_as_uint(x[i]) & kTf32;
            small[i] = __float_as_uint(x[i] - __uint_as_float(large[i])) & kTf32;
        }
    }

    static constexpr uint32_t kTf32 = 0xffffe000U;
};

}  // namespace optirs::cuda
