#include "pjrt_cpu/runtime/row_tile_columns.h"

#include <algorithm>
#include <cstring>

#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/runtime/tile_product.h"

namespace optirs::plugin {
namespace {

/// Columns of a tile that stay in the first cache while all of the width passes by; whole blocks of the
/// kernels' rows.
constexpr int64_t kColumns = 96;

}  // namespace

RowTileColumnSums::RowTileColumnSums(const RowTileSpec& spec, const RowTileLayout& layout, size_t number)
    : consumer_(spec.column_consumers[number]),
      layout_(layout),
      columns_(spec.columns),
      type_(spec.tiles[static_cast<size_t>(consumer_.tile)]),
      tile_(layout.tiles[static_cast<size_t>(consumer_.tile)]),
      sums_(layout.sums[number].offset),
      stride_(layout.sums[number].stride) {}

void RowTileColumnSums::clear(std::byte* scratch) const {
    const int64_t rows = type_ == ElementType::kF32 ? columns_ : consumer_.width;
    std::memset(scratch + sums_, 0, static_cast<size_t>(rows * stride_) * sizeof(float));
}

void RowTileColumnSums::add(const Frame& frame, const std::vector<int64_t>& index, int64_t first,
                            int64_t rows, int64_t columns, std::byte* scratch) const {
    const RowTileSpec::Matrix& left = consumer_.left;
    const std::byte* left_data = locateRowTile(frame, left, type_, index, 0, first);
    if (type_ == ElementType::kF32) return addTransposed(left, left_data, rows, columns, scratch);
    const int64_t left_stride = evenRowTileCount(layout_.block);
    packLeft(type_, {left_data, left.row_stride, left.column_stride}, consumer_.width, rows,
             scratch + layout_.left, left_stride);
    packRight(type_, {scratch + tile_, rowTileStride(type_, columns_), 1}, rows, columns,
              scratch + layout_.packed);
    TileProduct product{type_, ElementType::kF32, consumer_.width, columns, rows};
    product.left = scratch + layout_.left;
    product.left_stride = left_stride;
    product.right = scratch + layout_.packed;
    product.right_rows = rows;
    product.out = scratch + sums_;
    product.out_stride = stride_;
    product.accumulate = true;
    multiply(product);
}

void RowTileColumnSums::addTransposed(const RowTileSpec::Matrix& left, const std::byte* left_data,
                                      int64_t rows, int64_t columns, std::byte* scratch) const {
    packRight(type_, {left_data, left.column_stride, left.row_stride}, rows, consumer_.width,
              scratch + layout_.packed);
    for (int64_t column = 0; column < columns; column += kColumns) {
        TileProduct product{type_, ElementType::kF32, std::min(kColumns, columns - column), consumer_.width,
                            rows};
        product.left = scratch + tile_ + column * byteWidth(type_);
        product.left_stride = 1;
        product.left_step = rowTileStride(type_, columns_);
        product.right = scratch + layout_.packed;
        product.right_rows = rows;
        product.out = scratch + sums_ + column * stride_ * static_cast<int64_t>(sizeof(float));
        product.out_stride = stride_;
        product.accumulate = true;
        multiply(product);
    }
}

void RowTileColumnSums::write(const Frame& frame, const std::vector<int64_t>& index,
                              const std::byte* scratch) const {
    const RowTileSpec::Matrix& out = consumer_.out;
    const auto* sums = reinterpret_cast<const float*>(scratch + sums_);
    std::byte* data = locateRowTile(frame, out, consumer_.out_type, index, 0, 0);
    const bool transposed = type_ == ElementType::kF32;
    const int64_t column_step = transposed ? stride_ : 1;
    const int64_t element_step = transposed ? 1 : stride_;
    const auto write_all = [&](auto* to, const auto& convert) {
        for (int64_t column = 0; column < columns_; ++column, sums += column_step) {
            auto* row = to + column * out.column_stride;
            if (out.row_stride == 1 && transposed) {
                for (int64_t e = 0; e < consumer_.width; ++e) row[e] = convert(sums[e]);
                continue;
            }
            for (int64_t e = 0; e < consumer_.width; ++e)
                row[e * out.row_stride] = convert(sums[e * element_step]);
        }
    };
    if (consumer_.out_type == ElementType::kBF16)
        write_all(reinterpret_cast<uint16_t*>(data), [](float value) { return floatToBf16(value); });
    else
        write_all(reinterpret_cast<float*>(data), [](float value) { return value; });
}

}  // namespace optirs::plugin
