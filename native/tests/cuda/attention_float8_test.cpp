// Attention of 8-bit floats, beside the CPU's and beside the same numbers in wider types.
#include <tuple>
#include <utility>
#include <vector>

#include "attention_twins.h"

namespace optirs::test {
namespace {

class Float8AttentionTest : public AttentionKernelTest {
 protected:
    /// The numbers of 8-bit elements as those of another type.
    Twin& decoded(const Twin& codes, optirs_dl_data_type type) {
        std::vector<char> bytes(bytesOf(type, codes.shape));
        for (int64_t i = 0; i < codes.count(); ++i) {
            const float number = numberAt(codes.host, codes.type, i);
            const auto put = [&](auto element) {
                std::memcpy(&bytes[static_cast<size_t>(i) * sizeof(element)], &element, sizeof(element));
            };
            if (type.bits == 32) {
                put(number);
            } else if (type.code == OPTIRS_DL_BFLOAT) {
                put(cuda::rounded<cuda::BF16>(number));
            } else {
                put(cuda::rounded<cuda::F16>(number));
            }
        }
        return twin(type, codes.shape, std::move(bytes));
    }
};

TEST_F(Float8AttentionTest, Types) {
    for (const auto type : {kF32, kBF16, kF16}) {
        for (const auto& [of_q, of_k, of_v, of_dout] :
             {std::tuple(type, kE4M3, kE4M3, type), std::tuple(type, kE5M2, type, kE5M2),
              std::tuple(type, type, kE4M3, kE4M3), std::tuple(kE4M3, kE4M3, kE5M2, kE5M2),
              std::tuple(kE5M2, kE4M3, kE5M2, type)}) {
            Attention a{.type = type, .q_type = of_q, .k_type = of_k, .v_type = of_v, .dout_type = of_dout};
            a.rows = 9;  // several tiles of each type: DecodesExactly
            a.columns = 43;
            a.heads = 4;
            a.kv_heads = 2;
            check("without scales", a);
            a.has_scale = true;
            check("a scale for each tensor", a);
            a.has_head_scales = true;
            check("a scale for each head", a);
        }
    }
}

TEST_F(Float8AttentionTest, WidthsAndStrides) {
    for (const int64_t width : {1, 20, 96, 160, 256}) {
        Attention a{.type = kBF16,
                    .q_type = kE4M3,
                    .k_type = kE4M3,
                    .v_type = kE4M3,
                    .dout_type = kE5M2,
                    .rows = 9,
                    .columns = 43,
                    .width = width,
                    .value_width = width};
        check("dense", a);
        a.is_transposed = true;
        a.type = kF32;
        check("transposed", a);
    }
}

TEST_F(Float8AttentionTest, WithEverythingElse) {
    Attention a{.type = kBF16, .q_type = kE4M3, .k_type = kE4M3, .v_type = kE4M3, .batch = 2, .heads = 4};
    a.dout_type = kE5M2;
    a.has_head_scales = true;
    a.soft_cap = 2;
    a.dropout = 0.2;
    a.has_bias = a.has_slopes = true;
    a.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
    a.kv_lengths = {50, 13};
    check("lengths, bias, cap, dropout", a);
    a = {.type = kF16, .k_type = kE5M2, .v_type = kE4M3, .rows = 80, .columns = 80, .has_scale = true};
    a.q_starts = a.kv_starts = {0, 3, 3, 70, 80};
    check("packed", a);
    a = {.type = kBF16, .k_type = kE4M3, .v_type = kE4M3, .rows = 5, .heads = 4, .kv_heads = 2};
    a.has_head_scales = true;
    checkPaged("16-bit queries, 8-bit pages", a);
    a.q_type = kE4M3;
    checkPaged("8-bit pages", a);
}

TEST_F(Float8AttentionTest, DecodesExactly) {
    for (const auto type : {kF32, kBF16, kF16}) {
        for (const auto narrow : {kE4M3, kE5M2}) {
            const Attention a{
                .type = type, .q_type = narrow, .k_type = narrow, .v_type = narrow, .dout_type = narrow};
            prepare(a);
            prepareGradients(a);
            std::vector<std::vector<char>> of_codes;
            for (const bool is_decoded : {false, true}) {
                if (is_decoded) {
                    for (Twin** operand : {&q, &k, &v, &dout}) {
                        *operand = &decoded(**operand, type);
                    }
                }
                forward();
                backward();
                std::vector<std::vector<char>> results;
                for (const Twin* result : {out, lse, dq, dk, dv}) {
                    results.push_back(onDevice(*result));
                }
                if (is_decoded) {
                    EXPECT_EQ(results, of_codes);
                }
                of_codes = std::move(results);
            }
        }
    }
}

/// A gradient of keys or values adds up heads whose scales have little in common.
TEST_F(Float8AttentionTest, ScalesOfAnySize) {
    for (const auto type : {kBF16, kF16}) {
        runDistantScales(type);
        expectGradients();
    }
}

}  // namespace
}  // namespace optirs::test
