#include "pjrt_cpu/runtime/row_tiles.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/runtime/onednn.h"
#include "pjrt_cpu/runtime/tile_product.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

using Spec = RowTileSpec;

constexpr int64_t kAlign = 64;
/// What the tiles of one block of rows may take of the second-level cache.
constexpr int64_t kTileBytes = 640 << 10;

int64_t aligned(int64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

int64_t even(int64_t count) { return (count + 1) / 2 * 2; }

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

class RowTileStep final : public Step {
 public:
    explicit RowTileStep(std::shared_ptr<const Spec> spec) : spec_(std::move(spec)) {
        const Spec& s = *spec_;
        for (const int64_t size : s.batch) batch_ *= size;
        int64_t row_bytes = 0;
        for (const ElementType type : s.tiles) row_bytes += rowTileStride(type, s.columns) * byteWidth(type);
        // Multiples of the products' 12 rows, and of 2 for pairs of bf16; few enough that a causal matrix has
        // little above its diagonal in the last block.
        const int64_t wanted = std::min<int64_t>(kTileBytes / std::max<int64_t>(row_bytes, 1), 48);
        block_ = std::min(s.rows, std::max<int64_t>(24, wanted / 12 * 12));
        // Without sums over rows, the blocks of one batch index need not stay together.
        const int64_t blocks = (s.rows + block_ - 1) / block_;
        if (s.column_consumers.empty() && batch_ < kFewBatches)
            parts_ = std::min(blocks, (kFewBatches + batch_ - 1) / batch_);
        layOut();
    }

    void run(const Frame& frame) const override {
        frame.pool.parallelFor(batch_ * parts_, 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) runPart(frame, task / parts_, task % parts_);
        });
    }

    std::string describe() const override {
        const Spec& s = *spec_;
        return "row tiles " + std::to_string(batch_) + " x " + std::to_string(s.rows) + "x" +
               std::to_string(s.columns) + " in blocks of " + std::to_string(block_) +
               " rows: " + std::to_string(s.producers.size()) + " products in, " +
               std::to_string(s.row_consumers.size()) + " + " + std::to_string(s.column_consumers.size()) +
               " out" +
               (s.zeros_from == INT64_MAX ? "" : ", zeros from column r + " + std::to_string(s.zeros_from));
    }

 private:
    static constexpr int64_t kFewBatches = 16;

    /// Gives everything its place in a thread's scratch memory.
    void layOut() {
        const Spec& s = *spec_;
        const auto take = [&](int64_t bytes) {
            const int64_t offset = scratch_bytes_;
            scratch_bytes_ += aligned(bytes);
            return offset;
        };
        for (const ElementType type : s.tiles)
            tiles_.push_back(take(block_ * rowTileStride(type, s.columns) * byteWidth(type)));
        int64_t left_bytes = 0;
        int64_t packed_bytes = 0;
        for (const Spec::Producer& p : s.producers) {
            rights_.push_back(take(packedRightBytes(p.type, p.depth, s.columns)));
            left_bytes = std::max(left_bytes, block_ * even(p.depth) * byteWidth(p.type));
        }
        for (const Spec::RowConsumer& c : s.row_consumers) {
            const ElementType type = s.tiles[static_cast<size_t>(c.tile)];
            rights_.push_back(take(packedRightBytes(type, s.columns, c.width)));
            left_bytes = std::max(left_bytes, block_ * c.width * byteWidth(c.out_type));
        }
        for (const Spec::ColumnConsumer& c : s.column_consumers) {
            const ElementType type = s.tiles[static_cast<size_t>(c.tile)];
            sums_.push_back(take(c.width * sumStride() * static_cast<int64_t>(sizeof(float))));
            left_bytes = std::max(left_bytes, c.width * even(block_) * byteWidth(type));
            packed_bytes = std::max(packed_bytes, packedRightBytes(type, block_, s.columns));
        }
        left_ = take(left_bytes);
        packed_ = take(packed_bytes);
    }

    int64_t sumStride() const { return spec_->columns + 16; }

    /// The matrix of a batch index, from a row and column on.
    static std::byte* locate(const Frame& frame, const Spec::Matrix& matrix, ElementType type,
                             const std::vector<int64_t>& index, int64_t row, int64_t column) {
        int64_t at = matrix.offset + row * matrix.row_stride + column * matrix.column_stride;
        for (size_t d = 0; d < index.size(); ++d) at += index[d] * matrix.batch_strides[d];
        return frame.buffers[static_cast<size_t>(matrix.allocation)] + at * byteWidth(type);
    }

    void runPart(const Frame& frame, int64_t batch, int64_t part) const {
        const Spec& s = *spec_;
        std::byte* const scratch = threadScratch(ScratchSlot::kWork, static_cast<size_t>(scratch_bytes_));
        static thread_local std::vector<int64_t> index;
        index.resize(s.batch.size());
        for (size_t d = s.batch.size(), rest = static_cast<size_t>(batch); d-- > 0;) {
            index[d] = static_cast<int64_t>(rest) % s.batch[d];
            rest /= static_cast<size_t>(s.batch[d]);
        }
        const int64_t blocks = (s.rows + block_ - 1) / block_;
        const int64_t first = blocks * part / parts_;
        const int64_t last = blocks * (part + 1) / parts_;
        // A zero may be left out where what it would meet is a number: its product with a NaN or an infinity
        // is not zero. Numbers that are none show in the operands, or make the whole row none, its first
        // column too.
        bool leave_out = s.zeros_from != INT64_MAX && isTame(frame, index);
        for (bool done = false; !done; leave_out = false) {
            done = true;
            const int64_t most = columnsOf(std::min(s.rows, last * block_), leave_out);
            pack(frame, index, scratch, most);
            for (int64_t block = first; block < last && done; ++block)
                done = runBlock(frame, index, batch, block, most, leave_out, scratch) || !leave_out;
        }
        for (size_t i = 0; i < s.column_consumers.size(); ++i) finish(frame, index, i, scratch);
    }

    /// Whether products of the operands' elements are numbers: all are, and far from the greatest.
    bool isTame(const Frame& frame, const std::vector<int64_t>& index) const {
        constexpr float kMost = 1e15F;
        const Spec& s = *spec_;
        const auto holds = [&](const Spec::Matrix& matrix, ElementType type, int64_t rows, int64_t columns) {
            return largestMagnitude(
                       type,
                       {locate(frame, matrix, type, index, 0, 0), matrix.row_stride, matrix.column_stride},
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

    /// Whether the first column of every tile that is consumed holds numbers.
    bool firstColumnIsTame(int64_t rows, const std::byte* scratch) const {
        const Spec& s = *spec_;
        const auto holds = [&](int32_t tile) {
            const auto number = static_cast<size_t>(tile);
            const ElementType type = s.tiles[number];
            return std::isfinite(largestMagnitude(
                type, {scratch + tiles_[number], rowTileStride(type, s.columns), 1}, rows, 1));
        };
        return std::ranges::all_of(s.row_consumers, holds, &Spec::RowConsumer::tile) &&
               std::ranges::all_of(s.column_consumers, holds, &Spec::ColumnConsumer::tile);
    }

    /// Columns that rows before `end` have something in.
    int64_t columnsOf(int64_t end, bool leave_out) const {
        if (!leave_out) return spec_->columns;
        return std::clamp<int64_t>(even(end - 1 + spec_->zeros_from), std::min<int64_t>(2, spec_->columns),
                                   spec_->columns);
    }

    void pack(const Frame& frame, const std::vector<int64_t>& index, std::byte* scratch, int64_t most) const {
        const Spec& s = *spec_;
        size_t right = 0;
        for (const Spec::Producer& p : s.producers) {
            packRight(
                p.type,
                {locate(frame, p.right, p.type, index, 0, 0), p.right.row_stride, p.right.column_stride},
                p.depth, most, scratch + rights_[right++]);
        }
        for (const Spec::RowConsumer& c : s.row_consumers) {
            const ElementType type = s.tiles[static_cast<size_t>(c.tile)];
            packRight(type,
                      {locate(frame, c.right, type, index, 0, 0), c.right.row_stride, c.right.column_stride},
                      most, c.width, scratch + rights_[right++]);
        }
        for (size_t i = 0; i < s.column_consumers.size(); ++i) {
            std::memset(scratch + sums_[i], 0,
                        static_cast<size_t>(s.column_consumers[i].width * sumStride()) * sizeof(float));
        }
    }

    /// `packed`: the rows of packed right operands of consumers. @returns whether zeros could be left out
    bool runBlock(const Frame& frame, const std::vector<int64_t>& index, int64_t batch, int64_t block,
                  int64_t packed, bool leave_out, std::byte* scratch) const {
        const Spec& s = *spec_;
        const int64_t row = block * block_;
        const int64_t rows = std::min(block_, s.rows - row);
        const int64_t columns = columnsOf(row + rows, leave_out);
        size_t right = 0;
        for (const Spec::Producer& p : s.producers) {
            const ElementType type = s.tiles[static_cast<size_t>(p.tile)];
            TileProduct product{p.type, type, rows, columns, p.depth};
            const std::byte* left = locate(frame, p.left, p.type, index, row, 0);
            product.left = left;
            product.left_stride = p.left.row_stride;
            if (p.left.column_stride != 1 || (p.type == ElementType::kBF16 && p.depth % 2 != 0)) {
                product.left_stride = even(p.depth);
                packLeft(p.type, {left, p.left.row_stride, p.left.column_stride}, rows, p.depth,
                         scratch + left_, product.left_stride);
                product.left = scratch + left_;
            }
            product.right = scratch + rights_[right++];
            product.right_rows = p.depth;
            product.out = scratch + tiles_[static_cast<size_t>(p.tile)];
            product.out_stride = rowTileStride(type, s.columns);
            multiply(product);
        }
        runKernel(frame, batch * s.rows + row, rows, columns, scratch);
        if (leave_out && !firstColumnIsTame(rows, scratch)) return false;
        for (const Spec::RowConsumer& c : s.row_consumers)
            consumeRows(frame, index, c, row, rows, columns, scratch, scratch + rights_[right++], packed);
        for (size_t i = 0; i < s.column_consumers.size(); ++i)
            consumeColumns(frame, index, i, row, rows, columns, scratch);
        return true;
    }

    void runKernel(const Frame& frame, int64_t begin, int64_t rows, int64_t columns,
                   std::byte* scratch) const {
        const Spec& s = *spec_;
        static thread_local std::vector<std::byte*> buffers;
        buffers.clear();
        int64_t count = columns;
        for (const Spec::Operand& operand : s.operands) {
            const auto number = static_cast<size_t>(operand.index);
            switch (operand.kind) {
                case Spec::Operand::Kind::kAllocation:
                    buffers.push_back(frame.buffers[number]);
                    break;
                case Spec::Operand::Kind::kTile: {
                    // The kernel counts rows from the first of the first matrix.
                    const int64_t row_bytes =
                        rowTileStride(s.tiles[number], s.columns) * byteWidth(s.tiles[number]);
                    const auto address = reinterpret_cast<uintptr_t>(scratch + tiles_[number]) -
                                         static_cast<uintptr_t>(begin * row_bytes);
                    buffers.push_back(reinterpret_cast<std::byte*>(address));  // NOLINT: see above
                    break;
                }
                case Spec::Operand::Kind::kColumnCount:
                    buffers.push_back(reinterpret_cast<std::byte*>(&count));
                    break;
            }
        }
        s.kernel(buffers.data(), begin, begin + rows);
    }

    void consumeRows(const Frame& frame, const std::vector<int64_t>& index, const Spec::RowConsumer& c,
                     int64_t row, int64_t rows, int64_t columns, std::byte* scratch, const std::byte* right,
                     int64_t packed) const {
        const ElementType type = spec_->tiles[static_cast<size_t>(c.tile)];
        TileProduct product{type, c.out_type, rows, c.width, columns};
        product.left = scratch + tiles_[static_cast<size_t>(c.tile)];
        product.left_stride = rowTileStride(type, spec_->columns);
        product.right = right;
        product.right_rows = packed;
        std::byte* out = locate(frame, c.out, c.out_type, index, row, 0);
        const bool direct = c.out.column_stride == 1;
        product.out = direct ? out : scratch + left_;
        product.out_stride = direct ? c.out.row_stride : c.width;
        multiply(product);
        if (direct) return;
        const int64_t width = byteWidth(c.out_type);
        for (int64_t r = 0; r < rows; ++r) {
            for (int64_t e = 0; e < c.width; ++e) {
                std::memcpy(out + (r * c.out.row_stride + e * c.out.column_stride) * width,
                            scratch + left_ + (r * c.width + e) * width, static_cast<size_t>(width));
            }
        }
    }

    void consumeColumns(const Frame& frame, const std::vector<int64_t>& index, size_t number, int64_t row,
                        int64_t rows, int64_t columns, std::byte* scratch) const {
        const Spec::ColumnConsumer& c = spec_->column_consumers[number];
        const ElementType type = spec_->tiles[static_cast<size_t>(c.tile)];
        packLeft(type, {locate(frame, c.left, type, index, 0, row), c.left.row_stride, c.left.column_stride},
                 c.width, rows, scratch + left_, even(block_));
        packRight(type,
                  {scratch + tiles_[static_cast<size_t>(c.tile)], rowTileStride(type, spec_->columns), 1},
                  rows, columns, scratch + packed_);
        TileProduct product{type, ElementType::kF32, c.width, columns, rows};
        product.left = scratch + left_;
        product.left_stride = even(block_);
        product.right = scratch + packed_;
        product.right_rows = rows;
        product.out = scratch + sums_[number];
        product.out_stride = sumStride();
        product.accumulate = true;
        multiply(product);
    }

    /// Writes a finished sum over all rows.
    void finish(const Frame& frame, const std::vector<int64_t>& index, size_t number,
                const std::byte* scratch) const {
        const Spec::ColumnConsumer& c = spec_->column_consumers[number];
        const auto* sums = reinterpret_cast<const float*>(scratch + sums_[number]);
        std::byte* out = locate(frame, c.out, c.out_type, index, 0, 0);
        const auto write = [&](auto* to, const auto& convert) {
            for (int64_t column = 0; column < spec_->columns; ++column) {
                for (int64_t e = 0; e < c.width; ++e)
                    to[e * c.out.row_stride + column * c.out.column_stride] =
                        convert(sums[e * sumStride() + column]);
            }
        };
        if (c.out_type == ElementType::kBF16)
            write(reinterpret_cast<uint16_t*>(out), [](float value) { return floatToBf16(value); });
        else
            write(reinterpret_cast<float*>(out), [](float value) { return value; });
    }

    std::shared_ptr<const Spec> spec_;
    int64_t batch_ = 1;
    int64_t block_ = 0;
    int64_t parts_ = 1;
    std::vector<int64_t> tiles_, rights_, sums_;
    int64_t left_ = 0, packed_ = 0;
    int64_t scratch_bytes_ = 0;
};

}  // namespace

int64_t rowTileStride(ElementType type, int64_t columns) {
    const int64_t line = kAlign / byteWidth(type);
    return (columns + line - 1) / line * line + line;
}

std::unique_ptr<Step> makeRowTileStep(std::shared_ptr<const RowTileSpec> spec) {
    return std::make_unique<RowTileStep>(std::move(spec));
}

}  // namespace optirs::plugin
