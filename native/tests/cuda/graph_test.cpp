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
    EXPECT_OK(optirs_stream_capture_end(owner.get(), &graph));
    optirs_graph_release(graph);
}

TEST_F(GraphTest, MemoryReleasedWhileRecordingIsTheGraphs) {
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
    EXPECT_EQ(stats().blocks, 2U);
    optirs_graph_release(graph);
    EXPECT_EQ(stats().blocks, 0U);
}

TEST_F(GraphTest, RecordedWorkspaceIsUsedAgainAndByNothingElse) {
    const auto owner = stream();
    const auto other = stream();
    // Work of the stream may still use this block when another stream is given the graph.
    void* busy = nullptr;
    {
        const auto block = memory(owner, 1000);
        busy = optirs_device_memory_data(block.get());
    }
    EXPECT_OK(optirs_stream_capture_begin(owner.get()));
    void* first = nullptr;
    for (int i = 0; i < 3; ++i) {
        const auto workspace = memory(owner, 1000 - 100 * static_cast<uint64_t>(i));
        void* data = optirs_device_memory_data(workspace.get());
        first = i == 0 ? data : first;
        EXPECT_EQ(data, first);
        EXPECT_OK(optirs_device_memory_fill(workspace.get(), 0, 5, 10, owner.get()));
    }
    EXPECT_NE(first, busy);
    {
        const auto small = memory(owner, 10);  // a block of a thousand bytes would be wasted
        EXPECT_NE(optirs_device_memory_data(small.get()), first);
    }
    optirs_graph* raw = nullptr;
    EXPECT_OK(optirs_stream_capture_end(owner.get(), &raw));
    Held<optirs_graph> graph(raw);
    EXPECT_EQ(stats().blocks, 2U);
    EXPECT_NE(optirs_device_memory_data(memory(owner, 1000).get()), first);
    // Released once the launches are done, on whatever stream.
    driver().hold(1);
    EXPECT_OK(optirs_graph_launch(graph.get(), other.get()));
    graph.reset();
    EXPECT_EQ(stats().blocks, 0U);
    EXPECT_EQ(stats().pending_bytes, 1024U + 512U);
    driver().hold(0);
    EXPECT_OK(optirs_stream_wait(other.get()));
    memory(owner, 1);  // looks after what is pending
    EXPECT_EQ(stats().pending_bytes, 0U);
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
