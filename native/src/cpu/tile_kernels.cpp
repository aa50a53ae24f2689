#include "src/cpu/tile_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/tile_kernels.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "src/cpu/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

// Rows of a register tile: with two vectors across, as many accumulators as leave room for a row of the right
// operand and one element of the left.
constexpr int kRows = HWY_TARGET <= HWY_AVX3 ? 12 : 6;

/// Rows of a block at an edge of the result, or of bf16, by way of memory.
template <int kCount>
HWY_NOINLINE void storePart(const Vec* sum0, const Vec* sum1, const TileBlock& block) {
    const F32 d;
    float row[2 * hn::MaxLanes(F32())];
    BF16 narrow[2 * hn::MaxLanes(F32())];
    for (int r = 0; r < kCount; ++r) {
        std::byte* out = block.out + r * block.out_bytes;
        if (block.narrow) {
            store(sum0[r], d, narrow);
            store(sum1[r], d, narrow + hn::Lanes(d));
            std::copy_n(narrow, block.width, reinterpret_cast<BF16*>(out));
            continue;
        }
        auto* to = reinterpret_cast<float*>(out);
        store(sum0[r], d, row);
        store(sum1[r], d, row + hn::Lanes(d));
        for (int64_t c = 0; c < block.width; ++c) {
            to[c] = block.accumulate ? to[c] + row[c] : row[c];
        }
    }
}

template <bool kAccumulate, int kCount>
HWY_INLINE void storeWhole(const Vec (&sum0)[kCount], const Vec (&sum1)[kCount], std::byte* out,
                           int64_t out_bytes) {
    const F32 d;
#pragma GCC unroll 16
    for (int r = 0; r < kCount; ++r, out += out_bytes) {
        auto* to0 = reinterpret_cast<float*>(out);
        float* to1 = to0 + hn::Lanes(d);
        hn::StoreU(kAccumulate ? hn::Add(sum0[r], hn::LoadU(d, to0)) : sum0[r], d, to0);
        hn::StoreU(kAccumulate ? hn::Add(sum1[r], hn::LoadU(d, to1)) : sum1[r], d, to1);
    }
}

template <int kCount>
void multiply(const TileBlock& block) {
    const F32 d;
    const size_t lanes = hn::Lanes(d);
    // Unrolled, or the compiler keeps the sums in memory.
    Vec sum0[kCount];
    Vec sum1[kCount];
#pragma GCC unroll 16
    for (int r = 0; r < kCount; ++r) {
        sum0[r] = sum1[r] = hn::Zero(d);
        // The rows of the result arrive while the sums are made.
        __builtin_prefetch(block.out + r * block.out_bytes, 1);
    }
    const auto* right = reinterpret_cast<const float*>(block.right);
    const std::byte* left = block.left;
    for (int64_t run = 0; run <= block.more_runs; ++run, left += block.left_skip) {
        // Several steps at a time: the end of a short loop is foreseen, that of a long one is not.
#pragma GCC unroll 4
        for (int64_t i = 0; i < block.steps; ++i, left += block.left_step, right += 2 * lanes) {
            const Vec b0 = hn::LoadU(d, right);
            const Vec b1 = hn::LoadU(d, right + lanes);
#pragma GCC unroll 16
            for (int r = 0; r < kCount; ++r) {
                float element;
                std::memcpy(&element, left + r * block.left_bytes, sizeof element);
                const Vec a = hn::Set(d, element);
                sum0[r] = hn::MulAdd(a, b0, sum0[r]);
                sum1[r] = hn::MulAdd(a, b1, sum1[r]);
            }
        }
    }
    if (block.narrow || block.width < static_cast<int64_t>(2 * lanes)) {
        // Of copies, so that the sums themselves need no address and stay in registers.
        Vec copy0[kCount];
        Vec copy1[kCount];
        std::copy_n(sum0, kCount, copy0);
        std::copy_n(sum1, kCount, copy1);
        return storePart<kCount>(copy0, copy1, block);
    }
    if (block.accumulate) {
        storeWhole<true>(sum0, sum1, block.out, block.out_bytes);
    } else {
        storeWhole<false>(sum0, sum1, block.out, block.out_bytes);
    }
}

template <int... kCounts>
TileKernels kernelsOf(std::integer_sequence<int, kCounts...> /*counts*/) {
    static constexpr TileKernel kOfRows[] = {&multiply<kCounts + 1>...};
    return {kRows, 2 * static_cast<int64_t>(hn::Lanes(F32())), false, kOfRows};
}

const TileKernels& tileKernelsHere() {
    static const TileKernels kernels = kernelsOf(std::make_integer_sequence<int, kRows>());
    return kernels;
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(tileKernelsHere);

const TileKernels& tileKernels() { return HWY_DYNAMIC_DISPATCH(tileKernelsHere)(); }

void multiplyPanels(const TileKernels& kernels, const TileBlock& corner, int64_t m, int64_t n,
                    int64_t strip_bytes, int64_t panel_bytes, int64_t element_bytes) {
    TileBlock block = corner;
    // A panel stays in the first cache while all rows pass by it.
    for (int64_t column = 0; column < n; column += kernels.panel_width, block.right += panel_bytes) {
        block.width = std::min(n - column, kernels.panel_width);
        block.left = corner.left;
        block.out = corner.out + column * element_bytes;
        for (int64_t row = 0; row < m; row += kernels.rows) {
            kernels.of_rows[std::min<int64_t>(m - row, kernels.rows) - 1](block);
            block.left += strip_bytes;
            block.out += kernels.rows * block.out_bytes;
        }
    }
}

}  // namespace optirs::cpu
#endif
