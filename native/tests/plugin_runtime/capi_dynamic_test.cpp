// Programs whose arguments have shapes that are known when they are executed, through the C API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::Client;
using testing::execute;
using ::testing::HasSubstr;

constexpr const char* kTwice = R"(module @twice {
  func.func public @main(%x: tensor<?xf32>) -> tensor<?xf32> {
    %y = stablehlo.concatenate %x, %x, dim = 0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    return %y : tensor<?xf32>
  }
})";

TEST(DynamicShapes, EachShapeHasItsProgram) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(kTwice);
    ASSERT_NE(program, nullptr);
    for (int round = 0; round < 3; ++round) {
        for (const std::vector<float>& values : {std::vector<float>{1}, {1, 2, 3}, {4, 5}}) {
            PJRT_Buffer* x = client.upload(values);
            auto result = execute(program, {{x}}, 1);
            ASSERT_EQ(result.failure.message, "");
            std::vector<float> twice = values;
            twice.insert(twice.end(), values.begin(), values.end());
            EXPECT_EQ(testing::download<float>(result.outputs[0][0]), twice);
            testing::destroy(result.outputs[0][0]);
            testing::destroy(x);
        }
    }
    testing::destroy(program);
}

TEST(DynamicShapes, ArgumentsOfAnotherNumberAreRefused) {
    Client client;
    PJRT_LoadedExecutable* program = client.compile(kTwice);
    PJRT_Buffer* x = client.upload({1, 2});
    const auto result = execute(program, {{x, x}}, 1);
    EXPECT_THAT(result.failure.message, HasSubstr("takes 1 arguments, not 2"));
    testing::destroy(x);
    testing::destroy(program);
}

}  // namespace
}  // namespace optirs::plugin
