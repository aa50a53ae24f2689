// What a mask takes away from attention contributes nothing, whatever lies there: no infinity or NaN reaches
// a number that does not depend on it.
#include <gtest/gtest.h>
#include <optirs/kernel_attention.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "array.h"
#include "src/cpu/kernels.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

constexpr int64_t kHeads = 4;
constexpr int64_t kKeyHeads = 2;
constexpr int64_t kWidth = 20;
constexpr int64_t kValueWidth = 36;
constexpr int64_t kBlock = 16;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Case {
    const char* name;
    int64_t rows, columns;  // of a sequence, or of all packed ones
    int32_t mask = OPTIRS_MASK_NONE;
    int64_t window_left = -1, window_right = -1;
    std::vector<int32_t> q_lengths = {}, kv_lengths = {}, q_starts = {}, kv_starts = {};
    std::vector<int32_t> block_table = {};  // for each sequence as many
    int64_t blocks = 0;
    double dropout = 0, soft_cap = 0;

    friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

std::unique_ptr<Array<int32_t>> numbers(const std::vector<int32_t>& given, std::vector<int64_t> shape) {
    if (given.empty()) {
        return nullptr;
    }
    auto made = std::make_unique<Array<int32_t>>(std::move(shape));
    made->values = given;
    return made;
}
std::unique_ptr<Array<int32_t>> numbers(const std::vector<int32_t>& given) {
    return numbers(given, {static_cast<int64_t>(given.size())});
}

/// Both passes of a case, and by its definition what each row of them attends to.
class Attention {
 public:
    explicit Attention(const Case& given)
        : c(given),
          memory_batch(is_packed() ? 1 : 2),
          q({memory_batch, c.rows, kHeads, kWidth}),
          k(shapeOfKeys(kWidth)),
          v(shapeOfKeys(kValueWidth)),
          dout({memory_batch, c.rows, kHeads, kValueWidth}),
          out({memory_batch, c.rows, kHeads, kValueWidth}),
          lse({memory_batch, kHeads, c.rows}),
          dq({memory_batch, c.rows, kHeads, kWidth}),
          dk(shapeOfKeys(kWidth)),
          dv(shapeOfKeys(kValueWidth)) {
        fill(q, 1);
        fill(k, 2);
        fill(v, 3);
        fill(dout, 4);
    }

    bool is_packed() const { return !c.q_starts.empty(); }
    bool is_paged() const { return !c.block_table.empty(); }
    int64_t batches() const {
        return is_packed() ? static_cast<int64_t>(c.q_starts.size()) - 1 : memory_batch;
    }
    static int64_t extent(const std::vector<int32_t>& starts, int64_t b, int64_t whole) {
        return starts.empty() ? whole : starts[static_cast<size_t>(b) + 1] - starts[static_cast<size_t>(b)];
    }
    static int64_t length(const std::vector<int32_t>& lengths, int64_t b, int64_t whole) {
        return lengths.empty() ? whole : lengths[static_cast<size_t>(b)];
    }
    int64_t rowsIn(int64_t b) const { return extent(c.q_starts, b, c.rows); }
    int64_t columnsIn(int64_t b) const { return extent(c.kv_starts, b, c.columns); }

    bool attends(int64_t b, int64_t i, int64_t j) const {
        const int64_t rows = length(c.q_lengths, b, rowsIn(b));
        const int64_t columns = length(c.kv_lengths, b, columnsIn(b));
        const int64_t diagonal = c.mask == OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT ? i + columns - rows : i;
        return i < rows && j < columns && (c.mask == OPTIRS_MASK_NONE || j <= diagonal) &&
               (c.window_left < 0 || j >= diagonal - c.window_left) &&
               (c.window_right < 0 || j <= diagonal + c.window_right);
    }
    bool isRowUsed(int64_t b, int64_t i) const {
        for (int64_t j = 0; j < columnsIn(b); ++j) {
            if (attends(b, i, j)) {
                return true;
            }
        }
        return false;
    }
    bool isColumnUsed(int64_t b, int64_t j) const {
        for (int64_t i = 0; i < rowsIn(b); ++i) {
            if (attends(b, i, j)) {
                return true;
            }
        }
        return false;
    }

    /// Row of an array [batch, sequence, heads, width] without its heads.
    int64_t rowAt(int64_t b, int64_t i) const {
        return is_packed() ? c.q_starts[static_cast<size_t>(b)] + i : b * c.rows + i;
    }
    int64_t columnAt(int64_t b, int64_t j) const {
        if (is_paged()) {
            const int64_t block = c.block_table[static_cast<size_t>((b * c.columns + j) / kBlock)];
            return block * kBlock + j % kBlock;
        }
        return is_packed() ? c.kv_starts[static_cast<size_t>(b)] + j : b * c.columns + j;
    }

    void forward() {
        optirs_attention_args args = common<optirs_attention_args>();
        const auto table = numbers(c.block_table, {memory_batch, c.columns / kBlock});
        args.block_table = table ? table->view() : nullptr;
        ThreadPool pool(1);
        EXPECT_TRUE(runKernel(OPTIRS_KERNEL_ATTENTION, &args, pool));
    }
    void backward() {
        auto args = common<optirs_attention_backward_args>();
        args.dout = dout.view();
        args.dq = dq.view();
        args.dk = dk.view();
        args.dv = dv.view();
        ThreadPool pool(1);
        EXPECT_TRUE(runKernel(OPTIRS_KERNEL_ATTENTION_BACKWARD, &args, pool));
    }

    const Case& c;
    int64_t memory_batch;
    Array<float> q, k, v, dout, out, lse, dq, dk, dv;

 private:
    std::vector<int64_t> shapeOfKeys(int64_t width) const {
        return is_paged() ? std::vector{c.blocks, kBlock, kKeyHeads, width}
                          : std::vector{memory_batch, c.columns, kKeyHeads, width};
    }

    template <class Args>
    Args common() {
        q_lengths_ = numbers(c.q_lengths);
        kv_lengths_ = numbers(c.kv_lengths);
        q_starts_ = numbers(c.q_starts);
        kv_starts_ = numbers(c.kv_starts);
        const auto at = [](const auto& array) { return array ? array->view() : nullptr; };
        Args args{};
        args.q = q.view();
        args.k = k.view();
        args.v = v.view();
        args.out = out.view();
        args.lse = lse.view();
        args.q_lengths = at(q_lengths_);
        args.kv_lengths = at(kv_lengths_);
        args.q_starts = at(q_starts_);
        args.kv_starts = at(kv_starts_);
        args.scale = 0.25;
        args.mask = c.mask;
        args.window_left = c.window_left;
        args.window_right = c.window_right;
        args.dropout = c.dropout;
        args.soft_cap = c.soft_cap;
        return args;
    }

    std::unique_ptr<Array<int32_t>> q_lengths_, kv_lengths_, q_starts_, kv_starts_;
};

/// Sets a row of every head; infinities among the NaNs.
void poison(Array<float>& array, int64_t row, int64_t heads) {
    const auto count = static_cast<int64_t>(array.view()->shape[3]) * heads;
    for (int64_t i = 0; i < count; ++i) {
        array.values[static_cast<size_t>(row * count + i)] = i % 3 == 0 ? kInfinity : kNaN;
    }
}

/// Rows of `actual` for which `may_differ` is false are those of `expected`; in the others something is NaN.
void expectRows(const char* what, const Array<float>& actual, const Array<float>& expected,
                const std::function<bool(int64_t row)>& may_differ) {
    const int64_t* shape = actual.view()->shape;
    const int64_t width = shape[2] * shape[3];
    for (int64_t row = 0; row < shape[0] * shape[1]; ++row) {
        bool has_nan = false;
        bool is_same = true;
        for (int64_t i = row * width; i < (row + 1) * width; ++i) {
            const float value = actual.values[static_cast<size_t>(i)];
            has_nan |= std::isnan(value);
            is_same &= value == expected.values[static_cast<size_t>(i)];
        }
        ASSERT_EQ(is_same, !may_differ(row)) << what << ", row " << row;
        ASSERT_EQ(has_nan, may_differ(row)) << what << ", row " << row;
    }
}

bool nowhere(int64_t /*row*/) { return false; }

class AttentionMasks : public ::testing::TestWithParam<Case> {};

TEST_P(AttentionMasks, WhatNobodyAttendsToMayBeAnything) {
    const Case& c = GetParam();
    Attention clean(c);
    clean.forward();
    Attention dirty(c);
    int64_t poisoned = 0;
    const auto eachUnused = [&](auto&& row, auto&& column) {
        for (int64_t b = 0; b < dirty.batches(); ++b) {
            for (int64_t i = 0; i < dirty.rowsIn(b); ++i) {
                if (!dirty.isRowUsed(b, i)) {
                    row(dirty.rowAt(b, i));
                }
            }
            for (int64_t j = 0; j < dirty.columnsIn(b); ++j) {
                if (!dirty.isColumnUsed(b, j)) {
                    column(dirty.columnAt(b, j));
                }
            }
        }
    };
    eachUnused(
        [&](int64_t row) {
            poison(dirty.q, row, kHeads);
            ++poisoned;
        },
        [&](int64_t column) {
            poison(dirty.k, column, kKeyHeads);
            poison(dirty.v, column, kKeyHeads);
            ++poisoned;
        });
    ASSERT_GT(poisoned, 0);
    dirty.forward();
    expectRows("out", dirty.out, clean.out, nowhere);
    ASSERT_EQ(dirty.lse.values, clean.lse.values);
    if (dirty.is_paged()) {
        return;
    }
    clean.backward();
    eachUnused(
        [&](int64_t row) {
            poison(dirty.dout, row, kHeads);
            poison(dirty.out, row, kHeads);
        },
        [](int64_t) {});
    dirty.backward();
    expectRows("dq", dirty.dq, clean.dq, nowhere);
    expectRows("dk", dirty.dk, clean.dk, nowhere);
    expectRows("dv", dirty.dv, clean.dv, nowhere);
}

TEST_P(AttentionMasks, ANaNReachesWhatDependsOnItAndNothingElse) {
    const Case& c = GetParam();
    Attention clean(c);
    clean.forward();
    // The middle column and row that are used, of the first sequence that has any.
    int64_t column = 0;
    while (column < clean.columnsIn(0) / 3 || !clean.isColumnUsed(0, column)) {
        ++column;
        ASSERT_LT(column, clean.columnsIn(0));
    }
    int64_t row = clean.rowsIn(0) - 1;
    while (row > clean.rowsIn(0) * 2 / 3 || !clean.isRowUsed(0, row)) {
        --row;
        ASSERT_GE(row, 0);
    }
    // Rows of both passes' results that depend on the column or row.
    std::vector<bool> seeing(static_cast<size_t>(clean.memory_batch * c.rows));
    std::vector<bool> seen(clean.k.values.size() / (kKeyHeads * kWidth));
    for (int64_t i = 0; i < clean.rowsIn(0); ++i) {
        seeing[static_cast<size_t>(clean.rowAt(0, i))] = clean.attends(0, i, column);
    }
    for (int64_t j = 0; j < clean.columnsIn(0); ++j) {
        seen[static_cast<size_t>(clean.columnAt(0, j))] = clean.attends(0, row, j);
    }
    const auto isSeeing = [&](int64_t i) { return seeing[static_cast<size_t>(i)]; };
    for (const bool is_key : {true, false}) {
        Attention dirty(c);
        poison(is_key ? dirty.k : dirty.v, clean.columnAt(0, column), kKeyHeads);
        dirty.forward();
        expectRows(is_key ? "out of k" : "out of v", dirty.out, clean.out, isSeeing);
    }
    if (clean.is_paged()) {
        return;
    }
    clean.backward();
    Attention dirty(c);
    dirty.forward();
    poison(dirty.dout, clean.rowAt(0, row), kHeads);
    dirty.backward();
    const auto isSeen = [&](int64_t j) { return seen[static_cast<size_t>(j)]; };
    expectRows("dq", dirty.dq, clean.dq, [&](int64_t i) { return i == clean.rowAt(0, row); });
    expectRows("dk", dirty.dk, clean.dk, isSeen);
    expectRows("dv", dirty.dv, clean.dv, isSeen);
}

// Tiles of many rows and of few, whole ones and rests.
INSTANTIATE_TEST_SUITE_P(
    Cases, AttentionMasks,
    ::testing::Values(
        Case{.name = "Lengths", .rows = 60, .columns = 150, .q_lengths = {50, 3}, .kv_lengths = {140, 7}},
        Case{.name = "FewRows",
             .rows = 3,
             .columns = 150,
             .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
             .q_lengths = {2, 3},
             .kv_lengths = {140, 7}},
        Case{.name = "Causal", .rows = 60, .columns = 150, .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT},
        Case{.name = "MoreRowsThanColumns",
             .rows = 150,
             .columns = 60,
             .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
             .dropout = 0.25,
             .soft_cap = 3},
        Case{.name = "Window",
             .rows = 50,
             .columns = 300,
             .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
             .window_left = 20,
             .kv_lengths = {300, 290}},
        Case{.name = "WindowToBothSides", .rows = 130, .columns = 200, .window_left = 9, .window_right = 5},
        Case{.name = "Packed",
             .rows = 120,
             .columns = 170,
             .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
             .q_lengths = {60, 10, 0, 30},
             .kv_lengths = {85, 20, 0, 51},
             .q_starts = {0, 70, 80, 80, 120},
             .kv_starts = {0, 90, 111, 114, 170}},
        Case{.name = "Paged",
             .rows = 10,
             .columns = 64,
             .q_lengths = {10, 9},
             .kv_lengths = {60, 21},
             .block_table = {4, 0, 2, 6, 3, 1, 5, 7},
             .blocks = 9},
        Case{.name = "PagedFewRows",
             .rows = 1,
             .columns = 64,
             .kv_lengths = {60, 21},
             .block_table = {4, 0, 2, 6, 3, 1, 5, 7},
             .blocks = 9}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace optirs::cpu
