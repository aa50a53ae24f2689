// Fusion must not change results: random integer programs, compiled whole and with every value returned,
// agree bit for bit.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/plugin_codegen/random_program.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

uint32_t programCount() {
    const char* many = std::getenv("OPTIRS_RANDOM_PROGRAMS");
    return many != nullptr ? static_cast<uint32_t>(std::atoi(many)) : 40;
}

/// Fresh ones for each run: donated arguments are written to.
std::vector<Bytes> argumentsOf(const RandomProgram& program) {
    std::vector<Bytes> arguments;
    uint32_t number = 1;
    for (const int64_t size : program.argument_sizes) {
        std::vector<int32_t> values(static_cast<size_t>(size));
        for (int32_t& value : values) {
            number = number * 1103515245u + 12345u;
            value = static_cast<int32_t>(number) >> 20;
        }
        arguments.push_back(Bytes::of(values));
    }
    return arguments;
}

void expectEqual(const std::vector<Bytes>& got, const std::vector<Bytes>& want) {
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i)
        ASSERT_EQ(got[i].as<int32_t>(), want[i].as<int32_t>()) << "output " << i;
}

TEST(Random, FusedEqualsUnfused) {
    for (uint32_t seed = 0; seed < programCount(); ++seed) {
        const RandomProgram program = makeRandomProgram(seed);
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + program.fused);
        const auto fused = run(program.fused, argumentsOf(program));
        const auto unfused = run(program.unfused, argumentsOf(program));
        ASSERT_EQ(fused.back().as<int32_t>(), unfused.back().as<int32_t>());
    }
}

TEST(Random, DonationChangesNothing) {
    for (uint32_t seed = 0; seed < programCount(); ++seed) {
        const RandomProgram program = makeRandomProgram(seed);
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + program.donated);
        expectEqual(run(program.donated, argumentsOf(program)), run(program.step, argumentsOf(program)));
        if (HasFatalFailure()) return;
    }
}

TEST(Random, LoopEqualsRepeatedCalls) {
    for (uint32_t seed = 0; seed < programCount(); ++seed) {
        const RandomProgram program = makeRandomProgram(seed);
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + program.loop);
        const auto step = compile(program.step);
        auto values = argumentsOf(program);
        for (int i = 0; i < 3; ++i) values = run(*step, values);
        expectEqual(run(program.loop, argumentsOf(program)), values);
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
