// Rows of attention's operands: from memory to tiles in shared memory, their products, and back.
#pragma once

#include "attention.cuh"
#include "mma.cuh"

namespace optirs::cuda {

/// How the rows of a tile are found.
struct Rows {
    const HeadOperand& operand;
    int64_t first;  // element of the sequence, or, with a table, of every block
    int width;
    const int32_t* table = nullptr;
    int64_t block_size = 1;
    int64_t block_count = 0;

    /// Keeps `most` elements of each row, from `from` on.
    __device__ __forceinline__ void slice(int from, int most) {
        first += from;
        width = clamped(width - from, 0, most);
    }

    /// The row, or NULL where the table names no block that exists.
    template <class T>
    __device__ __forceinline__ T* at(int row) const {
        T* data = static_cast<T*>(operand.data) + first;
        if (table == nullptr) {
            return data + row * operand.row_stride;
        }
        const int64_t block = table[row / block_size];
        const bool is_there = block >= 0 && block < block_count;
        return is_there ? data + block * operand.batch_stride + row % block_size * operand.row_stride
                        : nullptr;
    }
};

__device__ __forceinline__ Rows rowsOf(const HeadOperand& operand, const int32_t* starts,
                                       const Extent& extent, int batch, int64_t head) {
    const int64_t base = starts != nullptr ? extent.start * operand.row_stride : batch * operand.batch_stride;
    return {operand, base + head * operand.head_stride, operand.width};
}
/// Of keys or values.
__device__ __forceinline__ Rows columnsOf(const AttentionScores& a, const HeadOperand& operand,
                                          const Sequence& sequence, int64_t head) {
    if (a.block_table != nullptr) {
        return {operand,       head * operand.head_stride,
                operand.width, a.block_table + sequence.batch * a.table_width,
                a.block_size,  a.block_count};
    }
    return rowsOf(operand, a.kv_starts, sequence.columns, sequence.batch, head);
}

/// A row of q, and of what has a row for each of its rows, by its number (rowIndex).
struct NumberedRow {
    int64_t batch;  // 0 of packed sequences
    int64_t head;
    int64_t row;

    /// Its first element.
    __device__ __forceinline__ int64_t of(const HeadOperand& operand) const {
        return batch * operand.batch_stride + row * operand.row_stride + head * operand.head_stride;
    }
};

__device__ __forceinline__ NumberedRow numberedRow(const AttentionScores& a, int64_t index) {
    return {index / a.rows / a.heads, index / a.rows % a.heads, index % a.rows};
}

/// An element of what memory has as T or as 8-bit floats.
template <class T>
__device__ __forceinline__ float elementAt(const HeadOperand& operand, int64_t i) {
    switch (operand.storage) {
        case Storage::kE4M3:
            return toFloat(static_cast<const E4M3*>(operand.data)[i]);
        case Storage::kE5M2:
            return toFloat(static_cast<const E5M2*>(operand.data)[i]);
        default:
            return toFloat(static_cast<const T*>(operand.data)[i]);
    }
}

/// Elements as those of a tile. Decoding 8-bit floats is exact.
template <class T, class Stored, int N>
__device__ __forceinline__ void putVector(T* tile, const Vector<Stored, N>& elements) {
    if constexpr (std::is_same_v<T, Stored>) {
        *reinterpret_cast<Vector<T, N>*>(tile) = elements;
    } else {
        constexpr int kPart = N < kVector<T> ? N : kVector<T>;
#pragma unroll
        for (int i = 0; i < N; i += kPart) {
            float part[kPart];
#pragma unroll
            for (int k = 0; k < kPart; ++k) {
                part[k] = toFloat(elements.at[i + k]);
            }
            store<kPart>(tile + i, part);
        }
    }
}

/// As loadTile, of what memory has as `Stored`.
template <class T, class Stored, int kWidth, int kCount>
__device__ __forceinline__ void loadStored(T* tile, const Rows& rows, int first, int end) {
    constexpr int N = kVector<Stored>;
    constexpr int kStride = kTileStride<kWidth>;
    const int width = rows.width;
    if (rows.operand.is_vector != 0) {
        for (int i = static_cast<int>(threadIdx.x) * N; i < kCount * kWidth;
             i += static_cast<int>(blockDim.x) * N) {
            const int row = i / kWidth;
            const int column = i % kWidth;
            const Stored* from = first + row < end && column < width ? rows.at<Stored>(first + row) : nullptr;
            Vector<Stored, N> vector{};
            if (from != nullptr) {
                vector = *reinterpret_cast<const Vector<Stored, N>*>(from + column);
            }
            putVector(tile + row * kStride + column, vector);
        }
        return;
    }
    for (int i = static_cast<int>(threadIdx.x); i < kCount * kWidth; i += static_cast<int>(blockDim.x)) {
        const int row = i / kWidth;
        const int column = i % kWidth;
        const Stored* from = first + row < end && column < width ? rows.at<Stored>(first + row) : nullptr;
        Vector<Stored, 1> element{};
        if (from != nullptr) {
            element.at[0] = from[column];
        }
        putVector(tile + row * kStride + column, element);
    }
}

/// Puts rows from `first` on into a tile of shared memory; zeros for those from `end` on, and behind the
/// width.
template <class T, int kWidth, int kCount>
__device__ __forceinline__ void loadTile(T* tile, const Rows& rows, int first, int end) {
    switch (rows.operand.storage) {
        case Storage::kOwn:
            return loadStored<T, T, kWidth, kCount>(tile, rows, first, end);
        case Storage::kE4M3:
            return loadStored<T, E4M3, kWidth, kCount>(tile, rows, first, end);
        case Storage::kE5M2:
            return loadStored<T, E5M2, kWidth, kCount>(tile, rows, first, end);
    }
}

/// Writes what a warp has of its rows, each times its factor: row g first, row g + 8 then.
template <class T, int kWidth>
__device__ __forceinline__ void storeRows(const Rows& rows, int first, int end,
                                          const float (&values)[kWidth / 8][4], const float (&factors)[2]) {
    const MmaLane lane = mmaLane();
    const int width = rows.width;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int row = first + lane.group + half * 8;
        if (row >= end) {
            continue;
        }
        T* to = rows.at<T>(row);
#pragma unroll
        for (int n = 0; n < kWidth / 8; ++n) {
            const int column = n * 8 + 2 * lane.pair;
            const float pair[2] = {values[n][2 * half] * factors[half],
                                   values[n][2 * half + 1] * factors[half]};
            if (column + 1 < width && rows.operand.is_vector != 0) {
                store<2>(to + column, pair);
            } else if (column < width) {
                to[column] = rounded<T>(pair[0]);
                if (column + 1 < width) {
                    to[column + 1] = rounded<T>(pair[1]);
                }
            }
        }
    }
}

/// results += resident rows times the rows of a tile, both of the width `width`.
template <class T, int kWidth, int N>
__device__ __forceinline__ void multiplyRows(float (&results)[N][4], const T* resident, int row,
                                             const T* tile, int width) {
    constexpr int kStride = kTileStride<kWidth>;
#pragma unroll
    for (int k = 0; k < kWidth; k += Mma<T>::kDepth) {
        if (k < width) {
            const auto a = Mma<T>::rows(resident, kStride, row, k);
#pragma unroll
            for (int n = 0; n < N; ++n) {
                Mma<T>::multiply(results[n], a, Mma<T>::columns(tile, kStride, n * 8, k));
            }
        }
    }
}

/// values += weights times the rows of a tile.
template <class T, int kWidth, int N>
__device__ __forceinline__ void addWeighted(float (&values)[kWidth / 8][4], const float (&weights)[N][4],
                                            const T* tile, int width) {
    constexpr int kStride = kTileStride<kWidth>;
#pragma unroll
    for (int k = 0; k < N * 8; k += Mma<T>::kDepth) {
        const auto a = Mma<T>::results(weights, k);
#pragma unroll
        for (int n = 0; n < kWidth / 8; ++n) {
            if (n * 8 < width) {
                Mma<T>::multiply(values[n], a, Mma<T>::across(tile, kStride, k, n * 8));
            }
        }
    }
}

}  // namespace optirs::cuda
