// The arguments of attention's kernels for Hopper, and how their blocks work; see arguments.h.
#pragma once

#include "../api/tensor_map.h"
#include "attention_arguments.h"

namespace optirs::cuda {

/// Maps are of [batch, heads, sequence, width], in boxes of a panel's elements by a tile's rows.
struct AttentionHopperArguments {
    CUtensorMap q;
    CUtensorMap k;
    CUtensorMap v;
    AttentionArguments attention;
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

inline constexpr int kHopperGroupRows = 64;  // of a warp group's products
inline constexpr int kHopperGroups = 2;      // that multiply; one more fetches
inline constexpr int kHopperRows = kHopperGroups * kHopperGroupRows;
inline constexpr int kHopperThreads = (kHopperGroups + 1) * 128;
/// Tiles lie in shared memory as panels of so many columns, 128 bytes a row.
inline constexpr int kHopperPanel = 64;
inline constexpr int kHopperPanelBytes = 128;
/// Tiles of keys and values that are there or on their way.
inline constexpr int kHopperSlots = 4;
inline constexpr int hopperColumns(int width) { return width == 256 ? 80 : 128; }

/// Of shared memory: queries and slots, which begin at a multiple of 1 KiB, and barriers.
inline constexpr int kHopperAlignment = 1024;
inline constexpr int hopperTileBytes(int rows, int width) { return rows * width * 2; }
inline constexpr int hopperBytes(int width) {
    return kHopperAlignment + hopperTileBytes(kHopperRows, width) +
           kHopperSlots * hopperTileBytes(hopperColumns(width), width) + (2 + 2 * kHopperSlots) * 8;
}
/// Rows of the backward pass's tiles in slots. Of 256 columns the gradients of k and v are too many for the
/// registers of one kernel, and two operands of 128 rows leave little shared memory.
inline constexpr int hopperPassing(int width) { return width == 256 ? 32 : 64; }
/// Of its shared memory: two operands of 128 rows, slots, and for each slot facts of its rows and of all of
/// them, 16 bytes each.
inline constexpr int hopperGradientBytes(int width) {
    const int rows = hopperPassing(width);
    return kHopperAlignment + 2 * hopperTileBytes(kHopperRows, width) +
           kHopperSlots * (hopperTileBytes(rows, width) + (rows + 1) * 16) + (2 + 2 * kHopperSlots) * 8;
}
static_assert(hopperBytes(256) <= 227 * 1024 && hopperGradientBytes(256) <= 227 * 1024,
              "what a block can have");

}  // namespace optirs::cuda
