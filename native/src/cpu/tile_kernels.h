// The innermost loops of tile products: one block of rows against one panel of columns, held in registers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace optirs::cpu {

/// At most `TileKernels::rows` rows of the result, and at most one panel of its columns.
struct TileBlock {
    const std::byte* left;
    int64_t left_bytes;  // from row to row
    int64_t left_step;   // bytes from step to step
    const std::byte* right;
    std::byte* out;
    int64_t out_bytes;
    int64_t steps;  // of k: one row of the right operand, or a pair of bf16 rows
    /// Of f32: so many more times `steps`, the left operand's `left_skip` bytes behind the former.
    int64_t more_runs;
    int64_t left_skip;
    int64_t width;  // columns to store
    bool accumulate;
    bool narrow;  // the result is bf16; it does not accumulate
};

using TileKernel = void (*)(const TileBlock&);

/// Kernels of one instruction set for operands of one type.
struct TileKernels {
    int rows = 0;                         // of the largest block
    int64_t panel_width = 0;              // columns of a panel
    bool pairs = false;                   // operands are pairs of bf16; otherwise f32
    const TileKernel* of_rows = nullptr;  // for 1, 2, ... `rows` rows
};

/// A result of m rows and n columns, panel by panel. `corner`: its first block, but for the width;
/// `strip_bytes`: of the left operand, from block to block of rows; `panel_bytes`: from panel to panel of the
/// right operand; `element_bytes`: of the result.
void multiplyPanels(const TileKernels& kernels, const TileBlock& corner, int64_t m, int64_t n,
                    int64_t strip_bytes, int64_t panel_bytes, int64_t element_bytes);

/// Those for operands of f32 that this processor runs best.
const TileKernels& tileKernels();

}  // namespace optirs::cpu
