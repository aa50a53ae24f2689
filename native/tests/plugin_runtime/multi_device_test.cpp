// Several devices through the C API: collectives, launches from many threads, failures, partitions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "device_grid.h"
#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::Client;
using testing::download;
using ::testing::ElementsAre;
using testing::execute;
using testing::Executed;
using testing::Failure;
using testing::gridOf;
using ::testing::HasSubstr;
using testing::kSum;

std::vector<std::vector<PJRT_Buffer*>> uploadEach(const Client& client, int count) {
    std::vector<std::vector<PJRT_Buffer*>> lists;
    const auto devices = client.devices();
    for (int i = 0; i < count; ++i) {
        const auto value = static_cast<float>(i + 1);
        lists.push_back({client.upload({value, 2 * value, 3 * value, 0}, devices[static_cast<size_t>(i)])});
    }
    return lists;
}

void destroyAll(const std::vector<std::vector<PJRT_Buffer*>>& lists) {
    for (const auto& list : lists) {
        for (PJRT_Buffer* buffer : list) testing::destroy(buffer);
    }
}

TEST(MultiDevice, AllReduceOn256Devices) {
    Client client({{"device_count", 256}});
    PJRT_LoadedExecutable* executable = client.compile(kSum, gridOf(256, 1));
    const auto inputs = uploadEach(client, 256);
    const Executed run = execute(executable, inputs, 1);
    ASSERT_EQ(run.failure.message, "");
    const float sum = 256 * 257 / 2;
    for (size_t i = 0; i < 256; ++i) {
        EXPECT_EQ(run.completions[i].message, "");
        EXPECT_THAT(download<float>(run.outputs[i][0]), ElementsAre(sum, 2 * sum, 3 * sum, 0));
    }
    destroyAll(inputs);
    destroyAll(run.outputs);
    testing::destroy(executable);
}

TEST(MultiDevice, LaunchesFromManyThreadsDoNotMixOrLock) {
    Client client({{"device_count", 4}});
    PJRT_LoadedExecutable* all = client.compile(kSum, gridOf(4, 1));
    PJRT_LoadedExecutable* two = client.compile(kSum, gridOf(2, 1));
    const auto inputs = uploadEach(client, 4);
    const std::vector<std::vector<PJRT_Buffer*>> first_two(inputs.begin(), inputs.begin() + 2);
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t) {
        threads.emplace_back([&, t] {
            for (int round = 0; round < 15; ++round) {
                const bool small = (t + round) % 2 == 0;
                const Executed run = small ? execute(two, first_two, 1) : execute(all, inputs, 1);
                const float sum = small ? 3 : 10;
                for (const auto& outputs : run.outputs)
                    EXPECT_THAT(download<float>(outputs[0]), ElementsAre(sum, 2 * sum, 3 * sum, 0));
                destroyAll(run.outputs);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    destroyAll(inputs);
    testing::destroy(all);
    testing::destroy(two);
}

TEST(MultiDevice, DevicesThatDisagreeAllFailAndAreNamed) {
    const std::string text = R"(
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %id = stablehlo.replica_id : tensor<ui32>
  %one = stablehlo.constant dense<1> : tensor<ui32>
  %p = stablehlo.compare EQ, %id, %one : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
  %r = "stablehlo.if"(%p) ({
    stablehlo.return %x : tensor<4xf32>
  }, {
    %g = "stablehlo.collective_broadcast"(%x) {replica_groups = dense<[[0, 1, 2]]> : tensor<1x3xi64>}
        : (tensor<4xf32>) -> tensor<4xf32>
    stablehlo.return %g : tensor<4xf32>
  }) : (tensor<i1>) -> tensor<4xf32>
  return %r : tensor<4xf32>
})";
    Client client({{"device_count", 3}});
    PJRT_LoadedExecutable* executable = client.compile(text, gridOf(3, 1));
    const auto inputs = uploadEach(client, 3);
    const Executed run = execute(executable, inputs, 1);
    for (const size_t i : {0, 2}) {
        EXPECT_EQ(run.completions[i].code, PJRT_Error_Code_FAILED_PRECONDITION);
        EXPECT_THAT(run.completions[i].message, HasSubstr("at stablehlo.collective_broadcast"));
        EXPECT_THAT(run.completions[i].message, HasSubstr("device 1 (replica 1, partition 0): ended"));
        Failure failure;
        download<float>(run.outputs[i][0], &failure);
        EXPECT_EQ(failure.code, PJRT_Error_Code_FAILED_PRECONDITION);
    }
    EXPECT_EQ(run.completions[1].message, "");
    // The devices are as good as before.
    PJRT_LoadedExecutable* sum = client.compile(kSum, gridOf(3, 1));
    const Executed again = execute(sum, inputs, 1);
    EXPECT_THAT(download<float>(again.outputs[2][0]), ElementsAre(6, 12, 18, 0));
    destroyAll(inputs);
    destroyAll(run.outputs);
    destroyAll(again.outputs);
    testing::destroy(executable);
    testing::destroy(sum);
}

TEST(MultiDevice, OneDeviceOutOfMemoryFailsTheOthersAtOnce) {
    // Only the device that holds a large buffer already has no room for the temporaries.
    const std::string text = R"(
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = stablehlo.broadcast_in_dim %x, dims = [0] : (tensor<4xf32>) -> tensor<4x65536xf32>
  %g = "stablehlo.all_gather"(%w) {all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}
      : (tensor<4x65536xf32>) -> tensor<8x65536xf32>
  %s = stablehlo.slice %g [0:4, 3:4] : (tensor<8x65536xf32>) -> tensor<4x1xf32>
  %r = stablehlo.reshape %s : (tensor<4x1xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
})";
    Client client({{"device_count", 2}, {"memory_limit_bytes", 8 << 20}});
    PJRT_LoadedExecutable* executable = client.compile(text, gridOf(2, 1));
    const auto inputs = uploadEach(client, 2);
    PJRT_Buffer* large = client.upload(std::vector<float>(3 << 19), client.devices()[1]);
    const Executed run = execute(executable, inputs, 1);
    EXPECT_EQ(run.completions[1].code, PJRT_Error_Code_RESOURCE_EXHAUSTED) << run.completions[1].message;
    EXPECT_EQ(run.completions[0].code, PJRT_Error_Code_ABORTED) << run.completions[0].message;
    EXPECT_THAT(run.completions[0].message, HasSubstr("device 1 (replica 1, partition 0) failed"));
    destroyAll(inputs);
    destroyAll(run.outputs);
    testing::destroy(large);
    testing::destroy(executable);
}

TEST(MultiDevice, PartitionsHoldShardsOfArgumentsAndResults) {
    const std::string text = R"(
func.func @main(%a: tensor<8xf32> {mhlo.sharding = "{devices=[2]<=[2]}"}) -> (tensor<8xf32> {mhlo.sharding = "{devices=[2]<=[2]}"}) {
  %r = stablehlo.reverse %a, dims = [0] : tensor<8xf32>
  %s = stablehlo.add %r, %a : tensor<8xf32>
  return %s : tensor<8xf32>
})";
    Client client({{"device_count", 2}});
    PJRT_LoadedExecutable* executable = client.compile(text, gridOf(1, 2));
    const auto devices = client.devices();
    const std::vector<std::vector<PJRT_Buffer*>> inputs = {{client.upload({1, 2, 3, 4}, devices[0])},
                                                           {client.upload({50, 60, 70, 80}, devices[1])}};
    const Executed run = execute(executable, inputs, 1);
    ASSERT_EQ(run.failure.message, "");
    EXPECT_THAT(download<float>(run.outputs[0][0]), ElementsAre(81, 72, 63, 54));
    EXPECT_THAT(download<float>(run.outputs[1][0]), ElementsAre(54, 63, 72, 81));
    destroyAll(inputs);
    destroyAll(run.outputs);
    testing::destroy(executable);
}

}  // namespace
}  // namespace optirs::plugin
