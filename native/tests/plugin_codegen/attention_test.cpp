// Attention against sums in double: forward, backward, masked, from operands in any layout; the scores never
// are in memory.
#include <gtest/gtest.h>

#include <string>

#include "pjrt_cpu/codegen/plan/recompute_scores.h"
#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/runtime/half.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "tests/plugin_codegen/attention_program.h"

namespace optirs::plugin::testing {
namespace {

struct Setting {
    bool narrow;
    Mask mask;
    bool backward, dependent;
};

class Attention : public ::testing::TestWithParam<Setting> {};

TEST_P(Attention, AgreesWithSumsInDouble) {
    const Setting setting = GetParam();
    const auto program = compile(
        attention(setting.narrow ? "bf16" : "f32", setting.mask, setting.backward, setting.dependent));
    const Inputs inputs = makeInputs(setting.narrow);
    const auto results = run(*program, inputs.bytes);
    const auto expected = reference(inputs.numbers, setting.mask, setting.dependent);
    for (size_t i = 0; i < results.size(); ++i) {
        std::vector<float> values;
        if (setting.narrow) {
            for (const uint16_t bits : results[i].as<uint16_t>()) values.push_back(bf16ToFloat(bits));
        } else {
            values = results[i].as<float>();
        }
        ASSERT_EQ(values.size(), expected[i].size());
        for (size_t j = 0; j < values.size(); ++j)
            ASSERT_NEAR(values[j], expected[i][j], setting.narrow ? 0.04 : 2e-5) << i << " " << j;
    }
    // The same bits on any number of threads.
    const auto again = run(*program, inputs.bytes, 1);
    for (size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].as<uint8_t>(), again[i].as<uint8_t>());
    EXPECT_LT(program->arena_bytes,
              static_cast<int64_t>(kHeads * kRows * kColumns * (setting.narrow ? 2 : 4)));
    const std::string steps = describe(*program);
    EXPECT_NE(steps.find("row tiles"), std::string::npos) << steps;
    const char* zeros = setting.mask == Mask::kCausal ? "zeros from column r + 1" : "zeros from column r + 3";
    EXPECT_EQ(steps.find(zeros) != std::string::npos, setting.mask != Mask::kNone) << steps;
}

INSTANTIATE_TEST_SUITE_P(
    All, Attention,
    ::testing::Values(Setting{false, Mask::kNone, false, false}, Setting{false, Mask::kCausal, false, false},
                      Setting{false, Mask::kShifted, false, false}, Setting{false, Mask::kNone, true, false},
                      Setting{false, Mask::kCausal, true, false}, Setting{false, Mask::kCausal, true, true},
                      Setting{true, Mask::kNone, true, false}, Setting{true, Mask::kShifted, true, true}));

TEST(RecomputeScores, ClonesWhatLateUsesNeed) {
    const auto count = [](const Module& module, OpKind kind) {
        size_t found = 0;
        for (const Operation& op : module.entry().body()) found += op.kind() == kind ? 1 : 0;
        return found;
    };
    const auto independent = parseModule(attention("f32", Mask::kCausal, true, false));
    EXPECT_FALSE(recomputeScores(independent->entry()));
    const auto dependent = parseModule(attention("f32", Mask::kCausal, true, true));
    EXPECT_TRUE(recomputeScores(dependent->entry()));
    verify(*dependent);
    // One product and one exponential more; the reductions are not repeated.
    EXPECT_EQ(count(*dependent, OpKind::kDotGeneral), count(*independent, OpKind::kDotGeneral) + 1);
    EXPECT_EQ(count(*dependent, OpKind::kExponential), 2U);
    EXPECT_EQ(count(*dependent, OpKind::kReduce), count(*independent, OpKind::kReduce));
    EXPECT_FALSE(recomputeScores(dependent->entry()));
}

}  // namespace
}  // namespace optirs::plugin::testing