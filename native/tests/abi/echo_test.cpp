#include <cstring>
#include <thread>
#include <vector>

#include "support.h"

namespace optirs::test {
namespace {

class Echo : public testing::Test {
 protected:
    void SetUp() override {
        std::memcpy(optirs_buffer_data(source.get()), "hello, echo", 12);
        std::memset(optirs_buffer_data(destination.get()), 0, 16);
    }

    Failure start(const optirs_echo_options* options = nullptr) {
        optirs_operation* raw = nullptr;
        Failure failure = take(optirs_echo_start(backend.get(), source.get(), destination.get(), options,
                                                 Completion::done, &completion, &raw));
        operation.reset(raw);
        return failure;
    }
    Failure start(uint32_t flags, optirs_status fail_with = OPTIRS_OK) {
        optirs_echo_options options = OPTIRS_ECHO_OPTIONS_INIT;
        options.flags = flags;
        options.fail_with = fail_with;
        return start(&options);
    }
    std::string_view result() const {
        return static_cast<const char*>(optirs_buffer_data(destination.get()));
    }

    Owned<optirs_backend> backend = loadBackend("echo");
    Owned<optirs_buffer> source = createBuffer(12);
    Owned<optirs_buffer> destination = createBuffer(16);
    Owned<optirs_operation> operation;
    Completion completion;
};

TEST_F(Echo, CopiesAndCompletes) {
    EXPECT_EQ(start().code, OPTIRS_OK);
    EXPECT_EQ(completion.wait().code, OPTIRS_OK);
    EXPECT_EQ(result(), "hello, echo");
}

TEST_F(Echo, InlineCompletesBeforeStartReturns) {
    EXPECT_EQ(start(OPTIRS_ECHO_INLINE).code, OPTIRS_OK);
    ASSERT_TRUE(completion.isDone());
    EXPECT_EQ(result(), "hello, echo");
}

TEST_F(Echo, FailsAsAsked) {
    EXPECT_EQ(start(0, OPTIRS_DATA_LOSS).code, OPTIRS_OK);
    const Failure failure = completion.wait();
    EXPECT_EQ(failure.code, OPTIRS_DATA_LOSS);
    EXPECT_EQ(failure.operation, "optirs_echo_start");
    EXPECT_EQ(failure.backend, "echo");
    EXPECT_EQ(result(), "");
}

TEST_F(Echo, HeldUntilResumed) {
    EXPECT_EQ(start(OPTIRS_ECHO_HOLD).code, OPTIRS_OK);
    EXPECT_FALSE(completion.isDone());
    EXPECT_OK(optirs_echo_resume(operation.get()));
    EXPECT_EQ(completion.wait().code, OPTIRS_OK);
    EXPECT_EQ(result(), "hello, echo");
    EXPECT_OK(optirs_echo_resume(operation.get()));  // over: left alone
}

TEST_F(Echo, CancellingCompletesWithCancelled) {
    EXPECT_EQ(start(OPTIRS_ECHO_HOLD).code, OPTIRS_OK);
    optirs_operation_cancel(operation.get());
    EXPECT_EQ(completion.wait().code, OPTIRS_CANCELLED);
    EXPECT_EQ(result(), "");
    optirs_operation_cancel(operation.get());  // over: no-op
    optirs_operation_cancel(nullptr);
}

TEST_F(Echo, HandlesMayBeReleasedWhileItRuns) {
    const auto before = liveObjects();
    {
        EXPECT_EQ(start(OPTIRS_ECHO_HOLD).code, OPTIRS_OK);
        optirs_operation_retain(operation.get());
        Owned<optirs_operation> second(operation.get());
        operation.reset();
        backend.reset();
        source.reset();
        EXPECT_OK(optirs_echo_resume(second.get()));
    }
    EXPECT_EQ(completion.wait().code, OPTIRS_OK);
    EXPECT_EQ(result(), "hello, echo");
    backend = loadBackend("echo");
    source = createBuffer(12);
    EXPECT_EQ(liveObjects(), before);
}

TEST_F(Echo, RefusesWhatDoesNotFit) {
    std::swap(source, destination);
    const Failure failure = start();
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.message,
              "destination has 12 bytes, source has 16; the destination must be at least as large");
    EXPECT_EQ(operation, nullptr);
    EXPECT_FALSE(completion.isDone());
}

TEST_F(Echo, RefusesMalformedOptions) {
    EXPECT_EQ(start(OPTIRS_ECHO_INLINE | OPTIRS_ECHO_HOLD).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(start(64).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(start(0, 17).code, OPTIRS_INVALID_ARGUMENT);
    optirs_echo_options options{};
    EXPECT_EQ(start(&options).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_FALSE(completion.isDone());
}

TEST_F(Echo, ReadsOptionsOfAnOlderCaller) {
    optirs_echo_options options = OPTIRS_ECHO_OPTIONS_INIT;
    options.struct_size = offsetof(optirs_echo_options, fail_with);
    options.flags = OPTIRS_ECHO_INLINE;
    options.fail_with = OPTIRS_INTERNAL;  // beyond what this caller says it has
    EXPECT_EQ(start(&options).code, OPTIRS_OK);
    EXPECT_EQ(completion.wait().code, OPTIRS_OK);
}

TEST_F(Echo, NullArgumentsAreNamed) {
    optirs_operation* out = nullptr;
    EXPECT_EQ(take(optirs_echo_start(nullptr, source.get(), destination.get(), nullptr, Completion::done,
                                     &completion, &out))
                  .message,
              "argument backend is NULL");
    EXPECT_EQ(take(optirs_echo_start(backend.get(), source.get(), destination.get(), nullptr, nullptr,
                                     nullptr, &out))
                  .message,
              "argument done is NULL");
    EXPECT_EQ(take(optirs_echo_resume(nullptr)).message, "argument operation is NULL");
}

TEST_F(Echo, ManyThreadsStartResumeAndCancelAtOnce) {
    const auto before = liveObjects();
    std::atomic<int> completed = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            const auto own = createBuffer(12);
            for (int i = 0; i < 200; ++i) {
                optirs_echo_options options = OPTIRS_ECHO_OPTIONS_INIT;
                options.flags = i % 3 == 0 ? OPTIRS_ECHO_HOLD : 0;
                optirs_operation* raw = nullptr;
                EXPECT_OK(optirs_echo_start(
                    backend.get(), source.get(), own.get(), &options,
                    [](optirs_error* error, void* count) {
                        optirs_error_release(error);
                        ++*static_cast<std::atomic<int>*>(count);
                    },
                    &completed, &raw));
                const Owned<optirs_operation> handle(raw);
                if ((i + t) % 2 == 0) {
                    optirs_operation_cancel(raw);
                }
                EXPECT_OK(optirs_echo_resume(raw));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    while (completed != 800) {
        std::this_thread::yield();
    }
    EXPECT_EQ(liveObjects(), before);
}

}  // namespace
}  // namespace optirs::test
