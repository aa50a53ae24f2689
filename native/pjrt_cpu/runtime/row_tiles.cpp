#include "pjrt_cpu/runtime/row_tiles.h"

#include <algorithm>
#include <cstring>

#include "pjrt_cpu/runtime/onednn.h"
#include "pjrt_cpu/runtime/row_tile_columns.h"
#include "pjrt_cpu/runtime/row_tile_layout.h"
#include "pjrt_cpu/runtime/row_tile_zeros.h"
#include "pjrt_cpu/runtime/tile_product.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

using Spec = RowTileSpec;

/// Enough that no thread waits long for the last one.
constexpr int64_t kTasksPerThread = 4;
/// Where zeros are left out, by so many rows (a multiple of the products' 6 or 12) and columns.
constexpr int64_t kStepRows = 12;
constexpr int64_t kColumnStep = 32;

class RowTileStep final : public Step {
 public:
    explicit RowTileStep(std::shared_ptr<const Spec> spec)
        : spec_(std::move(spec)), layout_(*spec_), operands_(*spec_) {
        for (size_t i = 0; i < spec_->column_consumers.size(); ++i)
            column_sums_.emplace_back(*spec_, layout_, i);
    }

    void run(const Frame& frame) const override {
        // Without sums over rows, the blocks of one batch index need not stay together; but each task packs
        // the right operands for itself. What a block makes depends on neither.
        const int64_t blocks = (spec_->rows + layout_.block - 1) / layout_.block;
        const int64_t wanted = kTasksPerThread * frame.pool.threadCount();
        const int64_t parts =
            spec_->column_consumers.empty()
                ? std::clamp<int64_t>((wanted + layout_.batch - 1) / layout_.batch, 1, blocks)
                : 1;
        frame.pool.parallelFor(layout_.batch * parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) {
                const int64_t part = task % parts;
                runBlocks(frame, task / parts, blocks * part / parts, blocks * (part + 1) / parts);
            }
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
    void runBlocks(const Frame& frame, int64_t batch, int64_t first, int64_t last) const {
        const Spec& s = *spec_;
        std::byte* const scratch =
            threadScratch(ScratchSlot::kWork, static_cast<size_t>(layout_.scratch_bytes));
        static thread_local std::vector<int64_t> index;
        index.resize(s.batch.size());
        for (size_t d = s.batch.size(), rest = static_cast<size_t>(batch); d-- > 0;) {
            index[d] = static_cast<int64_t>(rest) % s.batch[d];
            rest /= static_cast<size_t>(s.batch[d]);
        }
        for (const RowTileColumnSums& sums : column_sums_) sums.clear(scratch);
        // A zero may be left out where what it would meet is a number: its product with a NaN or an infinity
        // is not zero. Numbers that are none show in the operands, or make the whole row none, its first
        // column too: then the row's block is made anew with all columns.
        const bool leave_out = s.zeros_from != INT64_MAX && operands_.areTame(frame, index);
        int64_t packed = columnsOf(std::min(s.rows, last * layout_.block), leave_out);
        pack(frame, index, scratch, packed);
        for (int64_t block = first; block < last; ++block) {
            if (runBlock(frame, index, batch, block, packed, leave_out, scratch)) continue;
            if (packed < s.columns) pack(frame, index, scratch, packed = s.columns);
            runBlock(frame, index, batch, block, packed, false, scratch);
        }
        for (const RowTileColumnSums& sums : column_sums_) sums.write(frame, index, scratch);
    }

    /// Columns that rows before `end` have something in, in whole vectors: what a kernel's loops leave over
    /// they compute one by one.
    int64_t columnsOf(int64_t end, bool leave_out) const {
        if (!leave_out) return spec_->columns;
        const int64_t last = end - 1 + spec_->zeros_from;
        return std::min((last + kColumnStep - 1) / kColumnStep * kColumnStep, spec_->columns);
    }

    /// The right operands, `most` columns of the tiles' products or rows of the consumers'.
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
    }

    /// Rows of a block that are worked on together, with so many columns.
    struct Rows {
        int64_t first;
        int64_t count;
        int64_t columns;
    };

    template <class Visit>
    void forEachRows(const Rows& block, bool leave_out, const Visit& visit) const {
        const int64_t step = leave_out ? kStepRows : block.count;
        for (int64_t row = 0; row < block.count; row += step) {
            const int64_t end = std::min(row + step, block.count);
            visit(Rows{block.first + row, end - row, columnsOf(block.first + end, leave_out)}, row);
        }
    }

    /// `packed`: the rows of packed right operands of consumers. @returns whether zeros could be left out
    bool runBlock(const Frame& frame, const std::vector<int64_t>& index, int64_t batch, int64_t block,
                  int64_t packed, bool leave_out, std::byte* scratch) const {
        const Spec& s = *spec_;
        const int64_t first = block * layout_.block;
        const int64_t count = std::min(layout_.block, s.rows - first);
        const Rows all{first, count, columnsOf(first + count, leave_out)};
        forEachRows(all, leave_out, [&](const Rows& rows, int64_t at) {
            for (size_t i = 0; i < s.producers.size(); ++i) produce(frame, index, i, rows, at, scratch);
            runKernel(frame, batch * s.rows + first, rows, at, scratch);
        });
        if (leave_out && !firstRowTileColumnIsTame(s, layout_, count, scratch)) return false;
        for (size_t i = 0; i < s.row_consumers.size(); ++i) {
            forEachRows(all, leave_out, [&](const Rows& rows, int64_t at) {
                consumeRows(frame, index, i, rows, at, packed, scratch);
            });
        }
        for (size_t i = 0; i < s.column_consumers.size(); ++i) {
            forEachRows(all, leave_out, [&](const Rows& rows, int64_t at) {
                clearColumns(s.column_consumers[i].tile, rows, at, all.columns, scratch);
            });
            column_sums_[i].add(frame, index, first, count, all.columns, scratch);
        }
        return true;
    }

    std::byte* tileRow(int32_t tile, int64_t row, std::byte* scratch) const {
        const auto number = static_cast<size_t>(tile);
        const ElementType type = spec_->tiles[number];
        return scratch + layout_.tiles[number] + row * rowTileStride(type, spec_->columns) * byteWidth(type);
    }

    /// `at`: where the rows are in the tiles.
    void produce(const Frame& frame, const std::vector<int64_t>& index, size_t number, const Rows& rows,
                 int64_t at, std::byte* scratch) const {
        const Spec::Producer& p = spec_->producers[number];
        const ElementType type = spec_->tiles[static_cast<size_t>(p.tile)];
        TileProduct product{p.type, type, rows.count, rows.columns, p.depth};
        const std::byte* left = locateRowTile(frame, p.left, p.type, index, rows.first, 0);
        product.left = left;
        product.left_stride = p.left.row_stride;
        if (p.left.column_stride != 1 || (p.type == ElementType::kBF16 && p.depth % 2 != 0)) {
            product.left_stride = evenRowTileCount(p.depth);
            packLeft(p.type, {left, p.left.row_stride, p.left.column_stride}, rows.count, p.depth,
                     scratch + layout_.left, product.left_stride);
            product.left = scratch + layout_.left;
        }
        product.right = scratch + layout_.rights[number];
        product.right_rows = p.depth;
        product.out = tileRow(p.tile, at, scratch);
        product.out_stride = rowTileStride(type, spec_->columns);
        multiply(product);
    }

    /// Zeros up to column `end`, behind what the rows have.
    void clearColumns(int32_t tile, const Rows& rows, int64_t at, int64_t end, std::byte* scratch) const {
        const int64_t width = byteWidth(spec_->tiles[static_cast<size_t>(tile)]);
        for (int64_t r = 0; r < rows.count; ++r) {
            std::memset(tileRow(tile, at + r, scratch) + rows.columns * width, 0,
                        static_cast<size_t>((end - rows.columns) * width));
        }
    }

    /// `begin`: the number of the block's first row, counted from the first of the first matrix.
    void runKernel(const Frame& frame, int64_t begin, const Rows& rows, int64_t at,
                   std::byte* scratch) const {
        const Spec& s = *spec_;
        static thread_local std::vector<std::byte*> buffers;
        buffers.clear();
        int64_t count = rows.columns;
        for (const Spec::Operand& operand : s.operands) {
            const auto number = static_cast<size_t>(operand.index);
            switch (operand.kind) {
                case Spec::Operand::Kind::kAllocation:
                    buffers.push_back(frame.buffers[number]);
                    break;
                case Spec::Operand::Kind::kTile: {
                    // The kernel, too, counts rows from there.
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
        s.kernel(buffers.data(), begin + at, begin + at + rows.count);
    }

    void consumeRows(const Frame& frame, const std::vector<int64_t>& index, size_t number, const Rows& rows,
                     int64_t at, int64_t packed, std::byte* scratch) const {
        const Spec::RowConsumer& c = spec_->row_consumers[number];
        const ElementType type = spec_->tiles[static_cast<size_t>(c.tile)];
        TileProduct product{type, c.out_type, rows.count, c.width, rows.columns};
        product.left = tileRow(c.tile, at, scratch);
        product.left_stride = rowTileStride(type, spec_->columns);
        product.right = scratch + layout_.rights[spec_->producers.size() + number];
        product.right_rows = packed;
        std::byte* out = locateRowTile(frame, c.out, c.out_type, index, rows.first, 0);
        const bool direct = c.out.column_stride == 1;
        product.out = direct ? out : scratch + layout_.left;
        product.out_stride = direct ? c.out.row_stride : c.width;
        multiply(product);
        if (direct) return;
        const int64_t width = byteWidth(c.out_type);
        for (int64_t r = 0; r < rows.count; ++r) {
            for (int64_t e = 0; e < c.width; ++e) {
                std::memcpy(out + (r * c.out.row_stride + e * c.out.column_stride) * width,
                            scratch + layout_.left + (r * c.width + e) * width, static_cast<size_t>(width));
            }
        }
    }

    std::shared_ptr<const Spec> spec_;
    const RowTileLayout layout_;
    const RowTileOperands operands_;
    std::vector<RowTileColumnSums> column_sums_;
};

}  // namespace

std::unique_ptr<Step> makeRowTileStep(std::shared_ptr<const RowTileSpec> spec) {
    return std::make_unique<RowTileStep>(std::move(spec));
}

}  // namespace optirs::plugin
