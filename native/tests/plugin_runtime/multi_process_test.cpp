// Two processes with two devices each form one client; what they compute is what four devices of one process
// do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "plugin.h"

namespace optirs::plugin {
namespace {

namespace fs = std::filesystem;
using testing::api;
using testing::arguments;
using testing::Client;
using testing::download;
using testing::execute;
using testing::Executed;
using testing::Failure;
using ::testing::HasSubstr;
using testing::take;

/// Serialized CompileOptionsProto: 4 replicas.
const char kFourReplicas[] = "\x1a\x02\x20\x04";

const char* const kProgram = R"(
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<16xf32>, tensor<4xf32>) {
  %r = "stablehlo.all_reduce"(%x) ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %s = stablehlo.add %a, %b : tensor<f32>
      stablehlo.return %s : tensor<f32>
  }) {replica_groups = dense<[[2, 0, 3, 1]]> : tensor<1x4xi64>} : (tensor<4xf32>) -> tensor<4xf32>
  %g = "stablehlo.all_gather"(%r) {all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>}
      : (tensor<4xf32>) -> tensor<16xf32>
  %p = "stablehlo.collective_permute"(%x) {source_target_pairs = dense<[[0, 1], [1, 2], [2, 3], [3, 0]]> : tensor<4x2xi64>}
      : (tensor<4xf32>) -> tensor<4xf32>
  return %r, %g, %p : tensor<4xf32>, tensor<16xf32>, tensor<4xf32>
})";

/// Serialized CompileOptionsProto: 4 partitions.
const char kFourPartitions[] = "\x1a\x04\x20\x01\x28\x04";

/// A ring by messages, and the same by a permutation.
const char* const kRing = R"(
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %t = stablehlo.create_token : !stablehlo.token
  %sent = "stablehlo.send"(%x, %t) {channel_handle = #stablehlo.channel_handle<handle = 7, type = 1>,
      source_target_pairs = dense<[[0, 1], [1, 2], [2, 3], [3, 0]]> : tensor<4x2xi64>}
      : (tensor<4xf32>, !stablehlo.token) -> !stablehlo.token
  %m:2 = "stablehlo.recv"(%sent) {channel_handle = #stablehlo.channel_handle<handle = 7, type = 1>,
      source_target_pairs = dense<[[0, 1], [1, 2], [2, 3], [3, 0]]> : tensor<4x2xi64>}
      : (!stablehlo.token) -> (tensor<4xf32>, !stablehlo.token)
  %p = "stablehlo.collective_permute"(%x) {channel_handle = #stablehlo.channel_handle<handle = 8, type = 1>,
      source_target_pairs = dense<[[0, 1], [1, 2], [2, 3], [3, 0]]> : tensor<4x2xi64>} : (tensor<4xf32>) -> tensor<4xf32>
  return %m#0, %p : tensor<4xf32>, tensor<4xf32>
})";

/// A store in a folder: a file for each key, put there in one go.
struct FolderStore {
    fs::path folder;

    fs::path fileOf(const char* key, size_t size) const {
        std::string name;
        for (const unsigned char c : std::string_view(key, size)) name += std::to_string(c) + "_";
        return folder / name;
    }

    static PJRT_Error* put(PJRT_KeyValuePutCallback_Args* args) {
        const auto& store = *static_cast<FolderStore*>(args->user_arg);
        const fs::path file = store.fileOf(args->key, args->key_size);
        const fs::path partial = file.string() + "." + std::to_string(getpid());
        std::ofstream(partial, std::ios::binary)
            .write(args->value, static_cast<std::streamsize>(args->value_size));
        fs::rename(partial, file);
        return nullptr;
    }

    static PJRT_Error* get(PJRT_KeyValueGetCallback_Args* args) {
        const auto& store = *static_cast<FolderStore*>(args->user_arg);
        const fs::path file = store.fileOf(args->key, args->key_size);
        const int watch = inotify_init1(IN_NONBLOCK);
        inotify_add_watch(watch, store.folder.c_str(), IN_MOVED_TO);
        while (!fs::exists(file)) {
            pollfd changed{watch, POLLIN, 0};
            if (poll(&changed, 1, args->timeout_in_ms) <= 0) {
                close(watch);
                return (*args->callback_error)(PJRT_Error_Code_DEADLINE_EXCEEDED, "no such key", 11);
            }
            char events[4096];
            while (read(watch, events, sizeof events) > 0) continue;
        }
        close(watch);
        std::stringstream content;
        content << std::ifstream(file, std::ios::binary).rdbuf();
        const std::string value = content.str();
        args->value = static_cast<char*>(std::malloc(value.size() + 1));
        std::memcpy(args->value, value.data(), value.size());
        args->value_size = value.size();
        args->value_deleter_callback = [](char* memory) { std::free(memory); };
        return nullptr;
    }
};

std::vector<float> inputOf(int device) {
    // Sums of these depend on the order.
    return {1e8F * static_cast<float>(device % 2 == 0 ? 1 : -1), 0.1F * static_cast<float>(device + 1),
            static_cast<float>(device), 3.0F};
}

/// Runs a program on the client's own devices; gives all outputs in the order of devices.
std::vector<float> runProgram(const Client& client, const std::vector<int>& devices, const char* program,
                              const std::string& options, size_t outputs) {
    PJRT_LoadedExecutable* executable = client.compile(program, options);
    std::vector<float> values;
    for (int round = 0; round < 3; ++round) {
        std::vector<std::vector<PJRT_Buffer*>> lists;
        for (const int device : devices)
            lists.push_back({client.upload(inputOf(device), client.devices()[static_cast<size_t>(device)])});
        const Executed run = execute(executable, lists, outputs);
        EXPECT_EQ(run.failure.message, "");
        for (size_t d = 0; d < devices.size(); ++d) {
            EXPECT_EQ(run.completions[d].message, "");
            for (PJRT_Buffer* output : run.outputs[d]) {
                for (const float value : download<float>(output)) values.push_back(value);
                testing::destroy(output);
            }
            testing::destroy(lists[d][0]);
        }
    }
    testing::destroy(executable);
    return values;
}

/// The ring of messages is checked, the results of the other program are given back.
std::vector<float> runPrograms(const Client& client, const std::vector<int>& devices) {
    const std::vector<float> ring = runProgram(client, devices, kRing, std::string(kFourPartitions, 6), 2);
    EXPECT_EQ(ring.size(), 3 * 8 * devices.size());
    for (size_t at = 0; at < ring.size(); at += 8)
        EXPECT_EQ(std::memcmp(&ring[at], &ring[at + 4], 4 * sizeof(float)), 0) << at;
    return runProgram(client, devices, kProgram, std::string(kFourReplicas, 4), 3);
}

Failure connect(Client& client, FolderStore& store, int64_t node, int64_t nodes) {
    client.destroy();
    std::vector<PJRT_NamedValue> options;
    for (const auto& [name, value] :
         {std::pair<const char*, int64_t>{"device_count", 2}, {"node_id", node}, {"num_nodes", nodes}}) {
        auto option = arguments<PJRT_NamedValue>();
        option.name = name;
        option.name_size = std::strlen(name);
        option.type = PJRT_NamedValue_kInt64;
        option.int64_value = value;
        option.value_size = 1;
        options.push_back(option);
    }
    auto args = arguments<PJRT_Client_Create_Args>();
    args.create_options = options.data();
    args.num_options = options.size();
    args.kv_get_callback = FolderStore::get;
    args.kv_get_user_arg = &store;
    args.kv_put_callback = FolderStore::put;
    args.kv_put_user_arg = &store;
    const Failure failure = take(api().PJRT_Client_Create(&args));
    client.client = args.client;
    return failure;
}

/// What one of the two processes does.
void work(int node) {
    FolderStore store{std::getenv("OPTIRS_TEST_FOLDER")};
    Client client;
    ASSERT_EQ(connect(client, store, node, 2).message, "");
    ASSERT_EQ(client.devices().size(), 4U);
    auto local = arguments<PJRT_Client_AddressableDevices_Args>();
    local.client = client.client;
    OPTIRS_OK(api().PJRT_Client_AddressableDevices(&local));
    ASSERT_EQ(local.num_addressable_devices, 2U);
    for (size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(local.addressable_devices[i], client.devices()[static_cast<size_t>(node) * 2 + i]);
        auto description = arguments<PJRT_Device_GetDescription_Args>();
        description.device = local.addressable_devices[i];
        OPTIRS_OK(api().PJRT_Device_GetDescription(&description));
        auto process = arguments<PJRT_DeviceDescription_ProcessIndex_Args>();
        process.device_description = description.device_description;
        OPTIRS_OK(api().PJRT_DeviceDescription_ProcessIndex(&process));
        EXPECT_EQ(process.process_index, node);
    }
    const std::vector<float> values = runPrograms(client, {2 * node, 2 * node + 1});
    std::ofstream(store.folder / ("result" + std::to_string(node)), std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
}

std::vector<float> readResult(const fs::path& file) {
    std::stringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    const std::string bytes = content.str();
    std::vector<float> values(bytes.size() / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

TEST(MultiProcess, TwoProcessesGiveTheBitsOfOne) {
#ifndef OPTIRS_HAS_GLOO
    GTEST_SKIP() << "built without libgloo";
#endif
    // Each worker is this program again, at this test.
    if (const char* node = std::getenv("OPTIRS_TEST_NODE")) return work(std::atoi(node));
    std::string folder = (fs::temp_directory_path() / "optirs_processes_XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    pid_t workers[2];
    setenv("OPTIRS_TEST_FOLDER", folder.c_str(), 1);
    for (int node = 0; node < 2; ++node) {
        setenv("OPTIRS_TEST_NODE", std::to_string(node).c_str(), 1);
        char name[] = "worker";
        char filter[] = "--gtest_filter=MultiProcess.TwoProcessesGiveTheBitsOfOne";
        char* const arguments[] = {name, filter, nullptr};
        ASSERT_EQ(posix_spawn(&workers[node], "/proc/self/exe", nullptr, nullptr, arguments, environ), 0);
    }
    unsetenv("OPTIRS_TEST_NODE");
    unsetenv("OPTIRS_TEST_FOLDER");
    for (const pid_t worker : workers) {
        int status = 0;
        ASSERT_EQ(waitpid(worker, &status, 0), worker);
        EXPECT_EQ(status, 0);
    }
    Client one({{"device_count", 4}});
    const std::vector<float> first = runPrograms(one, {0, 1, 2, 3});
    // By device; each round gives 24 numbers a device.
    std::vector<std::vector<float>> expected(2);
    for (size_t i = 0; i < first.size(); ++i) expected[i / 24 % 4 / 2].push_back(first[i]);
    for (size_t node = 0; node < 2; ++node) {
        const std::vector<float> got = readResult(fs::path(folder) / ("result" + std::to_string(node)));
        ASSERT_EQ(got.size(), expected[node].size());
        EXPECT_EQ(std::memcmp(got.data(), expected[node].data(), got.size() * sizeof(float)), 0);
    }
    fs::remove_all(folder);
}

TEST(MultiProcess, NeedsTheKeyValueCallbacks) {
    const Client client({{"device_count", 2}, {"num_nodes", 2}, {"node_id", 1}});
    EXPECT_THAT(client.failure.message, HasSubstr("kv_get_callback"));
    EXPECT_THAT(Client({{"num_nodes", 2}, {"node_id", 2}}).failure.message, HasSubstr("node_id"));
}

}  // namespace
}  // namespace optirs::plugin
