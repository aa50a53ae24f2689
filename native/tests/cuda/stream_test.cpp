#include "machine.h"

namespace optirs::test {
namespace {

using StreamTest = MachineTest;

TEST_F(StreamTest, PrioritiesAreCutToTheDevices) {
    const auto normal = stream();
    const auto urgent = stream(3);
    const auto most = stream(100);
    const auto least = stream(-7);
    const std::string calls = control().calls();
    EXPECT_EQ(count(calls, "cuStreamCreateWithPriority(flags=1, priority=0)"), 2U);
    EXPECT_EQ(count(calls, "cuStreamCreateWithPriority(flags=1, priority=-3)"), 1U);
    EXPECT_EQ(count(calls, "cuStreamCreateWithPriority(flags=1, priority=-5)"), 1U);
}

TEST_F(StreamTest, WorkIsDoneOnceItIsWaitedFor) {
    const auto owner = stream();
    const auto block = memory(owner, 64);
    uint8_t is_done = 0;
    EXPECT_OK(optirs_stream_query(owner.get(), &is_done));
    EXPECT_EQ(is_done, 1);
    driver().hold(1);
    EXPECT_OK(optirs_device_memory_fill(block.get(), 0, 1, 64, owner.get()));
    EXPECT_OK(optirs_stream_query(owner.get(), &is_done));
    EXPECT_EQ(is_done, 0);
    EXPECT_OK(optirs_stream_wait(owner.get()));
    EXPECT_OK(optirs_stream_query(owner.get(), &is_done));
    EXPECT_EQ(is_done, 1);
    EXPECT_EQ(optirs_stream_device(owner.get()), device);
    EXPECT_NE(optirs_stream_native(owner.get()), nullptr);
}

TEST_F(StreamTest, EventsMarkPoints) {
    const auto owner = stream();
    const auto follower = stream();
    const auto start = event(1);
    const auto end = event(1);
    uint8_t is_done = 0;
    EXPECT_OK(optirs_event_query(start.get(), &is_done));
    EXPECT_EQ(is_done, 1);  // never recorded
    driver().hold(1);
    EXPECT_OK(optirs_event_record(start.get(), owner.get()));
    EXPECT_OK(optirs_event_record(end.get(), owner.get()));
    EXPECT_OK(optirs_stream_follow(follower.get(), end.get()));
    EXPECT_OK(optirs_event_query(end.get(), &is_done));
    EXPECT_EQ(is_done, 0);
    float milliseconds = 0;
    EXPECT_EQ(take(optirs_event_elapsed(start.get(), end.get(), &milliseconds)).code, OPTIRS_UNAVAILABLE);
    EXPECT_OK(optirs_event_wait(end.get()));
    EXPECT_OK(optirs_event_elapsed(start.get(), end.get(), &milliseconds));
    EXPECT_EQ(milliseconds, 1);  // one tick of the mock machine's clock
    const auto untimed = event(0);
    EXPECT_EQ(take(optirs_event_elapsed(untimed.get(), end.get(), &milliseconds)).code,
              OPTIRS_FAILED_PRECONDITION);
}

TEST_F(StreamTest, ForeignEventsAreRefused) {
    optirs_device* other = nullptr;
    EXPECT_OK(optirs_device_get(backend.get(), 1, &other));
    const auto foreign = streamOf(other);
    const auto mark = event();
    EXPECT_EQ(take(optirs_event_record(mark.get(), foreign.get())).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_OK(optirs_stream_follow(foreign.get(), mark.get()));  // across devices is allowed
}

TEST_F(StreamTest, CompletionsComeOnceInOrder) {
    auto owner = stream();
    std::array<Completion, 50> completions;
    for (Completion& completion : completions) {
        EXPECT_OK(optirs_stream_notify(owner.get(), Completion::done, &completion));
    }
    owner.reset();  // they come although the stream is gone
    for (Completion& completion : completions) {
        EXPECT_EQ(completion.wait().code, OPTIRS_OK);
    }
    EXPECT_EQ(take(optirs_stream_notify(nullptr, Completion::done, nullptr)).code, OPTIRS_INVALID_ARGUMENT);
}

TEST_F(StreamTest, FailedWorkFailsItsCompletion) {
    const auto owner = stream();
    control().fail("cuEventSynchronize", 0, 700);
    Completion completion;
    EXPECT_OK(optirs_stream_notify(owner.get(), Completion::done, &completion));
    const Failure failure = completion.wait();
    EXPECT_EQ(failure.code, OPTIRS_INTERNAL);
    EXPECT_EQ(failure.backend, "cuda");
    EXPECT_NE(failure.message.find("restart the process"), std::string::npos) << failure.message;
    EXPECT_NE(failure.message.find("(cuda code 700)"), std::string::npos) << failure.message;
}

}  // namespace
}  // namespace optirs::test
