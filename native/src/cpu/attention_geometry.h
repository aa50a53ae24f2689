// What forward and backward attention share: where operands lie, and which columns a row attends to.
#pragma once

#include <optirs/kernel_attention.h>

#include <algorithm>
#include <utility>

#include "src/cpu/attention_rows.h"
#include "src/cpu/pointwise_kernels.h"
#include "src/cpu/prefetch.h"
#include "src/cpu/rows.h"

namespace optirs::cpu {

/// A tensor [batch, sequence, heads, width], in any order of memory as long as rows are contiguous; packed,
/// paged and scaled as the header of the kernels says.
class HeadTensor {
 public:
    explicit HeadTensor(const optirs_dl_tensor& tensor, const optirs_dl_tensor* starts = nullptr,
                        const optirs_dl_tensor* scale = nullptr,
                        const optirs_dl_tensor* block_table = nullptr)
        : type_(elementOf(tensor.dtype)), data_(dataOf<char>(tensor)), width_(tensor.shape[3]) {
        int64_t stride = width_;
        for (int i = 2; i >= 0; --i) {
            strides_[i] = tensor.strides != nullptr ? tensor.strides[i] : stride;
            stride *= tensor.shape[i];
        }
        if (starts != nullptr) {
            starts_ = dataOf<int32_t>(*starts);
        }
        if (scale != nullptr) {
            scales_ = dataOf<float>(*scale);
            has_scale_of_head_ = scale->shape[0] != 1;
        }
        if (block_table != nullptr) {
            table_ = dataOf<int32_t>(*block_table);
            table_width_ = block_table->shape[1];
            block_size_ = tensor.shape[1];
        }
    }

    int64_t width() const { return width_; }

    /// Copies rows as f32, one after the other.
    void read(int64_t batch, int64_t head, int64_t first, int64_t count, float scale, float* to) const {
        for (int64_t i = 0; i < count; ++i) {
            // Rows lie too far apart for the hardware to foresee the next.
            if (i + kPrefetch < count) {
                prefetch(at(batch, first + i + kPrefetch, head), width_ * byteSize(type_));
            }
            const char* from = at(batch, first + i, head);
            const float factor = scale * scaleOf(head);
            if (type_ == Element::kF32 && factor == 1) {
                std::copy_n(reinterpret_cast<const float*>(from), width_, to + i * width_);
            } else {
                convert(type_, from, factor, Element::kF32, to + i * width_, width_);
            }
        }
    }

    /// Rows as f32, `stride` apart: in place if they are, else copied to the scratch.
    const float* rows(int64_t batch, int64_t head, int64_t first, int64_t count, float* scratch,
                      int64_t& stride) const {
        if (type_ == Element::kF32 && scales_ == nullptr && table_ == nullptr) {
            stride = strides_[1];
            return reinterpret_cast<const float*>(at(batch, first, head));
        }
        stride = width_;
        read(batch, head, first, count, 1.0F, scratch);
        return scratch;
    }

    /// A row as f32: in place if it is, else in the scratch.
    const float* row(int64_t batch, int64_t head, int64_t index, float* scratch) const {
        char* from = at(batch, index, head);
        if (type_ == Element::kF32) {
            return reinterpret_cast<const float*>(from);
        }
        convert(type_, from, scaleOf(head), Element::kF32, scratch, width_);
        return scratch;
    }

    void write(int64_t batch, int64_t head, int64_t row, const float* from) const {
        if (type_ == Element::kF32) {
            std::copy_n(from, width_, reinterpret_cast<float*>(at(batch, row, head)));
        } else {
            convert(Element::kF32, from, 1.0F, type_, at(batch, row, head), width_);
        }
    }

 private:
    static constexpr int64_t kPrefetch = 6;

    char* at(int64_t batch, int64_t row, int64_t head) const {
        if (table_ != nullptr) {
            batch = table_[batch * table_width_ + row / block_size_];
            row %= block_size_;
        } else if (starts_ != nullptr) {
            row += starts_[batch];
            batch = 0;
        }
        return data_ + (batch * strides_[0] + row * strides_[1] + head * strides_[2]) * byteSize(type_);
    }

    float scaleOf(int64_t head) const {
        return scales_ != nullptr ? scales_[has_scale_of_head_ ? head : 0] : 1.0F;
    }

    Element type_;
    char* data_;
    int64_t width_;
    int64_t strides_[3];
    const int32_t* starts_ = nullptr;
    const float* scales_ = nullptr;
    bool has_scale_of_head_ = false;
    const int32_t* table_ = nullptr;
    int64_t table_width_ = 0;
    int64_t block_size_ = 1;
};

/// The columns that a row attends to are those from begin to end.
struct Columns {
    int64_t begin;
    int64_t end;
};

/// Throws INVALID_ARGUMENT unless the starts of packed sequences begin at 0, do not decrease, and end at
/// `total`. NULL is fine.
void checkStarts(const char* name, const optirs_dl_tensor* starts, int64_t total);

/// NULL where keys cannot be paged.
template <class Args>
const optirs_dl_tensor* blockTableOf(const Args& args) {
    if constexpr (requires { args.block_table; }) {
        return args.block_table;
    } else {
        return nullptr;
    }
}

/// Shapes, and everything that happens to scores.
template <class Args>
class Scores {
 public:
    explicit Scores(const Args& given)
        : args(given),
          batches(given.q_starts != nullptr ? given.q_starts->shape[0] - 1 : given.q->shape[0]),
          rows(given.q->shape[1]),
          heads(given.q->shape[2]),
          columns(given.k->shape[1]),
          groups(given.k->shape[2]) {
        if (const optirs_dl_tensor* table = blockTableOf(given)) {
            columns *= table->shape[1];
        }
        checkStarts("q_starts", given.q_starts, rows);
        checkStarts("kv_starts", given.kv_starts, columns);
    }

    /// Rows and columns of a sequence in memory, and those of them that count.
    int64_t rowsIn(int64_t batch) const { return extentOf(args.q_starts, batch, rows); }
    int64_t columnsIn(int64_t batch) const { return extentOf(args.kv_starts, batch, columns); }
    int64_t rowsOf(int64_t batch) const { return lengthOf(args.q_lengths, batch, rowsIn(batch)); }
    int64_t columnsOf(int64_t batch) const { return lengthOf(args.kv_lengths, batch, columnsIn(batch)); }

    /// Where the row stands in lse, and among the rows that take counters of the generator.
    int64_t rowIndex(int64_t batch, int64_t head, int64_t row) const {
        return args.q_starts != nullptr ? head * rows + dataOf<int32_t>(*args.q_starts)[batch] + row
                                        : (batch * heads + head) * rows + row;
    }

    Columns columnsOf(int64_t batch, int64_t row) const {
        const int64_t length = columnsOf(batch);
        const int64_t diagonal =
            args.mask == OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT ? row + length - rowsOf(batch) : row;
        Columns range{0, length};
        if (args.mask != OPTIRS_MASK_NONE) {
            range.end = std::min(range.end, diagonal + 1);
        }
        // A window as long as that is none; this way the sums cannot overflow.
        if (args.window_left >= 0 && args.window_left <= diagonal) {
            range.begin = std::max(range.begin, diagonal - args.window_left);
        }
        if (args.window_right >= 0 && args.window_right <= length - diagonal) {
            range.end = std::min(range.end, diagonal + args.window_right + 1);
        }
        range.begin = std::min(range.begin, length);
        range.end = std::clamp(range.end, range.begin, length);
        return range;
    }

    /// Adds bias and ALiBi to scores of columns from `first` on, after the soft cap.
    void adjust(int64_t batch, int64_t head, int64_t row, int64_t first, int64_t count, float* scores) const {
        if (args.soft_cap > 0) {
            softCapRow(scores, static_cast<float>(args.soft_cap), count);
        }
        if (args.bias != nullptr) {
            const optirs_dl_tensor& bias = *args.bias;
            const int64_t b = bias.shape[0] == 1 ? 0 : batch;
            const int64_t h = bias.shape[1] == 1 ? 0 : head;
            const int64_t at = ((b * bias.shape[1] + h) * rows + row) * columns + first;
            const Element type = elementOf(bias.dtype);
            addTo(scores, type, dataOf<char>(bias) + at * byteSize(type), count);
        }
        if (args.alibi_slopes != nullptr) {
            const float slope = dataOf<float>(*args.alibi_slopes)[head];
            const int64_t diagonal = row + columnsOf(batch) - rowsOf(batch);
            for (int64_t i = 0; i < count; ++i) {
                scores[i] -= slope * static_cast<float>(std::abs(diagonal - first - i));
            }
        }
    }

    /// Drops elements of columns from `first` on; first is a multiple of 4.
    void drop(int64_t batch, int64_t head, int64_t row, int64_t first, int64_t count, float* values) const {
        const int64_t block = rowIndex(batch, head, row) * ((columns + 3) / 4) + first / 4;
        dropoutRun(values, args.dropout, args.seed, args.offset + static_cast<uint64_t>(block), count,
                   values);
    }

    bool drops() const { return args.dropout > 0; }

    const Args& args;
    int64_t batches, rows, heads, columns, groups;

 private:
    static int64_t extentOf(const optirs_dl_tensor* starts, int64_t batch, int64_t whole) {
        return starts != nullptr
                   ? dataOf<int32_t>(*starts)[batch + 1] - int64_t{dataOf<int32_t>(*starts)[batch]}
                   : whole;
    }
    static int64_t lengthOf(const optirs_dl_tensor* lengths, int64_t batch, int64_t whole) {
        return lengths != nullptr ? std::clamp<int64_t>(dataOf<int32_t>(*lengths)[batch], 0, whole) : whole;
    }
};

/// Rows that are worked on together where a mask ends; a multiple of the rows of a register tile.
inline constexpr int64_t kStepRows = 12;

/// Calls body(row, rows, end) for the `count` rows of a tile of scores of `columns` columns from `first` on,
/// and the columns up to which any of them attends: for few rows at a time where a mask ends in the tile.
/// `seen`: of each row.
template <class Body>
void forSteps(const Columns* seen, int64_t count, int64_t first, int64_t columns, const Body& body) {
    const auto end_of = [&](int64_t row, int64_t rows) {
        int64_t end = 0;
        for (int64_t i = row; i < row + rows; ++i) {
            end = std::max(end, seen[i].end - first);
        }
        return std::min(end, columns);
    };
    const bool is_whole =
        std::all_of(seen, seen + count, [&](const Columns& row) { return row.end - first >= columns; });
    const int64_t step = is_whole ? count : kStepRows;
    for (int64_t row = 0; row < count; row += step) {
        const int64_t rows = std::min(step, count - row);
        const int64_t end = end_of(row, rows);
        if (end > 0) {
            body(row, rows, end);
        }
    }
}

/// Calls body(column, columns, row, rows) for the columns of such a tile, and the rows of which any attends
/// to any of them.
template <class Body>
void forColumnSteps(const Columns* seen, int64_t count, int64_t first, int64_t columns, const Body& body) {
    const auto rows_of = [&](int64_t column) {
        const int64_t end = std::min(column + kStepRows, columns) + first;
        const auto attends = [&](const Columns& row) { return row.begin < end && row.end > first + column; };
        const Columns* row = std::find_if(seen, seen + count, attends);
        int64_t rows = seen + count - row;
        while (rows > 0 && !attends(row[rows - 1])) {
            --rows;
        }
        return std::pair(row - seen, rows);
    };
    for (int64_t column = 0; column < columns;) {
        const auto rows = rows_of(column);
        int64_t end = column + kStepRows;
        while (end < columns && rows_of(end) == rows) {
            end += kStepRows;
        }
        if (rows.second > 0) {
            body(column, std::min(end, columns) - column, rows.first, rows.second);
        }
        column = end;
    }
}

/// Rounded up to whole panels, with room for the widest instruction set.
inline int64_t padded(int64_t width) { return (width + 31) / 32 * 32; }

}  // namespace optirs::cpu
