// Random programs, compiled, against the reference evaluator. `random_programs COUNT [FIRST]` runs as many as
// wanted.
#include <gtest/gtest.h>

#include "tests/plugin_codegen/random_evaluation.h"

namespace optirs::plugin::testing {
namespace {

TEST(RandomEvaluation, CompiledProgramsGiveWhatTheReferenceGives) {
    for (uint64_t seed = 0; seed < 60; ++seed) ASSERT_EQ(compareRandomProgram(seed), "");
}

}  // namespace
}  // namespace optirs::plugin::testing
