#pragma once

#include <vector>

#include "pjrt_cpu/runtime/row_tile_layout.h"

namespace optirs::plugin {

/// A column consumer of a step over row tiles: sums over the rows, which grow from block to block. They are
/// kept transposed, [columns, width], where tiles are f32: then the kernels read a tile as it lies. Tiles of
/// bf16 pair rows, and have to be packed.
class RowTileColumnSums {
 public:
    /// Borrows both.
    RowTileColumnSums(const RowTileSpec& spec, const RowTileLayout& layout, size_t number);

    void clear(std::byte* scratch) const;
    /// Adds a block of `rows` rows, the first of which is row `first` of the matrix.
    void add(const Frame& frame, const std::vector<int64_t>& index, int64_t first, int64_t rows,
             int64_t columns, std::byte* scratch) const;
    void write(const Frame& frame, const std::vector<int64_t>& index, const std::byte* scratch) const;

 private:
    void addTransposed(const RowTileSpec::Matrix& left, const std::byte* left_data, int64_t rows,
                       int64_t columns, std::byte* scratch) const;

    const RowTileSpec::ColumnConsumer& consumer_;
    const RowTileLayout& layout_;
    const int64_t columns_;
    const ElementType type_;
    const int64_t tile_;    ///< where it is in the scratch memory
    const int64_t sums_;    ///< likewise
    const int64_t stride_;  ///< of the sums, from row to row
};

}  // namespace optirs::plugin
