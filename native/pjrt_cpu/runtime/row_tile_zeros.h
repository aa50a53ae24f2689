/// @file
/// Whether the zeros of row tiles may be left out: a zero's product with a NaN or an infinity is not zero.
#pragma once

#include "pjrt_cpu/runtime/row_tile_layout.h"

namespace optirs::plugin {

/// Whether products of the operands' elements are numbers: all are, and far from the greatest.
bool rowTileOperandsAreTame(const RowTileSpec& spec, const Frame& frame, const std::vector<int64_t>& index);

/// Whether the first column of every tile that is consumed holds numbers.
bool firstRowTileColumnIsTame(const RowTileSpec& spec, const RowTileLayout& layout, int64_t rows,
                              const std::byte* scratch);

}  // namespace optirs::plugin
