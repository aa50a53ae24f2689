// What forward and backward attention share: where operands lie, and which columns a row attends to.
#pragma once

#include <optirs/kernel_attention.h>

#include <algorithm>

#include "src/cpu/attention_rows.h"
#include "src/cpu/pointwise_kernels.h"
#include "src/cpu/rows.h"

namespace optirs::cpu {

/// A tensor [batch, sequence, heads, width], in any order of memory as long as rows are contiguous.
class HeadTensor {
 public:
    explicit HeadTensor(const optirs_dl_tensor& tensor)
        : type_(elementOf(tensor.dtype)), data_(dataOf<char>(tensor)), width_(tensor.shape[3]) {
        int64_t stride = width_;
        for (int i = 2; i >= 0; --i) {
            strides_[i] = tensor.strides != nullptr ? tensor.strides[i] : stride;
            stride *= tensor.shape[i];
        }
    }

    int64_t width() const { return width_; }

    /// Copies rows as f32, one after the other.
    void read(int64_t batch, int64_t head, int64_t first, int64_t count, float scale, float* to) const {
        for (int64_t i = 0; i < count; ++i) {
            convert(type_, at(batch, first + i, head), scale, Element::kF32, to + i * width_, width_);
        }
    }

    void write(int64_t batch, int64_t head, int64_t row, const float* from) const {
        convert(Element::kF32, from, 1.0F, type_, at(batch, row, head), width_);
    }

 private:
    char* at(int64_t batch, int64_t row, int64_t head) const {
        return data_ + (batch * strides_[0] + row * strides_[1] + head * strides_[2]) * byteSize(type_);
    }

    Element type_;
    char* data_;
    int64_t width_;
    int64_t strides_[3];
};

/// The columns that a row attends to are those from begin to end.
struct Columns {
    int64_t begin;
    int64_t end;
};

/// Shapes, and everything that happens to scores.
template <class Args>
class Scores {
 public:
    explicit Scores(const Args& given)
        : args(given),
          batches(given.q->shape[0]),
          rows(given.q->shape[1]),
          heads(given.q->shape[2]),
          columns(given.k->shape[1]),
          groups(given.k->shape[2]) {}

    int64_t rowsOf(int64_t batch) const { return lengthOf(args.q_lengths, batch, rows); }
    int64_t columnsOf(int64_t batch) const { return lengthOf(args.kv_lengths, batch, columns); }

    Columns columnsOf(int64_t batch, int64_t row) const {
        const int64_t length = columnsOf(batch);
        const int64_t diagonal =
            args.mask == OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT ? row + length - rowsOf(batch) : row;
        Columns range{0, length};
        if (args.mask != OPTIRS_MASK_NONE) {
            range.end = std::min(range.end, diagonal + 1);
        }
        if (args.window_left >= 0) {
            range.begin = std::max(range.begin, diagonal - args.window_left);
        }
        if (args.window_right >= 0) {
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
        const int64_t blocks = (columns + 3) / 4;
        const int64_t block = ((batch * heads + head) * rows + row) * blocks + first / 4;
        dropoutRun(values, args.dropout, args.seed, args.offset + static_cast<uint64_t>(block), count,
                   values);
    }

    bool drops() const { return args.dropout > 0; }

    const Args& args;
    int64_t batches, rows, heads, columns, groups;

 private:
    static int64_t lengthOf(const optirs_dl_tensor* lengths, int64_t batch, int64_t whole) {
        return lengths != nullptr ? std::clamp<int64_t>(dataOf<int32_t>(*lengths)[batch], 0, whole) : whole;
    }
};

/// Rounded up to whole panels, with room for the widest instruction set.
inline int64_t padded(int64_t width) { return (width + 31) / 32 * 32; }

}  // namespace optirs::cpu
