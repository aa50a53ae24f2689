#include "bounded_case.h"

#include <gtest/gtest.h>

#include "run_program.h"

namespace optirs::plugin::testing {
namespace {

std::vector<Bytes> argumentsOf(const Program& program, int32_t size) {
    std::vector<Bytes> arguments = {Bytes::of(std::vector<int32_t>{size})};
    for (size_t i = 1; i < program.arguments.size(); ++i) {
        std::vector<float> values;
        // Small whole numbers: every order of operations gives the same.
        for (int64_t k = 0; k < program.arguments[i].elementCount(); ++k)
            values.push_back(static_cast<float>((k * 7 + static_cast<int64_t>(i) * 3) % 11) - 4);
        arguments.push_back(Bytes::of(values));
    }
    return arguments;
}

}  // namespace

void expectTheSameAtEverySize(const BoundedCase& c) {
    const auto sized = compile(sizedProgram(c.parameters, c.results, c.body));
    for (int32_t n = c.least; n <= c.largest; ++n) {
        const auto fixed = compile(fixedProgram(c.parameters, c.results, c.body, n));
        ASSERT_TRUE(fixed->sized_outputs.empty()) << "the reference has bounds of its own";
        const auto got = runSized(*sized, argumentsOf(*sized, n));
        const auto wanted = runSized(*fixed, argumentsOf(*fixed, n));
        ASSERT_EQ(got.size(), wanted.size());
        for (size_t i = 0; i < got.size(); ++i) {
            EXPECT_EQ(got[i].dims, wanted[i].dims) << "size " << n << ", result " << i;
            EXPECT_EQ(got[i].data.as<float>(), wanted[i].data.as<float>())
                << "size " << n << ", result " << i;
        }
    }
}

}  // namespace optirs::plugin::testing
