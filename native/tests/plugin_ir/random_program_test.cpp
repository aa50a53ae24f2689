// Random programs compute the same before and after the passes, bit for bit.
#include <gtest/gtest.h>

#include "pjrt_cpu/ir/printer.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/stablehlo/parser.h"
#include "pjrt_cpu/stablehlo/verify.h"
#include "random_module.h"

namespace optirs::plugin::testing {
namespace {

TEST(RandomPrograms, PassesKeepResults) {
    for (uint64_t seed = 0; seed < 300; ++seed) {
        const auto module = makeRandomModule(seed);
        verify(*module);
        const std::string before = print(*module);
        const auto arguments = makeRandomArguments(seed);
        const auto expected = interpret(module->entry(), arguments);
        runPasses(*module);
        verify(*module);
        const auto got = interpret(module->entry(), arguments);
        ASSERT_EQ(got.size(), expected.size());
        for (size_t i = 0; i < got.size(); ++i) {
            ASSERT_EQ(got[i].integers, expected[i].integers) << "seed " << seed << "\n"
                                                             << before << print(*module);
            for (size_t k = 0; k < got[i].reals.size(); ++k) {
                ASSERT_TRUE(sameNumber(got[i].reals[k], expected[i].reals[k]))
                    << "seed " << seed << " result " << i << " element " << k << ": " << got[i].reals[k]
                    << " for " << expected[i].reals[k] << "\n"
                    << before << print(*module);
            }
        }
        const auto again = parseModule(print(*module));
        ASSERT_EQ(print(*again), print(*module));
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
