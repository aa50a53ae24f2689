#include "pjrt_cpu/runtime/row_tile_layout.h"

#include <algorithm>

#include "pjrt_cpu/runtime/tile_product.h"

namespace optirs::plugin {
namespace {

using Spec = RowTileSpec;

constexpr int64_t kAlign = 64;
/// What the tiles of one block of rows may take of the second-level cache.
constexpr int64_t kTileBytes = 640 << 10;

}  // namespace

RowTileLayout::RowTileLayout(const Spec& s) {
    for (const int64_t size : s.batch) batch *= size;
    int64_t row_bytes = 0;
    for (const ElementType type : s.tiles) row_bytes += rowTileStride(type, s.columns) * byteWidth(type);
    // Multiples of the products' 12 rows, and of 2 for pairs of bf16; few enough that a causal matrix has
    // little above its diagonal in the last block.
    const int64_t wanted = std::min<int64_t>(kTileBytes / std::max<int64_t>(row_bytes, 1), 48);
    block = std::min(s.rows, std::max<int64_t>(24, wanted / 12 * 12));

    for (const ElementType type : s.tiles)
        tiles.push_back(take(block * rowTileStride(type, s.columns) * byteWidth(type)));
    int64_t left_bytes = 0;
    int64_t packed_bytes = 0;
    for (const Spec::Producer& p : s.producers) {
        rights.push_back(take(packedRightBytes(p.type, p.depth, s.columns)));
        left_bytes = std::max(left_bytes, block * evenRowTileCount(p.depth) * byteWidth(p.type));
    }
    for (const Spec::RowConsumer& each : s.row_consumers) {
        const ElementType type = s.tiles[static_cast<size_t>(each.tile)];
        rights.push_back(take(packedRightBytes(type, s.columns, each.width)));
        left_bytes = std::max(left_bytes, block * each.width * byteWidth(each.out_type));
    }
    for (const Spec::ColumnConsumer& each : s.column_consumers) {
        const ElementType type = s.tiles[static_cast<size_t>(each.tile)];
        const auto add_sums = [&](int64_t rows, int64_t stride) {
            sums.push_back({take(rows * stride * static_cast<int64_t>(sizeof(float))), stride});
        };
        if (type == ElementType::kF32) {
            add_sums(s.columns, each.width);
            packed_bytes = std::max(packed_bytes, packedRightBytes(type, block, each.width));
            continue;
        }
        add_sums(each.width, s.columns + 16);
        left_bytes = std::max(left_bytes, each.width * evenRowTileCount(block) * byteWidth(type));
        packed_bytes = std::max(packed_bytes, packedRightBytes(type, block, s.columns));
    }
    left = take(left_bytes);
    packed = take(packed_bytes);
}

int64_t RowTileLayout::take(int64_t bytes) {
    const int64_t offset = scratch_bytes;
    scratch_bytes += (bytes + kAlign - 1) / kAlign * kAlign;
    return offset;
}

std::byte* locateRowTile(const Frame& frame, const Spec::Matrix& matrix, ElementType type,
                         const std::vector<int64_t>& index, int64_t row, int64_t column) {
    int64_t at = matrix.offset + row * matrix.row_stride + column * matrix.column_stride;
    for (size_t d = 0; d < index.size(); ++d) at += index[d] * matrix.batch_strides[d];
    return frame.buffers[static_cast<size_t>(matrix.allocation)] + at * byteWidth(type);
}

int64_t rowTileStride(ElementType type, int64_t columns) {
    const int64_t line = kAlign / byteWidth(type);
    return (columns + line - 1) / line * line + line;
}

}  // namespace optirs::plugin
