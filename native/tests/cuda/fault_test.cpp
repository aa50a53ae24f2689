// Fails the k-th driver call, the k-th call of the backend and the k-th host allocation, for k = 0, 1, 2, ...
// until all goes well. Each failure is a clean, typed error and leaves nothing behind.
#include <functional>
#include <iostream>
#include <map>

#include "machine.h"

namespace optirs::test {
namespace {

/// Everything once: streams, events, memory of two streams, copies, a graph. The first failure ends it.
Failure useEverything(optirs_device* device) {
    Failure failure;
    const auto failed = [&](optirs_error* error) {
        failure = take(error);
        return failure.code != OPTIRS_OK;
    };
    optirs_stream* raw_stream = nullptr;
    if (failed(optirs_stream_create(device, 0, &raw_stream))) {
        EXPECT_EQ(raw_stream, nullptr);
        return failure;
    }
    const Held<optirs_stream> stream(raw_stream);
    optirs_stream* raw_other = nullptr;
    if (failed(optirs_stream_create(device, 1, &raw_other))) {
        return failure;
    }
    const Held<optirs_stream> other(raw_other);
    optirs_event* raw_event = nullptr;
    if (failed(optirs_event_create(device, 1, &raw_event))) {
        EXPECT_EQ(raw_event, nullptr);
        return failure;
    }
    const Held<optirs_event> event(raw_event);
    optirs_device_memory* raw_memory = nullptr;
    if (failed(optirs_device_memory_create(stream.get(), 3000000, "fault", 5, &raw_memory))) {
        EXPECT_EQ(raw_memory, nullptr);
        return failure;
    }
    const Held<optirs_device_memory> memory(raw_memory);
    optirs_buffer* raw_buffer = nullptr;
    if (failed(optirs_buffer_create_pinned(device, 64, &raw_buffer))) {
        EXPECT_EQ(raw_buffer, nullptr);
        return failure;
    }
    const Owned<optirs_buffer> buffer(raw_buffer);
    void* host = optirs_buffer_data(buffer.get());
    uint8_t is_done = 0;
    if (failed(optirs_device_memory_use(memory.get(), other.get())) ||
        failed(optirs_device_memory_write(memory.get(), 0, host, 64, stream.get())) ||
        failed(optirs_event_record(event.get(), stream.get())) ||
        failed(optirs_stream_follow(other.get(), event.get())) ||
        failed(optirs_device_memory_read(memory.get(), 0, host, 64, other.get())) ||
        failed(optirs_event_query(event.get(), &is_done)) || failed(optirs_event_wait(event.get())) ||
        failed(optirs_stream_query(other.get(), &is_done)) || failed(optirs_stream_wait(other.get())) ||
        failed(optirs_stream_capture_begin(stream.get()))) {
        return failure;
    }
    failed(optirs_device_memory_fill(memory.get(), 0, 1, 64, stream.get()));
    const Failure fill_failure = failure;
    optirs_graph* raw_graph = nullptr;
    if (failed(optirs_stream_capture_end(stream.get(), &raw_graph))) {
        EXPECT_EQ(raw_graph, nullptr);
        return failure;
    }
    const Held<optirs_graph> graph(raw_graph);
    if (fill_failure.code != OPTIRS_OK) {
        return fill_failure;
    }
    failed(optirs_graph_launch(graph.get(), stream.get()));
    return failure;
}

class FaultTest : public MachineTest {
 protected:
    /// `arm` lets the k-th thing fail; `fired` tells whether it did. Returns how many failures were survived.
    int survive(const char* name, const std::function<void(int)>& arm, const std::function<bool()>& fired,
                optirs_status expected) {
        int survived = 0;
        for (int k = 0; k < 1000; ++k) {
            uint64_t trimmed = 0;
            EXPECT_OK(optirs_allocator_trim_wait(device, &trimmed));
            arm(k);
            const Failure failure = useEverything(device);
            const bool has_fired = fired();
            control().fail(nullptr, -1, 0);
            EXPECT_OK(optirs_fault_set(nullptr, 0));
            EXPECT_EQ(liveObjects(), live_before) << name << " " << k;
            if (failure.code != OPTIRS_OK || !has_fired) {
                EXPECT_EQ(driver().live("streams"), streams_before) << name << " " << k;
            } else {  // what failed is the cleaning up: the driver keeps the object
                streams_before = driver().live("streams");
                graphs_before = driver().live("graphs");
            }
            if (!has_fired) {
                EXPECT_EQ(failure.code, OPTIRS_OK) << failure.message;
                std::cout << "[ faults   ] " << name << ": " << survived << " of " << k
                          << " failures reported, then success\n";
                return survived;
            }
            // A failure while cleaning up, or while a cached block is looked for, is not the caller's.
            if (failure.code != OPTIRS_OK) {
                EXPECT_EQ(failure.code, expected) << name << " " << k << ": " << failure.message;
                ++survived;
            }
        }
        ADD_FAILURE() << name << " never succeeded";
        return survived;
    }
};

TEST_F(FaultTest, EveryDriverCall) {
    const int survived = survive(
        "driver call", [](int k) { control().fail(nullptr, k, 999); }, [] { return control().failed() != 0; },
        OPTIRS_INTERNAL);
    EXPECT_GE(survived, 18);
}

TEST_F(FaultTest, EveryBackendCall) {
    const int survived = survive(
        "backend call",
        [](int k) {
            const std::string spec = "cuda@" + std::to_string(k);
            EXPECT_OK(optirs_fault_set(spec.data(), spec.size()));
        },
        [] { return optirs_fault_fired() != 0; }, OPTIRS_UNAVAILABLE);
    EXPECT_GE(survived, 20);
}

TEST_F(FaultTest, EveryAllocation) {
    EXPECT_EQ(useEverything(device).code, OPTIRS_OK);
    const int survived = survive(
        "allocation",
        [](int k) {
            const std::string spec = "oom@" + std::to_string(k);
            EXPECT_OK(optirs_fault_set(spec.data(), spec.size()));
        },
        [] { return optirs_fault_fired() != 0; }, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_GE(survived, 10);
}

TEST_F(FaultTest, EveryDriverCodeIsTyped) {
    const std::map<int32_t, optirs_status> codes = {
        {1, OPTIRS_INVALID_ARGUMENT},
        {2, OPTIRS_RESOURCE_EXHAUSTED},
        {4, OPTIRS_UNAVAILABLE},
        {46, OPTIRS_UNAVAILABLE},
        {100, OPTIRS_UNAVAILABLE},
        {101, OPTIRS_NOT_FOUND},
        {209, OPTIRS_UNIMPLEMENTED},
        {214, OPTIRS_DATA_LOSS},
        {222, OPTIRS_UNIMPLEMENTED},
        {500, OPTIRS_NOT_FOUND},
        {700, OPTIRS_INTERNAL},
        {702, OPTIRS_DEADLINE_EXCEEDED},
        {719, OPTIRS_INTERNAL},
        {800, OPTIRS_PERMISSION_DENIED},
        {801, OPTIRS_UNIMPLEMENTED},
        {802, OPTIRS_UNAVAILABLE},
        {803, OPTIRS_UNAVAILABLE},
        {900, OPTIRS_FAILED_PRECONDITION},
        {908, OPTIRS_FAILED_PRECONDITION},
        {12345, OPTIRS_INTERNAL},
    };
    for (const auto& [code, expected] : codes) {
        control().fail("cuStreamCreateWithPriority", 0, code);
        optirs_stream* none = nullptr;
        const Failure failure = take(optirs_stream_create(device, 0, &none));
        EXPECT_EQ(failure.code, expected) << code;
        EXPECT_EQ(failure.operation, "optirs_stream_create");
        EXPECT_EQ(failure.backend, "cuda");
        EXPECT_NE(failure.message.find("(cuda code " + std::to_string(code) + ")"), std::string::npos)
            << failure.message;
    }
}

}  // namespace
}  // namespace optirs::test
