#include "machine.h"

namespace optirs::test {
namespace {

using GraphTest = MachineTest;

TEST_F(GraphTest, RecordedWorkIsReplayed) {
    const auto owner = stream();
    const auto block = memory(owner, 16);
    std::array<uint8_t, 16> host{};
    EXPECT_OK(optirs_device_memory_fill(block.get(), 0, 1, 16, owner.get()));
    EXPECT_OK(optirs_stream_capture_begin(owner.get()));
    EXPECT_OK(optirs_device_memory_fill(block.get(), 0, 2, 16, owner.get()));
    optirs_graph* raw = nullptr;
    EXPECT_OK(optirs_stream_capture_end(owner.get(), &raw));
    const Held<optirs_graph> graph(raw);
    const auto read = [&] {
        EXPECT_OK(optirs_device_memory_read(block.get(), 0, host.data(), 16, owner.get()));
        EXPECT_OK(optirs_stream_wait(owner.get()));
        return host[15];
    };
    EXPECT_EQ(read(), 1);  // recorded, not done
    EXPECT_OK(optirs_graph_launch(graph.get(), owner.get()));
    EXPECT_EQ(read(), 2);
    EXPECT_OK(optirs_device_memory_fill(block.get(), 0, 3, 16, owner.get()));
    EXPECT_OK(optirs_graph_launch(graph.get(), owner.get()));
    EXPECT_EQ(read(), 2);
}

TEST_F(GraphTest, WhatCannotBeRecordedIsRefused) {
    const auto owner = stream();
    optirs_graph* graph = nullptr;
    EXPECT_EQ(take(optirs_stream_capture_end(owner.get(), &graph)).code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_OK(optirs_stream_capture_begin(owner.get()));
    EXPECT_EQ(take(optirs_stream_capture_begin(owner.get())).code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_EQ(take(optirs_stream_wait(owner.get())).code, OPTIRS_FAILED_PRECONDITION);
    uint8_t is_done = 0;
    EXPECT_EQ(take(optirs_stream_query(owner.get(), &is_done)).code, OPTIRS_FAILED_PRECONDITION);
    optirs_device_memory* memory = nullptr;
    const Failure failure = take(optirs_device_memory_create(owner.get(), 1, nullptr, 0, &memory));
    EXPECT_EQ(failure.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_EQ(failure.message,
              "the stream is being captured and cannot be given new memory: end the capture first");
    EXPECT_OK(optirs_stream_capture_end(owner.get(), &graph));
    optirs_graph_release(graph);
}

TEST_F(GraphTest, MemoryReleasedWhileRecordingWaits) {
    const auto owner = stream();
    const auto other = stream();
    auto own = memory(owner, 100);
    auto shared = memory(other, 100);
    EXPECT_OK(optirs_device_memory_use(shared.get(), owner.get()));
    EXPECT_OK(optirs_stream_capture_begin(owner.get()));
    own.reset();
    shared.reset();
    EXPECT_EQ(stats().blocks, 2U);
    optirs_graph* graph = nullptr;
    EXPECT_OK(optirs_stream_capture_end(owner.get(), &graph));
    optirs_graph_release(graph);
    EXPECT_EQ(stats().blocks, 0U);
}

TEST_F(GraphTest, AFailedRecordingEnds) {
    const auto owner = stream();
    EXPECT_OK(optirs_stream_capture_begin(owner.get()));
    control().fail("cuStreamEndCapture", 0, 901);
    optirs_graph* graph = nullptr;
    EXPECT_EQ(take(optirs_stream_capture_end(owner.get(), &graph)).code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_OK(optirs_stream_wait(owner.get()));
    control().fail("cuGraphInstantiateWithFlags", 0, 801);
    EXPECT_OK(optirs_stream_capture_begin(owner.get()));
    EXPECT_EQ(take(optirs_stream_capture_end(owner.get(), &graph)).code, OPTIRS_UNIMPLEMENTED);
    EXPECT_OK(optirs_stream_wait(owner.get()));
}

TEST_F(GraphTest, AStreamMayGoWhileItIsRecorded) {
    auto owner = stream();
    EXPECT_OK(optirs_stream_capture_begin(owner.get()));
    owner.reset();
}

}  // namespace
}  // namespace optirs::test
