#include "src/cpu/packed_product.h"

#include <algorithm>
#include <cstring>

#include "src/cpu/pack_strip.h"
#include "src/cpu/rows.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

constexpr int64_t kFloat = sizeof(float);
// Of rowBuffer.
constexpr int kPanelsSlot = 8, kColumnsSlot = 9, kBlockSlot = 10;
/// A panel of this many rows fills most of the first cache; a block of rows of lhs a quarter of the second.
constexpr int64_t kDepth = 384;
constexpr int64_t kRowBlock = 96;
/// Packed columns stay in the last cache.
constexpr int64_t kPackedBytes = int64_t{8} << 20;
constexpr int64_t kTasks = 16;
/// Values of k that are packed together: strips are written by whole lines, and rows read from end to end.
constexpr int64_t kTogether = 8;
/// Of few rows, when a thread packs its columns itself.
constexpr int64_t kTaskPanels = 4;
/// Numbers that are worth handing to another thread to be packed.
constexpr int64_t kFewestPacked = 8192;
/// With fewer rows, columns are shared out.
constexpr int64_t kFewestRows = 192;
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

}  // namespace

std::optional<PackedProduct> PackedProduct::make(const ProductShape& shape, int64_t products) {
    // With AVX-512 the library's kernels are the better ones.
    if (!packsStrips()) return std::nullopt;
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
    k_block_ = roundUp((shape.k + depths - 1) / depths, kTogether);
    if (shape.m < kFewestRows) {
        row_blocks_ = 0;
        const int64_t panels = (shape.n + rhs_.width - 1) / rhs_.width;
        columns_ = std::clamp<int64_t>(panels / kTasks, 1, kTaskPanels) * rhs_.width;
        return;
    }
    row_blocks_ = std::max<int64_t>(1, (shape.m + kRowBlock / 2) / kRowBlock);
    // Multiples of four, so that few threads end at the same time.
    if (row_blocks_ > 4) row_blocks_ = row_blocks_ / 4 * 4;
    const int64_t most = std::max(kPackedBytes / kFloat / shape.k, 16 * rhs_.width);
    const int64_t chunks = (shape.n + most - 1) / most;
    columns_ = roundUp((shape.n + chunks - 1) / chunks, rhs_.width);
}

int64_t PackedProduct::rowsBefore(int64_t block) const {
    const int64_t strips = (shape_.m + kernels_->rows - 1) / kernels_->rows;
    return std::min(shape_.m, strips * block / row_blocks_ * kernels_->rows);
}

template <int64_t kWidth>
void PackedProduct::packAcross(const Side& side, const float* from, int64_t count, float* to, int64_t k_begin,
                               int64_t k_end) const {
    const int64_t strips = (count + kWidth - 1) / kWidth;
    const int64_t block = k_begin / k_block_ * k_block_;
    const int64_t rows = std::min(k_block_, shape_.k - block);
    for (int64_t strip = 0; strip < strips; ++strip) {
        const int64_t used = std::min(kWidth, count - strip * kWidth);
        float* out = to + (block * strips + strip * rows + k_begin - block) * kWidth;
        const float* in = from + k_begin * side.k_stride + strip * kWidth;
        for (int64_t k = k_begin; k < k_end; ++k, out += kWidth, in += side.k_stride) {
            if (used == kWidth) {
                std::memcpy(out, in, kWidth * kFloat);
            } else {
                std::copy_n(in, used, out);
                std::fill(out + used, out + kWidth, 0.0F);
            }
        }
    }
}

void PackedProduct::packAlong(const Side& side, const float* from, int64_t count, float* to,
                              int64_t strip) const {
    const int64_t strips = (count + side.width - 1) / side.width;
    const int64_t used = std::min(side.width, count - strip * side.width);
    for (int64_t block = 0; block < shape_.k; block += k_block_) {
        const int64_t rows = std::min(k_block_, shape_.k - block);
        float* out = to + (block * strips + strip * rows) * side.width;
        const float* in = from + block * side.k_stride + strip * side.width * side.stride;
        if (side.k_stride == 1) {
            packStrip(in, side.stride, used, rows, out, side.width);
            continue;
        }
        if (used < side.width) std::fill(out, out + rows * side.width, 0.0F);
        for (int64_t k = 0; k < rows; k += kTogether) {
            const int64_t end = std::min(rows, k + kTogether);
            for (int64_t c = 0; c < used; ++c) {
                for (int64_t i = k; i < end; ++i)
                    out[i * side.width + c] = in[i * side.k_stride + c * side.stride];
            }
        }
    }
}

int64_t PackedProduct::packUnits(const Side& side, int64_t count) const {
    return side.stride != 1 ? (count + side.width - 1) / side.width : (shape_.k + kTogether - 1) / kTogether;
}

void PackedProduct::packUnits(const Side& side, const float* from, int64_t count, float* to, int64_t begin,
                              int64_t end) const {
    for (int64_t unit = begin; unit < end; ++unit) {
        if (side.stride != 1) {
            packAlong(side, from, count, to, unit);
            continue;
        }
        const int64_t k = unit * kTogether;
        const int64_t k_end = std::min(shape_.k, k + kTogether);
        switch (side.width) {
            case 6:
                packAcross<6>(side, from, count, to, k, k_end);
                break;
            case 12:
                packAcross<12>(side, from, count, to, k, k_end);
                break;
            case 16:
                packAcross<16>(side, from, count, to, k, k_end);
                break;
            default:
                packAcross<32>(side, from, count, to, k, k_end);
        }
    }
}

void PackedProduct::pack(const Side& side, const float* from, int64_t count, float* to,
                         ThreadPool& pool) const {
    const int64_t grain =
        std::max<int64_t>(1, kFewestPacked / (side.stride != 1 ? side.width * shape_.k : kTogether * count));
    pool.parallelFor(packUnits(side, count), grain,
                     [&](int64_t begin, int64_t end) { packUnits(side, from, count, to, begin, end); });
}

void PackedProduct::multiply(const Task& task, const Target& target) const {
    const int64_t first = task.first_column + task.panel_begin * rhs_.width;
    if (target.consume == nullptr) {
        multiply(task, target.out + task.row_begin * shape_.out_m + first, shape_.out_m);
        if (target.finished != nullptr) (*target.finished)(task.row_begin, task.row_end);
        return;
    }
    const int64_t rows = task.row_end - task.row_begin;
    const int64_t columns =
        std::min(task.panel_end * rhs_.width, task.columns) - task.panel_begin * rhs_.width;
    float* values = rowBuffer(kBlockSlot, rows * columns);
    multiply(task, values, columns);
    (*target.consume)({task.row_begin, rows, first, columns, values});
}

void PackedProduct::multiply(const Task& task, float* out, int64_t out_stride) const {
    const int64_t width = rhs_.width;
    const int64_t panels = (task.columns + width - 1) / width;
    const int64_t strips = (shape_.m + lhs_.width - 1) / lhs_.width;
    TileBlock block{};
    block.left_bytes = kFloat;
    block.left_step = lhs_.width * kFloat;
    block.out_bytes = out_stride * kFloat;
    for (int64_t k = 0; k < shape_.k; k += k_block_) {
        block.steps = std::min(k_block_, shape_.k - k);
        block.accumulate = k > 0;
        const float* left = task.lhs + k * strips * lhs_.width + task.row_begin * block.steps;
        for (int64_t panel = task.panel_begin; panel < task.panel_end; ++panel) {
            block.width = std::min(width, task.columns - panel * width);
            block.right =
                reinterpret_cast<const std::byte*>(task.rhs + (k * panels + panel * block.steps) * width);
            const float* rows = left;
            float* to = out + (panel - task.panel_begin) * width;
            for (int64_t row = task.row_begin; row < task.row_end; row += lhs_.width) {
                block.left = reinterpret_cast<const std::byte*>(rows);
                block.out = reinterpret_cast<std::byte*>(to);
                kernels_->of_rows[std::min(lhs_.width, task.row_end - row) - 1](block);
                rows += lhs_.width * block.steps;
                to += lhs_.width * out_stride;
            }
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
    float* const packed = rowBuffer(kPanelsSlot, (columns_ + roundUp(shape_.m, lhs_.width)) * shape_.k);
    float* const strips = packed + columns_ * shape_.k;
    pack(lhs_, lhs, shape_.m, strips, pool);
    if (row_blocks_ == 0) return runByColumns(strips, rhs, target, pool);
    for (int64_t first = 0; first < shape_.n; first += columns_) {
        const int64_t columns = std::min(columns_, shape_.n - first);
        const int64_t panels = (columns + rhs_.width - 1) / rhs_.width;
        pack(rhs_, rhs + first * rhs_.stride, columns, packed, pool);
        // Columns are cut where rows alone do not give every thread its share, unless rows must stay whole.
        const int64_t parts =
            target.finished != nullptr
                ? 1
                : std::clamp<int64_t>(kTasks / row_blocks_, 1, std::max<int64_t>(1, panels / 8));
        pool.parallelFor(row_blocks_ * parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) {
                const int64_t part = task % parts;
                multiply({strips, packed, rowsBefore(task / parts), rowsBefore(task / parts + 1),
                          panels * part / parts, panels * (part + 1) / parts, first, columns},
                         target);
            }
        });
    }
}

void PackedProduct::runTransposed(const float* lhs, const float* rhs, const Target& target,
                                  ThreadPool& pool) const {
    const Side panels_of_lhs{rhs_.width, lhs_.stride, lhs_.k_stride};
    const int64_t panels = (shape_.m + rhs_.width - 1) / rhs_.width;
    const int64_t width = panels * rhs_.width;
    float* const packed = rowBuffer(kPanelsSlot, width * shape_.k);
    pack(panels_of_lhs, lhs, shape_.m, packed, pool);
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
                    block.left = reinterpret_cast<const std::byte*>(rhs + (first + row) * rhs_.stride + k);
                    for (int64_t panel = 0; panel < panels; ++panel) {
                        block.right = reinterpret_cast<const std::byte*>(
                            packed + (k * panels + panel * block.steps) * rhs_.width);
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

void PackedProduct::runByColumns(const float* strips, const float* rhs, const Target& target,
                                 ThreadPool& pool) const {
    pool.parallelFor((shape_.n + columns_ - 1) / columns_, 1, [&](int64_t begin, int64_t end) {
        float* const packed = rowBuffer(kColumnsSlot, columns_ * shape_.k);
        for (int64_t task = begin; task < end; ++task) {
            const int64_t first = task * columns_;
            const int64_t columns = std::min(columns_, shape_.n - first);
            packUnits(rhs_, rhs + first * rhs_.stride, columns, packed, 0, packUnits(rhs_, columns));
            multiply(
                {strips, packed, 0, shape_.m, 0, (columns + rhs_.width - 1) / rhs_.width, first, columns},
                target);
        }
    });
}

}  // namespace optirs::cpu
