// Each function of the extensions through the C ABI: it works, its errors arrive with their code, faults
// leave nothing behind, and plugins without the extension are told apart.
#include <algorithm>

#include "tests/pjrt/function_cases_tpu.h"

namespace {

using test::Outcome;

std::vector<test::Case> extensionCases() {
    std::vector<test::Case> joined = test::descriptionCases();
    for (const auto& more :
         {test::memoryCases(), test::pluginCases(), test::tpuTopologyCases(), test::tpuProgramCases()}) {
        joined.insert(joined.end(), more.begin(), more.end());
    }
    return joined;
}

class Extensions : public test::FakeTest {
 protected:
    void SetUp() override {}

    void openPlugin(const std::string& name) {
        open(name);
        ASSERT_OK(test::load(test::pluginPath(name), plugin_));
        world_.emplace(test::World{plugin_.get(), client_.get(), {}, {}});
        world_->array = test::intsOf(&world_->four);  // it points into itself
        ASSERT_OK(upload({1, 2, 3, 4}, world_->buffer));
        ASSERT_OK(compile(test::kAddProgram, world_->executable));
    }
    void TearDown() override {
        EXPECT_OK(optirs_fault_set("", 0));
        world_.reset();
        plugin_.reset();
        FakeTest::TearDown();
    }

    test::Plugin plugin_;
    std::optional<test::World> world_;
};

TEST_F(Extensions, Work) {
    openPlugin("fake_extensions");
    for (const test::Case& c : extensionCases()) {
        const Outcome outcome = c.call(*world_);
        EXPECT_TRUE(outcome.isOk()) << c.function << ": " << outcome.message;
    }
}

TEST_F(Extensions, TheirErrorsArriveWithTheirCode) {
    openPlugin("fake_extensions");
    const int others = control_->others;
    for (const test::Case& c : extensionCases()) {
        for (int code = OPTIRS_CANCELLED; code <= OPTIRS_UNAUTHENTICATED; ++code) {
            fail(c.function, code);
            const Outcome outcome = c.call(*world_);
            control_->failing_times = 0;
            EXPECT_EQ(control_->others, others) << c.function << " leaves something behind when it fails";
            EXPECT_EQ(outcome.code, code) << c.function << ": " << outcome.message;
            EXPECT_TRUE(outcome.says(c.function)) << outcome.message;
        }
    }
}

TEST_F(Extensions, EveryFaultIsSurvived) {
    openPlugin("fake_extensions");
    const int others = control_->others;
    const int buffers = control_->buffers;
    for (const test::Case& c : extensionCases()) {
        for (const auto& [site, expected] :
             {std::pair{"oom", OPTIRS_RESOURCE_EXHAUSTED}, {"pjrt", OPTIRS_UNAVAILABLE}}) {
            bool has_fired = true;
            for (int k = 0; has_fired && k < 1000; ++k) {
                const std::string fault = std::string(site) + "@" + std::to_string(k);
                ASSERT_OK(optirs_fault_set(fault.data(), fault.size()));
                const Outcome answer = c.call(*world_);
                has_fired = optirs_fault_fired() != 0;
                ASSERT_OK(optirs_fault_set("", 0));
                EXPECT_TRUE(answer.isOk() || (has_fired && answer.code == expected))
                    << c.function << ", " << fault << ": " << answer.message;
                EXPECT_EQ(control_->others, others) << c.function << ", " << fault;
                EXPECT_EQ(control_->buffers, buffers) << c.function << ", " << fault;
            }
            EXPECT_FALSE(has_fired) << c.function;
        }
    }
}

TEST_F(Extensions, AreNamedWherePluginsLackThem) {
    openPlugin("fake_57");
    for (const test::Case& c : extensionCases()) {
        const Outcome outcome = c.call(*world_);
        EXPECT_EQ(outcome.code, OPTIRS_UNIMPLEMENTED) << c.function << ": " << outcome.message;
        // Setting up may need something that is younger.
        EXPECT_TRUE(outcome.says("has no extension") || outcome.says("is too old for") ||
                    outcome.says("needs 0."))
            << outcome.message;
    }
    int64_t stream = 0;
    EXPECT_EQ(Outcome(optirs_pjrt_device_stream(world_->device(), &stream)).message,
              "plugin " + test::pluginPath("fake_57") +
                  " speaks PJRT 0.57, but has no extension Stream, which XLA's GPU plugins have");
    // This fake's table of layouts ends before its first function.
    test::Bytes text;
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_layout_text(world_->buffer.get(), text.out())).message,
              "plugin " + test::pluginPath("fake_57") +
                  " speaks PJRT 0.57; its extension Layouts is too old for "
                  "PJRT_Layouts_PJRT_Buffer_MemoryLayout");
}

TEST_F(Extensions, DescribeProgramsAndDevices) {
    openPlugin("fake_extensions");
    test::Bytes text;
    ASSERT_OK(optirs_pjrt_client_default_layout(client_.get(), &world_->array, text.out()));
    EXPECT_EQ(test::textOf(text), "{0}");
    test::List layouts;
    ASSERT_OK(
        optirs_pjrt_executable_layouts(world_->executable.get(), OPTIRS_PJRT_SIDE_PARAMETERS, layouts.out()));
    EXPECT_EQ(test::textsOf(layouts), (std::vector<std::string>{"{1,0}", "{0,1}"}));
    uint64_t size = 1;
    EXPECT_EQ(optirs_pjrt_list_at(layouts.get(), 2, &size), nullptr);
    EXPECT_EQ(size, 0U);
    test::List shardings;
    ASSERT_OK(optirs_pjrt_executable_shardings(world_->executable.get(), OPTIRS_PJRT_SIDE_OUTPUTS,
                                               shardings.out()));
    EXPECT_EQ(optirs_pjrt_list_count(shardings.get()), 0);
    test::Topology topology;
    ASSERT_OK(optirs_pjrt_topology_of_client(client_.get(), topology.out()));
    int64_t count = 0;
    ASSERT_OK(optirs_pjrt_topology_num_device_memories(topology.get(), 1, &count));
    ASSERT_EQ(count, 2);
    optirs_pjrt_memory_description memory;
    ASSERT_OK(optirs_pjrt_topology_device_memory(topology.get(), 1, 1, &memory));
    EXPECT_EQ(std::string(memory.kind, memory.kind_size), "device");
    EXPECT_EQ(memory.is_default, 1);
    EXPECT_EQ(Outcome(optirs_pjrt_topology_device_memory(topology.get(), 1, 2, &memory)).code,
              OPTIRS_OUT_OF_RANGE);
    test::List none;
    EXPECT_EQ(Outcome(optirs_pjrt_executable_layouts(world_->executable.get(), 3, none.out())).code,
              OPTIRS_INVALID_ARGUMENT);
}

TEST_F(Extensions, RawBuffersAreTheBuffersOwnBytes) {
    openPlugin("fake_extensions");
    test::RawBuffer raw;
    ASSERT_OK(optirs_pjrt_raw_buffer_create(world_->buffer.get(), raw.out()));
    const int32_t written[] = {20, 30};
    test::Completion wrote;
    ASSERT_OK(
        optirs_pjrt_raw_buffer_write(raw.get(), 4, written, sizeof written, test::Completion::done, &wrote));
    EXPECT_TRUE(wrote.wait().isOk());
    EXPECT_EQ(download(world_->buffer), (std::vector<int32_t>{1, 20, 30, 4}));
    EXPECT_EQ(Outcome(optirs_pjrt_raw_buffer_write(raw.get(), 12, written, sizeof written, nullptr, nullptr))
                  .message,
              "bytes 12 to 20 of a buffer that has 16");
    // The bytes outlive their buffer.
    world_->buffer.reset();
    int32_t read = 0;
    test::Completion done;
    ASSERT_OK(optirs_pjrt_raw_buffer_read(raw.get(), 12, &read, 4, test::Completion::done, &done));
    EXPECT_TRUE(done.wait().isOk());
    EXPECT_EQ(read, 4);
}

TEST_F(Extensions, ABufferGoesFromHostToHost) {
    openPlugin("fake_extensions");
    test::Buffer received;
    test::Descriptors told;
    ASSERT_OK(optirs_pjrt_client_receive_remote(client_.get(), &world_->array, 1, test::Descriptors::ready,
                                                &told, received.out()));
    const std::string descriptor = test::textsOf(told.list).at(0);
    test::Completion sent;
    ASSERT_OK(optirs_pjrt_buffer_send_remote(world_->buffer.get(),
                                             reinterpret_cast<const uint8_t*>(descriptor.data()),
                                             descriptor.size(), test::Completion::done, &sent));
    EXPECT_TRUE(sent.wait().isOk());
    EXPECT_EQ(download(received), (std::vector<int32_t>{1, 2, 3, 4}));
    test::Completion lost;
    ASSERT_OK(optirs_pjrt_buffer_send_remote(world_->buffer.get(), reinterpret_cast<const uint8_t*>("99"), 2,
                                             test::Completion::done, &lost));
    const Outcome outcome = lost.wait();
    EXPECT_EQ(outcome.code, OPTIRS_NOT_FOUND);
    EXPECT_TRUE(outcome.says("nobody waits for 99")) << outcome.message;
}

TEST_F(Extensions, TheReceiverIsToldOfErrors) {
    openPlugin("fake_extensions");
    control_->event_code = OPTIRS_UNAVAILABLE;
    test::Buffer received;
    test::Descriptors told;
    ASSERT_OK(optirs_pjrt_client_receive_remote(client_.get(), &world_->array, 1, test::Descriptors::ready,
                                                &told, received.out()));
    EXPECT_EQ(told.list.get(), nullptr);
    EXPECT_EQ(told.outcome.code, OPTIRS_UNAVAILABLE);
    EXPECT_TRUE(told.outcome.says("the fake peer is gone")) << told.outcome.message;
}

TEST_F(Extensions, PhasesRunInOrder) {
    openPlugin("fake_extensions");
    test::List names;
    ASSERT_OK(optirs_pjrt_plugin_phase_names(plugin_.get(), names.out()));
    EXPECT_EQ(test::textsOf(names), (std::vector<std::string>{"optimize", "emit"}));
    test::Topology topology;
    ASSERT_OK(optirs_pjrt_topology_of_client(client_.get(), topology.out()));
    const optirs_pjrt_blob programs[] = {test::blobOf("a"), test::blobOf("b")};
    const optirs_pjrt_blob phases[] = {test::blobOf("optimize"), test::blobOf("emit")};
    test::List out;
    ASSERT_OK(optirs_pjrt_topology_run_phases(topology.get(), programs, 2, phases, 2, nullptr, 0, out.out()));
    EXPECT_EQ(test::textsOf(out), (std::vector<std::string>{"a|optimize|emit", "b|optimize|emit"}));
}

TEST_F(Extensions, AProfilerStartsStopsAndTells) {
    openPlugin("fake_extensions");
    test::Profiler profiler;
    ASSERT_OK(optirs_pjrt_profiler_create(plugin_.get(), reinterpret_cast<const uint8_t*>("options"), 7,
                                          profiler.out()));
    ASSERT_OK(optirs_pjrt_profiler_start(profiler.get()));
    ASSERT_OK(optirs_pjrt_profiler_stop(profiler.get()));
    test::Bytes space;
    ASSERT_OK(optirs_pjrt_profiler_collect(profiler.get(), space.out()));
    EXPECT_EQ(test::textOf(space), "options+started+stopped");
}

TEST_F(Extensions, TpuTopologiesAreAsked) {
    openPlugin("fake_extensions");
    test::Topology topology;
    ASSERT_OK(optirs_pjrt_topology_of_client(client_.get(), topology.out()));
    optirs_pjrt_tpu_point bounds;
    ASSERT_OK(optirs_pjrt_tpu_topology_bounds(topology.get(), OPTIRS_PJRT_TPU_CHIP_BOUNDS, &bounds));
    EXPECT_EQ(bounds.rank, 3);
    EXPECT_EQ(bounds.values[0], 4);
    optirs_pjrt_tpu_place place;
    ASSERT_OK(optirs_pjrt_tpu_topology_place_of_chip(topology.get(), 5, &place));
    EXPECT_EQ(place.process_id, 1);
    EXPECT_EQ(place.index, 1);
    EXPECT_EQ(Outcome(optirs_pjrt_tpu_topology_place_of_chip(topology.get(), 8, &place)).code,
              OPTIRS_OUT_OF_RANGE);
    int32_t count = 0;
    EXPECT_EQ(Outcome(optirs_pjrt_tpu_topology_count(topology.get(), 9, &count)).code,
              OPTIRS_INVALID_ARGUMENT);
    int32_t ids[1];
    int64_t written = 0;
    EXPECT_EQ(Outcome(optirs_pjrt_tpu_topology_process_ids(topology.get(), ids, 1, &written)).code,
              OPTIRS_INVALID_ARGUMENT);
    test::Bytes routing;
    ASSERT_OK(optirs_pjrt_tpu_topology_routing(topology.get(), routing.out()));
    EXPECT_EQ(test::textOf(routing), "dimension order");
}

}  // namespace
