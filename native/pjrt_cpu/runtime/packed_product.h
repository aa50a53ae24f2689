/// @file
/// Large matrix products of f32 on all threads. The operands are packed once for all of them; the library
/// does it again for every block that a thread takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "pjrt_cpu/runtime/contraction_plan.h"
#include "src/cpu/function_ref.h"

namespace optirs {
class ThreadPool;
}

namespace optirs::plugin {

struct TileKernels;

/// out[m, n] = lhs[m, k] rhs[k, n], with the strides of a plan. Sums over k are made in blocks, in an order
/// that depends on the shape alone.
class PackedProduct {
 public:
    /// Null when the library serves the plan better, or this processor lacks the kernels.
    static std::unique_ptr<PackedProduct> make(const ContractionPlan& plan, float alpha);

    /// `finished` (null: none) is called once for every range of rows, when they are complete; then whole
    /// rows are one thread's work.
    void run(const float* lhs, const float* rhs, float* out, ThreadPool& pool,
             const FunctionRef<void(int64_t begin, int64_t end)>* finished) const;

    /// Whether `finished` may be given: all columns are worked on together.
    bool finishesRows() const { return !few_rows_ && row_blocks_ > 0 && columns_ >= n_; }

 private:
    /// One side of the product, in strips of `width` rows of lhs or columns of rhs.
    struct Side {
        int64_t width;
        int64_t stride;    ///< from row of lhs, column of rhs, to the next
        int64_t k_stride;  ///< along the sums
    };

    PackedProduct(const ContractionPlan& plan, const TileKernels& kernels);
    /// Copies `count` rows or columns: block of k after block, strip after strip, within a strip k after k;
    /// missing ones are zero.
    void pack(const Side& side, const float* from, int64_t count, float* to, ThreadPool& pool) const;
    /// Packing falls into units that are independent: strips, or where these lie side by side rows of k.
    int64_t packUnits(const Side& side, int64_t count) const;
    void packUnits(const Side& side, const float* from, int64_t count, float* to, int64_t begin,
                   int64_t end) const;
    template <int64_t kWidth>
    void packAcross(const Side& side, const float* from, int64_t count, float* to, int64_t k_begin,
                    int64_t k_end) const;
    void packAlong(const Side& side, const float* from, int64_t count, float* to, int64_t strip) const;
    struct Task {
        const float* lhs;  ///< packed
        const float* rhs;  ///< packed
        float* out;
        int64_t row_begin, row_end;
        int64_t panel_begin, panel_end;
        int64_t columns;  ///< packed ones
    };
    void multiply(const Task& task) const;
    /// Few rows: every thread packs the columns that it multiplies.
    void runByColumns(const float* strips, const float* rhs, float* out, ThreadPool& pool) const;
    /// Very few rows, and columns of rhs that lie side by side along the sums: computes the transposed
    /// product, for which only lhs needs to be packed.
    void runTransposed(const float* lhs, const float* rhs, float* out, ThreadPool& pool) const;
    /// Where a block of rows begins.
    int64_t rowsBefore(int64_t block) const;

    const TileKernels& kernels_;
    int64_t m_, n_, k_, out_m_;
    Side lhs_, rhs_;
    bool few_rows_;       ///< runTransposed() serves the product
    int64_t k_block_;     ///< of the sums
    int64_t row_blocks_;  ///< of about equal size, of tasks; 0: all rows are in every task
    int64_t columns_;     ///< columns that are packed at a time, a multiple of the panels' width
};

}  // namespace optirs::plugin
