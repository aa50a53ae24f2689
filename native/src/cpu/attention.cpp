#include "src/cpu/attention.h"

#include <cmath>
#include <string>

#include "src/cpu/attention_tile.h"
#include "src/cpu/kernel_error.h"

namespace optirs::cpu {
namespace {

/// How the work is cut: the rows of heads that share keys into tiles, and their columns into parts. Depends
/// on shapes and lengths alone, so that results do not depend on the number of threads.
struct Plan {
    explicit Plan(const Forward& shape) : group(shape.heads / std::max<int64_t>(shape.groups, 1)) {
        int64_t longest = 0;
        for (int64_t batch = 0; batch < shape.batches; ++batch) {
            tiles = std::max(tiles, tilesOf(shape.rowsIn(batch)));
            longest = std::max(longest, shape.columnsOf(batch));
        }
        const int64_t pairs = shape.batches * shape.groups;
        int64_t splits = shape.args.kv_splits;
        if (splits == 0 && tiles == 1 && pairs > 0) {
            // Decoding: few rows against many columns. Enough parts to keep many threads busy, each long
            // enough to be worth joining.
            splits = std::min((kTasks + pairs - 1) / pairs, longest / kShortestPart);
        }
        parts = std::clamp<int64_t>(splits, 1, std::max<int64_t>(1, stepsIn(longest)));
        part_columns = std::max<int64_t>(1, stepsIn((longest + parts - 1) / parts)) * kPartStep;
    }

    static int64_t stepsIn(int64_t columns) { return (columns + kPartStep - 1) / kPartStep; }

    /// Heads that share a tile: several if they have few rows each.
    int64_t headsOf(int64_t rows) const {
        return rows > 0 ? std::clamp<int64_t>(kTileRows / rows, 1, std::max<int64_t>(group, 1)) : 1;
    }
    int64_t tilesOf(int64_t rows) const {
        const int64_t heads = headsOf(rows);
        return (rows + kTileRows - 1) / kTileRows * ((group + heads - 1) / heads);
    }

    RowTile tileOf(int64_t batch, int64_t kv_head, int64_t rows, int64_t number) const {
        const int64_t down = (rows + kTileRows - 1) / kTileRows;
        const int64_t heads = headsOf(rows);
        const int64_t head = number / down * heads;
        const int64_t row = number % down * kTileRows;
        return {batch, kv_head * group + head, std::min(heads, group - head), row,
                std::min(kTileRows, rows - row)};
    }

    static constexpr int64_t kTasks = 32;
    static constexpr int64_t kShortestPart = 512;
    static constexpr int64_t kPartStep = 128;  // parts are multiples of so many columns

    int64_t group;
    int64_t tiles = 0;  // of the heads that share keys, in the longest sequence
    int64_t parts = 1;
    int64_t part_columns = kPartStep;
};

/// Throws INVALID_ARGUMENT unless every block that is needed exists.
void checkBlocks(const Forward& shape) {
    const optirs_dl_tensor* table = shape.args.block_table;
    if (table == nullptr) {
        return;
    }
    const auto* blocks = dataOf<int32_t>(*table);
    const int64_t size = shape.args.k->shape[1];
    for (int64_t batch = 0; batch < shape.batches; ++batch) {
        for (int64_t i = 0; i * size < shape.columnsOf(batch); ++i) {
            const int64_t block = blocks[batch * table->shape[1] + i];
            if (block < 0 || block >= shape.args.k->shape[0]) {
                throw KernelError(OPTIRS_INVALID_ARGUMENT,
                                  "block_table[" + std::to_string(batch) + "," + std::to_string(i) + "] is " +
                                      std::to_string(block) + "; k has " +
                                      std::to_string(shape.args.k->shape[0]) + " blocks");
            }
        }
    }
}

/// Divides a row by its sum, and writes it and its log-sum-exp.
void finishRow(const Forward& shape, const HeadTensor& out, int64_t batch, int64_t head, int64_t row,
               RunningSoftmax state, float* values) {
    // A row that attends to nothing is 0; its log-sum-exp is -infinity. (With a NaN the sum is NaN.)
    const bool is_empty = state.sum == 0;
    scaleRow(values, is_empty ? 0.0F : 1.0F / state.sum, out.width());
    out.write(batch, head, row, values);
    if (shape.args.lse != nullptr) {
        dataOf<float>(*shape.args.lse)[shape.rowIndex(batch, head, row)] =
            is_empty ? kNone : state.largest + std::log(state.sum);
    }
}

/// Results of the parts of the columns of every row, and how they become one.
class Parts {
 public:
    Parts(const Forward& shape, const Plan& plan, int64_t value_width)
        : parts_(plan.parts), stride_(padded(value_width)) {
        const int64_t rows = (shape.args.q_starts != nullptr ? 1 : shape.batches) * shape.heads * shape.rows;
        if (parts_ == 1) {
            return;
        }
        values_ = rowBuffer(1, rows * parts_ * (stride_ + 2));
        states_ = values_ + rows * parts_ * stride_;
    }

    void keep(int64_t row, int64_t part, RunningSoftmax state, const float* values) {
        const int64_t at = row * parts_ + part;
        std::copy_n(values, stride_, values_ + at * stride_);
        states_[2 * at] = state.largest;
        states_[2 * at + 1] = state.sum;
    }

    /// Joins the parts of a row in their order, into the values of the first.
    float* join(int64_t row, RunningSoftmax& state) const {
        const float* states = states_ + 2 * row * parts_;
        float* values = values_ + row * parts_ * stride_;
        state = {kNone, 0};
        for (int64_t part = 0; part < parts_; ++part) {
            state.largest = std::max(state.largest, states[2 * part]);
        }
        for (int64_t part = 0; part < parts_; ++part) {
            const float weight =
                states[2 * part] == state.largest ? 1.0F : std::exp(states[2 * part] - state.largest);
            state.sum += weight * states[2 * part + 1];
            if (part == 0) {
                scaleRow(values, weight, stride_);
            } else {
                addScaledRow(&weight, 1, 1, values + part * stride_, stride_, values, stride_);
            }
        }
        return values;
    }

 private:
    int64_t parts_, stride_;
    float* values_ = nullptr;
    float* states_ = nullptr;
};

}  // namespace

void run(const optirs_attention_args& args, ThreadPool& pool) {
    const Forward shape(args);
    checkBlocks(shape);
    const ForwardTensors tensors(args);
    const Plan plan(shape);
    const int64_t stride = padded(tensors.v.width());
    const bool has_parts = plan.parts > 1;
    Parts parts(shape, plan, tensors.v.width());
    // A task packs the keys and values of one head, so it should use them for many rows; and there should be
    // a few tasks for each thread.
    const int64_t pairs = shape.batches * shape.groups * plan.parts;
    const int64_t wanted = pairs > 0 ? (4 * pool.threadCount() + pairs - 1) / pairs : 1;
    const int64_t slices = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, plan.tiles / 8));
    pool.parallelFor(pairs * slices, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
            const int64_t part = task / slices % plan.parts;
            const int64_t kv_head = task / slices / plan.parts % shape.groups;
            const int64_t batch = task / slices / plan.parts / shape.groups;
            const int64_t length = shape.columnsOf(batch);
            const int64_t rows = shape.rowsIn(batch);
            const Columns columns{
                std::min(part * plan.part_columns, length),
                part + 1 == plan.parts ? length : std::min((part + 1) * plan.part_columns, length)};
            const ForwardBuffers buffers(tensors, std::max<int64_t>(columns.end - columns.begin, 1));
            KeyPart keys(tensors, buffers, batch, kv_head, columns);
            const int64_t tiles = plan.tilesOf(rows);
            const int64_t count = (tiles + slices - 1) / slices;
            const int64_t first = task % slices * count;
            RunningSoftmax state[kTileRows];
            for (int64_t number = first; number < std::min(first + count, tiles); ++number) {
                const RowTile tile = plan.tileOf(batch, kv_head, rows, number);
                keys.attend(shape, tile, {state, buffers.result, stride});
                for (int64_t i = 0; i < tile.count(); ++i) {
                    float* values = buffers.result + i * stride;
                    const int64_t head = tile.headOf(i);
                    const int64_t row = tile.rowOf(i);
                    if (has_parts) {
                        parts.keep(shape.rowIndex(batch, head, row), part, state[i], values);
                    } else {
                        finishRow(shape, tensors.out, batch, head, row, state[i], values);
                    }
                }
            }
        }
    });
    if (!has_parts) {
        return;
    }
    pool.parallelFor(shape.batches * shape.heads, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
            const int64_t batch = task / shape.heads;
            const int64_t head = task % shape.heads;
            for (int64_t row = 0; row < shape.rowsIn(batch); ++row) {
                RunningSoftmax state;
                float* values = parts.join(shape.rowIndex(batch, head, row), state);
                finishRow(shape, tensors.out, batch, head, row, state, values);
            }
        }
    });
}

}  // namespace optirs::cpu
