// Attention of 8-bit floats on Hopper: by products of 8 bits, or as numbers of 16 bits.
#include <tuple>

#include "attention_float8_twins.h"

namespace optirs::test {
namespace {

class AttentionForwardFloat8Test : public AttentionFloat8Test {
 protected:
    /// Only out is rounded: probabilities are exact, so any value in a wrong place is seen.
    void checkExact(const char* what, Attention a) {
        SCOPED_TRACE(what);
        control().reset();
        prepareExact(a);
        expectExact();
        EXPECT_EQ(launched("attention_hopper_forward_e"), 1) << what;
    }
    void expectExact() {
        forward();
        expectSame(*out, call.type.code == OPTIRS_DL_BFLOAT ? 0x1p-8 : 0x1p-10, 4e-6);
        expectSame(*lse, 1e-6, 1e-6);
    }
    void checkDecoded(const char* what, const Attention& a) {
        check(what, a);
        EXPECT_EQ(launched("attention_hopper_forward_e"), 0) << what;
    }
};

TEST_F(AttentionForwardFloat8Test, TypesAndScales) {
    for (const auto type : {kBF16, kF16}) {
        for (const auto codes : {kE4M3, kE5M2}) {
            Attention a = of(codes, {.type = type, .batch = 2, .rows = 70, .columns = 150, .heads = 4});
            a.kv_heads = 2;
            checkExact("without scales", a);
            a.has_scale = true;
            checkExact("a scale for each tensor", a);
            a.has_head_scales = true;
            checkExact("a scale for each head", a);
        }
    }
}

TEST_F(AttentionForwardFloat8Test, EdgesOfTiles) {
    for (const int64_t columns : {1, 15, 127, 128, 129, 300}) {
        checkExact("columns", of(kE4M3, {.type = kF16, .rows = 3, .columns = columns, .heads = 1}));
    }
    for (const int64_t rows : {1, 65, 129}) {
        checkExact("rows", of(kE4M3, {.type = kF16, .rows = rows, .columns = 9, .heads = 1}));
    }
    for (const int64_t width : {16, 48, 96, 128}) {
        Attention a = of(kE4M3, {.type = kF16, .rows = 70, .columns = 170, .heads = 1, .width = width});
        a.value_width = width;
        checkExact("width", a);
        a.value_width = 144 - width;
        checkExact("another of the values", a);
        a.value_width = 5;
        checkExact("values of any layout", a);
    }
}

TEST_F(AttentionForwardFloat8Test, MasksAndWindows) {
    for (const int32_t mask :
         {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_TOP_LEFT, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        for (const auto& [left, right] : {std::pair(-1, -1), std::pair(37, -1), std::pair(130, 140)}) {
            for (const int64_t columns : {60, 330}) {
                checkExact("mask", of(kE4M3, {.type = kF16,
                                              .rows = 200,
                                              .columns = columns,
                                              .heads = 1,
                                              .mask = mask,
                                              .window_left = left,
                                              .window_right = right}));
            }
        }
    }
}

TEST_F(AttentionForwardFloat8Test, LengthsAndWhatLiesBehindThem) {
    Attention a = of(kE4M3, {.type = kF16, .batch = 3, .rows = 20, .columns = 270, .heads = 1, .width = 128});
    a.value_width = 128;
    a.q_lengths = {20, 3, 1};
    a.kv_lengths = {129, 5, 0};
    prepareExact(a);
    spoil(*q, 20 + 3, 40);
    for (Twin* operand : {k, v}) {
        spoil(*operand, 129, 270);
        spoil(*operand, 270 + 5, 540);
        spoil(*operand, 540, 810);
    }
    expectExact();
    const std::vector<char> results = onDevice(*out);
    EXPECT_FALSE(std::isnan(numberAt(results, kF16, 0)));
}

TEST_F(AttentionForwardFloat8Test, PackedSequences) {
    for (const int32_t mask : {OPTIRS_MASK_NONE, OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT}) {
        Attention a = of(kE5M2, {.type = kF16, .rows = 300, .columns = 300, .heads = 4, .kv_heads = 2});
        a.mask = mask;
        a.q_starts = a.kv_starts = {0, 1, 130, 130, 131, 258, 300};
        checkExact("as many rows as columns", a);
        a.columns = 200;
        a.kv_starts = {0, 150, 170, 171, 171, 199, 200};
        a.window_left = 30;
        checkExact("of their own, with a window", a);
        a.is_transposed = true;
        a.kv_lengths = {1, 20, 0, 0, 20, 1};
        checkExact("transposed, with lengths", a);
    }
    Attention a = of(kE4M3, {.type = kF16, .rows = 300, .columns = 300, .heads = 1});
    a.q_starts = a.kv_starts = {0, 100, 150, 300};
    prepareExact(a);
    for (Twin* operand : {q, k, v}) {
        spoil(*operand, 100, 150);
    }
    expectExact();
    const std::vector<char> results = onDevice(*lse);
    EXPECT_FALSE(std::isnan(numberAt(results, kF32, 99)));
    EXPECT_TRUE(std::isnan(numberAt(results, kF32, 100)));
    EXPECT_FALSE(std::isnan(numberAt(results, kF32, 150)));
}

/// The bound of docs/cuda-kernels.md.
TEST_F(AttentionForwardFloat8Test, ErrorOfRoundedProbabilities) {
    for (const double cap : {0.0, 2.0}) {
        for (const double scale : {0.1, 1.0, -0.2, 0.0}) {
            Attention a = of(kE4M3, {.type = kF16, .rows = 140, .columns = 300, .soft_cap = cap});
            a.scale = scale;
            prepare(a);
            forward();
            expectSame(*lse, 1e-5, 1e-5);
            // The same probabilities with magnitudes of the values.
            const std::vector<char> got = onDevice(*out);
            const std::vector<char> wanted = out->host;
            std::vector<char> magnitudes = v->host;
            std::vector<double> sums(static_cast<size_t>(a.value_width));  // over all columns
            for (size_t i = 0; i < magnitudes.size(); ++i) {
                magnitudes[i] = static_cast<char>(magnitudes[i] & 0x7f);
                sums[i % sums.size()] +=
                    static_cast<double>(numberAt(magnitudes, kE4M3, static_cast<int64_t>(i)));
            }
            v = &twin(kE4M3, v->shape, std::move(magnitudes));
            forward();
            double squares = 0;
            for (int64_t i = 0; i < out->count(); ++i) {
                const double error = std::abs(static_cast<double>(numberAt(got, kF16, i)) -
                                              static_cast<double>(numberAt(wanted, kF16, i)));
                const double weighted = static_cast<double>(numberAt(out->host, kF16, i));
                EXPECT_LE(error, 0x1p-4 * weighted + 0x1p-18 * sums[static_cast<size_t>(i % a.value_width)] +
                                     0x1p-9 * weighted)
                    << i;
                squares += error * error;
            }
            EXPECT_LE(std::sqrt(squares / static_cast<double>(out->count())), 0.012);
        }
    }
}

TEST_F(AttentionForwardFloat8Test, MixedTypesBecome16Bits) {
    for (const auto type : {kBF16, kF16}) {
        for (const auto& [of_q, of_k, of_v] :
             {std::tuple(kE5M2, kE4M3, kE5M2), std::tuple(type, kE4M3, kE5M2)}) {
            Attention a{.type = type, .q_type = of_q, .k_type = of_k, .v_type = of_v, .batch = 2};
            a.rows = 70;
            a.columns = 150;
            a.heads = 4;
            a.kv_heads = 2;
            checkDecoded("without scales", a);
            a.has_head_scales = true;
            a.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
            a.kv_lengths = {150, 33};
            a.soft_cap = 2;
            checkDecoded("with everything", a);
        }
    }
}

TEST_F(AttentionForwardFloat8Test, OtherLayoutsBecome16Bits) {
    for (const int64_t width : {1, 20, 256}) {
        Attention a = of(kE4M3, {.type = kBF16, .rows = 9, .columns = 43});
        a.width = a.value_width = width;
        checkDecoded("dense", a);
        a.is_transposed = true;
        checkDecoded("transposed", a);
        a.is_transposed = false;
        a.q_starts = {0, 4, 9};
        a.kv_starts = {0, 30, 43};
        checkDecoded("packed", a);
    }
}

TEST_F(AttentionForwardFloat8Test, ScalesOfAnySign) {
    for (const auto of_v : {kE4M3, kE5M2}) {
        Attention a = of(kE4M3, {.type = kBF16, .heads = 4});
        a.v_type = of_v;
        a.has_head_scales = true;
        control().reset();
        prepare(a);
        q_scale = &values(kF32, {4}, std::vector<float>{0x1p-12F, 1, 0, -0.5F});
        forward();
        const bool is_float8 = of_v.code == kE4M3.code;
        EXPECT_EQ(launched("attention_hopper_forward_e"), is_float8 ? 1 : 0);
        expectSame(*out, unitOf(a), is_float8 ? 0x1p-5 : unitOf(a));
        expectSame(*lse, 1e-5, 1e-5);
    }
}

}  // namespace
}  // namespace optirs::test
