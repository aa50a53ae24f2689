// Sends and receives, topologies, and stores of several processes.
#include <cstring>
#include <map>

#include "tests/pjrt/support.h"

namespace {

using test::Outcome;
using Topology = test::Handle<optirs_pjrt_topology, optirs_pjrt_topology_release>;
using Stream = test::Handle<optirs_pjrt_copy_stream, optirs_pjrt_copy_stream_release>;

class ChannelTest : public test::FakeTest {
 protected:
    Outcome run(const std::string& program, const optirs_pjrt_channel& channel) {
        test::Executable executable;
        if (const Outcome compiled = compile(program, executable); !compiled.isOk()) {
            return compiled;
        }
        test::Buffer argument;
        EXPECT_OK(upload({1, 2, 3, 4}, argument));
        optirs_pjrt_execute_options options OPTIRS_PJRT_EXECUTE_OPTIONS_INIT;
        options.channels = &channel;
        options.num_channels = 1;
        options.call_location = "step.py:7";
        optirs_pjrt_buffer* given = argument.get();
        optirs_pjrt_buffer* result = nullptr;
        test::Completion done;
        const Outcome started(optirs_pjrt_executable_execute(executable.get(), &options, &given, 1, &result,
                                                             1, test::Completion::done, &done));
        const test::Buffer owner(result);
        return started.isOk() ? done.wait() : started;
    }
};

TEST_F(ChannelTest, WhatAProgramSendsArrivesInOrder) {
    std::string received;
    optirs_pjrt_channel channel{};
    channel.channel_id = 5;
    channel.context = &received;
    channel.send = [](const uint8_t* data, uint64_t size, uint64_t total, uint8_t is_last, int64_t device,
                      void* context) -> optirs_error* {
        EXPECT_EQ(total, 8U);
        EXPECT_EQ(device, 0);
        auto& text = *static_cast<std::string*>(context);
        text.append(reinterpret_cast<const char*>(data), size);
        text += is_last != 0 ? "." : ",";
        return nullptr;
    };
    EXPECT_TRUE(run(test::kAddProgram + "send 5\n", channel).isOk());
    EXPECT_EQ(received, "par0,par1.");
}

TEST_F(ChannelTest, WhatTheHostGivesIsReceived) {
    optirs_pjrt_channel channel{};
    channel.channel_id = 6;
    channel.recv = [](optirs_pjrt_copy_stream* given, int64_t, void*) {
        const Stream stream(given);
        int64_t total = 0;
        int64_t granule = 0;
        int64_t current = 0;
        const uint8_t bytes[] = {'a', 'b', 'c', 'd'};
        for (int i = 0; i < 2; ++i) {
            EXPECT_OK(optirs_pjrt_copy_stream_add(stream.get(), bytes, 4, nullptr, nullptr));
        }
        EXPECT_OK(optirs_pjrt_copy_stream_progress(stream.get(), &total, &granule, &current));
        EXPECT_EQ(total, 8);
        EXPECT_EQ(granule, 4);
        EXPECT_EQ(current, 8);
    };
    EXPECT_TRUE(run(test::kAddProgram + "receive 6\n", channel).isOk());
    EXPECT_EQ(control_->note, "step.py:7abcdabcd");
}

TEST_F(ChannelTest, AChannelIsOneOrTheOther) {
    optirs_pjrt_channel channel{};
    channel.channel_id = 6;
    EXPECT_TRUE(run(test::kAddProgram, channel).says("channel 6 must have a send or a recv"));
}

TEST_F(ChannelTest, AProgramForATopologyIsLoadedLater) {
    test::Plugin plugin;
    ASSERT_OK(test::load(test::pluginPath("fake"), plugin));
    Topology topology;
    ASSERT_OK(optirs_pjrt_topology_create(plugin.get(), "fake:4", 6, nullptr, 0, topology.out()));
    EXPECT_EQ(optirs_pjrt_topology_num_devices(topology.get()), 4);
    optirs_pjrt_device_description device;
    ASSERT_OK(optirs_pjrt_topology_device(topology.get(), 3, &device));
    EXPECT_EQ(device.id, 3);
    EXPECT_EQ(Outcome(optirs_pjrt_topology_device(topology.get(), 4, &device)).code, OPTIRS_OUT_OF_RANGE);
    EXPECT_TRUE(Outcome(optirs_pjrt_topology_create(plugin.get(), "moon", 4, nullptr, 0, Topology().out()))
                    .says("no topology is called moon"));

    test::Executable compiled;
    ASSERT_OK(optirs_pjrt_topology_compile(topology.get(), test::kAddProgram.data(), test::kAddProgram.size(),
                                           nullptr, nullptr, compiled.out()));
    EXPECT_EQ(optirs_pjrt_executable_is_loaded(compiled.get()), 0);
    std::vector<optirs_pjrt_buffer*> results(1);
    EXPECT_TRUE(execute(compiled, {nullptr}, results).says("is not loaded"));
    test::Executable loaded;
    ASSERT_OK(optirs_pjrt_executable_load(client_.get(), compiled.get(), nullptr, loaded.out()));
    test::Buffer argument;
    ASSERT_OK(upload({1, 2, 3, 4}, argument));
    ASSERT_TRUE(execute(loaded, {argument.get()}, results).isOk());
    const test::Buffer result(results[0]);
    EXPECT_EQ(download(result)[0], 1 + test::kStep);
    EXPECT_EQ(
        Outcome(optirs_pjrt_executable_load(client_.get(), loaded.get(), nullptr, test::Executable().out()))
            .code,
        OPTIRS_FAILED_PRECONDITION);
}

struct Store {
    std::map<std::string, std::string> values;
    static void put(const char* key, uint64_t key_size, const uint8_t* value, uint64_t size,
                    optirs_pjrt_value_sink* sink, void* context) {
        auto& store = *static_cast<Store*>(context);
        if (!store.accepts) {
            optirs_pjrt_value_sink_fail(sink, OPTIRS_PERMISSION_DENIED, "read only", 9);
            return;
        }
        store.values[{key, key_size}] = {reinterpret_cast<const char*>(value), size};
    }
    static void get(const char* key, uint64_t key_size, int64_t timeout_ms, optirs_pjrt_value_sink* sink,
                    void* context) {
        auto& values = static_cast<Store*>(context)->values;
        const auto found = values.find({key, key_size});
        if (found == values.end()) {
            const char* text = timeout_ms == 0 ? "none" : "waited";
            optirs_pjrt_value_sink_fail(sink, timeout_ms == 0 ? OPTIRS_NOT_FOUND : OPTIRS_DEADLINE_EXCEEDED,
                                        text, strlen(text));
            return;
        }
        optirs_pjrt_value_sink_set(sink, reinterpret_cast<const uint8_t*>(found->second.data()),
                                   found->second.size());
    }
    static void released(void* context) { ++static_cast<Store*>(context)->releases; }
    bool accepts = true;
    int releases = 0;
};

TEST_F(ChannelTest, ProcessesMeetInTheStore) {
    test::Plugin plugin;
    ASSERT_OK(test::load(test::pluginPath("fake"), plugin));
    Store store;
    store.values["other"] = "there";
    test::Client client;
    ASSERT_OK(optirs_pjrt_client_create_with_store(plugin.get(), nullptr, 0, Store::put, Store::get,
                                                   Store::released, &store, client.out()));
    EXPECT_EQ(store.values["me"], "here");
    EXPECT_EQ(control_->note, "there");

    EXPECT_EQ(store.releases, 0);
    client.reset();
    EXPECT_EQ(store.releases, 1);
    store.values.erase("other");
    const Outcome missing(optirs_pjrt_client_create_with_store(
        plugin.get(), nullptr, 0, Store::put, Store::get, Store::released, &store, client.out()));
    EXPECT_EQ(missing.code, OPTIRS_DEADLINE_EXCEEDED);
    EXPECT_TRUE(missing.says("waited"));
    store.accepts = false;
    EXPECT_EQ(Outcome(optirs_pjrt_client_create_with_store(plugin.get(), nullptr, 0, Store::put, Store::get,
                                                           Store::released, &store, client.out()))
                  .code,
              OPTIRS_PERMISSION_DENIED);
}

}  // namespace
