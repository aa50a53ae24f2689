/// @file
/// Whether the zeros of row tiles may be left out: a zero's product with a NaN or an infinity is not zero.
#pragma once

#include <vector>

#include "pjrt_cpu/runtime/row_tile_layout.h"

namespace optirs::plugin {

/// What the products of a step over row tiles read from memory.
class RowTileOperands {
 public:
    explicit RowTileOperands(const RowTileSpec& spec);

    /// Whether products of the elements for this batch index are numbers: all are, and far from the greatest.
    bool areTame(const Frame& frame, const std::vector<int64_t>& index) const;

 private:
    /// Its columns have the shorter stride.
    struct Operand {
        RowTileSpec::Matrix matrix;
        ElementType type;
        int64_t rows;
        int64_t columns;
    };
    void add(const RowTileSpec::Matrix& matrix, ElementType type, int64_t rows, int64_t columns);

    std::vector<Operand> operands_;  ///< each once: passes backwards read most of them twice
};

/// Whether the first column of every tile that is consumed holds numbers.
bool firstRowTileColumnIsTame(const RowTileSpec& spec, const RowTileLayout& layout, int64_t rows,
                              const std::byte* scratch);

}  // namespace optirs::plugin
