/// @file
/// Whether the zeros of row tiles may be left out: a zero's product with a NaN or an infinity is not zero.
#pragma once

#include <vector>

#include "pjrt_cpu/runtime/row_tile_layout.h"

namespace optirs::plugin {

/// What the results of tame products are no further from zero than.
inline constexpr double kMostTameProduct = 1e7;

/// What the products of a step over row tiles read from memory.
class RowTileOperands {
 public:
    explicit RowTileOperands(const RowTileSpec& spec);

    /// Whether products of the elements for this batch index are numbers: all are, and far from the greatest;
    /// those that the rows are made of no further from zero than kMostTameProduct.
    bool areTame(const Frame& frame, const std::vector<int64_t>& index) const;

 private:
    /// Its columns have the shorter stride.
    struct Operand {
        RowTileSpec::Matrix matrix;
        ElementType type;
        int64_t rows;
        int64_t columns;
    };
    /// Numbers of two operands, and how many of their products are added up.
    struct Product {
        size_t left, right;
        int64_t depth;
    };
    size_t add(const RowTileSpec::Matrix& matrix, ElementType type, int64_t rows, int64_t columns);
    static float largestMagnitude(const Operand& operand, const Frame& frame,
                                  const std::vector<int64_t>& index);

    std::vector<Operand> operands_;  ///< each once: passes backwards read most of them twice
    std::vector<Product> rows_;      ///< those that the rows are made of
};

/// Whether the first column of every tile that is consumed holds numbers.
bool firstRowTileColumnIsTame(const RowTileSpec& spec, const RowTileLayout& layout, int64_t rows,
                              const std::byte* scratch);

}  // namespace optirs::plugin
