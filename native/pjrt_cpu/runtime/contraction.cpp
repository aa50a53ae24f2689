#include "pjrt_cpu/runtime/contraction.h"

#include <algorithm>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/contraction_plan.h"
#include "pjrt_cpu/runtime/empty_contraction.h"
#include "pjrt_cpu/runtime/onednn.h"
#include "src/cpu/packed_product.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

using dnnl::matmul;
using dnnl::memory;

constexpr double kSmallTaskFlops = 4e6;
constexpr int64_t kEpilogueGrain = 64;

// Strides of a matrix side for oneDNN, which wants a sensible leading dimension even where there is only one
// row.
memory::dims matrixStrides(int64_t rows, int64_t row_stride, int64_t columns, int64_t column_stride) {
    if (rows == 1 && columns == 1) return {1, 1};
    if (rows == 1) return column_stride == 1 ? memory::dims{columns, 1} : memory::dims{1, column_stride};
    if (columns == 1) return row_stride == 1 ? memory::dims{1, rows} : memory::dims{row_stride, 1};
    return {row_stride, column_stride};
}

/// A matrix product of one block shape, on one thread.
class BlockProduct {
 public:
    BlockProduct(const ContractionPlan& plan, int64_t m, int64_t n, float alpha, bool accumulate)
        : lhs_({m, plan.k}, *dnnlType(plan.operand), matrixStrides(m, plan.lhs_m, plan.k, plan.lhs_k)),
          rhs_({plan.k, n}, *dnnlType(plan.operand), matrixStrides(plan.k, plan.rhs_k, n, plan.rhs_n)),
          out_({m, n}, *dnnlType(plan.result), {m == 1 ? n : plan.out_m, 1}) {
        dnnl::primitive_attr attributes = scratchpadAttributes();
        if (alpha != 1.0F) attributes.set_output_scales(0, {alpha});
        if (accumulate) {
            dnnl::post_ops sum;
            sum.append_sum();
            attributes.set_post_ops(sum);
        }
        const matmul::primitive_desc description(matmul::desc(lhs_, rhs_, out_), attributes, cpuEngine());
        scratch_ = description.scratchpad_desc();
        implementation_ = description.impl_info_str();
        product_ = matmul(description);
    }

    void run(const std::byte* lhs, const std::byte* rhs, std::byte* out) const {
        const auto handle = [](const std::byte* data) {
            return const_cast<std::byte*>(data);
        };  // NOLINT: oneDNN's type
        const dnnl::engine& engine = cpuEngine();
        std::byte* scratch = threadScratch(ScratchSlot::kPrimitive, scratch_.get_size());
        product_.execute(threadStream(), {{DNNL_ARG_SRC, memory(lhs_, engine, handle(lhs))},
                                          {DNNL_ARG_WEIGHTS, memory(rhs_, engine, handle(rhs))},
                                          {DNNL_ARG_DST, memory(out_, engine, out)},
                                          {DNNL_ARG_SCRATCHPAD, memory(scratch_, engine, scratch)}});
    }

    const std::string& implementation() const { return implementation_; }

 private:
    memory::desc lhs_, rhs_, out_, scratch_;
    matmul product_;
    std::string implementation_;
};

std::optional<cpu::PackedProduct> packedProduct(const ContractionPlan& plan, float alpha) {
    if (plan.operand != ElementType::kF32 || plan.result != ElementType::kF32 || alpha != 1.0F ||
        plan.serialCount() != 1)
        return std::nullopt;
    return cpu::PackedProduct::make(
        {plan.m, plan.n, plan.k, plan.lhs_m, plan.lhs_k, plan.rhs_k, plan.rhs_n, plan.out_m},
        plan.parallelCount());
}

class ContractionStep final : public Step {
 public:
    ContractionStep(ContractionSpec spec, ContractionPlan plan)
        : spec_(std::move(spec)), plan_(std::move(plan)), packed_(packedProduct(plan_, spec_.alpha)) {
        for (const ContractionSpec::Dim& dim : spec_.dims) {
            if (dim.kind == ContractionSpec::Kind::kBatch || dim.kind == ContractionSpec::Kind::kM)
                rows_ *= dim.size;
        }
        if (packed_.has_value()) return;
        withDnnl("contraction " + optirs::plugin::describe(spec_), [&] {
            const int64_t m_rest = plan_.m % plan_.m_block;
            const int64_t n_rest = plan_.n % plan_.n_block;
            for (const bool accumulate : {false, true}) {
                if (accumulate && plan_.serialCount() == 1) continue;
                for (const int64_t m : {plan_.m_block, m_rest}) {
                    for (const int64_t n : {plan_.n_block, n_rest}) {
                        if (m == 0 || n == 0) {
                            products_.emplace_back();
                        } else {
                            products_.push_back(
                                std::make_unique<BlockProduct>(plan_, m, n, spec_.alpha, accumulate));
                        }
                    }
                }
            }
        });
    }

    void run(const Frame& frame) const override {
        const int64_t operand_bytes = byteWidth(plan_.operand);
        int32_t lhs_allocation = spec_.lhs_allocation;
        int32_t rhs_allocation = spec_.rhs_allocation;
        int64_t lhs_offset = spec_.lhs_offset;
        int64_t rhs_offset = spec_.rhs_offset;
        if (plan_.swapped) {
            std::swap(lhs_allocation, rhs_allocation);
            std::swap(lhs_offset, rhs_offset);
        }
        const auto at = [&](int32_t allocation, int64_t offset, ElementType type) {
            return frame.buffers[static_cast<size_t>(allocation)] + offset * byteWidth(type);
        };
        const std::byte* lhs = at(lhs_allocation, lhs_offset, spec_.lhs);
        const std::byte* rhs = at(rhs_allocation, rhs_offset, spec_.rhs);
        std::byte* const result = at(spec_.out_allocation, spec_.out_offset, spec_.out);
        const auto pack = [&](const ContractionPlan::Packing& packing, const std::byte*& operand,
                              ScratchSlot slot) {
            if (!packing.used) return;
            std::byte* dense = threadScratch(slot, static_cast<size_t>(packing.elements * operand_bytes));
            optirs::plugin::run(packing.copy, operand, dense, frame.pool);
            operand = dense;
        };
        pack(plan_.lhs, lhs, ScratchSlot::kLhs);
        pack(plan_.rhs, rhs, ScratchSlot::kRhs);
        std::byte* out = result;
        if (plan_.out.used) {
            out = threadScratch(ScratchSlot::kOut,
                                static_cast<size_t>(plan_.out.elements * byteWidth(plan_.result)));
        }

        // The epilogue's buffers; there are few, and the vector keeps its memory between runs of a thread.
        static thread_local std::vector<std::byte*> kept;
        std::vector<std::byte*> epilogue_buffers = std::move(kept);
        epilogue_buffers.clear();
        for (const int32_t allocation : spec_.epilogue_allocations) {
            epilogue_buffers.push_back(frame.buffers[static_cast<size_t>(allocation)]);
        }
        const bool whole_rows = packed_.has_value() ? packed_->finishesRows() : plan_.n_block == plan_.n;
        const bool fused = spec_.epilogue != nullptr && plan_.rows_in_order && whole_rows;
        const auto finished = [&](int64_t begin, int64_t end) {
            if (fused) spec_.epilogue(epilogue_buffers.data(), begin, end);
        };
        if (packed_.has_value())
            runPacked(lhs, rhs, out, frame.pool, fused, finished);
        else
            runBlocks(lhs, rhs, out, frame.pool, finished);
        if (plan_.out.used) optirs::plugin::run(plan_.out.copy, out, result, frame.pool);
        if (spec_.epilogue != nullptr && !fused) {
            frame.pool.parallelFor(rows_, kEpilogueGrain, [&](int64_t begin, int64_t end) {
                spec_.epilogue(epilogue_buffers.data(), begin, end);
            });
        }
        kept = std::move(epilogue_buffers);
    }

    std::string describe() const override {
        return "contraction " + optirs::plugin::describe(spec_) + " as " +
               std::to_string(plan_.parallelCount()) + " x " + std::to_string(plan_.m) + "x" +
               std::to_string(plan_.n) + "x" + std::to_string(plan_.k) +
               (plan_.serialCount() > 1 ? " x " + std::to_string(plan_.serialCount()) + " added"
                                        : std::string()) +
               (plan_.swapped ? " swapped" : "") + (plan_.lhs.used ? " packs lhs" : "") +
               (plan_.rhs.used ? " packs rhs" : "") + (plan_.out.used ? " packs out" : "") + " by " +
               (packed_.has_value() ? "packed tiles" : products_.front()->implementation()) + ": " +
               std::to_string(spec_.lhs_allocation) + "," + std::to_string(spec_.rhs_allocation) + " -> " +
               std::to_string(spec_.out_allocation);
    }

 private:
    struct Offsets {
        int64_t lhs = 0, rhs = 0, out = 0;
    };

    static Offsets offsetsAt(const std::vector<ContractionPlan::Loop>& loops, int64_t index) {
        Offsets offsets;
        for (size_t d = loops.size(); d-- > 0;) {
            const int64_t i = index % loops[d].size;
            index /= loops[d].size;
            offsets.lhs += i * loops[d].lhs_stride;
            offsets.rhs += i * loops[d].rhs_stride;
            offsets.out += i * loops[d].out_stride;
        }
        return offsets;
    }

    void runPacked(const std::byte* lhs, const std::byte* rhs, std::byte* out, ThreadPool& pool, bool fused,
                   const FunctionRef<void(int64_t, int64_t)>& finished) const {
        for (int64_t outer = 0; outer < plan_.parallelCount(); ++outer) {
            const Offsets base = offsetsAt(plan_.parallel, outer);
            const auto shifted = [&](int64_t begin, int64_t end) {
                finished(outer * plan_.m + begin, outer * plan_.m + end);
            };
            const FunctionRef<void(int64_t, int64_t)> rows(shifted);
            packed_->run(reinterpret_cast<const float*>(lhs) + base.lhs,
                         reinterpret_cast<const float*>(rhs) + base.rhs,
                         reinterpret_cast<float*>(out) + base.out, pool, fused ? &rows : nullptr);
        }
    }

    /// Blocks of the product by the library, and `finished` for the rows of each.
    void runBlocks(const std::byte* lhs, const std::byte* rhs, std::byte* out, ThreadPool& pool,
                   const FunctionRef<void(int64_t, int64_t)>& finished) const {
        const int64_t m_blocks = (plan_.m + plan_.m_block - 1) / plan_.m_block;
        const int64_t n_blocks = (plan_.n + plan_.n_block - 1) / plan_.n_block;
        const int64_t tasks = plan_.parallelCount() * m_blocks * n_blocks;
        const double task_flops = 2.0 * static_cast<double>(plan_.m_block) *
                                  static_cast<double>(plan_.n_block) * static_cast<double>(plan_.k) *
                                  static_cast<double>(plan_.serialCount());
        const auto grain = static_cast<int64_t>(std::max(1.0, kSmallTaskFlops / task_flops));
        pool.parallelFor(tasks, grain, [&](int64_t begin, int64_t end) {
            const SingleThreadedScope scope;
            for (int64_t task = begin; task < end; ++task) {
                const int64_t n_index = task % n_blocks;
                const int64_t m_index = task / n_blocks % m_blocks;
                const int64_t outer = task / n_blocks / m_blocks;
                runBlock(outer, m_index, n_index, lhs, rhs, out);
                const int64_t row = outer * plan_.m + m_index * plan_.m_block;
                finished(row, std::min(row + plan_.m_block, (outer + 1) * plan_.m));
            }
        });
    }

    void runBlock(int64_t outer, int64_t m_index, int64_t n_index, const std::byte* lhs, const std::byte* rhs,
                  std::byte* out) const {
        const int64_t operand_bytes = byteWidth(plan_.operand);
        const Offsets base = offsetsAt(plan_.parallel, outer);
        const int64_t m_begin = m_index * plan_.m_block;
        const int64_t n_begin = n_index * plan_.n_block;
        const size_t m_edge = plan_.m - m_begin < plan_.m_block ? 1 : 0;
        const size_t n_edge = plan_.n - n_begin < plan_.n_block ? 1 : 0;
        std::byte* const block_out =
            out + (base.out + m_begin * plan_.out_m + n_begin) * byteWidth(plan_.result);
        const int64_t rounds = plan_.serialCount();
        try {
            for (int64_t round = 0; round < rounds; ++round) {
                const Offsets serial = offsetsAt(plan_.serial, round);
                const BlockProduct& product = *products_[(round > 0 ? 4 : 0) + m_edge * 2 + n_edge];
                product.run(lhs + (base.lhs + serial.lhs + m_begin * plan_.lhs_m) * operand_bytes,
                            rhs + (base.rhs + serial.rhs + n_begin * plan_.rhs_n) * operand_bytes, block_out);
            }
        } catch (const dnnl::error& error) {
            throwDnnl("contraction " + optirs::plugin::describe(spec_), error);
        }
    }

    ContractionSpec spec_;
    ContractionPlan plan_;
    int64_t rows_ = 1;
    /// Where the library does not serve the plan best; then `products_` is empty.
    std::optional<cpu::PackedProduct> packed_;
    /// [first round, later rounds][full, rest of m][full, rest of n].
    std::vector<std::unique_ptr<BlockProduct>> products_;
};

bool multipliesBf16() {
    static const bool answer = [] {
        const SingleThreadedScope scope;
        try {
            const memory::desc square({64, 64}, memory::data_type::bf16, memory::format_tag::ab);
            const matmul::primitive_desc description(matmul::desc(square, square, square), cpuEngine());
            return std::string(description.impl_info_str()).find("ref") == std::string::npos;
        } catch (const dnnl::error&) {
            return false;
        }
    }();
    return answer;
}

}  // namespace

std::unique_ptr<Step> makeContractionStep(const ContractionSpec& spec) {
    const auto is_float = [](ElementType type) {
        return type == ElementType::kF32 || type == ElementType::kBF16 || type == ElementType::kF16;
    };
    if (!is_float(spec.lhs) || spec.lhs != spec.rhs) return nullptr;
    if (spec.out != spec.lhs && spec.out != ElementType::kF32) return nullptr;
    for (const ContractionSpec::Dim& dim : spec.dims) {
        if (dim.size == 0) return makeEmptyContractionStep(spec);
    }
    return std::make_unique<ContractionStep>(spec, planContraction(spec, multipliesBf16()));
}

}  // namespace optirs::plugin
