// The inner part of forward attention: some rows against some columns.
#pragma once

#include "src/cpu/attention_geometry.h"
#include "src/cpu/weighted_rows.h"

namespace optirs::cpu {

using Forward = Scores<optirs_attention_args>;

inline constexpr int64_t kTileRows = 48;      // a multiple of the rows of a register tile
inline constexpr int64_t kTileColumns = 384;  // of keys; scores of a tile stay in a second-level cache

/// So few rows use each key so seldom that packing it does not pay.
inline constexpr int64_t kFewRows = 8;

struct ForwardTensors {
    explicit ForwardTensors(const optirs_attention_args& args)
        : q(*args.q, args.q_starts, args.q_scale),
          k(*args.k, args.kv_starts, args.k_scale, args.block_table),
          v(*args.v, args.kv_starts, args.v_scale, args.block_table),
          out(*args.out, args.q_starts) {}

    HeadTensor q, k, v, out;
};

/// Rows that are worked on together, of heads that share their keys: `rows` rows from `row` on of `heads`
/// heads from `head` on, one head after the other; at most kTileRows in all.
struct RowTile {
    int64_t batch, head, heads, row, rows;

    int64_t count() const { return heads * rows; }
    int64_t headOf(int64_t i) const { return head + i / rows; }
    int64_t rowOf(int64_t i) const { return row + i % rows; }
};

/// What is known of a tile of rows after some columns: results are not yet divided by the sums.
struct RowResults {
    RunningSoftmax* state;
    float* values;
    int64_t stride;  // of values
};

/// Buffers of one thread, cut out of one block, for up to `columns` columns.
struct ForwardBuffers {
    ForwardBuffers(const ForwardTensors& tensors, int64_t columns);

    float *packed_keys, *packed_values, *rows, *query, *scores, *result;
};

/// Columns of one head of keys, packed if `rows` of queries are to use them.
class KeyPart {
 public:
    KeyPart(const ForwardTensors& tensors, const ForwardBuffers& buffers, int64_t batch, int64_t kv_head,
            Columns columns);

    /// The rows of a tile against these columns; sets state and values of each.
    void attend(const Forward& shape, const RowTile& tile, const RowResults& results);

 private:
    struct Ranges;

    void pack();
    void weigh(const Forward& shape, const RowTile& tile, const Ranges& ranges, const RowResults& results,
               int64_t row, int64_t rows, int64_t first, int64_t columns) const;
    void attendPacked(const Forward& shape, const RowTile& tile, const Ranges& ranges,
                      const RowResults& results);
    void attendFew(const Forward& shape, const RowTile& tile, const Ranges& ranges,
                   const RowResults& results) const;

    const ForwardTensors& tensors_;
    const ForwardBuffers& buffers_;
    int64_t batch_, kv_head_;
    Columns columns_;
    WeightedRows values_;
    bool is_packed_ = false;
};

}  // namespace optirs::cpu
