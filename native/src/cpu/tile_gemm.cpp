#include "src/cpu/tile_gemm.h"

#include <algorithm>

#include "src/cpu/pack_block.h"
#include "src/cpu/tile_kernels.h"

namespace optirs::cpu {
namespace {

constexpr int64_t kFloat = sizeof(float);

}  // namespace

int64_t panelWidth() { return tileKernels().panel_width; }

void packPanels(const float* from, int64_t row_stride, int64_t column_stride, int64_t k, int64_t n,
                float* to) {
    const int64_t width = panelWidth();
    for (int64_t first = 0; first < n; first += width) {
        const int64_t columns = std::min(width, n - first);
        const float* panel = from + first * column_stride;
        if (row_stride == 1 && packsPanels()) {
            packBlock({width, column_stride, 1}, panel, columns, k, to, 0);
            to += k * width;
            continue;
        }
        for (int64_t r = 0; r < k; ++r, to += width) {
            const float* row = panel + r * row_stride;
            if (column_stride == 1) {
                std::copy_n(row, columns, to);
            } else {
                for (int64_t c = 0; c < columns; ++c) {
                    to[c] = row[c * column_stride];
                }
            }
            std::fill(to + columns, to + width, 0.0F);
        }
    }
}

void multiplyTile(const LeftOperand& left, const float* right, int64_t packed_rows, int64_t first_row,
                  int64_t m, int64_t n, int64_t k, bool accumulate, float* out, int64_t out_stride) {
    const TileKernels& kernels = tileKernels();
    const int64_t width = kernels.panel_width;
    TileBlock block{};
    block.left_bytes = left.row_stride * kFloat;
    block.left_step = left.column_stride * kFloat;
    block.out_bytes = out_stride * kFloat;
    block.steps = k;
    block.accumulate = accumulate;
    block.left = reinterpret_cast<const std::byte*>(left.data);
    block.right = reinterpret_cast<const std::byte*>(right + first_row * width);
    block.out = reinterpret_cast<std::byte*>(out);
    // Whole panels: `out` has room for them.
    multiplyPanels(kernels, block, m, (n + width - 1) / width * width, kernels.rows * block.left_bytes,
                   packed_rows * width * kFloat, kFloat);
}

}  // namespace optirs::cpu
