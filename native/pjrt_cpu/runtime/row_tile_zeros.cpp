#include "pjrt_cpu/runtime/row_tile_zeros.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "src/cpu/convert.h"

namespace optirs::plugin {
namespace {

using Spec = RowTileSpec;

/// Of a matrix of f32 or bf16 with dense rows; a NaN when there is one.
float largestMagnitude(ElementType type, const std::byte* data, int64_t rows, int64_t row_stride,
                       int64_t columns) {
    const cpu::Element element = type == ElementType::kBF16 ? cpu::Element::kBF16 : cpu::Element::kF32;
    return std::bit_cast<float>(cpu::maxMagnitude(element, data, rows, row_stride, columns));
}

}  // namespace

RowTileOperands::RowTileOperands(const Spec& s) {
    const auto tile_type = [&](int32_t tile) { return s.tiles[static_cast<size_t>(tile)]; };
    for (const Spec::Producer& p : s.producers) {
        const size_t left = add(p.left, p.type, s.rows, p.depth);
        rows_.push_back({left, add(p.right, p.type, p.depth, s.columns), p.depth});
    }
    for (const Spec::RowConsumer& c : s.row_consumers) add(c.right, tile_type(c.tile), s.columns, c.width);
    for (const Spec::ColumnConsumer& c : s.column_consumers) add(c.left, tile_type(c.tile), c.width, s.rows);
}

size_t RowTileOperands::add(const Spec::Matrix& matrix, ElementType type, int64_t rows, int64_t columns) {
    Operand operand{matrix, type, rows, columns};
    if (matrix.column_stride > matrix.row_stride) {
        std::swap(operand.matrix.row_stride, operand.matrix.column_stride);
        std::swap(operand.rows, operand.columns);
    }
    const auto same = [&](const Operand& other) {
        const Spec::Matrix& a = operand.matrix;
        const Spec::Matrix& b = other.matrix;
        return a.allocation == b.allocation && a.offset == b.offset && a.batch_strides == b.batch_strides &&
               a.row_stride == b.row_stride && a.column_stride == b.column_stride &&
               operand.type == other.type && operand.rows == other.rows && operand.columns == other.columns;
    };
    const auto known = std::ranges::find_if(operands_, same);
    const auto number = static_cast<size_t>(known - operands_.begin());
    if (known == operands_.end()) operands_.push_back(std::move(operand));
    return number;
}

float RowTileOperands::largestMagnitude(const Operand& o, const Frame& frame,
                                        const std::vector<int64_t>& index) {
    const auto locate = [&](int64_t row) { return locateRowTile(frame, o.matrix, o.type, index, row, 0); };
    const int64_t stride = o.matrix.column_stride;
    if (stride == 1)
        return plugin::largestMagnitude(o.type, locate(0), o.rows, o.matrix.row_stride, o.columns);
    float largest = 0;
    for (int64_t row = 0; row < o.rows; ++row) {
        const float each = plugin::largestMagnitude(o.type, locate(row), o.columns, stride, 1);
        if (!(each <= largest)) largest = each;  // a NaN stays
        if (std::isnan(largest)) break;
    }
    return largest;
}

bool RowTileOperands::areTame(const Frame& frame, const std::vector<int64_t>& index) const {
    constexpr float kMost = 1e15F;
    static thread_local std::vector<float> largest;
    largest.clear();
    for (const Operand& operand : operands_) {
        largest.push_back(largestMagnitude(operand, frame, index));
        if (!(largest.back() < kMost)) return false;
    }
    return std::ranges::all_of(rows_, [&](const Product& product) {
        const double most = static_cast<double>(largest[product.left]) * largest[product.right] *
                            static_cast<double>(product.depth);
        // Rounding the sum takes it less far than to twice its size.
        return 2 * most < kMostTameProduct;
    });
}

bool firstRowTileColumnIsTame(const Spec& s, const RowTileLayout& layout, int64_t rows,
                              const std::byte* scratch) {
    const auto holds = [&](int32_t tile) {
        const auto number = static_cast<size_t>(tile);
        const ElementType type = s.tiles[number];
        return std::isfinite(
            largestMagnitude(type, scratch + layout.tiles[number], rows, rowTileStride(type, s.columns), 1));
    };
    return std::ranges::all_of(s.row_consumers, holds, &Spec::RowConsumer::tile) &&
           std::ranges::all_of(s.column_consumers, holds, &Spec::ColumnConsumer::tile);
}

}  // namespace optirs::plugin
