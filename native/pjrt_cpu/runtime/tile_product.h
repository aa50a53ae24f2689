/// @file
/// Products of small matrices that stay in a core's cache, for steps that compute a large intermediate block
/// by block. On the calling thread; sums are f32, in an order that depends on the shapes alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pjrt_cpu/ir/element_type.h"

namespace optirs::plugin {

/// Whether there are kernels for operands of a type: f32 or bf16. bf16 operands are multiplied as f32 where
/// the processor has no products of bf16.
inline bool hasTileProduct(ElementType type) {
    return type == ElementType::kF32 || type == ElementType::kBF16;
}

/// A matrix somewhere in memory; strides in elements.
struct StridedMatrix {
    const std::byte* data = nullptr;
    int64_t row_stride = 0;
    int64_t column_stride = 1;
};

/// Bytes of a packed right operand of k x n elements.
int64_t packedRightBytes(ElementType type, int64_t k, int64_t n);

/// Copies a right operand of k x n elements into panels of as many columns as the kernels have, missing
/// columns zero: the rows of a panel follow each other; for products of bf16 two rows are interleaved (a
/// missing last one is zero).
void packRight(ElementType type, const StridedMatrix& from, int64_t k, int64_t n, std::byte* to);

/// Copies a left operand of m x k elements so that its rows are contiguous, `stride` elements apart; bf16
/// rows are filled up to an even number of elements with zero.
void packLeft(ElementType type, const StridedMatrix& from, int64_t m, int64_t k, std::byte* to,
              int64_t stride);

/// out[m, n] = left * right, or out += left * right (then `out_type` is f32). `left` has rows `left_stride`
/// elements apart, contiguous ones (of f32 also `left_step` elements from k to k), for bf16 of an even number
/// of elements; `right` is packed for at least `k` rows and n columns, `right_rows` rows in all. `out` has
/// contiguous rows.
struct TileProduct {
    ElementType operand{};
    ElementType out_type{};
    int64_t m = 0, n = 0, k = 0;
    const std::byte* left = nullptr;
    int64_t left_stride = 0;
    int64_t left_step = 1;
    const std::byte* right = nullptr;
    int64_t right_rows = 0;
    std::byte* out = nullptr;
    int64_t out_stride = 0;
    bool accumulate = false;
};
void multiply(const TileProduct& product);

}  // namespace optirs::plugin
