#include "src/cpu/attention.h"

#include <cmath>
#include <limits>

#include "src/cpu/attention_geometry.h"
#include "src/cpu/tile_gemm.h"

namespace optirs::cpu {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();
constexpr int64_t kTileRows = 48;      // a multiple of the rows of a register tile
constexpr int64_t kTileColumns = 128;  // of keys; scores of a tile stay in a first-level cache

using Forward = Scores<optirs_attention_args>;

/// Buffers of one thread, cut out of one block.
struct Buffers {
    Buffers(int64_t width, int64_t value_width, int64_t columns) {
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

    float *packed_keys, *packed_values, *rows, *query, *scores, *result;
};

/// One tile of rows of one head against packed keys and values.
void runTile(const Forward& shape, const Buffers& buffers, const HeadTensor& q, const HeadTensor& out,
             int64_t batch, int64_t head, int64_t first, int64_t count) {
    const int64_t width = q.width();
    const int64_t value_width = out.width();
    const int64_t stride = padded(value_width);
    const int64_t length = shape.columnsOf(batch);
    RunningSoftmax state[kTileRows];
    Columns ranges[kTileRows];
    Columns all{length, 0};
    for (int64_t i = 0; i < count; ++i) {
        state[i] = {kNone, 0};
        ranges[i] = first + i < shape.rowsOf(batch) ? shape.columnsOf(batch, first + i) : Columns{0, 0};
        if (ranges[i].begin < ranges[i].end) {
            all.begin = std::min(all.begin, ranges[i].begin);
            all.end = std::max(all.end, ranges[i].end);
        }
    }
    q.read(batch, head, first, count, static_cast<float>(shape.args.scale), buffers.query);
    std::fill_n(buffers.result, count * stride, 0.0F);
    for (int64_t tile = all.begin / kTileColumns * kTileColumns; tile < all.end; tile += kTileColumns) {
        const int64_t columns = std::min(kTileColumns, length - tile);
        multiplyTile({buffers.query, width, 1}, buffers.packed_keys + tile * width, width, 0, count, columns,
                     width, false, buffers.scores, kTileColumns);
        for (int64_t i = 0; i < count; ++i) {
            float* row = buffers.scores + i * kTileColumns;
            const int64_t begin = std::clamp<int64_t>(ranges[i].begin - tile, 0, columns);
            const int64_t end = std::clamp<int64_t>(ranges[i].end - tile, begin, columns);
            std::fill_n(row, begin, 0.0F);
            std::fill(row + end, row + columns, 0.0F);
            if (begin == end) {
                continue;
            }
            shape.adjust(batch, head, first + i, tile + begin, end - begin, row + begin);
            const float former = softmaxPart(row + begin, end - begin, state[i]);
            if (former != 1.0F) {
                scaleRow(buffers.result + i * stride, former, value_width);
            }
            if (shape.drops()) {
                shape.drop(batch, head, first + i, tile, columns, row);
            }
        }
        multiplyTile({buffers.scores, kTileColumns, 1}, buffers.packed_values, length, tile, count,
                     value_width, columns, true, buffers.result, stride);
    }
    for (int64_t i = 0; i < count; ++i) {
        // A row that attends to nothing is 0; its log-sum-exp is -infinity.
        const bool is_empty = state[i].largest == kNone;
        scaleRow(buffers.result + i * stride, is_empty ? 0.0F : 1.0F / state[i].sum, value_width);
        out.write(batch, head, first + i, buffers.result + i * stride);
        if (shape.args.lse != nullptr) {
            const int64_t at = (batch * shape.heads + head) * shape.rows + first + i;
            dataOf<float>(*shape.args.lse)[at] = is_empty ? kNone : state[i].largest + std::log(state[i].sum);
        }
    }
}

}  // namespace

void run(const optirs_attention_args& args, ThreadPool& pool) {
    const Forward shape(args);
    const HeadTensor q(*args.q);
    const HeadTensor k(*args.k);
    const HeadTensor v(*args.v);
    const HeadTensor out(*args.out);
    const int64_t group = shape.heads / std::max<int64_t>(shape.groups, 1);
    const int64_t tiles = (shape.rows + kTileRows - 1) / kTileRows;
    // A task packs the keys and values of one head, so it should use them for many rows; and there should be
    // a few tasks for each thread.
    const int64_t pairs = shape.batches * shape.groups;
    const int64_t wanted = pairs > 0 ? (4 * pool.threadCount() + pairs - 1) / pairs : 1;
    const int64_t slices = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, tiles * group / 8));
    const int64_t length = (tiles * group + slices - 1) / slices;
    pool.parallelFor(pairs * slices, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
            const int64_t batch = task / slices / shape.groups;
            const int64_t kv_head = task / slices % shape.groups;
            const int64_t columns = shape.columnsOf(batch);
            const Buffers buffers(q.width(), out.width(), std::max<int64_t>(columns, 1));
            k.read(batch, kv_head, 0, columns, 1.0F, buffers.rows);
            packPanels(buffers.rows, 1, k.width(), k.width(), columns, buffers.packed_keys);
            v.read(batch, kv_head, 0, columns, 1.0F, buffers.rows);
            packPanels(buffers.rows, v.width(), 1, columns, v.width(), buffers.packed_values);
            const int64_t first = task % slices * length;
            for (int64_t i = first; i < std::min(first + length, tiles * group); ++i) {
                const int64_t row = i % tiles * kTileRows;
                runTile(shape, buffers, q, out, batch, kv_head * group + i / tiles, row,
                        std::min(kTileRows, shape.rows - row));
            }
        }
    });
}

}  // namespace optirs::cpu
