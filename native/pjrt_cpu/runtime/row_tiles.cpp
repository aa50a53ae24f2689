#include "pjrt_cpu/runtime/row_tiles.h"

#include <algorithm>
#include <cstring>

#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/runtime/onednn.h"
#include "pjrt_cpu/runtime/row_tile_layout.h"
#include "pjrt_cpu/runtime/row_tile_zeros.h"
#include "pjrt_cpu/runtime/tile_product.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

using Spec = RowTileSpec;

class RowTileStep final : public Step {
 public:
    explicit RowTileStep(std::shared_ptr<const Spec> spec) : spec_(std::move(spec)), layout_(*spec_) {}

    void run(const Frame& frame) const override {
        frame.pool.parallelFor(layout_.batch * layout_.parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task)
                runPart(frame, task / layout_.parts, task % layout_.parts);
        });
    }

    std::string describe() const override {
        const Spec& s = *spec_;
        return "row tiles " + std::to_string(layout_.batch) + " x " + std::to_string(s.rows) + "x" +
               std::to_string(s.columns) + " in blocks of " + std::to_string(layout_.block) +
               " rows: " + std::to_string(s.producers.size()) + " products in, " +
               std::to_string(s.row_consumers.size()) + " + " + std::to_string(s.column_consumers.size()) +
               " out" +
               (s.zeros_from == INT64_MAX ? "" : ", zeros from column r + " + std::to_string(s.zeros_from));
    }

 private:
    void runPart(const Frame& frame, int64_t batch, int64_t part) const {
        const Spec& s = *spec_;
        std::byte* const scratch =
            threadScratch(ScratchSlot::kWork, static_cast<size_t>(layout_.scratch_bytes));
        static thread_local std::vector<int64_t> index;
        index.resize(s.batch.size());
        for (size_t d = s.batch.size(), rest = static_cast<size_t>(batch); d-- > 0;) {
            index[d] = static_cast<int64_t>(rest) % s.batch[d];
            rest /= static_cast<size_t>(s.batch[d]);
        }
        const int64_t blocks = (s.rows + layout_.block - 1) / layout_.block;
        const int64_t first = blocks * part / layout_.parts;
        const int64_t last = blocks * (part + 1) / layout_.parts;
        // A zero may be left out where what it would meet is a number: its product with a NaN or an infinity
        // is not zero. Numbers that are none show in the operands, or make the whole row none, its first
        // column too.
        bool leave_out = s.zeros_from != INT64_MAX && rowTileOperandsAreTame(s, frame, index);
        for (bool done = false; !done; leave_out = false) {
            done = true;
            const int64_t most = columnsOf(std::min(s.rows, last * layout_.block), leave_out);
            pack(frame, index, scratch, most);
            for (int64_t block = first; block < last && done; ++block)
                done = runBlock(frame, index, batch, block, most, leave_out, scratch) || !leave_out;
        }
        for (size_t i = 0; i < s.column_consumers.size(); ++i) finish(frame, index, i, scratch);
    }

    /// Columns that rows before `end` have something in.
    int64_t columnsOf(int64_t end, bool leave_out) const {
        if (!leave_out) return spec_->columns;
        return std::clamp<int64_t>(evenRowTileCount(end - 1 + spec_->zeros_from),
                                   std::min<int64_t>(2, spec_->columns), spec_->columns);
    }

    void pack(const Frame& frame, const std::vector<int64_t>& index, std::byte* scratch, int64_t most) const {
        const Spec& s = *spec_;
        size_t right = 0;
        for (const Spec::Producer& p : s.producers) {
            packRight(p.type,
                      {locateRowTile(frame, p.right, p.type, index, 0, 0), p.right.row_stride,
                       p.right.column_stride},
                      p.depth, most, scratch + layout_.rights[right++]);
        }
        for (const Spec::RowConsumer& c : s.row_consumers) {
            const ElementType type = s.tiles[static_cast<size_t>(c.tile)];
            packRight(
                type,
                {locateRowTile(frame, c.right, type, index, 0, 0), c.right.row_stride, c.right.column_stride},
                most, c.width, scratch + layout_.rights[right++]);
        }
        for (size_t i = 0; i < s.column_consumers.size(); ++i) {
            std::memset(
                scratch + layout_.sums[i], 0,
                static_cast<size_t>(s.column_consumers[i].width * layout_.sum_stride) * sizeof(float));
        }
    }

    /// `packed`: the rows of packed right operands of consumers. @returns whether zeros could be left out
    bool runBlock(const Frame& frame, const std::vector<int64_t>& index, int64_t batch, int64_t block,
                  int64_t packed, bool leave_out, std::byte* scratch) const {
        const Spec& s = *spec_;
        const int64_t row = block * layout_.block;
        const int64_t rows = std::min(layout_.block, s.rows - row);
        const int64_t columns = columnsOf(row + rows, leave_out);
        size_t right = 0;
        for (const Spec::Producer& p : s.producers) {
            const ElementType type = s.tiles[static_cast<size_t>(p.tile)];
            TileProduct product{p.type, type, rows, columns, p.depth};
            const std::byte* left = locateRowTile(frame, p.left, p.type, index, row, 0);
            product.left = left;
            product.left_stride = p.left.row_stride;
            if (p.left.column_stride != 1 || (p.type == ElementType::kBF16 && p.depth % 2 != 0)) {
                product.left_stride = evenRowTileCount(p.depth);
                packLeft(p.type, {left, p.left.row_stride, p.left.column_stride}, rows, p.depth,
                         scratch + layout_.left, product.left_stride);
                product.left = scratch + layout_.left;
            }
            product.right = scratch + layout_.rights[right++];
            product.right_rows = p.depth;
            product.out = scratch + layout_.tiles[static_cast<size_t>(p.tile)];
            product.out_stride = rowTileStride(type, s.columns);
            multiply(product);
        }
        runKernel(frame, batch * s.rows + row, rows, columns, scratch);
        if (leave_out && !firstRowTileColumnIsTame(s, layout_, rows, scratch)) return false;
        for (const Spec::RowConsumer& c : s.row_consumers)
            consumeRows(frame, index, c, row, rows, columns, scratch, scratch + layout_.rights[right++],
                        packed);
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
                    const auto address = reinterpret_cast<uintptr_t>(scratch + layout_.tiles[number]) -
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
        product.left = scratch + layout_.tiles[static_cast<size_t>(c.tile)];
        product.left_stride = rowTileStride(type, spec_->columns);
        product.right = right;
        product.right_rows = packed;
        std::byte* out = locateRowTile(frame, c.out, c.out_type, index, row, 0);
        const bool direct = c.out.column_stride == 1;
        product.out = direct ? out : scratch + layout_.left;
        product.out_stride = direct ? c.out.row_stride : c.width;
        multiply(product);
        if (direct) return;
        const int64_t width = byteWidth(c.out_type);
        for (int64_t r = 0; r < rows; ++r) {
            for (int64_t e = 0; e < c.width; ++e) {
                std::memcpy(out + (r * c.out.row_stride + e * c.out.column_stride) * width,
                            scratch + layout_.left + (r * c.width + e) * width, static_cast<size_t>(width));
            }
        }
    }

    void consumeColumns(const Frame& frame, const std::vector<int64_t>& index, size_t number, int64_t row,
                        int64_t rows, int64_t columns, std::byte* scratch) const {
        const Spec::ColumnConsumer& c = spec_->column_consumers[number];
        const ElementType type = spec_->tiles[static_cast<size_t>(c.tile)];
        packLeft(type,
                 {locateRowTile(frame, c.left, type, index, 0, row), c.left.row_stride, c.left.column_stride},
                 c.width, rows, scratch + layout_.left, evenRowTileCount(layout_.block));
        packRight(
            type,
            {scratch + layout_.tiles[static_cast<size_t>(c.tile)], rowTileStride(type, spec_->columns), 1},
            rows, columns, scratch + layout_.packed);
        TileProduct product{type, ElementType::kF32, c.width, columns, rows};
        product.left = scratch + layout_.left;
        product.left_stride = evenRowTileCount(layout_.block);
        product.right = scratch + layout_.packed;
        product.right_rows = rows;
        product.out = scratch + layout_.sums[number];
        product.out_stride = layout_.sum_stride;
        product.accumulate = true;
        multiply(product);
    }

    /// Writes a finished sum over all rows.
    void finish(const Frame& frame, const std::vector<int64_t>& index, size_t number,
                const std::byte* scratch) const {
        const Spec::ColumnConsumer& c = spec_->column_consumers[number];
        const auto* sums = reinterpret_cast<const float*>(scratch + layout_.sums[number]);
        std::byte* out = locateRowTile(frame, c.out, c.out_type, index, 0, 0);
        const auto write = [&](auto* to, const auto& convert) {
            for (int64_t column = 0; column < spec_->columns; ++column) {
                for (int64_t e = 0; e < c.width; ++e)
                    to[e * c.out.row_stride + column * c.out.column_stride] =
                        convert(sums[e * layout_.sum_stride + column]);
            }
        };
        if (c.out_type == ElementType::kBF16)
            write(reinterpret_cast<uint16_t*>(out), [](float value) { return floatToBf16(value); });
        else
            write(reinterpret_cast<float*>(out), [](float value) { return value; });
    }

    std::shared_ptr<const Spec> spec_;
    const RowTileLayout layout_;
};

}  // namespace

std::unique_ptr<Step> makeRowTileStep(std::shared_ptr<const RowTileSpec> spec) {
    return std::make_unique<RowTileStep>(std::move(spec));
}

}  // namespace optirs::plugin
