// Transfers between programs and the host through the callbacks of an execution.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "device_grid.h"
#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::await;
using testing::Client;
using testing::download;
using ::testing::ElementsAre;
using testing::Failure;
using ::testing::HasSubstr;

std::vector<float> floatsOf(const void* data, size_t bytes) {
    std::vector<float> values(bytes / sizeof(float));
    if (bytes > 0) std::memcpy(values.data(), data, bytes);
    return values;
}

/// Counts the chunks that the plugin has released.
int released_chunks = 0;

Failure addChunk(PJRT_CopyToDeviceStream* stream, const std::vector<float>& values) {
    auto* data = new std::vector<float>(values);
    PJRT_Chunk chunk{};
    chunk.data = data->data();
    chunk.size = data->size() * sizeof(float);
    chunk.deleter_arg = data;
    chunk.deleter = [](void*, void* kept) {
        delete static_cast<std::vector<float>*>(kept);
        ++released_chunks;
    };
    auto args = testing::arguments<PJRT_CopyToDeviceStream_AddChunk_Args>();
    args.stream = stream;
    args.chunk = &chunk;
    const Failure failure = testing::take(testing::api().PJRT_CopyToDeviceStream_AddChunk(&args));
    if (args.transfer_complete != nullptr) {
        EXPECT_EQ(await(args.transfer_complete).message, "");
    }
    return failure;
}

void destroyStream(PJRT_CopyToDeviceStream* stream) {
    auto args = testing::arguments<PJRT_CopyToDeviceStream_Destroy_Args>();
    args.stream = stream;
    testing::take(testing::api().PJRT_CopyToDeviceStream_Destroy(&args));
}

/// The host's end of one device.
struct Host {
    struct Chunk {
        std::vector<float> values;
        size_t total;
        bool done;
    };
    std::vector<Chunk> sent;
    /// What each recv is given, chunk by chunk.
    std::vector<std::vector<std::vector<float>>> gives;
    size_t given = 0;
    /// The answer of the send callback; empty: success.
    std::string answer;
    std::vector<Failure> refused;
    std::thread filler;
    bool on_another_thread = false;

    ~Host() {
        if (filler.joinable()) filler.join();
    }

    static PJRT_Error* send(PJRT_Chunk* chunk, PJRT_CallbackError* make_error, size_t total, bool done,
                            void* arg) {
        auto& host = *static_cast<Host*>(arg);
        host.sent.push_back({floatsOf(chunk->data, chunk->size), total, done});
        chunk->deleter(chunk->data, chunk->deleter_arg);
        if (host.answer.empty()) return nullptr;
        return (*make_error)(PJRT_Error_Code_DATA_LOSS, host.answer.data(), host.answer.size());
    }

    static void receive(PJRT_CopyToDeviceStream* stream, void* arg) {
        auto& host = *static_cast<Host*>(arg);
        std::vector<std::vector<float>> chunks;
        if (host.given < host.gives.size()) chunks = host.gives[host.given++];
        const auto fill = [&host, stream, chunks] {
            for (const auto& chunk : chunks) {
                const Failure failure = addChunk(stream, chunk);
                if (failure.code != PJRT_Error_Code_OK) host.refused.push_back(failure);
            }
            destroyStream(stream);
        };
        if (host.on_another_thread) {
            if (host.filler.joinable()) host.filler.join();
            host.filler = std::thread(fill);
        } else {
            fill();
        }
    }
};

struct Outcome {
    Failure call;
    std::vector<Failure> completions;
    std::vector<std::vector<float>> results;  ///< of each device
};

/// Runs a program with one result on as many devices as there are hosts; callbacks on `sends` and `receives`.
Outcome runWithHosts(PJRT_LoadedExecutable* executable, const std::vector<PJRT_Buffer*>& inputs,
                     std::vector<Host>& hosts, const std::vector<int64_t>& sends,
                     const std::vector<int64_t>& receives) {
    std::vector<std::vector<PJRT_SendCallbackInfo>> send_infos(hosts.size());
    std::vector<std::vector<PJRT_RecvCallbackInfo>> receive_infos(hosts.size());
    std::vector<PJRT_SendCallbackInfo*> send_lists;
    std::vector<PJRT_RecvCallbackInfo*> receive_lists;
    for (size_t d = 0; d < hosts.size(); ++d) {
        for (const int64_t channel : sends) send_infos[d].push_back({channel, &hosts[d], Host::send});
        for (const int64_t channel : receives)
            receive_infos[d].push_back({channel, &hosts[d], Host::receive});
        send_lists.push_back(send_infos[d].data());
        receive_lists.push_back(receive_infos[d].data());
    }
    auto options = testing::arguments<PJRT_ExecuteOptions>();
    options.send_callbacks = send_lists.data();
    options.recv_callbacks = receive_lists.data();
    options.num_send_ops = sends.size();
    options.num_recv_ops = receives.size();
    std::vector<std::vector<PJRT_Buffer*>> arguments(hosts.size());
    std::vector<PJRT_Buffer* const*> argument_lists;
    std::vector<std::vector<PJRT_Buffer*>> outputs(hosts.size(), std::vector<PJRT_Buffer*>(1));
    std::vector<PJRT_Buffer**> output_lists;
    for (size_t d = 0; d < hosts.size(); ++d) {
        if (!inputs.empty()) arguments[d].push_back(inputs[d]);
        argument_lists.push_back(arguments[d].data());
        output_lists.push_back(outputs[d].data());
    }
    std::vector<PJRT_Event*> events(hosts.size());
    auto args = testing::arguments<PJRT_LoadedExecutable_Execute_Args>();
    args.executable = executable;
    args.options = &options;
    args.argument_lists = argument_lists.data();
    args.num_devices = hosts.size();
    args.num_args = inputs.empty() ? 0 : 1;
    args.output_lists = output_lists.data();
    args.device_complete_events = events.data();
    Outcome outcome;
    outcome.call = testing::take(testing::api().PJRT_LoadedExecutable_Execute(&args));
    if (outcome.call.code != PJRT_Error_Code_OK) return outcome;
    for (size_t d = 0; d < hosts.size(); ++d) {
        outcome.completions.push_back(await(events[d]));
        Failure failure;
        outcome.results.push_back(download<float>(outputs[d][0], &failure));
        EXPECT_EQ(failure.code, outcome.completions[d].code);
        testing::destroy(outputs[d][0]);
    }
    return outcome;
}

// Sends x and x + x on channel 1, and returns what it receives on channel 2, a pair, joined.
const char* const kExchange = R"(
func.func @main(%x: tensor<2xf32>) -> tensor<5xf32> {
  %t = stablehlo.create_token : !stablehlo.token
  %y = stablehlo.add %x, %x : tensor<2xf32>
  %s = "stablehlo.send"(%x, %y, %t) {channel_handle = #stablehlo.channel_handle<handle = 1, type = 2>,
       is_host_transfer = true} : (tensor<2xf32>, tensor<2xf32>, !stablehlo.token) -> !stablehlo.token
  %r:3 = "stablehlo.recv"(%s) {channel_handle = #stablehlo.channel_handle<handle = 2, type = 3>,
       is_host_transfer = true} : (!stablehlo.token) -> (tensor<3xf32>, tensor<2xf32>, !stablehlo.token)
  %j = stablehlo.concatenate %r#0, %r#1, dim = 0 : (tensor<3xf32>, tensor<2xf32>) -> tensor<5xf32>
  return %j : tensor<5xf32>
})";

TEST(HostCallbacks, SeeWhatIsSentAndGiveWhatIsReceived) {
    Client client;
    PJRT_LoadedExecutable* executable = client.compile(kExchange);
    PJRT_Buffer* x = client.upload({3, 4});
    for (const bool on_another_thread : {false, true}) {
        std::vector<Host> hosts(1);
        hosts[0].on_another_thread = on_another_thread;
        hosts[0].gives = {{{1}, {2, 3, 4}, {}, {5}}};  // chunks need not end where tensors do
        const Outcome outcome = runWithHosts(executable, {x}, hosts, {1}, {2});
        ASSERT_EQ(outcome.call.message, "");
        EXPECT_EQ(outcome.completions[0].message, "");
        EXPECT_THAT(outcome.results[0], ElementsAre(1, 2, 3, 4, 5));
        ASSERT_EQ(hosts[0].sent.size(), 2U);
        EXPECT_THAT(hosts[0].sent[0].values, ElementsAre(3, 4));
        EXPECT_THAT(hosts[0].sent[1].values, ElementsAre(6, 8));
        EXPECT_EQ(hosts[0].sent[0].total, 16U);
        EXPECT_FALSE(hosts[0].sent[0].done);
        EXPECT_TRUE(hosts[0].sent[1].done);
    }
    testing::destroy(x);
    testing::destroy(executable);
}

TEST(HostCallbacks, BelongToTheirDevice) {
    Client client({{"device_count", 2}});
    PJRT_LoadedExecutable* executable = client.compile(kExchange, testing::gridOf(2, 1));
    const auto devices = client.devices();
    const std::vector<PJRT_Buffer*> inputs = {client.upload({1, 2}, devices[0]),
                                              client.upload({5, 6}, devices[1])};
    std::vector<Host> hosts(2);
    hosts[0].gives = {{{1, 1, 1, 1, 1}}};
    hosts[1].gives = {{{2, 2, 2, 2, 2}}};
    const Outcome outcome = runWithHosts(executable, inputs, hosts, {7, 1}, {2, 9});
    ASSERT_EQ(outcome.call.message, "");
    EXPECT_THAT(hosts[0].sent[0].values, ElementsAre(1, 2));
    EXPECT_THAT(hosts[1].sent[0].values, ElementsAre(5, 6));
    EXPECT_THAT(outcome.results[0], ElementsAre(1, 1, 1, 1, 1));
    EXPECT_THAT(outcome.results[1], ElementsAre(2, 2, 2, 2, 2));
    for (PJRT_Buffer* input : inputs) testing::destroy(input);
    testing::destroy(executable);
}

TEST(HostCallbacks, FailuresReachTheProgram) {
    Client client;
    PJRT_LoadedExecutable* executable = client.compile(kExchange);
    PJRT_Buffer* x = client.upload({3, 4});
    {
        std::vector<Host> hosts(1);
        hosts[0].answer = "the disk is full";
        const Outcome outcome = runWithHosts(executable, {x}, hosts, {1}, {2});
        ASSERT_EQ(outcome.call.message, "");
        EXPECT_EQ(outcome.completions[0].code, PJRT_Error_Code_DATA_LOSS);
        EXPECT_THAT(outcome.completions[0].message, HasSubstr("stablehlo.send at "));
        EXPECT_THAT(outcome.completions[0].message, HasSubstr("the disk is full"));
        EXPECT_EQ(hosts[0].sent.size(), 1U);  // nothing more after that
    }
    {
        std::vector<Host> hosts(1);
        hosts[0].gives = {{{1, 2}}};
        const Outcome outcome = runWithHosts(executable, {x}, hosts, {1}, {2});
        EXPECT_EQ(outcome.completions[0].code, PJRT_Error_Code_CANCELLED);
        EXPECT_THAT(outcome.completions[0].message, HasSubstr("destroyed after 8 of 20 bytes"));
    }
    {
        std::vector<Host> hosts(1);
        hosts[0].gives = {{{1, 2, 3}, {4, 5, 6, 7}, {8, 9}}};
        released_chunks = 0;
        const Outcome outcome = runWithHosts(executable, {x}, hosts, {1}, {2});
        EXPECT_EQ(outcome.completions[0].message, "");
        EXPECT_THAT(outcome.results[0], ElementsAre(1, 2, 3, 8, 9));
        ASSERT_EQ(hosts[0].refused.size(), 1U);
        EXPECT_EQ(hosts[0].refused[0].code, PJRT_Error_Code_INVALID_ARGUMENT);
        EXPECT_EQ(released_chunks, 3);  // refused ones too
    }
    {
        std::vector<Host> hosts(1);
        const Outcome outcome = runWithHosts(executable, {x}, hosts, {1}, {3});
        EXPECT_EQ(outcome.completions[0].code, PJRT_Error_Code_FAILED_PRECONDITION);
        EXPECT_THAT(outcome.completions[0].message, HasSubstr("stablehlo.recv at "));
        EXPECT_THAT(outcome.completions[0].message, HasSubstr("no receive callback for channel 2"));
    }
    testing::destroy(x);
    testing::destroy(executable);
}

TEST(HostCallbacks, BadListsAreRefused) {
    Client client;
    PJRT_LoadedExecutable* executable = client.compile(kExchange);
    PJRT_Buffer* x = client.upload({3, 4});
    std::vector<Host> hosts(1);
    const Outcome twice = runWithHosts(executable, {x}, hosts, {1, 1}, {2});
    EXPECT_EQ(twice.call.code, PJRT_Error_Code_INVALID_ARGUMENT);
    EXPECT_THAT(twice.call.message, HasSubstr("more than one send callback for channel 1"));
    const auto callWith = [&](PJRT_ExecuteOptions options) {
        auto args = testing::arguments<PJRT_LoadedExecutable_Execute_Args>();
        PJRT_Buffer* output = nullptr;
        PJRT_Buffer** outputs = &output;
        PJRT_Buffer* const* inputs = &x;
        args.executable = executable;
        args.options = &options;
        args.argument_lists = &inputs;
        args.num_devices = 1;
        args.num_args = 1;
        args.output_lists = &outputs;
        return testing::take(testing::api().PJRT_LoadedExecutable_Execute(&args)).message;
    };
    auto options = testing::arguments<PJRT_ExecuteOptions>();
    options.num_recv_ops = 1;
    EXPECT_THAT(callWith(options), HasSubstr("recv_callbacks is null"));
    PJRT_RecvCallbackInfo* none = nullptr;
    options.recv_callbacks = &none;
    EXPECT_THAT(callWith(options), HasSubstr("recv_callbacks is null"));
    PJRT_RecvCallbackInfo empty{2, nullptr, nullptr};
    none = &empty;
    EXPECT_THAT(callWith(options), HasSubstr("null as receive callback for channel 2"));
    testing::destroy(x);
    testing::destroy(executable);
}

// Running sums of what comes in, each of them out again, until the item is negative.
TEST(HostCallbacks, OfChannelMinusOneServeInfeedAndOutfeed) {
    const std::string text = R"(
func.func @main() -> tensor<2xf32> {
  %t = stablehlo.create_token : !stablehlo.token
  %zero = stablehlo.constant dense<0.0> : tensor<2xf32>
  %n = stablehlo.constant dense<3> : tensor<i32>
  %r:3 = stablehlo.while(%i = %n, %sum = %zero, %token = %t) : tensor<i32>, tensor<2xf32>, !stablehlo.token
  cond {
    %c0 = stablehlo.constant dense<0> : tensor<i32>
    %more = stablehlo.compare GT, %i, %c0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %more : tensor<i1>
  } do {
    %in:3 = "stablehlo.infeed"(%token) {infeed_config = "", layout = [[0], []]} :
        (!stablehlo.token) -> (tensor<2xf32>, tensor<f32>, !stablehlo.token)
    %factor = stablehlo.broadcast_in_dim %in#1, dims = [] : (tensor<f32>) -> tensor<2xf32>
    %product = stablehlo.multiply %in#0, %factor : tensor<2xf32>
    %next = stablehlo.add %sum, %product : tensor<2xf32>
    %out = "stablehlo.outfeed"(%next, %in#2) {outfeed_config = ""} :
        (tensor<2xf32>, !stablehlo.token) -> !stablehlo.token
    %one = stablehlo.constant dense<1> : tensor<i32>
    %less = stablehlo.subtract %i, %one : tensor<i32>
    stablehlo.return %less, %next, %out : tensor<i32>, tensor<2xf32>, !stablehlo.token
  }
  return %r#1 : tensor<2xf32>
})";
    Client client;
    PJRT_LoadedExecutable* executable = client.compile(text);
    {
        std::vector<Host> hosts(1);
        hosts[0].gives = {{{1, 2, 10}}, {{3, 4}, {100}}, {{5, 6, 1}}};
        const Outcome outcome = runWithHosts(executable, {}, hosts, {-1}, {-1});
        ASSERT_EQ(outcome.call.message, "");
        EXPECT_EQ(outcome.completions[0].message, "");
        EXPECT_THAT(outcome.results[0], ElementsAre(315, 426));
        ASSERT_EQ(hosts[0].sent.size(), 3U);
        EXPECT_THAT(hosts[0].sent[1].values, ElementsAre(310, 420));
    }
    std::vector<Host> hosts(1);
    const Outcome outcome = runWithHosts(executable, {}, hosts, {}, {});
    EXPECT_EQ(outcome.completions[0].code, PJRT_Error_Code_FAILED_PRECONDITION);
    EXPECT_THAT(outcome.completions[0].message, HasSubstr("stablehlo.infeed at "));
    EXPECT_THAT(outcome.completions[0].message, HasSubstr("channel -1"));
    testing::destroy(executable);
}

}  // namespace
}  // namespace optirs::plugin
