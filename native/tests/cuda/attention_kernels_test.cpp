// Attention, forward and backward, beside the CPU's: every option alone and together, at the edges of tiles.
#include <array>
#include <list>
#include <string>

#include "twins.h"

namespace optirs::test {
namespace {

/// A call of both passes.
struct Attention {
    optirs_dl_data_type type = kF32;
    int64_t batch = 1;
    int64_t rows = 40;
    int64_t columns = 50;
    int64_t heads = 2;
    int64_t kv_heads = 1;
    int64_t width = 64;
    int64_t value_width = 64;
    int32_t mask = OPTIRS_MASK_NONE;
    int64_t window_left = -1;
    int64_t window_right = -1;
    double soft_cap = 0;
    double dropout = 0;
    bool has_bias = false;
    bool has_slopes = false;
    bool is_transposed = false;  // memory is [batch, heads, sequence, width]
    std::vector<int32_t> q_lengths = {};
    std::vector<int32_t> kv_lengths = {};
    std::vector<int32_t> q_starts = {};
    std::vector<int32_t> kv_starts = {};
};

class AttentionKernelTest : public KernelFamilyTest {
 protected:
    /// Views memory [batch, heads, sequence, width] as [batch, sequence, heads, width].
    Twin& transposed(Twin& twin) {
        const std::vector<int64_t>& memory = twin.shape;
        auto& view = views.emplace_back();
        view[0] = {memory[0], memory[2], memory[1], memory[3]};
        view[1] = {memory[1] * memory[2] * memory[3], memory[3], memory[2] * memory[3], 1};
        for (optirs_dl_tensor& tensor : twin.tensors) {
            tensor.shape = view[0].data();
            tensor.strides = view[1].data();
        }
        return twin;
    }

    std::vector<int64_t> shapeOf(const Attention& a, int64_t rows, int64_t heads, int64_t width) const {
        return a.is_transposed ? std::vector{a.batch, heads, rows, width}
                               : std::vector{a.batch, rows, heads, width};
    }
    Twin& operand(const Attention& a, int64_t rows, int64_t heads, int64_t width) {
        Twin& made = normal(a.type, shapeOf(a, rows, heads, width));
        return a.is_transposed ? transposed(made) : made;
    }
    Twin& written(const Attention& a, int64_t rows, int64_t heads, int64_t width) {
        Twin& made = result(a.type, shapeOf(a, rows, heads, width));
        return a.is_transposed ? transposed(made) : made;
    }
    Twin* numbers(const std::vector<int32_t>& given) {
        return given.empty() ? nullptr : &values(kS32, {static_cast<int64_t>(given.size())}, given);
    }
    static const optirs_dl_tensor* at(Twin* twin, int place) {
        return twin == nullptr ? nullptr : &twin->tensors[place];
    }

    template <class Args>
    void fill(Args& args, int place) const {
        args.q = at(q, place);
        args.k = at(k, place);
        args.v = at(v, place);
        args.out = at(out, place);
        args.lse = at(lse, place);
        args.bias = at(bias, place);
        args.alibi_slopes = at(slopes, place);
        args.q_lengths = at(q_lengths, place);
        args.kv_lengths = at(kv_lengths, place);
        args.q_starts = at(q_starts, place);
        args.kv_starts = at(kv_starts, place);
        args.scale = 0.1;
        args.mask = call.mask;
        args.window_left = call.window_left;
        args.window_right = call.window_right;
        args.soft_cap = call.soft_cap;
        args.dropout = call.dropout;
        args.seed = 77;
        args.offset = 5;
    }

    void prepare(const Attention& a) {
        call = a;
        q = &operand(a, a.rows, a.heads, a.width);
        k = &operand(a, a.columns, a.kv_heads, a.width);
        v = &operand(a, a.columns, a.kv_heads, a.value_width);
        out = &written(a, a.rows, a.heads, a.value_width);
        lse = &result(kF32, {a.batch, a.heads, a.rows});
        bias = a.has_bias ? &normal(a.type, {1, a.heads, a.rows, a.columns}) : nullptr;
        slopes = a.has_slopes ? &normal(kF32, {a.heads}, 0.1) : nullptr;
        q_lengths = numbers(a.q_lengths);
        kv_lengths = numbers(a.kv_lengths);
        q_starts = numbers(a.q_starts);
        kv_starts = numbers(a.kv_starts);
    }

    void forward() {
        runBoth<optirs_attention_args>(OPTIRS_KERNEL_ATTENTION, optirs_attention,
                                       [&](auto& args, int place) { fill(args, place); });
    }
    void backward() {
        runBoth<optirs_attention_backward_args>(OPTIRS_KERNEL_ATTENTION_BACKWARD, optirs_attention_backward,
                                                [&](auto& args, int place) {
                                                    fill(args, place);
                                                    args.dout = at(dout, place);
                                                    args.dq = at(dq, place);
                                                    args.dk = at(dk, place);
                                                    args.dv = at(dv, place);
                                                });
    }

    void check(const char* what, const Attention& a) {
        SCOPED_TRACE(what);
        prepare(a);
        forward();
        // Probabilities and their gradients are rounded to the operands' type on the device, and nowhere on
        // the CPU.
        const double unit = a.type.bits == 32 ? 2e-5 : a.type.code == OPTIRS_DL_BFLOAT ? 0x1p-6 : 0x1p-9;
        expectSame(*out, unit, unit);
        expectSame(*lse, 1e-5, 1e-5);
        dout = &operand(a, a.rows, a.heads, a.value_width);
        dq = &written(a, a.rows, a.heads, a.width);
        dk = &written(a, a.columns, a.kv_heads, a.width);
        dv = &written(a, a.columns, a.kv_heads, a.value_width);
        backward();
        expectSame(*dq, unit, unit);
        expectSame(*dk, unit, 2 * unit);
        expectSame(*dv, unit, 2 * unit);
    }

    Attention call;
    Twin *q = nullptr, *k = nullptr, *v = nullptr, *out = nullptr, *lse = nullptr, *bias = nullptr,
         *slopes = nullptr, *q_lengths = nullptr, *kv_lengths = nullptr, *q_starts = nullptr,
         *kv_starts = nullptr, *dout = nullptr, *dq = nullptr, *dk = nullptr, *dv = nullptr;
    std::list<std::array<std::vector<int64_t>, 2>> views;
};

TEST_F(AttentionKernelTest, Types) {
    for (const auto type : {kF32, kBF16, kF16}) {
        check("plain", {.type = type});
        check("long", {.type = type, .rows = 70, .columns = 70, .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT});
    }
}

TEST_F(AttentionKernelTest, Widths) {
    for (const int64_t width : {1, 33, 96, 128, 192, 256}) {
        check("f32", {.rows = 9, .columns = 11, .width = width, .value_width = width});
        check("bf16", {.type = kBF16, .rows = 9, .columns = 11, .width = width, .value_width = width});
    }
    check("values are wider", {.rows = 9, .columns = 11, .width = 40, .value_width = 136});
}

TEST_F(AttentionKernelTest, MasksAndWindows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const int64_t columns : {30, 90}) {
            check("mask", {.type = kBF16, .rows = 70, .columns = columns, .mask = mask});
            check("window", {.type = kBF16,
                             .rows = 70,
                             .columns = columns,
                             .mask = mask,
                             .window_left = 9,
                             .window_right = 3});
        }
    }
}

TEST_F(AttentionKernelTest, GroupedHeadsAndLengths) {
    check("groups", {.batch = 2, .heads = 6, .kv_heads = 2});
    check("lengths", {.type = kBF16,
                      .batch = 3,
                      .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                      .q_lengths = {40, 7, 0},
                      .kv_lengths = {33, 0, 50}});
    check("nothing to attend to", {.columns = 0});
    check("no rows", {.rows = 0});
}

TEST_F(AttentionKernelTest, ScoresAreCappedAndShifted) {
    check("cap", {.soft_cap = 0.7});
    check("bias", {.has_bias = true});
    check("bias of 16 bits", {.type = kF16, .has_bias = true});
    check("slopes", {.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT, .has_slopes = true});
    check("all",
          {.type = kBF16, .batch = 2, .soft_cap = 2, .dropout = 0.2, .has_bias = true, .has_slopes = true});
}

TEST_F(AttentionKernelTest, DropoutDropsTheSame) {
    check("f32", {.batch = 2, .columns = 51, .dropout = 0.4});
    check("bf16", {.type = kBF16, .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT, .dropout = 0.1});
}

TEST_F(AttentionKernelTest, AnyStrides) {
    check("f32", {.batch = 2, .heads = 4, .kv_heads = 2, .is_transposed = true});
    check("bf16, not aligned",
          {.type = kBF16, .batch = 2, .width = 20, .value_width = 28, .is_transposed = true});
}

TEST_F(AttentionKernelTest, PackedSequences) {
    check("both", {.type = kBF16,
                   .rows = 80,
                   .columns = 80,
                   .heads = 4,
                   .kv_heads = 2,
                   .mask = OPTIRS_MASK_CAUSAL_TOP_LEFT,
                   .dropout = 0.1,
                   .q_starts = {0, 3, 3, 70, 80},
                   .kv_starts = {0, 3, 3, 70, 80}});
    check("of different lengths", {.rows = 40,
                                   .columns = 30,
                                   .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT,
                                   .kv_lengths = {9, 20},
                                   .q_starts = {0, 35, 40},
                                   .kv_starts = {0, 10, 30}});
}

TEST_F(AttentionKernelTest, PagedKeys) {
    Attention a{.type = kBF16, .batch = 2, .rows = 5, .columns = 30, .mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT};
    prepare(a);
    // Five blocks of 7 columns; the second sequence needs three of its four.
    k = &normal(a.type, {5, 7, 1, 64});
    v = &normal(a.type, {5, 7, 1, 64});
    Twin& table = values(kS32, {2, 4}, std::vector<int32_t>{4, 0, 2, 1, 3, 1, 0, -1});
    kv_lengths = &values(kS32, {2}, std::vector<int32_t>{28, 20});
    runBoth<optirs_attention_args>(OPTIRS_KERNEL_ATTENTION, optirs_attention, [&](auto& args, int place) {
        fill(args, place);
        args.block_table = &table.tensors[place];
    });
    expectSame(*out, 0x1p-6, 0x1p-6);
    expectSame(*lse, 1e-5, 1e-5);
}

TEST_F(AttentionKernelTest, ARepeatedCallGivesTheSameBits) {
    check("first", {.type = kBF16, .batch = 2, .heads = 4, .dropout = 0.3});
    std::vector<std::vector<char>> first;
    for (int pass = 0; pass < 2; ++pass) {
        for (Twin* twin : {out, lse, dq, dk, dv}) {
            const std::vector<char> bytes = onDevice(*twin);
            if (pass == 0) {
                first.push_back(bytes);
            } else {
                EXPECT_EQ(bytes, first.front());
                first.erase(first.begin());
            }
        }
        forward();
        backward();
    }
}

TEST_F(AttentionKernelTest, WhatIsNotThereSaysSo) {
    const auto expectLacking = [&](const char* what,
                                   const std::function<void(optirs_attention_args&)>& change) {
        optirs_attention_args args{};
        args.struct_size = sizeof(args);
        fill(args, 1);
        change(args);
        const Failure failure = take(optirs_attention(queue.get(), &args));
        EXPECT_EQ(failure.code, OPTIRS_UNIMPLEMENTED);
        EXPECT_EQ(failure.message, std::string("attention: the CUDA backend has no ") + what);
    };
    prepare({.width = 257});
    expectLacking("attention whose heads are wider than 256", [](auto&) {});
    prepare({});
    expectLacking("attention that divides the columns of a row", [](auto& args) { args.kv_splits = 2; });
    Twin& narrow = normal(kE4M3, {1, 50, 1, 64});
    expectLacking("attention of 8-bit floats", [&](auto& args) { args.k = &narrow.tensors[1]; });
}

}  // namespace
}  // namespace optirs::test
