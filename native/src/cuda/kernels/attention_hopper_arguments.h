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

/// Maps as above, in boxes of hopperPassing rows; of 8-bit operands some lie on their side too.
struct AttentionHopperBackwardArguments {
    CUtensorMap q;
    CUtensorMap k;
    CUtensorMap v;
    CUtensorMap dout;
    CUtensorMap q_on_side;
    CUtensorMap k_on_side;
    CUtensorMap dout_on_side;
    AttentionBackwardArguments attention;  // with the gradient of q, or that of k
    HeadOperand value_gradient;
    int32_t is_bf16;  // gradients, if operands have 8 bits: bf16, else f16
};

/// 8-bit floats to the same numbers of 16 bits, [batch, rows, heads, width]; `to` may be wider by zeros.
struct AttentionDecodeArguments {
    HeadOperand from;
    HeadOperand to;
    int64_t rows;
    int32_t heads;
};

/// An 8-bit operand on its side, elements [batch, heads, width, sequence]. `to` has a row for each of the
/// width, and sequences begin at multiples of kHopperTransposed elements.
struct AttentionTransposeArguments {
    HeadOperand from;
    HeadOperand to;
    const int32_t* starts;   // of sequences, as in AttentionScores
    const int32_t* lengths;  // likewise
    int64_t batches;
    int64_t rows;
    int64_t heads;
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
/// Of a tile of an operand on its side; there are no such heads of 256.
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
/// registers of one kernel, and two operands of 128 rows leave little shared memory. Of 8 bits they are those
/// of an operand on its side.
inline constexpr int hopperPassing(int width, int element_bytes) {
    return element_bytes == 1 ? kHopperTransposed : width == 256 ? 32 : 64;
}
/// Its slots: of 8 bits up to four tiles are multiplied together, else two.
inline constexpr int hopperGradientSlots(int element_bytes) { return 8 / element_bytes; }
/// Of its shared memory: two operands of 128 rows, slots, and for each slot facts of its rows and of all of
/// them, 16 bytes each.
inline constexpr int hopperGradientBytes(int width, int element_bytes) {
    const int rows = hopperPassing(width, element_bytes);
    const int slots = hopperGradientSlots(element_bytes);
    return kHopperAlignment + 2 * hopperTileBytes(kHopperRows, width, element_bytes) +
           slots * (hopperTileBytes(rows, width, element_bytes) + (rows + 1) * 16) + (2 + 2 * slots) * 8;
}
static_assert(hopperBytes(256, 2) <= 227 * 1024 && hopperGradientBytes(256, 2) <= 227 * 1024 &&
                  hopperGradientBytes(kHopperFloat8Widest, 1) <= 227 * 1024,
              "what a block can have");

}  // namespace optirs::cuda
