// Programs whose arguments have shapes that are known when they are executed, through the C API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "device_grid.h"
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

// One program runs on all devices: shapes, and numbers that shapes come from, are the same on each.
TEST(DynamicShapes, DevicesTakeTheSameShapes) {
    Client client({{"device_count", 2}});
    PJRT_LoadedExecutable* twice = client.compile(kTwice, testing::gridOf(2, 1));
    PJRT_LoadedExecutable* counted = client.compile(R"(module @counted {
  func.func public @main(%n: tensor<1xi32>, %x: tensor<?xf32>) -> tensor<?xf32> {
    %y = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi32>) -> tensor<?xf32>
    return %y : tensor<?xf32>
  }
})",
                                                    testing::gridOf(2, 1));
    // Bits of i32, too.
    const auto on = [&](size_t device, const std::vector<float>& values,
                        PJRT_Buffer_Type type = PJRT_Buffer_Type_F32) {
        const auto count = static_cast<int64_t>(values.size());
        auto args = testing::arguments<PJRT_Client_BufferFromHostBuffer_Args>();
        args.client = client.client;
        args.data = values.data();
        args.type = type;
        args.dims = &count;
        args.num_dims = 1;
        args.device = client.devices()[device];
        args.host_buffer_semantics = PJRT_HostBufferSemantics_kImmutableOnlyDuringCall;
        EXPECT_EQ(testing::take(testing::api().PJRT_Client_BufferFromHostBuffer(&args)).message, "");
        Client::destroyEvent(args.done_with_host_buffer);
        return args.buffer;
    };
    const auto number = [&](size_t device, int32_t value) {
        return on(device, {std::bit_cast<float>(value)}, PJRT_Buffer_Type_S32);
    };
    std::vector<PJRT_Buffer*> x = {on(0, {1, 2}), on(1, {3, 4}), on(1, {5})};
    std::vector<PJRT_Buffer*> n = {number(0, 3), number(1, 3), number(1, 4)};
    auto result = execute(twice, {{x[0]}, {x[1]}}, 1);
    ASSERT_EQ(result.failure.message, "");
    EXPECT_EQ(testing::download<float>(result.outputs[1][0]), (std::vector<float>{3, 4, 3, 4}));
    for (const auto& outputs : result.outputs) testing::destroy(outputs[0]);
    result = execute(counted, {{n[0], x[0]}, {n[1], x[1]}}, 1);
    ASSERT_EQ(result.failure.message, "");
    EXPECT_EQ(testing::download<float>(result.outputs[1][0]), (std::vector<float>{0, 1, 2}));
    for (const auto& outputs : result.outputs) testing::destroy(outputs[0]);

    result = execute(twice, {{x[0]}, {x[2]}}, 1);
    EXPECT_EQ(result.failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
    EXPECT_THAT(result.failure.message, HasSubstr("argument 0 of program twice is f32[2] and f32[1] on"));
    result = execute(counted, {{n[0], x[0]}, {n[2], x[1]}}, 1);
    EXPECT_EQ(result.failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
    EXPECT_THAT(result.failure.message, HasSubstr("shapes of program counted depend on are not the same"));
    for (PJRT_Buffer* each : x) testing::destroy(each);
    for (PJRT_Buffer* each : n) testing::destroy(each);
    for (PJRT_LoadedExecutable* each : {twice, counted}) testing::destroy(each);
}

}  // namespace
}  // namespace optirs::plugin
