#include "pjrt_cpu/runtime/packed_product.h"

#include <algorithm>
#include <cstring>

#include "pjrt_cpu/runtime/onednn.h"
#include "pjrt_cpu/runtime/pack_strip.h"
#include "pjrt_cpu/runtime/tile_kernels.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kFloat = sizeof(float);
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

std::unique_ptr<PackedProduct> PackedProduct::make(const ContractionPlan& plan, float alpha) {
    // With AVX-512 the library's kernels are the better ones.
    const TileKernels* kernels = tileKernelsF32();
    if (kernels == nullptr || kernels != tileKernelsAvx2()) return nullptr;
    if (plan.operand != ElementType::kF32 || plan.result != ElementType::kF32) return nullptr;
    if (alpha != 1.0F || plan.serialCount() != 1) return nullptr;
    const double flops =
        2.0 * static_cast<double>(plan.m) * static_cast<double>(plan.n) * static_cast<double>(plan.k);
    if (plan.m < kLeastRows || plan.n < kFewestColumns || plan.k < kShallowest || flops < kFewestFlops)
        return nullptr;
    // Of a batch of small ones each would wait for the one before.
    if (plan.parallelCount() > 1 && flops < kFewestFlopsOfMany) return nullptr;
    return std::unique_ptr<PackedProduct>(new PackedProduct(plan, *kernels));
}

PackedProduct::PackedProduct(const ContractionPlan& plan, const TileKernels& kernels)
    : kernels_(kernels),
      m_(plan.m),
      n_(plan.n),
      k_(plan.k),
      out_m_(plan.out_m),
      lhs_{kernels.rows, plan.lhs_m, plan.lhs_k},
      rhs_{kernels.panel_width, plan.rhs_n, plan.rhs_k},
      few_rows_(plan.rhs_k == 1 && plan.m <= kVeryFewRows &&
                static_cast<double>(plan.m) >=
                    kFullest * static_cast<double>(roundUp(plan.m, kernels.panel_width))) {
    const int64_t depths = (k_ + kDepth - 1) / kDepth;
    k_block_ = roundUp((k_ + depths - 1) / depths, kTogether);
    if (m_ < kFewestRows) {
        row_blocks_ = 0;
        const int64_t panels = (n_ + rhs_.width - 1) / rhs_.width;
        columns_ = std::clamp<int64_t>(panels / kTasks, 1, kTaskPanels) * rhs_.width;
        return;
    }
    row_blocks_ = std::max<int64_t>(1, (m_ + kRowBlock / 2) / kRowBlock);
    // Multiples of four, so that few threads end at the same time.
    if (row_blocks_ > 4) row_blocks_ = row_blocks_ / 4 * 4;
    const int64_t most = std::max(kPackedBytes / kFloat / k_, 16 * rhs_.width);
    const int64_t chunks = (n_ + most - 1) / most;
    columns_ = roundUp((n_ + chunks - 1) / chunks, rhs_.width);
}

int64_t PackedProduct::rowsBefore(int64_t block) const {
    const int64_t strips = (m_ + kernels_.rows - 1) / kernels_.rows;
    return std::min(m_, strips * block / row_blocks_ * kernels_.rows);
}

template <int64_t kWidth>
void PackedProduct::packAcross(const Side& side, const float* from, int64_t count, float* to, int64_t k_begin,
                               int64_t k_end) const {
    const int64_t strips = (count + kWidth - 1) / kWidth;
    const int64_t block = k_begin / k_block_ * k_block_;
    const int64_t rows = std::min(k_block_, k_ - block);
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
    for (int64_t block = 0; block < k_; block += k_block_) {
        const int64_t rows = std::min(k_block_, k_ - block);
        float* out = to + (block * strips + strip * rows) * side.width;
        const float* in = from + block * side.k_stride + strip * side.width * side.stride;
        if (side.k_stride == 1) {
            packStripAvx2(in, side.stride, used, rows, out, side.width);
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
    return side.stride != 1 ? (count + side.width - 1) / side.width : (k_ + kTogether - 1) / kTogether;
}

void PackedProduct::packUnits(const Side& side, const float* from, int64_t count, float* to, int64_t begin,
                              int64_t end) const {
    for (int64_t unit = begin; unit < end; ++unit) {
        if (side.stride != 1) {
            packAlong(side, from, count, to, unit);
            continue;
        }
        const int64_t k = unit * kTogether;
        const int64_t k_end = std::min(k_, k + kTogether);
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
        std::max<int64_t>(1, kFewestPacked / (side.stride != 1 ? side.width * k_ : kTogether * count));
    pool.parallelFor(packUnits(side, count), grain,
                     [&](int64_t begin, int64_t end) { packUnits(side, from, count, to, begin, end); });
}

void PackedProduct::multiply(const Task& task) const {
    const int64_t width = rhs_.width;
    const int64_t panels = (task.columns + width - 1) / width;
    const int64_t strips = (m_ + lhs_.width - 1) / lhs_.width;
    TileBlock block{};
    block.left_bytes = kFloat;
    block.left_step = lhs_.width * kFloat;
    block.out_bytes = out_m_ * kFloat;
    for (int64_t k = 0; k < k_; k += k_block_) {
        block.steps = std::min(k_block_, k_ - k);
        block.accumulate = k > 0;
        const float* left = task.lhs + k * strips * lhs_.width + task.row_begin * block.steps;
        for (int64_t panel = task.panel_begin; panel < task.panel_end; ++panel) {
            block.width = std::min(width, task.columns - panel * width);
            block.right =
                reinterpret_cast<const std::byte*>(task.rhs + (k * panels + panel * block.steps) * width);
            const float* rows = left;
            for (int64_t row = task.row_begin; row < task.row_end;
                 row += lhs_.width, rows += lhs_.width * block.steps) {
                block.left = reinterpret_cast<const std::byte*>(rows);
                block.out = reinterpret_cast<std::byte*>(task.out + row * out_m_ + panel * width);
                kernels_.of_rows[std::min(lhs_.width, task.row_end - row) - 1](block);
            }
        }
    }
}

void PackedProduct::run(const float* lhs, const float* rhs, float* out, ThreadPool& pool,
                        const FunctionRef<void(int64_t, int64_t)>* finished) const {
    if (few_rows_) return runTransposed(lhs, rhs, out, pool);
    auto* packed = reinterpret_cast<float*>(threadScratch(
        ScratchSlot::kPanels, static_cast<size_t>((columns_ + roundUp(m_, lhs_.width)) * k_ * kFloat)));
    float* const strips = packed + columns_ * k_;
    pack(lhs_, lhs, m_, strips, pool);
    if (row_blocks_ == 0) return runByColumns(strips, rhs, out, pool);
    for (int64_t first = 0; first < n_; first += columns_) {
        const int64_t columns = std::min(columns_, n_ - first);
        const int64_t panels = (columns + rhs_.width - 1) / rhs_.width;
        pack(rhs_, rhs + first * rhs_.stride, columns, packed, pool);
        // Columns are cut where rows alone do not give every thread its share, unless rows must stay whole.
        const int64_t parts = finished != nullptr ? 1
                                                  : std::clamp<int64_t>(kTasks / row_blocks_, 1,
                                                                        std::max<int64_t>(1, panels / 8));
        pool.parallelFor(row_blocks_ * parts, 1, [&](int64_t begin, int64_t end) {
            for (int64_t task = begin; task < end; ++task) {
                const int64_t part = task % parts;
                const int64_t row = rowsBefore(task / parts);
                const int64_t row_end = rowsBefore(task / parts + 1);
                multiply({strips, packed, out + first, row, row_end, panels * part / parts,
                          panels * (part + 1) / parts, columns});
                if (finished != nullptr) (*finished)(row, row_end);
            }
        });
    }
}

void PackedProduct::runTransposed(const float* lhs, const float* rhs, float* out, ThreadPool& pool) const {
    const Side panels_of_lhs{rhs_.width, lhs_.stride, lhs_.k_stride};
    const int64_t panels = (m_ + rhs_.width - 1) / rhs_.width;
    const int64_t width = panels * rhs_.width;
    auto* const packed = reinterpret_cast<float*>(
        threadScratch(ScratchSlot::kPanels, static_cast<size_t>(width * k_ * kFloat)));
    pack(panels_of_lhs, lhs, m_, packed, pool);
    pool.parallelFor((n_ + kTransposedRows - 1) / kTransposedRows, 1, [&](int64_t begin, int64_t end) {
        auto* const sums = reinterpret_cast<float*>(
            threadScratch(ScratchSlot::kColumns, static_cast<size_t>(kTransposedRows * width * kFloat)));
        for (int64_t task = begin; task < end; ++task) {
            const int64_t first = task * kTransposedRows;
            const int64_t rows = std::min(kTransposedRows, n_ - first);
            TileBlock block{};
            block.left_bytes = rhs_.stride * kFloat;
            block.left_step = kFloat;
            block.out_bytes = width * kFloat;
            block.width = rhs_.width;
            for (int64_t k = 0; k < k_; k += k_block_) {
                block.steps = std::min(k_block_, k_ - k);
                block.accumulate = k > 0;
                for (int64_t row = 0; row < rows; row += kernels_.rows) {
                    const auto count = std::min<int64_t>(kernels_.rows, rows - row);
                    block.left = reinterpret_cast<const std::byte*>(rhs + (first + row) * rhs_.stride + k);
                    for (int64_t panel = 0; panel < panels; ++panel) {
                        block.right = reinterpret_cast<const std::byte*>(
                            packed + (k * panels + panel * block.steps) * rhs_.width);
                        block.out = reinterpret_cast<std::byte*>(sums + row * width + panel * rhs_.width);
                        kernels_.of_rows[count - 1](block);
                    }
                }
            }
            for (int64_t i = 0; i < m_; ++i) {
                for (int64_t c = 0; c < rows; ++c) out[i * out_m_ + first + c] = sums[c * width + i];
            }
        }
    });
}

void PackedProduct::runByColumns(const float* strips, const float* rhs, float* out, ThreadPool& pool) const {
    pool.parallelFor((n_ + columns_ - 1) / columns_, 1, [&](int64_t begin, int64_t end) {
        auto* const packed = reinterpret_cast<float*>(
            threadScratch(ScratchSlot::kColumns, static_cast<size_t>(columns_ * k_ * kFloat)));
        for (int64_t task = begin; task < end; ++task) {
            const int64_t first = task * columns_;
            const int64_t columns = std::min(columns_, n_ - first);
            packUnits(rhs_, rhs + first * rhs_.stride, columns, packed, 0, packUnits(rhs_, columns));
            multiply(
                {strips, packed, out + first, 0, m_, 0, (columns + rhs_.width - 1) / rhs_.width, columns});
        }
    });
}

}  // namespace optirs::plugin
