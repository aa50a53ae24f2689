/// @file
/// Where a step over row tiles keeps what it works on, and in how large blocks.
#pragma once

#include "pjrt_cpu/runtime/row_tiles.h"

namespace optirs::plugin {

/// Products of bf16 take their depth in pairs.
inline int64_t evenRowTileCount(int64_t count) { return (count + 1) / 2 * 2; }

/// Blocks of rows, and places in a thread's scratch memory.
struct RowTileLayout {
    explicit RowTileLayout(const RowTileSpec& spec);

    int64_t batch = 1;  ///< indices of all batch dimensions
    int64_t block = 0;  ///< rows
    std::vector<int64_t> tiles;
    /// Packed right operands of the producers, then of the row consumers.
    std::vector<int64_t> rights;
    /// Of a column consumer, f32; `stride` elements from row to row.
    struct Sums {
        int64_t offset;
        int64_t stride;
    };
    std::vector<Sums> sums;
    int64_t left = 0;    ///< a packed left operand, or rows on their way out
    int64_t packed = 0;  ///< the right operand of a column consumer's product
    int64_t scratch_bytes = 0;

 private:
    int64_t take(int64_t bytes);
};

/// The matrix of a batch index, from a row and column on.
std::byte* locateRowTile(const Frame& frame, const RowTileSpec::Matrix& matrix, ElementType type,
                         const std::vector<int64_t>& index, int64_t row, int64_t column);

}  // namespace optirs::plugin
