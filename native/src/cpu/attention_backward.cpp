#include <cmath>

#include "src/cpu/attention.h"
#include "src/cpu/attention_geometry.h"
#include "src/cpu/weighted_rows.h"

namespace optirs::cpu {
namespace {

constexpr int64_t kTileRows = 96;
constexpr int64_t kTileColumns = 384;
/// Rows of scores start in different sets of the first cache: an odd number of lines.
constexpr int64_t kScoreStride = kTileColumns + 16;

using Backward = Scores<optirs_attention_backward_args>;

/// Buffers of one thread, cut out of one block.
class Buffers {
 public:
    Buffers(int64_t width, int64_t value_width, int64_t columns) {
        const int64_t score = kTileRows * kScoreStride;
        const int64_t sizes[] = {columns * std::max(width, value_width),  // rows
                                 padded(columns) * width,                 // packed_keys, transposed
                                 padded(columns) * value_width,           // packed_values, transposed
                                 columns * padded(width),                 // packed_key_rows
                                 columns * padded(width),                 // key_gradient
                                 columns * padded(value_width),           // value_gradient
                                 kTileRows * width,                       // query
                                 kTileRows * padded(width),               // packed_query
                                 kTileRows * value_width,                 // change
                                 kTileRows * padded(value_width),         // packed_change
                                 kTileRows * value_width,                 // result
                                 kTileRows * padded(width),               // query_gradient
                                 score,
                                 score,
                                 score};
        float** const parts[] = {&rows,         &packed_keys,    &packed_values, &packed_key_rows,
                                 &key_gradient, &value_gradient, &query,         &packed_query,
                                 &change,       &packed_change,  &result,        &query_gradient,
                                 &scores,       &dropped,        &gradients};
        int64_t total = 0;
        for (const int64_t size : sizes) {
            total += (size + 15) / 16 * 16;
        }
        float* memory = rowBuffer(0, total);
        for (size_t i = 0; i < std::size(sizes); ++i) {
            *parts[i] = memory;
            memory += (sizes[i] + 15) / 16 * 16;
        }
    }

    float *rows, *packed_keys, *packed_values, *packed_key_rows, *key_gradient, *value_gradient;
    float *query, *packed_query, *change, *packed_change, *result, *query_gradient;
    float *scores, *dropped, *gradients;

    // What weights are multiplied by.
    WeightedRows keys, queries, changes;
};

struct Tensors {
    HeadTensor q, k, v, out, dout, dq, dk, dv;
};

/// One tile of scores: probabilities, and from them what flows back into values, keys and queries. `seen`:
/// the columns of each row.
void runScores(const Backward& shape, Buffers& buffers, const Tensors& all, const float* means,
               const Columns* seen, int64_t batch, int64_t head, int64_t first, int64_t count, int64_t tile,
               int64_t columns) {
    const int64_t width = all.q.width();
    const int64_t value_width = all.v.width();
    const int64_t stride = kScoreStride;
    const auto cap = static_cast<float>(shape.args.soft_cap);
    const auto* lse = dataOf<float>(*shape.args.lse) + shape.rowIndex(batch, head, 0);
    forSteps(seen, count, tile, columns, [&](int64_t row, int64_t rows, int64_t end) {
        multiplyTile({buffers.query + row * width, width, 1}, buffers.packed_keys + tile * width, width, 0,
                     rows, end, width, false, buffers.scores + row * stride, stride);
        multiplyTile({buffers.change + row * value_width, value_width, 1},
                     buffers.packed_values + tile * value_width, value_width, 0, rows, end, value_width,
                     false, buffers.gradients + row * stride, stride);
    });
    for (int64_t i = 0; i < count; ++i) {
        float* score = buffers.scores + i * stride;
        float* gradient = buffers.gradients + i * stride;
        float* dropped = buffers.dropped + i * stride;
        const int64_t begin = std::clamp<int64_t>(seen[i].begin - tile, 0, columns);
        const int64_t end = std::clamp<int64_t>(seen[i].end - tile, begin, columns);
        std::fill_n(score, begin, 0.0F);
        std::fill(score + end, score + columns, 0.0F);
        if (shape.drops()) {
            shape.drop(batch, head, first + i, tile, columns, gradient);
        }
        std::fill_n(gradient, begin, 0.0F);
        std::fill(gradient + end, gradient + columns, 0.0F);
        // The slope of the cap needs the capped score without bias.
        if (cap > 0) {
            std::copy(score + begin, score + end, dropped + begin);
            softCapRow(dropped + begin, cap, end - begin);
        }
        shape.adjust(batch, head, first + i, tile + begin, end - begin, score + begin);
        probabilitiesRow(score + begin, lse[first + i], end - begin, score + begin);
        scoreGradientRow(score + begin, (cap > 0 ? dropped : score) + begin, means[i], cap, end - begin,
                         gradient + begin);
        if (shape.drops()) {
            std::copy_n(score, columns, dropped);
            shape.drop(batch, head, first + i, tile, columns, dropped);
        }
    }
    const float* weights = shape.drops() ? buffers.dropped : buffers.scores;
    forColumnSteps(seen, count, tile, columns, [&](int64_t at, int64_t n, int64_t row, int64_t rows) {
        const int64_t corner = row * stride + at;
        buffers.changes.addTo({weights + corner, 1, stride}, row, n, rows,
                              buffers.value_gradient + (tile + at) * padded(value_width),
                              padded(value_width));
        buffers.queries.addTo({buffers.gradients + corner, 1, stride}, row, n, rows,
                              buffers.key_gradient + (tile + at) * padded(width), padded(width));
    });
    forSteps(seen, count, tile, columns, [&](int64_t row, int64_t rows, int64_t end) {
        buffers.keys.addTo({buffers.gradients + row * stride, stride, 1}, tile, rows, end,
                           buffers.query_gradient + row * padded(width), padded(width));
    });
}

void runRows(const Backward& shape, Buffers& buffers, const Tensors& all, int64_t batch, int64_t head,
             int64_t first, int64_t count) {
    const int64_t width = all.q.width();
    const int64_t value_width = all.v.width();
    const int64_t length = shape.columnsOf(batch);
    const auto scale = static_cast<float>(shape.args.scale);
    all.q.read(batch, head, first, count, scale, buffers.query);
    buffers.queries.pack(buffers.query, width, count, width, buffers.packed_query);
    all.dout.read(batch, head, first, count, 1.0F, buffers.change);
    buffers.changes.pack(buffers.change, value_width, count, value_width, buffers.packed_change);
    int64_t result_stride = 0;
    const float* result = all.out.rows(batch, head, first, count, buffers.result, result_stride);
    const auto* lse = dataOf<float>(*shape.args.lse) + shape.rowIndex(batch, head, 0);
    float means[kTileRows];
    Columns seen[kTileRows];
    Columns any{length, 0};
    for (int64_t i = 0; i < count; ++i) {
        means[i] = dotRow(buffers.change + i * value_width, result + i * result_stride, value_width);
        const bool attends = first + i < shape.rowsOf(batch) && std::isfinite(lse[first + i]);
        seen[i] = attends ? shape.columnsOf(batch, first + i) : Columns{0, 0};
        if (seen[i].begin < seen[i].end) {
            any.begin = std::min(any.begin, seen[i].begin);
            any.end = std::max(any.end, seen[i].end);
        }
    }
    std::fill_n(buffers.query_gradient, count * padded(width), 0.0F);
    for (int64_t tile = any.begin / kTileColumns * kTileColumns; tile < any.end; tile += kTileColumns) {
        runScores(shape, buffers, all, means, seen, batch, head, first, count, tile,
                  std::min(kTileColumns, any.end - tile));
    }
    for (int64_t i = 0; i < count; ++i) {
        scaleRow(buffers.query_gradient + i * padded(width), scale, width);
        all.dq.write(batch, head, first + i, buffers.query_gradient + i * padded(width));
    }
}

}  // namespace

void run(const optirs_attention_backward_args& args, ThreadPool& pool) {
    const Backward shape(args);
    const optirs_dl_tensor* q_starts = args.q_starts;
    const optirs_dl_tensor* kv_starts = args.kv_starts;
    const Tensors all{HeadTensor(*args.q, q_starts, args.q_scale),
                      HeadTensor(*args.k, kv_starts, args.k_scale),
                      HeadTensor(*args.v, kv_starts, args.v_scale),
                      HeadTensor(*args.out, q_starts),
                      HeadTensor(*args.dout, q_starts, args.dout_scale),
                      HeadTensor(*args.dq, q_starts),
                      HeadTensor(*args.dk, kv_starts),
                      HeadTensor(*args.dv, kv_starts)};
    const int64_t width = all.q.width();
    const int64_t value_width = all.v.width();
    const int64_t group = shape.heads / std::max<int64_t>(shape.groups, 1);
    // One task for each head of keys: it alone adds to their gradients, in a fixed order.
    pool.parallelFor(shape.batches * shape.groups, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
            const int64_t batch = task / shape.groups;
            const int64_t kv_head = task % shape.groups;
            const int64_t columns = shape.columnsOf(batch);
            const int64_t all_columns = shape.columnsIn(batch);
            const int64_t all_rows = shape.rowsIn(batch);
            Buffers buffers(width, value_width, std::max<int64_t>(all_columns, 1));
            int64_t stride = 0;
            const float* keys = all.k.rows(batch, kv_head, 0, columns, buffers.rows, stride);
            packPanels(keys, 1, stride, width, columns, buffers.packed_keys);
            buffers.keys.pack(keys, stride, columns, width, buffers.packed_key_rows);
            const float* values = all.v.rows(batch, kv_head, 0, columns, buffers.rows, stride);
            packPanels(values, 1, stride, value_width, columns, buffers.packed_values);
            std::fill_n(buffers.key_gradient, all_columns * padded(width), 0.0F);
            std::fill_n(buffers.value_gradient, all_columns * padded(value_width), 0.0F);
            for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
                for (int64_t row = 0; row < all_rows; row += kTileRows) {
                    runRows(shape, buffers, all, batch, head, row, std::min(kTileRows, all_rows - row));
                }
            }
            for (int64_t i = 0; i < all_columns; ++i) {
                all.dk.write(batch, kv_head, i, buffers.key_gradient + i * padded(width));
                all.dv.write(batch, kv_head, i, buffers.value_gradient + i * padded(value_width));
            }
        }
    });
}

}  // namespace optirs::cpu
