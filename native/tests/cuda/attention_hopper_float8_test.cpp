// Attention of 8-bit floats on Hopper, which become numbers of 16 bits first.
#include <tuple>

#include "attention_hopper_twins.h"

namespace optirs::test {
namespace {

TEST_F(AttentionHopperTest, Float8) {
    for (const auto type : {kBF16, kF16}) {
        for (const auto& [of_q, of_k, of_v] :
             {std::tuple(kE4M3, kE4M3, kE4M3), std::tuple(kE5M2, kE4M3, kE5M2),
              std::tuple(type, kE4M3, kE5M2)}) {
            Attention a{.type = type, .q_type = of_q, .k_type = of_k, .v_type = of_v, .batch = 2};
            a.rows = 70;
            a.columns = 150;
            a.heads = 4;
            a.kv_heads = 2;
            check("without scales", a);
            a.has_scale = true;
            check("a scale for each tensor", a);
            a.has_head_scales = true;
            a.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
            check("a scale for each head", a);
            a.kv_lengths = {150, 33};
            a.soft_cap = 2;
            check("lengths and cap", a);
        }
    }
}

TEST_F(AttentionHopperTest, Float8WidthsAndStrides) {
    for (const int64_t width : {1, 20, 96, 256}) {
        Attention a{
            .type = kBF16, .q_type = kE4M3, .k_type = kE4M3, .v_type = kE4M3, .rows = 9, .columns = 43};
        a.width = a.value_width = width;
        check("dense", a);
        a.is_transposed = true;
        check("transposed", a);
        a.is_transposed = false;
        a.q_starts = {0, 4, 9};
        a.kv_starts = {0, 30, 43};
        check("packed", a);
    }
}

TEST_F(AttentionHopperTest, Float8ScalesOfAnySign) {
    Attention a{.type = kBF16, .q_type = kE4M3, .k_type = kE4M3, .v_type = kE4M3, .heads = 4};
    a.has_head_scales = true;
    control().reset();
    prepare(a);
    q_scale = &values(kF32, {4}, std::vector<float>{0x1p-12F, 1, 0, -0.5F});
    checkPrepared();
    EXPECT_TRUE(tookHopper());
}

}  // namespace
}  // namespace optirs::test
