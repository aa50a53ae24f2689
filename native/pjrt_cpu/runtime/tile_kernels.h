/// @file
/// The innermost loops of tile products: one block of rows against one panel of columns, held in registers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace optirs::plugin {

/// At most `TileKernels::rows` rows of the result, and at most one panel of its columns.
struct TileBlock {
    const std::byte* left;
    int64_t left_bytes;  ///< from row to row
    int64_t left_step;   ///< bytes from step to step
    const std::byte* right;
    std::byte* out;
    int64_t out_bytes;
    int64_t steps;  ///< of k: one row of the right operand, or a pair of bf16 rows
    int64_t width;  ///< columns to store
    bool accumulate;
    bool narrow;  ///< the result is bf16
};

using TileKernel = void (*)(const TileBlock&);

/// Kernels of one instruction set for operands of one type.
struct TileKernels {
    int rows = 0;             ///< of the largest block
    int64_t panel_width = 0;  ///< columns of a panel
    /// Operands are pairs of bf16; otherwise f32.
    bool pairs = false;
    const TileKernel* of_rows = nullptr;  ///< for 1, 2, ... `rows` rows
};

/// Those for operands of f32 that this processor runs best; null without AVX2 and FMA.
const TileKernels* tileKernelsF32();

/// Null where the processor lacks the instructions.
const TileKernels* tileKernelsAvx512();
const TileKernels* tileKernelsAvx512Bf16();
const TileKernels* tileKernelsAvx2();

}  // namespace optirs::plugin
