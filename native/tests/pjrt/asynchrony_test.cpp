// Completions: once, on whatever thread, with the error of the work.
#include <atomic>
#include <thread>

#include "tests/pjrt/support.h"

namespace test {
namespace {

class AsynchronyTest : public FakeTest, public ::testing::WithParamInterface<const char*> {
 protected:
    void SetUp() override { open(GetParam()); }
};

TEST_P(AsynchronyTest, EventsOfAnyKindCompleteOnce) {
    Executable executable;
    ASSERT_EQ(compile(kAddProgram, executable).message, "");
    Buffer buffer;
    ASSERT_EQ(upload({1, 2, 3, 4}, buffer).message, "");
    for (const fake::Events events : {fake::Events::kReady, fake::Events::kThread, fake::Events::kManual}) {
        control_->events = events;
        Completion executed;
        Completion ready;
        Completion copied;
        std::vector<optirs_pjrt_buffer*> results{nullptr};
        ASSERT_EQ(execute(executable, {buffer.get()}, results, &executed).message, "");
        Buffer output(results[0]);
        std::vector<int32_t> values(4);
        ASSERT_OK(optirs_pjrt_buffer_ready(output.get(), Completion::done, &ready));
        ASSERT_OK(optirs_pjrt_buffer_to_host(output.get(), values.data(), 16, Completion::done, &copied));
        // The copy keeps what it copies.
        output.reset();
        if (events == fake::Events::kManual) {
            EXPECT_FALSE(executed.isDone() || ready.isDone() || copied.isDone());
            control_->fire();
        }
        EXPECT_TRUE(executed.wait().isOk());
        EXPECT_TRUE(ready.wait().isOk());
        EXPECT_TRUE(copied.wait().isOk());
        EXPECT_EQ(values[3], 4 + kStep);
        EXPECT_EQ(executed.calls() + ready.calls() + copied.calls(), 3);
    }
}

TEST_P(AsynchronyTest, EventsThatFailReportTheirError) {
    Executable executable;
    ASSERT_EQ(compile("name wide\ndevices 2\noutput 4 1\n", executable).message, "");
    Buffer buffer;
    ASSERT_EQ(upload({1, 2, 3, 4}, buffer).message, "");
    for (const fake::Events events : {fake::Events::kReady, fake::Events::kThread}) {
        for (int code = 1; code <= 16; ++code) {
            control_->events = events;
            control_->event_code = code;
            Completion executed;
            std::vector<optirs_pjrt_buffer*> results{nullptr, nullptr};
            ASSERT_EQ(execute(executable, {buffer.get(), buffer.get()}, results, &executed).message, "");
            const Buffer first(results[0]);
            const Buffer second(results[1]);
            const Outcome outcome = executed.wait();
            EXPECT_EQ(outcome.code, code);
            EXPECT_TRUE(outcome.says("the fake device failed")) << outcome.message;
            EXPECT_EQ(outcome.operation, "optirs_pjrt_executable_execute");
            EXPECT_EQ(executed.calls(), 1);
            EXPECT_EQ(Outcome(optirs_pjrt_buffer_wait(first.get())).code, code);
        }
    }
    control_->event_code = 0;
}

INSTANTIATE_TEST_SUITE_P(All, AsynchronyTest, ::testing::Values("fake", "fake_without_on_ready"),
                         [](const auto& test) { return std::string(test.param); });

using ThreadsTest = FakeTest;

TEST_F(ThreadsTest, APluginThatWillNotCallBackIsWaitedFor) {
    Buffer buffer;
    ASSERT_EQ(upload({1}, buffer).message, "");
    fail("PJRT_Event_OnReady", OPTIRS_INTERNAL);
    Completion completion;
    ASSERT_OK(optirs_pjrt_buffer_ready(buffer.get(), Completion::done, &completion));
    EXPECT_EQ(completion.wait().message, "");
    EXPECT_EQ(completion.calls(), 1);
}

/// A chain of executions, each started by the completion of the one before.
struct Chain {
    optirs_pjrt_executable* executable;
    optirs_pjrt_buffer* cell;
    int left;
    Completion finished;

    static void next(optirs_error* error, void* context) {
        auto& self = *static_cast<Chain*>(context);
        if (error != nullptr || self.left-- == 0) {
            Completion::done(error, &self.finished);
            return;
        }
        optirs_pjrt_buffer* result = self.cell;
        optirs_error* failure = optirs_pjrt_executable_execute(self.executable, nullptr, &self.cell, 1,
                                                               &result, 1, next, context);
        if (failure != nullptr) {
            Completion::done(failure, &self.finished);
        }
    }
};

TEST_F(ThreadsTest, ACompletionMayStartTheNextExecution) {
    control_->events = fake::Events::kThread;
    Executable executable;
    ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
    Buffer buffer;
    ASSERT_EQ(upload({0, 0, 0, 0}, buffer).message, "");
    Chain chain{executable.get(), buffer.get(), 100, {}};
    Chain::next(nullptr, &chain);
    EXPECT_TRUE(chain.finished.wait().isOk());
    EXPECT_EQ(download(buffer)[0], 100 * kStep);
}

TEST_F(ThreadsTest, ManyThreadsShareEverything) {
    control_->events = fake::Events::kThread;
    Executable executable;
    ASSERT_EQ(compile(kAddProgram, executable).message, "");
    Buffer shared;
    ASSERT_EQ(upload({1, 2, 3, 4}, shared).message, "");
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                Completion completion;
                optirs_pjrt_buffer* argument = shared.get();
                // All re-point the same cell, which they all read.
                optirs_pjrt_buffer* result = shared.get();
                failures += Outcome(optirs_pjrt_executable_execute(executable.get(), nullptr, &argument, 1,
                                                                   &result, 1, Completion::done, &completion))
                                    .isOk()
                                ? 0
                                : 1;
                failures += completion.wait().isOk() ? 0 : 1;
                int32_t values[4];
                failures +=
                    Outcome(optirs_pjrt_buffer_to_host_wait(shared.get(), values, sizeof values)).isOk() ? 0
                                                                                                         : 1;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(control_->buffers, 1);
}

}  // namespace
}  // namespace test
