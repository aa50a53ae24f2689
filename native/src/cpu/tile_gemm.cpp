#include "src/cpu/tile_gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/tile_gemm.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

// Rows of a register tile: with two vectors across, as many accumulators as leave room for a row of the right
// operand and one element of the left.
constexpr int64_t kRows = HWY_TARGET <= HWY_AVX3 ? 12 : 6;

int64_t panelWidthHere() { return 2 * static_cast<int64_t>(hn::Lanes(F32())); }

template <int kCount>
void registerTile(const LeftOperand& left, const float* right, int64_t k, bool accumulate, float* out,
                  int64_t out_stride) {
    const F32 d;
    const size_t lanes = hn::Lanes(d);
    // Unrolled, or the compiler keeps the sums in memory.
    Vec sum0[kCount];
    Vec sum1[kCount];
#pragma GCC unroll 16
    for (int r = 0; r < kCount; ++r) {
        sum0[r] = accumulate ? hn::LoadU(d, out + r * out_stride) : hn::Zero(d);
        sum1[r] = accumulate ? hn::LoadU(d, out + r * out_stride + lanes) : hn::Zero(d);
    }
    const float* element = left.data;
    for (int64_t i = 0; i < k; ++i) {
        const Vec b0 = hn::LoadU(d, right);
        const Vec b1 = hn::LoadU(d, right + lanes);
#pragma GCC unroll 16
        for (int r = 0; r < kCount; ++r) {
            const Vec a = hn::Set(d, element[r * left.row_stride]);
            sum0[r] = hn::MulAdd(a, b0, sum0[r]);
            sum1[r] = hn::MulAdd(a, b1, sum1[r]);
        }
        right += 2 * lanes;
        element += left.column_stride;
    }
#pragma GCC unroll 16
    for (int r = 0; r < kCount; ++r) {
        hn::StoreU(sum0[r], d, out + r * out_stride);
        hn::StoreU(sum1[r], d, out + r * out_stride + lanes);
    }
}

using RegisterTile = void (*)(const LeftOperand&, const float*, int64_t, bool, float*, int64_t);

template <int... kCounts>
RegisterTile registerTileOf(int64_t rows, std::integer_sequence<int, kCounts...> /*counts*/) {
    static constexpr RegisterTile kTiles[] = {&registerTile<kCounts + 1>...};
    return kTiles[rows - 1];
}

void multiplyTileHere(const LeftOperand& left, const float* right, int64_t packed_rows, int64_t first_row,
                      int64_t m, int64_t n, int64_t k, bool accumulate, float* out, int64_t out_stride) {
    const int64_t width = panelWidthHere();
    for (int64_t column = 0; column < n; column += width) {
        const float* panel = right + column * packed_rows + first_row * width;
        for (int64_t row = 0; row < m; row += kRows) {
            const int64_t count = std::min(kRows, m - row);
            const LeftOperand part{left.data + row * left.row_stride, left.row_stride, left.column_stride};
            registerTileOf(count, std::make_integer_sequence<int, kRows>())(
                part, panel, k, accumulate, out + row * out_stride + column, out_stride);
        }
    }
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(panelWidthHere);
HWY_EXPORT(multiplyTileHere);

int64_t panelWidth() { return HWY_DYNAMIC_DISPATCH(panelWidthHere)(); }

void packPanels(const float* from, int64_t row_stride, int64_t column_stride, int64_t k, int64_t n,
                float* to) {
    const int64_t width = panelWidth();
    for (int64_t first = 0; first < n; first += width) {
        const int64_t columns = std::min(width, n - first);
        for (int64_t r = 0; r < k; ++r, to += width) {
            const float* row = from + r * row_stride + first * column_stride;
            for (int64_t c = 0; c < columns; ++c) {
                to[c] = row[c * column_stride];
            }
            std::fill(to + columns, to + width, 0.0F);
        }
    }
}

void multiplyTile(const LeftOperand& left, const float* right, int64_t packed_rows, int64_t first_row,
                  int64_t m, int64_t n, int64_t k, bool accumulate, float* out, int64_t out_stride) {
    HWY_DYNAMIC_DISPATCH(multiplyTileHere)
    (left, right, packed_rows, first_row, m, n, k, accumulate, out, out_stride);
}

}  // namespace optirs::cpu
#endif
