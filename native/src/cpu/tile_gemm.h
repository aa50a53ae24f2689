// Products of small f32 matrices that stay in a core's cache, on the calling thread.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// Columns of a panel of a packed right operand; depends on the instruction set.
int64_t panelWidth();

/// f32 elements of a packed right operand of k x n.
inline int64_t packedSize(int64_t k, int64_t n) {
    return (n + panelWidth() - 1) / panelWidth() * panelWidth() * k;
}

/// Copies a right operand, element (r, c) at from[r * row_stride + c * column_stride], into panels of
/// panelWidth() columns, missing columns zero; the rows of a panel follow each other.
void packPanels(const float* from, int64_t row_stride, int64_t column_stride, int64_t k, int64_t n,
                float* to);

/// A left operand: element (r, k) at data[r * row_stride + k * column_stride].
struct LeftOperand {
    const float* data;
    int64_t row_stride;
    int64_t column_stride;
};

/// out[m, n] (+)= left[m, k] * right[k, n], right being rows first_row to first_row + k of a packed operand
/// of `packed_rows` rows, from panel column 0 on. `out` has room for whole panels in each row.
void multiplyTile(const LeftOperand& left, const float* right, int64_t packed_rows, int64_t first_row,
                  int64_t m, int64_t n, int64_t k, bool accumulate, float* out, int64_t out_stride);

}  // namespace optirs::cpu
