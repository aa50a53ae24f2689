// Fusion must not change results: random integer programs, compiled whole and with every value returned,
// agree bit for bit.
#include <gtest/gtest.h>

#include <cstdlib>

#include "pjrt_cpu/ir/error.h"
#include "tests/plugin_codegen/random_program.h"
#include "tests/plugin_codegen/run_program.h"

namespace optirs::plugin::testing {
namespace {

TEST(Random, FusedEqualsUnfused) {
    const char* many = std::getenv("OPTIRS_RANDOM_PROGRAMS");
    const uint32_t count = many != nullptr ? static_cast<uint32_t>(std::atoi(many)) : 60;
    for (uint32_t seed = 0; seed < count; ++seed) {
        const RandomProgram program = makeRandomProgram(seed);
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + program.fused);
        std::vector<Bytes> arguments;
        int32_t number = 1;
        for (const int64_t size : program.argument_sizes) {
            std::vector<int32_t> values(static_cast<size_t>(size));
            for (int32_t& value : values) value = (number = number * 1103515245 + 12345) >> 20;
            arguments.push_back(Bytes::of(values));
        }
        try {
            const auto fused = run(program.fused, arguments);
            const auto unfused = run(program.unfused, arguments);
            ASSERT_EQ(fused.back().as<int32_t>(), unfused.back().as<int32_t>());
        } catch (const Error& error) {
            FAIL() << error.message();
        }
    }
}

}  // namespace
}  // namespace optirs::plugin::testing
