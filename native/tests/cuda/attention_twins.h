// Calls of attention for twins.h: both passes with the same arguments, beside the CPU's.
#pragma once

#include <array>
#include <list>
#include <string>

#include "twins.h"

namespace optirs::test {

/// A call of both passes.
struct Attention {
    optirs_dl_data_type type = kF32;  // of out, and of what has no type of its own
    optirs_dl_data_type q_type = {};
    optirs_dl_data_type k_type = {};
    optirs_dl_data_type v_type = {};
    optirs_dl_data_type dout_type = {};
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
    bool has_scale = false;        // of 8-bit operands: one for each tensor,
    bool has_head_scales = false;  // or for each of its heads
    bool is_transposed = false;    // memory is [batch, heads, sequence, width]
    std::vector<int32_t> q_lengths = {};
    std::vector<int32_t> kv_lengths = {};
    std::vector<int32_t> q_starts = {};
    std::vector<int32_t> kv_starts = {};
    int64_t kv_splits = 0;
    double scale = 0.1;
};

/// Attention on the host and on the device, with the same tensors.
class AttentionTest : public KernelFamilyTest {
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
    Twin& operand(const Attention& a, optirs_dl_data_type own, int64_t rows, int64_t heads, int64_t width) {
        Twin& made = normal(own.bits != 0 ? own : a.type, shapeOf(a, rows, heads, width));
        return a.is_transposed ? transposed(made) : made;
    }
    Twin& written(const Attention& a, int64_t rows, int64_t heads, int64_t width) {
        Twin& made = result(a.type, shapeOf(a, rows, heads, width));
        return a.is_transposed ? transposed(made) : made;
    }
    Twin* numbers(const std::vector<int32_t>& given) {
        return given.empty() ? nullptr : &values(kS32, {static_cast<int64_t>(given.size())}, given);
    }
    /// Scales of an operand that has codes.
    Twin* scalesOf(const Attention& a, const Twin& codes, int64_t heads) {
        if (codes.type.bits != 8 || !(a.has_scale || a.has_head_scales)) {
            return nullptr;
        }
        std::vector<float> scales(static_cast<size_t>(a.has_head_scales ? heads : 1));
        for (float& scale : scales) {
            scale = std::uniform_real_distribution<float>(0.25F, 1.0F)(random);
        }
        return &values(kF32, {static_cast<int64_t>(scales.size())}, scales);
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
        args.q_scale = at(q_scale, place);
        args.k_scale = at(k_scale, place);
        args.v_scale = at(v_scale, place);
        if constexpr (requires { args.block_table; }) {
            args.block_table = at(block_table, place);
            args.kv_splits = call.kv_splits;
        }
        args.scale = call.scale;
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
        q = &operand(a, a.q_type, a.rows, a.heads, a.width);
        k = &operand(a, a.k_type, a.columns, a.kv_heads, a.width);
        v = &operand(a, a.v_type, a.columns, a.kv_heads, a.value_width);
        out = &written(a, a.rows, a.heads, a.value_width);
        lse = &result(kF32, {a.batch, a.heads, a.rows});
        q_scale = scalesOf(a, *q, a.heads);
        k_scale = scalesOf(a, *k, a.kv_heads);
        v_scale = scalesOf(a, *v, a.kv_heads);
        block_table = nullptr;
        bias = a.has_bias ? &normal(a.type, {1, a.heads, a.rows, a.columns}) : nullptr;
        slopes = a.has_slopes ? &normal(kF32, {a.heads}, 0.1) : nullptr;
        q_lengths = numbers(a.q_lengths);
        kv_lengths = numbers(a.kv_lengths);
        q_starts = numbers(a.q_starts);
        kv_starts = numbers(a.kv_starts);
    }

    void prepareGradients(const Attention& a) {
        dout = &operand(a, a.dout_type, a.rows, a.heads, a.value_width);
        dout_scale = scalesOf(a, *dout, a.heads);
        dq = &written(a, a.rows, a.heads, a.width);
        dk = &written(a, a.columns, a.kv_heads, a.width);
        dv = &written(a, a.columns, a.kv_heads, a.value_width);
    }

    void forward() {
        runBoth<optirs_attention_args>(OPTIRS_KERNEL_ATTENTION, optirs_attention,
                                       [&](auto& args, int place) { fill(args, place); });
    }
    void fillBackward(optirs_attention_backward_args& args, int place) const {
        fill(args, place);
        args.dout = at(dout, place);
        args.dout_scale = at(dout_scale, place);
        args.dq = at(dq, place);
        args.dk = at(dk, place);
        args.dv = at(dv, place);
    }
    void backward() {
        runBoth<optirs_attention_backward_args>(OPTIRS_KERNEL_ATTENTION_BACKWARD, optirs_attention_backward,
                                                [&](auto& args, int place) { fillBackward(args, place); });
    }

    /// Probabilities and their gradients are rounded to the type of out on the device, and nowhere on the
    /// CPU.
    static double unitOf(const Attention& a) {
        return a.type.bits == 32 ? 2e-5 : a.type.code == OPTIRS_DL_BFLOAT ? 0x1p-6 : 0x1p-9;
    }

    void checkPrepared() {
        forward();
        expectSame(*out, unitOf(call), unitOf(call));
        expectSame(*lse, 1e-5, 1e-5);
    }
    void checkForward(const char* what, const Attention& a) {
        SCOPED_TRACE(what);
        prepare(a);
        checkPrepared();
    }
    /// Keys and values are in five blocks of 7 columns; the second sequence needs three of its four.
    void checkPaged(const char* what, Attention a) {
        SCOPED_TRACE(what);
        a.batch = 2;
        a.columns = 28;
        a.kv_lengths = {28, 20};
        prepare(a);
        k = &normal(k->type, {5, 7, a.kv_heads, a.width});
        v = &normal(v->type, {5, 7, a.kv_heads, a.value_width});
        block_table = &values(kS32, {2, 4}, std::vector<int32_t>{4, 0, 2, 1, 3, 1, 0, -1});
        checkPrepared();
    }

    void check(const char* what, const Attention& a) {
        checkForward(what, a);
        SCOPED_TRACE(what);
        prepareGradients(a);
        backward();
        expectGradients();
    }
    void expectGradients() {
        const double unit = unitOf(call);
        expectSame(*dq, unit, unit);
        expectSame(*dk, unit, 2 * unit);
        expectSame(*dv, unit, 2 * unit);
    }
    /// Both passes of 8-bit heads whose scales have little in common.
    void runDistantScales(optirs_dl_data_type type) {
        Attention a{.type = type, .q_type = kE4M3, .k_type = kE4M3, .v_type = kE4M3, .dout_type = kE4M3};
        a.heads = 4;
        a.kv_heads = 1;
        a.has_head_scales = true;
        prepare(a);
        q_scale = &values(kF32, {4}, std::vector<float>{0x1p-12F, 1, 0, -0.5F});
        forward();
        prepareGradients(a);
        dout_scale = &values(kF32, {4}, std::vector<float>{1, 0x1p-12F, -0.25F, 0});
        backward();
    }

    /// Makes every byte of some rows of a sequence 0xff, a NaN of every type, on the host and on the device.
    void spoil(Twin& twin, int64_t batch, int64_t first, int64_t end) {
        const int64_t row = twin.shape[2] * twin.shape[3] * twin.type.bits / 8;
        const auto at = twin.host.begin() + batch * twin.shape[1] * row;
        std::fill(at + first * row, at + end * row, '\xff');
        EXPECT_OK(optirs_device_memory_write(twin.device.get(), 0, twin.host.data(), twin.host.size(),
                                             queue.get()));
    }
    static void expectNumbers(const Twin& twin) {
        for (int64_t i = 0; i < twin.count(); ++i) {
            ASSERT_FALSE(std::isnan(numberAt(twin.host, twin.type, i))) << i;
        }
    }

    Attention call;
    Twin *q = nullptr, *k = nullptr, *v = nullptr, *out = nullptr, *lse = nullptr, *bias = nullptr,
         *slopes = nullptr, *q_lengths = nullptr, *kv_lengths = nullptr, *q_starts = nullptr,
         *kv_starts = nullptr, *q_scale = nullptr, *k_scale = nullptr, *v_scale = nullptr,
         *block_table = nullptr, *dout = nullptr, *dout_scale = nullptr, *dq = nullptr, *dk = nullptr,
         *dv = nullptr;
    std::list<std::array<std::vector<int64_t>, 2>> views;
};

/// On a device that cuDNN is not chosen for.
class AttentionKernelTest : public AttentionTest {
 protected:
    AttentionKernelTest() { driver().set_capability(8, 0); }
    ~AttentionKernelTest() override { driver().set_capability(9, 0); }
};

}  // namespace optirs::test
