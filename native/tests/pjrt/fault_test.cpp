// Faults: every allocation and every call of the plugin is made to fail in turn, and nothing leaks or breaks.
#include "tests/pjrt/support.h"

namespace test {
namespace {

class FaultTest : public FakeTest {
 protected:
    void TearDown() override {
        disarm();
        FakeTest::TearDown();
    }

    static void arm(const std::string& site, int k) {
        const std::string specification = site + "@" + std::to_string(k);
        ASSERT_OK(optirs_fault_set(specification.data(), specification.size()));
    }
    static void disarm() { EXPECT_OK(optirs_fault_set("", 0)); }

    /// Opens, uploads, compiles, runs, downloads; gives up at the first failure.
    Outcome wholeSession() {
        Plugin plugin;
        Outcome outcome = load(pluginPath("fake"), plugin);
        if (!outcome.isOk()) {
            return outcome;
        }
        client_.reset();
        outcome = optirs_pjrt_client_create(plugin.get(), nullptr, 0, client_.out());
        Executable executable;
        if (outcome.isOk()) {
            outcome = compile(kDonatingProgram, executable);
        }
        Buffer buffer;
        if (outcome.isOk()) {
            outcome = upload({1, 2, 3, 4}, buffer);
        }
        std::vector<optirs_pjrt_buffer*> results{buffer.get()};
        Completion executed;
        if (outcome.isOk()) {
            outcome = execute(executable, {buffer.get()}, results, &executed);
        }
        if (outcome.isOk()) {
            outcome = executed.wait();
        }
        Completion copied;
        int32_t values[4];
        if (outcome.isOk()) {
            outcome =
                optirs_pjrt_buffer_to_host(buffer.get(), values, sizeof values, Completion::done, &copied);
        }
        if (outcome.isOk()) {
            outcome = copied.wait();
        }
        if (outcome.isOk()) {
            EXPECT_EQ(values[3], 4 + kStep);
            outcome = optirs_pjrt_buffer_wait(buffer.get());
        }
        return outcome;
    }

    /// Lets the k-th event of a site fail for k = 0, 1, ... until the session no longer notices.
    int loop(const std::string& site, optirs_status expected) {
        for (int k = 0; k < 10000; ++k) {
            arm(site, k);
            const Outcome outcome = wholeSession();
            const bool has_fired = optirs_fault_fired() != 0;
            disarm();
            client_.reset();
            EXPECT_TRUE(control_->isEmpty()) << site << "@" << k << ": " << outcome.message;
            EXPECT_EQ(optirs_live_objects(OPTIRS_OBJECT_ERROR), 0) << site << "@" << k;
            if (!has_fired) {
                EXPECT_EQ(outcome.message, "");
                return k;
            }
            // A fault where nothing depends on the call, as when donations are learnt, may be survived.
            EXPECT_TRUE(outcome.code == expected || outcome.isOk())
                << site << "@" << k << ": " << outcome.message;
        }
        ADD_FAILURE() << "the loop over " << site << " did not end";
        return -1;
    }
};

TEST_F(FaultTest, EveryAllocationMayFail) {
    const int count = loop("oom", OPTIRS_RESOURCE_EXHAUSTED);
    RecordProperty("failed_allocations", count);
    EXPECT_GT(count, 20);
}

TEST_F(FaultTest, EveryCallOfThePluginMayFail) {
    const int count = loop("call", OPTIRS_UNAVAILABLE);
    RecordProperty("failed_calls", count);
    EXPECT_GT(count, 20);
    EXPECT_EQ(loop("pjrt", OPTIRS_UNAVAILABLE), count);
}

TEST_F(FaultTest, EveryAllocationMayFailOnSeveralDevicesOnAThread) {
    control_->events = fake::Events::kThread;
    EXPECT_GT(loop("oom", OPTIRS_RESOURCE_EXHAUSTED), 20);
}

TEST_F(FaultTest, ACallInSteadyStateAllocatesNothing) {
    Executable executable;
    ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
    Buffer buffer;
    ASSERT_EQ(upload({0, 0, 0, 0}, buffer).message, "");
    optirs_pjrt_buffer* cell = buffer.get();
    optirs_pjrt_buffer* result = cell;
    int32_t values[4] = {};
    const int64_t extent = 4;
    Buffer input;
    ASSERT_EQ(upload({0, 0, 0, 0}, input).message, "");
    const auto step = [&] {
        Completion done;
        EXPECT_OK(optirs_pjrt_executable_execute(executable.get(), nullptr, &cell, 1, &result, 1,
                                                 Completion::done, &done));
        EXPECT_TRUE(done.wait().isOk());
        EXPECT_OK(optirs_pjrt_buffer_to_host(cell, values, sizeof values, Completion::done, &done));
        EXPECT_OK(optirs_pjrt_buffer_from_host(client_.get(), values, sizeof values, OPTIRS_DTYPE_S32,
                                               &extent, 1, nullptr, OPTIRS_PJRT_HOST_DURING_CALL, nullptr,
                                               nullptr, nullptr, input.out()));
    };
    step();
    step();
    // From here the first allocation of the library would fail.
    arm("oom", 0);
    for (int i = 0; i < 100; ++i) {
        step();
    }
    EXPECT_EQ(optirs_fault_fired(), 0U);
    disarm();
    EXPECT_EQ(values[0], 102 * kStep);
}

}  // namespace
}  // namespace test
