// Large matrix products of f32 on all threads. The operands are packed once for all of them; the library does
// it again for every block that a thread takes.
#pragma once

#include <cstdint>
#include <optional>

#include "src/cpu/function_ref.h"
#include "src/cpu/tile_kernels.h"

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

/// out[m, n] = lhs[m, k] rhs[k, n]; strides in elements.
struct ProductShape {
    int64_t m, n, k;
    int64_t lhs_m, lhs_k;
    int64_t rhs_k, rhs_n;
    int64_t out_m;  // that along n is 1
};

/// A part of the result that is complete, in memory of the calling thread.
struct ProductBlock {
    int64_t row, rows;
    int64_t column, columns;
    float* values;  // [rows, columns], dense
};

/// Sums over k are made in blocks, in an order that depends on the shape alone.
class PackedProduct {
 public:
    /// Called once for every range of rows, when they are complete.
    using Finished = FunctionRef<void(int64_t begin, int64_t end)>;
    /// Called once for every block; together they cover the result.
    using Consume = FunctionRef<void(const ProductBlock&)>;

    /// Nothing when the library serves the shape better, or this processor lacks the kernels. `products`: how
    /// many of this shape follow each other.
    static std::optional<PackedProduct> make(const ProductShape& shape, int64_t products);

    /// With `finished` (null: none) whole rows are one thread's work.
    void run(const float* lhs, const float* rhs, float* out, ThreadPool& pool,
             const Finished* finished = nullptr) const;
    /// The result goes to `consume`, block by block.
    void run(const float* lhs, const float* rhs, ThreadPool& pool, const Consume& consume) const;

    /// Whether `finished` may be given: all columns are worked on together.
    bool finishesRows() const { return !few_rows_ && row_blocks_ > 0 && columns_ >= shape_.n; }

 private:
    /// One side of the product, in strips of `width` rows of lhs or columns of rhs.
    struct Side {
        int64_t width;
        int64_t stride;    // from row of lhs, column of rhs, to the next
        int64_t k_stride;  // along the sums
    };
    /// Where the result goes: to `out`, or to `consume`.
    struct Target {
        float* out = nullptr;
        const Finished* finished = nullptr;
        const Consume* consume = nullptr;
    };
    /// Rows and columns that a thread works on; columns from the first packed one on.
    struct Task {
        const float* lhs;  // packed
        const float* rhs;  // packed
        int64_t row_begin, row_end;
        int64_t panel_begin, panel_end;
        int64_t first_column;
        int64_t columns;  // packed ones
    };

    PackedProduct(const ProductShape& shape, const TileKernels& kernels);
    void run(const float* lhs, const float* rhs, const Target& target, ThreadPool& pool) const;
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
    void multiply(const Task& task, const Target& target) const;
    void multiply(const Task& task, float* out, int64_t out_stride) const;
    /// Few rows: every thread packs the columns that it multiplies.
    void runByColumns(const float* strips, const float* rhs, const Target& target, ThreadPool& pool) const;
    /// Very few rows, and columns of rhs that lie side by side along the sums: computes the transposed
    /// product, for which only lhs needs to be packed.
    void runTransposed(const float* lhs, const float* rhs, const Target& target, ThreadPool& pool) const;
    /// Where a block of rows begins.
    int64_t rowsBefore(int64_t block) const;

    const TileKernels* kernels_;
    ProductShape shape_;
    Side lhs_, rhs_;
    bool few_rows_;       // runTransposed() serves the product
    int64_t k_block_;     // of the sums
    int64_t row_blocks_;  // of about equal size, of tasks; 0: all rows are in every task
    int64_t columns_;     // columns that are packed at a time, a multiple of the panels' width
};

}  // namespace optirs::cpu
