#include "src/cpu/attention_tile.h"

namespace optirs::cpu {

ForwardBuffers::ForwardBuffers(const ForwardTensors& tensors, int64_t columns) {
    const int64_t width = tensors.q.width();
    const int64_t value_width = tensors.v.width();
    const int64_t keys = padded(columns) * width;
    const int64_t values = padded(value_width) * columns;
    const int64_t raw = columns * std::max(width, value_width);
    float* memory =
        rowBuffer(0, keys + values + raw + kTileRows * (width + kTileColumns + padded(value_width)) + 64);
    packed_keys = memory;
    packed_values = packed_keys + keys;
    rows = packed_values + values;
    query = rows + raw;
    scores = query + kTileRows * width;
    result = scores + kTileRows * kTileColumns;
}

/// The columns of the part that each row of a tile attends to, and those that any does.
struct KeyPart::Ranges {
    Ranges(const Forward& shape, const RowTile& tile, Columns part) : any{part.end, part.begin} {
        for (int64_t i = 0; i < tile.count(); ++i) {
            const int64_t row = tile.rowOf(i);
            const Columns all =
                row < shape.rowsOf(tile.batch) ? shape.columnsOf(tile.batch, row) : Columns{0, 0};
            of[i].begin = std::clamp(all.begin, part.begin, part.end);
            of[i].end = std::clamp(all.end, of[i].begin, part.end);
            if (of[i].begin < of[i].end) {
                any.begin = std::min(any.begin, of[i].begin);
                any.end = std::max(any.end, of[i].end);
            }
        }
    }

    Columns of[kTileRows];
    Columns any;
};

KeyPart::KeyPart(const ForwardTensors& tensors, const ForwardBuffers& buffers, int64_t batch, int64_t kv_head,
                 Columns columns)
    : tensors_(tensors), buffers_(buffers), batch_(batch), kv_head_(kv_head), columns_(columns) {}

void KeyPart::pack() {
    const int64_t count = columns_.end - columns_.begin;
    const int64_t width = tensors_.k.width();
    const int64_t value_width = tensors_.v.width();
    int64_t stride = 0;
    const float* keys = tensors_.k.rows(batch_, kv_head_, columns_.begin, count, buffers_.rows, stride);
    packPanels(keys, 1, stride, width, count, buffers_.packed_keys);
    const float* values = tensors_.v.rows(batch_, kv_head_, columns_.begin, count, buffers_.rows, stride);
    values_.pack(values, stride, count, value_width, buffers_.packed_values);
    is_packed_ = true;
}

void KeyPart::attend(const Forward& shape, const RowTile& tile, const RowResults& results) {
    const int64_t count = tile.count();
    std::fill_n(results.state, count, RunningSoftmax{kNone, 0});
    std::fill_n(results.values, count * results.stride, 0.0F);
    const Ranges ranges(shape, tile, columns_);
    if (ranges.any.begin >= ranges.any.end) {
        return;
    }
    for (int64_t i = 0; i < tile.heads; ++i) {
        tensors_.q.read(batch_, tile.head + i, tile.row, tile.rows, static_cast<float>(shape.args.scale),
                        buffers_.query + i * tile.rows * tensors_.q.width());
    }
    // By the tile alone: whether another tile has packed before depends on the number of threads.
    if (count <= kFewRows) {
        attendFew(shape, tile, ranges, results);
        return;
    }
    if (!is_packed_) {
        pack();
    }
    attendPacked(shape, tile, ranges, results);
}

/// Scores of some of the tile's rows and of `columns` columns from `first` on become the weights of their
/// values.
void KeyPart::weigh(const Forward& shape, const RowTile& tile, const Ranges& ranges,
                    const RowResults& results, int64_t row, int64_t rows, int64_t first,
                    int64_t columns) const {
    SoftmaxRow parts[kTileRows];
    for (int64_t i = row; i < row + rows; ++i) {
        float* scores = buffers_.scores + i * kTileColumns;
        const int64_t begin = std::clamp<int64_t>(ranges.of[i].begin - first, 0, columns);
        const int64_t end = std::clamp<int64_t>(ranges.of[i].end - first, begin, columns);
        std::fill_n(scores, begin, 0.0F);
        std::fill(scores + end, scores + columns, 0.0F);
        if (begin < end) {
            shape.adjust(tile.batch, tile.headOf(i), tile.rowOf(i), first + begin, end - begin,
                         scores + begin);
        }
        parts[i - row] = {scores + begin, end - begin, &results.state[i], 1.0F};
    }
    softmaxParts(parts, rows);
    for (int64_t i = row; i < row + rows; ++i) {
        const SoftmaxRow& part = parts[i - row];
        if (part.former != 1.0F) {
            scaleRow(results.values + i * results.stride, part.former, tensors_.v.width());
        }
        if (shape.drops() && part.columns > 0) {
            shape.drop(tile.batch, tile.headOf(i), tile.rowOf(i), first, columns,
                       buffers_.scores + i * kTileColumns);
        }
    }
}

void KeyPart::attendPacked(const Forward& shape, const RowTile& tile, const Ranges& ranges,
                           const RowResults& results) {
    const int64_t width = tensors_.q.width();
    const int64_t count = tile.count();
    const int64_t first = columns_.begin;
    const int64_t end = ranges.any.end - first;  // behind it no row attends to anything
    for (int64_t at = (ranges.any.begin - first) / kTileColumns * kTileColumns; at < end;
         at += kTileColumns) {
        const int64_t columns = std::min(kTileColumns, end - at);
        forSteps(ranges.of, count, first + at, columns, [&](int64_t row, int64_t rows, int64_t seen) {
            float* scores = buffers_.scores + row * kTileColumns;
            multiplyTile({buffers_.query + row * width, width, 1}, buffers_.packed_keys + at * width, width,
                         0, rows, seen, width, false, scores, kTileColumns);
            weigh(shape, tile, ranges, results, row, rows, first + at, seen);
            values_.addTo({scores, kTileColumns, 1}, at, rows, seen, results.values + row * results.stride,
                          results.stride);
        });
    }
}

void KeyPart::attendFew(const Forward& shape, const RowTile& tile, const Ranges& ranges,
                        const RowResults& results) const {
    const int64_t width = tensors_.q.width();
    const int64_t value_width = tensors_.v.width();
    const int64_t count = tile.count();
    // From a multiple of 4 on, as the generator of dropout wants it.
    for (int64_t at = ranges.any.begin / 4 * 4; at < ranges.any.end; at += kTileColumns) {
        const int64_t from = std::max(at, ranges.any.begin);
        const int64_t to = std::min(at + kTileColumns, ranges.any.end);
        for (int64_t j = from; j < to; ++j) {
            dotRows(buffers_.query, width, count, tensors_.k.row(batch_, kv_head_, j, buffers_.rows), width,
                    buffers_.scores + (j - at), kTileColumns);
        }
        weigh(shape, tile, ranges, results, 0, count, at, to - at);
        for (int64_t j = from; j < to; ++j) {
            addScaledRow(buffers_.scores + (j - at), kTileColumns, count,
                         tensors_.v.row(batch_, kv_head_, j, buffers_.rows), value_width, results.values,
                         results.stride);
        }
    }
}

}  // namespace optirs::cpu
