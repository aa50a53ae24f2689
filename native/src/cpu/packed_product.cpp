#include "src/cpu/packed_product.h"

#include <algorithm>

#include "src/cpu/rows.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

constexpr int64_t kFloat = sizeof(float);
// Of rowBuffer.
constexpr int kPanelsSlot = 8, kColumnsSlot = 9, kBlockSlot = 10, kRowsSlot = 11, kStripsSlot = 12;
/// A panel of this many rows fills most of the first cache; a block of rows of lhs half of the second.
constexpr int64_t kDepth = 384;
constexpr int64_t kRowBlock = 128;
/// A chunk of packed columns stays in the last cache, even when others use that too.
constexpr int64_t kChunkBytes = int64_t{4} << 20;
constexpr int64_t kTasks = 16;
/// Panels that a task packs at a time, when it alone needs them.
constexpr int64_t kTaskPanels = 4;
/// Numbers that are worth handing to another thread to be packed.
constexpr int64_t kFewestPacked = 8192;
/// Rows whose k_block fits the second cache: with fewer, columns are shared out.
constexpr int64_t kFewestRows = 400;
/// Against fewer columns a block of rows is read as it lies, when its values of k follow each other.
constexpr int64_t kFewColumns = 768;
/// Of lhs, when rhs is not packed for them, and how full their panels must be.
constexpr int64_t kVeryFewRows = 64;
constexpr double kFullest = 0.7;
/// Columns of rhs in a task then, a multiple of the kernels' rows.
constexpr int64_t kTransposedRows = 48;
/// Below these packing does not pay.
constexpr int64_t kLeastRows = 8;
constexpr int64_t kFewestColumns = 64;
constexpr int64_t kShallowest = 16;
constexpr double kFewestFlops = 2e6;
constexpr double kFewestFlopsOfMany = 3e7;

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

const std::byte* bytes(const float* values) { return reinterpret_cast<const std::byte*>(values); }

}  // namespace

std::optional<PackedProduct> PackedProduct::make(const ProductShape& shape, int64_t products) {
    // With AVX-512 the library's kernels are the better ones.
    if (!packsBlocks()) return std::nullopt;
    const double flops =
        2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
    if (shape.m < kLeastRows || shape.n < kFewestColumns || shape.k < kShallowest || flops < kFewestFlops)
        return std::nullopt;
    // Of a batch of small ones each would wait for the one before.
    if (products > 1 && flops < kFewestFlopsOfMany) return std::nullopt;
    return PackedProduct(shape, tileKernels());
}

PackedProduct::PackedProduct(const ProductShape& shape, const TileKernels& kernels)
    : kernels_(&kernels),
      shape_(shape),
      lhs_{kernels.rows, shape.lhs_m, shape.lhs_k},
      rhs_{kernels.panel_width, shape.rhs_n, shape.rhs_k},
      few_rows_(shape.rhs_k == 1 && shape.m <= kVeryFewRows &&
                static_cast<double>(shape.m) >=
                    kFullest * static_cast<double>(roundUp(shape.m, kernels.panel_width))) {
    const int64_t depths = (shape.k + kDepth - 1) / kDepth;
    k_block_ = roundUp((shape.k + depths - 1) / depths, kPackedTogether);
    if (shape.m < kFewestRows) {
        row_blocks_ = 0;
        columns_ = std::clamp<int64_t>(rhs_.strips(shape.n) / kTasks, 1, kTasks) * rhs_.width;
        return;
    }
    row_blocks_ = std::max<int64_t>(1, (shape.m + kRowBlock / 2) / kRowBlock);
    // Multiples of four, so that few threads end at the same time.
    if (row_blocks_ > 4) row_blocks_ = row_blocks_ / 4 * 4;
    columns_ = chunkColumns(k_block_);
}

int64_t PackedProduct::chunkColumns(int64_t depth) const {
    const int64_t most = std::max(kChunkBytes / kFloat / depth, 16 * rhs_.width);
    const int64_t chunks = (shape_.n + most - 1) / most;
    return roundUp((shape_.n + chunks - 1) / chunks, rhs_.width);
}

int64_t PackedProduct::rowsBefore(int64_t block) const {
    return std::min(shape_.m, lhs_.strips(shape_.m) * block / row_blocks_ * lhs_.width);
}

void PackedProduct::pack(const PackedSide& side, const float* from, int64_t count, int64_t k, int64_t k_end,
                         float* to, ThreadPool& pool) const {
    const int64_t strips = side.strips(count);
    // Independent are strips, or where these lie side by side rows of k.
    const bool by_strips = side.stride != 1;
    const int64_t units = by_strips ? strips : (k_end - k + kPackedTogether - 1) / kPackedTogether;
    const int64_t grain = std::max<int64_t>(
        1, kFewestPacked / (by_strips ? side.width * (k_end - k) : kPackedTogether * count));
    pool.parallelFor(units, grain, [&](int64_t begin, int64_t end) {
        const int64_t first = by_strips ? begin * side.width : 0;
        const int64_t last = by_strips ? std::min(count, end * side.width) : count;
        const int64_t stop = by_strips ? k_end : std::min(k_end, k + end * kPackedTogether);
        for (int64_t at = by_strips ? k : k + begin * kPackedTogether; at < stop;) {
            const int64_t block = at / k_block_ * k_block_;
            const int64_t depth = std::min(k_block_, shape_.k - block);
            const int64_t steps = std::min(stop, block + depth) - at;
            packBlock(side, from + first * side.stride + at * side.k_stride, last - first, steps,
                      to + ((block - k) * strips + first / side.width * depth + at - block) * side.width,
                      depth * side.width);
            at += steps;
        }
    });
}

const float* PackedProduct::packLhs(const float* lhs, ThreadPool& pool) const {
    float* const strips = rowBuffer(kStripsSlot, roundUp(shape_.m, lhs_.width) * shape_.k);
    pack(lhs_, lhs, shape_.m, 0, shape_.k, strips, pool);
    return strips;
}

void PackedProduct::multiply(const Operands& operands, const Task& task, const Target& target) const {
    if (target.consume == nullptr) {
        multiply(operands, task, target.out + task.row * shape_.out_m + task.column, shape_.out_m);
        if (target.finished != nullptr && task.chunk.k_end == shape_.k)
            (*target.finished)(task.row, task.row_end);
        return;
    }
    const int64_t rows = task.row_end - task.row;
    const int64_t columns = task.column_end - task.column;
    float* const values = rowBuffer(kBlockSlot, rows * columns);
    multiply(operands, task, values, columns);
    (*target.consume)({task.row, rows, task.column, columns, values});
}

void PackedProduct::multiply(const Operands& operands, const Task& task, float* out,
                             int64_t out_stride) const {
    const Chunk& chunk = task.chunk;
    const int64_t rows = task.row_end - task.row;
    const int64_t columns = task.column_end - task.column;
    const bool as_it_lies = operands.packed_lhs == nullptr && lhs_.k_stride == 1 && columns < kFewColumns;
    const int64_t together = operands.packed_rhs != nullptr ? columns : kTaskPanels * rhs_.width;
    TileBlock block{};
    block.left_bytes = (as_it_lies ? lhs_.stride : 1) * kFloat;
    block.left_step = (as_it_lies ? 1 : lhs_.width) * kFloat;
    block.out_bytes = out_stride * kFloat;
    for (int64_t k = chunk.k; k < chunk.k_end; k += k_block_) {
        block.steps = std::min(k_block_, shape_.k - k);
        block.accumulate = k > 0;
        const float* const left = operands.lhs + task.row * lhs_.stride + k * lhs_.k_stride;
        if (as_it_lies) {
            block.left = bytes(left);
        } else if (operands.packed_lhs != nullptr) {
            block.left =
                bytes(operands.packed_lhs + k * lhs_.strips(shape_.m) * lhs_.width + task.row * block.steps);
        } else {
            float* const strips = rowBuffer(kRowsSlot, roundUp(rows, lhs_.width) * k_block_);
            packBlock(lhs_, left, rows, block.steps, strips, block.steps * lhs_.width);
            block.left = bytes(strips);
        }
        const int64_t strip_bytes = lhs_.width * (as_it_lies ? block.left_bytes : block.steps * kFloat);
        for (int64_t column = task.column; column < task.column_end; column += together) {
            const int64_t count = std::min(together, task.column_end - column);
            if (operands.packed_rhs != nullptr) {
                block.right = bytes(operands.packed_rhs +
                                    (k - chunk.k) * roundUp(chunk.column_end - chunk.column, rhs_.width) +
                                    (column - chunk.column) * block.steps);
            } else {
                float* const panels = rowBuffer(kColumnsSlot, together * k_block_);
                packBlock(rhs_, operands.rhs + column * rhs_.stride + k * rhs_.k_stride, count, block.steps,
                          panels, block.steps * rhs_.width);
                block.right = bytes(panels);
            }
            block.out = reinterpret_cast<std::byte*>(out + column - task.column);
            multiplyPanels(*kernels_, block, rows, count, strip_bytes, rhs_.width * block.steps * kFloat,
                           kFloat);
        }
    }
}

void PackedProduct::run(const float* lhs, const float* rhs, float* out, ThreadPool& pool,
                        const Finished* finished) const {
    run(lhs, rhs, {.out = out, .finished = finished}, pool);
}

void PackedProduct::run(const float* lhs, const float* rhs, ThreadPool& pool, const Consume& consume) const {
    run(lhs, rhs, {.consume = &consume}, pool);
}

void PackedProduct::run(const float* lhs, const float* rhs, const Target& target, ThreadPool& pool) const {
    if (few_rows_) return runTransposed(lhs, rhs, target, pool);
    if (row_blocks_ == 0) return runByColumns(lhs, rhs, target, pool);
    // A block that is consumed is complete.
    const bool whole_k = target.consume != nullptr;
    const int64_t columns = whole_k ? chunkColumns(shape_.k) : columns_;
    const int64_t depth =
        whole_k ? shape_.k : std::max<int64_t>(1, kChunkBytes / kFloat / columns / k_block_) * k_block_;
    // Columns are cut where rows alone do not give every thread its share, unless rows must stay whole.
    const int64_t most_parts = target.finished != nullptr ? 1 : rhs_.strips(columns) / 8;
    const int64_t parts = std::clamp<int64_t>(kTasks / row_blocks_, 1, std::max<int64_t>(1, most_parts));
    float* const packed = rowBuffer(kPanelsSlot, columns * std::min(depth, shape_.k));
    const Operands operands{lhs, rhs, parts > 1 ? packLhs(lhs, pool) : nullptr, packed};
    for (int64_t k = 0; k < shape_.k; k += depth) {
        for (int64_t column = 0; column < shape_.n; column += columns) {
            const Chunk chunk{column, std::min(shape_.n, column + columns), k, std::min(shape_.k, k + depth)};
            const int64_t panels = rhs_.strips(chunk.column_end - column);
            pack(rhs_, rhs + column * rhs_.stride, chunk.column_end - column, k, chunk.k_end, packed, pool);
            pool.parallelFor(row_blocks_ * parts, 1, [&](int64_t begin, int64_t end) {
                for (int64_t task = begin; task < end; ++task) {
                    const int64_t part = task % parts;
                    const int64_t last = column + panels * (part + 1) / parts * rhs_.width;
                    multiply(operands,
                             {chunk, rowsBefore(task / parts), rowsBefore(task / parts + 1),
                              column + panels * part / parts * rhs_.width, std::min(chunk.column_end, last)},
                             target);
                }
            });
        }
    }
}

void PackedProduct::runByColumns(const float* lhs, const float* rhs, const Target& target,
                                 ThreadPool& pool) const {
    const Operands operands{lhs, rhs, packLhs(lhs, pool), nullptr};
    const Chunk all{0, shape_.n, 0, shape_.k};
    pool.parallelFor((shape_.n + columns_ - 1) / columns_, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task)
            multiply(operands, {all, 0, shape_.m, task * columns_, std::min(shape_.n, (task + 1) * columns_)},
                     target);
    });
}

void PackedProduct::runTransposed(const float* lhs, const float* rhs, const Target& target,
                                  ThreadPool& pool) const {
    const PackedSide panels_of_lhs{rhs_.width, lhs_.stride, lhs_.k_stride};
    const int64_t panels = rhs_.strips(shape_.m);
    const int64_t width = panels * rhs_.width;
    float* const packed = rowBuffer(kPanelsSlot, width * shape_.k);
    pack(panels_of_lhs, lhs, shape_.m, 0, shape_.k, packed, pool);
    pool.parallelFor((shape_.n + kTransposedRows - 1) / kTransposedRows, 1, [&](int64_t begin, int64_t end) {
        float* const sums = rowBuffer(kColumnsSlot, kTransposedRows * width);
        for (int64_t task = begin; task < end; ++task) {
            const int64_t first = task * kTransposedRows;
            const int64_t rows = std::min(kTransposedRows, shape_.n - first);
            TileBlock block{};
            block.left_bytes = rhs_.stride * kFloat;
            block.left_step = kFloat;
            block.out_bytes = width * kFloat;
            block.width = rhs_.width;
            for (int64_t k = 0; k < shape_.k; k += k_block_) {
                block.steps = std::min(k_block_, shape_.k - k);
                block.accumulate = k > 0;
                for (int64_t row = 0; row < rows; row += kernels_->rows) {
                    const auto count = std::min<int64_t>(kernels_->rows, rows - row);
                    block.left = bytes(rhs + (first + row) * rhs_.stride + k);
                    for (int64_t panel = 0; panel < panels; ++panel) {
                        block.right = bytes(packed + (k * panels + panel * block.steps) * rhs_.width);
                        block.out = reinterpret_cast<std::byte*>(sums + row * width + panel * rhs_.width);
                        kernels_->of_rows[count - 1](block);
                    }
                }
            }
            const bool consumes = target.consume != nullptr;
            float* const out = consumes ? rowBuffer(kBlockSlot, shape_.m * rows) : target.out + first;
            const int64_t stride = consumes ? rows : shape_.out_m;
            for (int64_t i = 0; i < shape_.m; ++i) {
                for (int64_t c = 0; c < rows; ++c) out[i * stride + c] = sums[c * width + i];
            }
            if (consumes) (*target.consume)({0, shape_.m, first, rows, out});
        }
    });
}

}  // namespace optirs::cpu
