#include "pjrt_cpu/runtime/custom_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pjrt_cpu/ir/error.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

TEST(CustomCall, RunsARegisteredTarget) {
    CustomCallRegistry& registry = CustomCallRegistry::instance();
    registry.add("test.scale", [](const CustomCallArguments& arguments) {
        const float factor = std::stof(std::string(arguments.backend_config));
        const auto* in = reinterpret_cast<const float*>(arguments.operands[0].data);
        auto* out = reinterpret_cast<float*>(arguments.results[0].data);
        for (int64_t i = 0; i < arguments.operands[0].type->elementCount(); ++i) out[i] = factor * in[i];
    });
    EXPECT_THROW(registry.add("test.scale", {}), Error);
    const TensorType type(ElementType::kF32, {3});
    std::vector<float> in = {1, 2, 3}, out(3);
    testing::runStep(*makeCustomCallStep({"test.scale", "2.5", "", {}, {type}, {0}, {type}, {1}}),
                     {testing::bytes(in), testing::bytes(out)});
    EXPECT_EQ(out, (std::vector<float>{2.5F, 5.0F, 7.5F}));
}

TEST(CustomCall, UnknownTargetIsUnimplementedAndLists) {
    CustomCallRegistry::instance().add("test.known", [](const CustomCallArguments&) {});
    try {
        makeCustomCallStep({"test.unknown", "", "", {}, {}, {}, {}, {}});
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kUnimplemented);
        EXPECT_THAT(error.message(), ::testing::HasSubstr("test.unknown"));
        EXPECT_THAT(error.message(), ::testing::HasSubstr("test.known"));
    }
}

}  // namespace
}  // namespace optirs::plugin
