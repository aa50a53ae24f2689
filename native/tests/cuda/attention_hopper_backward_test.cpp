// Attention's backward kernels for Hopper, and when they are chosen.
#include "attention_hopper_twins.h"

namespace optirs::test {
namespace {

class AttentionHopperBackwardTest : public AttentionHopperTest {
 protected:
    static bool tookHopperBackward() {
        const size_t of_columns = launched("attention_hopper_column_gradients_");
        return launched("attention_hopper_query_gradient_") == 1 &&
               launched("attention_hopper_key_gradient_") == 1 - of_columns &&
               launched("attention_hopper_value_gradient_") == 1 - of_columns;
    }
    void check(const char* what, const Attention& a) {
        control().reset();
        AttentionTest::check(what, a);
        EXPECT_TRUE(tookHopperBackward()) << what;
    }
    void expectOther(const char* what, const Attention& a) {
        control().reset();
        AttentionTest::check(what, a);
        EXPECT_FALSE(tookHopperBackward()) << what;
    }
    void run(const Attention& a) {
        prepare(a);
        prepareGradients(a);
        forward();
        backward();
    }
};

TEST_F(AttentionHopperBackwardTest, TypesAndWidths) {
    for (const auto type : {kBF16, kF16}) {
        check("a part of a tile", {.type = type});
        check("several tiles and blocks", {.type = type, .rows = 200, .columns = 300});
    }
    for (const int64_t width : {8, 72, 128, 192, 256}) {
        check("width",
              {.type = kBF16, .rows = 70, .columns = 170, .heads = 1, .width = width, .value_width = width});
    }
    check("values are wider", {.type = kF16, .rows = 9, .columns = 140, .width = 64, .value_width = 128});
    check("values are narrower", {.type = kF16, .rows = 9, .columns = 90, .width = 128, .value_width = 40});
}

TEST_F(AttentionHopperBackwardTest, EdgesOfTiles) {
    for (const int64_t length : {1, 63, 64, 65, 128, 129}) {
        check("columns", {.type = kBF16, .rows = 3, .columns = length, .heads = 1});
        check("rows", {.type = kBF16, .rows = length, .columns = 9, .heads = 1});
    }
}

TEST_F(AttentionHopperBackwardTest, MasksAndWindows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const int64_t columns : {90, 330}) {
            Attention a{.type = kBF16, .rows = 200, .columns = columns, .heads = 1, .mask = mask};
            check("mask", a);
            for (const auto& [left, right] : {std::pair(0, 0), std::pair(37, -1), std::pair(-1, 5),
                                              std::pair(130, 140), std::pair(1000, 1000)}) {
                a.window_left = left;
                a.window_right = right;
                check("window", a);
            }
        }
    }
}

TEST_F(AttentionHopperBackwardTest, WideHeads) {
    Attention a{.type = kF16, .batch = 2, .rows = 140, .columns = 150, .heads = 2};
    a.width = a.value_width = 256;
    check("edges of tiles and blocks", a);
    a.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
    a.window_left = 40;
    a.soft_cap = 2;
    check("mask, window and cap", a);
    a.q_lengths = {140, 33};
    a.kv_lengths = {31, 150};
    check("lengths", a);
}

TEST_F(AttentionHopperBackwardTest, ScoresThatAreNotProducts) {
    for (const double scale : {0.1, 0.0, -0.2}) {
        Attention a{.type = kBF16, .rows = 70, .columns = 200, .scale = scale};
        check("scale", a);
        a.soft_cap = 0.5;
        check("scale and cap", a);
    }
}

TEST_F(AttentionHopperBackwardTest, HeadsAndStrides) {
    for (const auto& [what, a] : headCases()) {
        check(what, a);
    }
}

TEST_F(AttentionHopperBackwardTest, Lengths) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        Attention a{.type = kBF16, .batch = 4, .rows = 150, .columns = 200, .heads = 1, .mask = mask};
        a.kv_lengths = {200, 0, 128, 141};
        check("of keys", a);
        a.q_lengths = {1, 150, 0, 128};
        check("of both", a);
        a.window_left = 20;
        check("and a window", a);
        a.kv_lengths = {};
        check("of queries", a);
    }
}

TEST_F(AttentionHopperBackwardTest, WhatLiesBehindALengthDoesNotMatter) {
    for (const int64_t width : {64, 128, 256}) {
        Attention a{.type = kBF16, .batch = 2, .rows = 200, .columns = 270, .width = width};
        a.value_width = width;
        a.q_lengths = {200, 65};
        a.kv_lengths = {129, 5};
        run(a);
        const std::vector before = {onDevice(*dq), onDevice(*dk), onDevice(*dv)};
        for (Twin* operand : {q, dout}) {
            spoil(*operand, 200 + 65, 400);
        }
        for (Twin* operand : {k, v}) {
            spoil(*operand, 129, 270);
            spoil(*operand, 270 + 5, 540);
        }
        forward();
        backward();
        EXPECT_EQ(before, (std::vector{onDevice(*dq), onDevice(*dk), onDevice(*dv)}));
    }
}

TEST_F(AttentionHopperBackwardTest, PackedSequences) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        Attention a{.type = kBF16, .rows = 500, .columns = 500, .heads = 4, .kv_heads = 2, .mask = mask};
        a.q_starts = a.kv_starts = {0, 1, 130, 130, 131, 258, 500};
        check("as many rows as columns", a);
        a.columns = 300;
        a.kv_starts = {0, 150, 170, 171, 171, 299, 300};
        a.window_left = 30;
        a.soft_cap = 3;
        a.kv_lengths = {1, 20, 0, 0, 100, 1};
        a.q_lengths = {1, 0, 0, 1, 90, 242};
        check("with everything", a);
    }
}

TEST_F(AttentionHopperBackwardTest, PackedSequencesDoNotSeeEachOther) {
    Attention a{.type = kBF16, .rows = 300, .columns = 300, .heads = 1};
    a.q_starts = a.kv_starts = {0, 100, 150, 300};
    run(a);
    const auto others = [&] {
        std::vector<std::vector<char>> rows;
        for (const Twin* gradient : {dq, dk, dv}) {
            rows.push_back(rowsOf(*gradient, 0, 100));
            rows.push_back(rowsOf(*gradient, 150, 300));
        }
        return rows;
    };
    const auto before = others();
    for (Twin* operand : {q, k, v, dout}) {
        spoil(*operand, 100, 150);
    }
    forward();
    backward();
    EXPECT_EQ(before, others());
}

TEST_F(AttentionHopperBackwardTest, Float8) {
    for (const auto type : {kBF16, kF16}) {
        Attention a{.type = type, .q_type = kE4M3, .k_type = kE4M3, .v_type = kE5M2, .dout_type = kE5M2};
        a.batch = 2;
        a.rows = 70;
        a.columns = 90;
        a.heads = 4;
        a.kv_heads = 2;
        check("without scales", a);
        a.has_head_scales = true;
        check("a scale for each head", a);
        a.q_lengths = {70, 20};
        a.kv_lengths = {33, 90};
        a.width = 20;
        check("lengths and another width", a);
        a.width = a.value_width = 144;
        check("wide", a);
    }
    runDistantScales(kBF16);
    expectGradients();
}

TEST_F(AttentionHopperBackwardTest, ARepeatedCallGivesTheSameBits) {
    const Attention a{.type = kBF16, .rows = 200, .columns = 150, .heads = 4, .kv_heads = 2};
    run(a);
    const std::vector first = {onDevice(*dq), onDevice(*dk), onDevice(*dv)};
    backward();
    EXPECT_EQ(first, (std::vector{onDevice(*dq), onDevice(*dk), onDevice(*dv)}));
}

TEST_F(AttentionHopperBackwardTest, OtherCallsGoToTheOtherKernels) {
    expectOther("f32", {.rows = 9});
    expectOther("slopes", {.type = kF16, .rows = 9, .has_slopes = true});
    expectOther("dropout", {.type = kBF16, .rows = 9, .dropout = 0.1});
    expectOther("bias", {.type = kBF16, .rows = 9, .has_bias = true});
    expectOther("not aligned", {.type = kBF16, .rows = 9, .width = 20, .value_width = 20});
    driver().set_capability(10, 0);
    expectOther("device", {.type = kBF16, .rows = 9});
    driver().set_capability(9, 0);
}

TEST_F(AttentionHopperBackwardTest, AFailureIsTyped) {
    run({.type = kBF16});
    for (int nth = 0; nth < 4; ++nth) {
        optirs_attention_backward_args args{};
        args.struct_size = sizeof(args);
        fillBackward(args, 1);
        const auto workspace = memory(queue, 4096);
        args.workspace = optirs_device_memory_data(workspace.get());
        args.workspace_size = 4096;
        control().fail("cuTensorMapEncodeTiled", nth, 1);
        const Failure failure = take(optirs_attention_backward(queue.get(), &args));
        EXPECT_NE(failure.message.find("cuTensorMapEncodeTiled"), std::string::npos) << failure.message;
    }
}

}  // namespace
}  // namespace optirs::test
