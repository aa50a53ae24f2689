#include "pjrt_cpu/runtime/row_tile_zeros.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "pjrt_cpu/runtime/half.h"

namespace optirs::plugin {
namespace {

using Spec = RowTileSpec;

/// A matrix in memory; strides in elements.
struct Strided {
    const std::byte* data;
    int64_t row_stride;
    int64_t column_stride;
};

/// Without its sign a float's bits are ordered like its size; NaN is above infinity.
template <typename Bits>
Bits largestBits(const Strided& m, int64_t rows, int64_t columns) {
    constexpr Bits kNoSign = static_cast<Bits>(~Bits{0}) >> 1;
    const auto* data = reinterpret_cast<const Bits*>(m.data);
    // The shorter stride inside.
    const bool by_rows = m.column_stride <= m.row_stride;
    const int64_t outer = by_rows ? rows : columns;
    const int64_t inner = by_rows ? columns : rows;
    const int64_t outer_stride = by_rows ? m.row_stride : m.column_stride;
    const int64_t inner_stride = by_rows ? m.column_stride : m.row_stride;
    Bits most = 0;
    for (int64_t i = 0; i < outer; ++i) {
        const Bits* line = data + i * outer_stride;
        if (inner_stride == 1) {
            for (int64_t k = 0; k < inner; ++k) most = std::max<Bits>(most, line[k] & kNoSign);
        } else {
            for (int64_t k = 0; k < inner; ++k) most = std::max<Bits>(most, line[k * inner_stride] & kNoSign);
        }
    }
    return most;
}

/// The greatest absolute value; NaN when there is one. f32 and bf16.
float largestMagnitude(ElementType type, const Strided& m, int64_t rows, int64_t columns) {
    if (type == ElementType::kBF16) return bf16ToFloat(largestBits<uint16_t>(m, rows, columns));
    return std::bit_cast<float>(largestBits<uint32_t>(m, rows, columns));
}

}  // namespace

bool rowTileOperandsAreTame(const Spec& s, const Frame& frame, const std::vector<int64_t>& index) {
    constexpr float kMost = 1e15F;
    const auto holds = [&](const Spec::Matrix& matrix, ElementType type, int64_t rows, int64_t columns) {
        return largestMagnitude(
                   type,
                   {locateRowTile(frame, matrix, type, index, 0, 0), matrix.row_stride, matrix.column_stride},
                   rows, columns) < kMost;
    };
    for (const Spec::Producer& p : s.producers) {
        if (!holds(p.left, p.type, s.rows, p.depth) || !holds(p.right, p.type, p.depth, s.columns))
            return false;
    }
    for (const Spec::RowConsumer& c : s.row_consumers) {
        if (!holds(c.right, s.tiles[static_cast<size_t>(c.tile)], s.columns, c.width)) return false;
    }
    for (const Spec::ColumnConsumer& c : s.column_consumers) {
        if (!holds(c.left, s.tiles[static_cast<size_t>(c.tile)], c.width, s.rows)) return false;
    }
    return true;
}

bool firstRowTileColumnIsTame(const Spec& s, const RowTileLayout& layout, int64_t rows,
                              const std::byte* scratch) {
    const auto holds = [&](int32_t tile) {
        const auto number = static_cast<size_t>(tile);
        const ElementType type = s.tiles[number];
        return std::isfinite(largestMagnitude(
            type, {scratch + layout.tiles[number], rowTileStride(type, s.columns), 1}, rows, 1));
    };
    return std::ranges::all_of(s.row_consumers, holds, &Spec::RowConsumer::tile) &&
           std::ranges::all_of(s.column_consumers, holds, &Spec::ColumnConsumer::tile);
}

}  // namespace optirs::plugin
