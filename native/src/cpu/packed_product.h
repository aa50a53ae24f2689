// Large matrix products of f32 on all threads, after Goto and van de Geijn, "Anatomy of High-Performance
// Matrix Multiplication" (2008): a panel of rhs in the first cache, a block of lhs in the second, the rest of
// rhs in the last one. What several tasks read is packed once for all of them, by all threads.
#pragma once

#include <cstdint>
#include <optional>

#include "src/cpu/function_ref.h"
#include "src/cpu/pack_block.h"
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
    /// Where the result goes: to `out`, or to `consume`.
    struct Target {
        float* out = nullptr;
        const Finished* finished = nullptr;
        const Consume* consume = nullptr;
    };
    /// Columns and values of k of rhs that are packed together.
    struct Chunk {
        int64_t column, column_end;
        int64_t k, k_end;
    };
    /// Rows and columns that a thread works on, all the values of k that `chunk` has.
    struct Task {
        Chunk chunk;
        int64_t row, row_end;
        int64_t column, column_end;
    };
    /// The operands as they are, and packed; null: a task packs what it needs.
    struct Operands {
        const float* lhs;
        const float* rhs;
        const float* packed_lhs;  // the whole
        const float* packed_rhs;  // the chunk
    };

    PackedProduct(const ProductShape& shape, const TileKernels& kernels);
    void run(const float* lhs, const float* rhs, const Target& target, ThreadPool& pool) const;
    /// Copies `count` rows or columns of values of k from `k` to `k_end`, block of k after block.
    void pack(const PackedSide& side, const float* from, int64_t count, int64_t k, int64_t k_end, float* to,
              ThreadPool& pool) const;
    const float* packLhs(const float* lhs, ThreadPool& pool) const;
    void multiply(const Operands& operands, const Task& task, const Target& target) const;
    void multiply(const Operands& operands, const Task& task, float* out, int64_t out_stride) const;
    /// Few rows: each task has all of them, and packs the columns that it alone needs.
    void runByColumns(const float* lhs, const float* rhs, const Target& target, ThreadPool& pool) const;
    /// Very few rows, and columns of rhs that lie side by side along the sums: computes the transposed
    /// product, for which only lhs needs to be packed.
    void runTransposed(const float* lhs, const float* rhs, const Target& target, ThreadPool& pool) const;
    /// Columns of a chunk of so many values of k.
    int64_t chunkColumns(int64_t depth) const;
    /// Where a block of rows begins.
    int64_t rowsBefore(int64_t block) const;

    const TileKernels* kernels_;
    ProductShape shape_;
    PackedSide lhs_, rhs_;
    bool few_rows_;       // runTransposed() serves the product
    int64_t k_block_;     // of the sums
    int64_t row_blocks_;  // of about equal size, of tasks; 0: all rows are in every task
    int64_t columns_;  // of a chunk of k_block_, or of a task with all rows; a multiple of the panels' width
};

}  // namespace optirs::cpu
