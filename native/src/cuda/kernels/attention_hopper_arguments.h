// The arguments of attention's kernels for Hopper, and how their blocks work; see arguments.h.
#pragma once

#include "../api/tensor_map.h"
#include "attention_arguments.h"

namespace optirs::cuda {

/// Maps are of [batch, heads, sequence, width], in boxes of a panel's elements by a tile's rows. 8-bit values
/// lie on their side: [batch, heads, width, sequence], as attention_transpose has put them there.
struct AttentionHopperArguments {
    CUtensorMap q;
    CUtensorMap k;
    CUtensorMap v;
    AttentionArguments attention;
    int32_t is_bf16;  // out, if operands have 8 bits: bf16, else f16
};

/// Maps as above, in boxes of hopperPassing rows.
struct AttentionHopperBackwardArguments {
    CUtensorMap q;
    CUtensorMap k;
    CUtensorMap v;
    CUtensorMap dout;
    AttentionBackwardArguments attention;  // with the gradient of q, or that of k
    HeadOperand value_gradient;
};

/// 8-bit floats to the same numbers of 16 bits, [batch, rows, heads, width]; `to` may be wider by zeros.
struct AttentionDecodeArguments {
    HeadOperand from;
    HeadOperand to;
    int64_t rows;
    int32_t heads;
};

/// 8-bit values on their side, elements [batch, heads, width, columns]. `to` has a row for each of the width,
/// and sequences begin at multiples of kHopperTransposed columns.
struct AttentionTransposeArguments {
    AttentionScores scores;
    HeadOperand to;
};

inline constexpr int kHopperGroupRows = 64;  // of a warp group's products
inline constexpr int kHopperGroups = 2;      // that multiply; one more fetches
inline constexpr int kHopperRows = kHopperGroups * kHopperGroupRows;
inline constexpr int kHopperThreads = (kHopperGroups + 1) * 128;
/// Tiles lie in shared memory as panels, whose rows are so long.
inline constexpr int kHopperPanelBytes = 128;
/// Tiles of keys and values that are there or on their way.
inline constexpr int kHopperSlots = 4;
inline constexpr int hopperColumns(int width) { return width == 256 ? 80 : 128; }
/// Of a tile of values on their side; there are no such heads of 256.
inline constexpr int kHopperTransposed = 128;
inline constexpr int kHopperFloat8Widest = 128;
static_assert(hopperColumns(kHopperFloat8Widest) == kHopperTransposed);

/// Of shared memory: queries and slots, which begin at a multiple of 1 KiB, and barriers.
inline constexpr int kHopperAlignment = 1024;
inline constexpr int hopperTileBytes(int rows, int width, int element_bytes) {
    return rows * ((width * element_bytes + kHopperPanelBytes - 1) / kHopperPanelBytes) * kHopperPanelBytes;
}
inline constexpr int hopperBytes(int width, int element_bytes) {
    return kHopperAlignment + hopperTileBytes(kHopperRows, width, element_bytes) +
           kHopperSlots * hopperTileBytes(hopperColumns(width), width, element_bytes) +
           (2 + 2 * kHopperSlots) * 8;
}
/// Rows of the backward pass's tiles in slots. Of 256 columns the gradients of k and v are too many for the
/// registers of one kernel, and two operands of 128 rows leave little shared memory.
inline constexpr int hopperPassing(int width) { return width == 256 ? 32 : 64; }
/// Of its shared memory: two operands of 128 rows, slots, and for each slot facts of its rows and of all of
/// them, 16 bytes each.
inline constexpr int hopperGradientBytes(int width) {
    const int rows = hopperPassing(width);
    return kHopperAlignment + 2 * hopperTileBytes(kHopperRows, width, 2) +
           kHopperSlots * (hopperTileBytes(rows, width, 2) + (rows + 1) * 16) + (2 + 2 * kHopperSlots) * 8;
}
static_assert(hopperBytes(256, 2) <= 227 * 1024 && hopperGradientBytes(256) <= 227 * 1024,
              "what a block can have");

}  // namespace optirs::cuda
