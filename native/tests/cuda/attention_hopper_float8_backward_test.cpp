// The gradients of attention of 8-bit floats on Hopper by products of 8 bits.
#include <tuple>

#include "attention_float8_twins.h"

namespace optirs::test {
namespace {

class AttentionBackwardFloat8Test : public AttentionFloat8Test {
 protected:
    /// Besides, log-sum-exps and out are zero, and each change of out looks at one element of the values:
    /// probabilities and gradients of scores are powers of two.
    void prepareExactGradients(Attention a) {
        prepareExact(a);
        k = &filled(*k, [&](int64_t row, int64_t element) {
            return static_cast<float>((row * 5 + element * 3) % 7 % 3);
        });
        lse = &values(kF32, lse->shape, std::vector<float>(static_cast<size_t>(lse->count())));
        Twin& zeros = twin(out->type, out->shape, std::vector<char>(out->host.size()));
        out = call.is_transposed ? &transposed(zeros) : &zeros;
        v = &filled(*v, [&](int64_t row, int64_t element) {
            return static_cast<float>((row * 3 + element) % 5 - 2);
        });
        prepareGradients(call);
        const int64_t value_width = call.value_width;
        dout = &filled(*dout, [&](int64_t row, int64_t element) {
            return element == row * 11 % value_width ? static_cast<float>(1 - row % 3) : 0.0F;
        });
        for (Twin** scale : {&v_scale, &dout_scale}) {
            if (*scale != nullptr) {
                std::vector<float> powers(static_cast<size_t>((*scale)->count()));
                for (float& power : powers) {
                    power = random() % 2 == 0 ? 0.5F : -2.0F;
                }
                *scale = &values(kF32, (*scale)->shape, powers);
            }
        }
    }
    void expectExact() {
        backward();
        const double unit = call.type.code == OPTIRS_DL_BFLOAT ? 0x1p-8 : 0x1p-10;
        for (Twin* gradient : {dq, dk, dv}) {
            expectSame(*gradient, unit, 4e-3);
        }
    }
    void checkExact(const char* what, const Attention& a) {
        SCOPED_TRACE(what);
        control().reset();
        prepareExactGradients(a);
        expectExact();
        EXPECT_TRUE(tookFloat8()) << what;
    }

    static Attention ofE4M3(Attention a) { return of(kE4M3, kE4M3, std::move(a)); }
};

TEST_F(AttentionBackwardFloat8Test, TypesAndScales) {
    for (const auto& [type, codes, changes] :
         {std::tuple(kBF16, kE4M3, kE4M3), std::tuple(kF16, kE4M3, kE5M2), std::tuple(kBF16, kE5M2, kE5M2)}) {
        Attention a = of(codes, changes, {.type = type, .batch = 2, .rows = 70, .columns = 150, .heads = 4});
        a.kv_heads = 2;
        checkExact("without scales", a);
        if (type.code == OPTIRS_DL_BFLOAT) {
            a.has_scale = true;
            checkExact("a scale for each tensor", a);
            a.has_head_scales = true;
            checkExact("a scale for each head", a);
        }
    }
}

TEST_F(AttentionBackwardFloat8Test, EdgesOfTiles) {
    for (const int64_t length : {1, 15, 64, 127, 128, 129, 300}) {
        checkExact("columns", ofE4M3({.type = kBF16, .rows = 3, .columns = length, .heads = 1}));
        checkExact("rows", ofE4M3({.type = kBF16, .rows = length, .columns = 9, .heads = 1}));
    }
    for (const int64_t width : {16, 48, 96, 128}) {
        Attention a = ofE4M3({.type = kBF16, .rows = 70, .columns = 170, .heads = 1, .width = width});
        a.value_width = width;
        checkExact("width", a);
        a.value_width = 144 - width;
        checkExact("another of the values", a);
    }
}

TEST_F(AttentionBackwardFloat8Test, MasksAndWindows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const auto& [left, right] : {std::pair(-1, -1), std::pair(37, -1), std::pair(130, 140)}) {
            checkExact("mask", ofE4M3({.type = kBF16,
                                       .rows = 200,
                                       .columns = left < 0 ? 60 : 330,
                                       .heads = 1,
                                       .mask = mask,
                                       .window_left = left,
                                       .window_right = right}));
        }
    }
}

TEST_F(AttentionBackwardFloat8Test, LengthsAndWhatLiesBehindThem) {
    Attention a = ofE4M3({.type = kBF16, .batch = 3, .rows = 140, .columns = 270, .heads = 1, .width = 128});
    a.value_width = 128;
    a.q_lengths = {140, 3, 1};
    a.kv_lengths = {129, 5, 0};
    prepareExactGradients(a);
    for (Twin* operand : {q, dout}) {
        AttentionTest::spoil(*operand, 1, 3, 140);
        AttentionTest::spoil(*operand, 2, 1, 140);
    }
    for (Twin* operand : {k, v}) {
        AttentionTest::spoil(*operand, 0, 129, 270);
        AttentionTest::spoil(*operand, 1, 5, 270);
        AttentionTest::spoil(*operand, 2, 0, 270);
    }
    expectExact();
    expectNumbers(*dq);
    expectNumbers(*dk);
    expectNumbers(*dv);
}

TEST_F(AttentionBackwardFloat8Test, PackedSequences) {
    Attention a = ofE4M3({.type = kBF16, .rows = 300, .columns = 300, .heads = 4, .kv_heads = 2});
    a.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
    a.q_starts = a.kv_starts = {0, 1, 130, 130, 131, 258, 300};
    checkExact("as many rows as columns", a);
    a.columns = 200;
    a.kv_starts = {0, 150, 170, 171, 171, 199, 200};
    a.window_left = 30;
    a.is_transposed = true;
    a.kv_lengths = {1, 20, 0, 0, 20, 1};
    checkExact("of their own, transposed, with a window and lengths", a);
}

TEST_F(AttentionBackwardFloat8Test, PackedSequencesDoNotSeeEachOther) {
    Attention a = ofE4M3({.type = kBF16, .rows = 300, .columns = 300, .heads = 1});
    a.q_starts = a.kv_starts = {0, 100, 150, 300};
    prepareExactGradients(a);
    for (Twin* operand : {q, k, v, dout}) {
        AttentionHopperTest::spoil(*operand, 100, 150);
    }
    backward();
    for (const Twin* gradient : {dq, dk, dv}) {
        const std::vector<char> got = onDevice(*gradient);
        for (int64_t i = 0; i < gradient->count(); ++i) {
            const int64_t row = i / a.width;
            ASSERT_EQ(std::isnan(numberAt(got, kBF16, i)), row >= 100 && row < 150) << row;
        }
    }
}

TEST_F(AttentionBackwardFloat8Test, SharesOfDistantScales) {
    for (const auto& codes : {kE4M3, kE5M2}) {
        Attention a = of(codes, codes, {.type = kBF16, .heads = 4, .kv_heads = 1, .has_head_scales = true});
        control().reset();
        prepareExactGradients(a);
        q_scale = &values(kF32, {4}, std::vector<float>{2, 1, 0, -1});
        dout_scale = &values(kF32, {4}, std::vector<float>{1, 0x1p-12F, -0x1p-20F, 0});
        expectExact();
        EXPECT_TRUE(tookFloat8());
    }
}

TEST_F(AttentionBackwardFloat8Test, ARepeatedCallGivesTheSameBits) {
    const Attention a =
        of(kE4M3, kE5M2, {.type = kBF16, .rows = 200, .columns = 150, .heads = 4, .kv_heads = 2});
    prepare(a);
    prepareGradients(a);
    forward();
    backward();
    const std::vector first = {onDevice(*dq), onDevice(*dk), onDevice(*dv)};
    backward();
    EXPECT_EQ(first, (std::vector{onDevice(*dq), onDevice(*dk), onDevice(*dv)}));
}

TEST_F(AttentionBackwardFloat8Test, OtherTypesBecome16Bits) {
    for (const auto& [of_q, of_v, of_dout] :
         {std::tuple(kE4M3, kE5M2, kE4M3), std::tuple(kE5M2, kE5M2, kE4M3),
          std::tuple(kE4M3, kE4M3, kBF16)}) {
        Attention a{.type = kBF16, .q_type = of_q, .k_type = of_q, .v_type = of_v, .dout_type = of_dout};
        a.rows = a.columns = 9;
        control().reset();
        prepare(a);
        prepareGradients(a);
        forward();
        backward();
        for (Twin* gradient : {dq, dk, dv}) {
            expectSame(*gradient, 2 * unitOf(a), 2 * unitOf(a));
        }
        EXPECT_FALSE(tookFloat8());
    }
}

}  // namespace
}  // namespace optirs::test
