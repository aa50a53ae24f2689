#include "src/core/pressure.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace optirs::core {
namespace {

class Pressure : public testing::Test {
 protected:
    void TearDown() override { setPressureHandler(nullptr, nullptr); }

    void handleWith(std::function<bool(uint64_t)> function) {
        function_ = std::move(function);
        setPressureHandler(
            [](uint64_t bytes, void* context) -> uint8_t {
                auto& self = *static_cast<Pressure*>(context);
                self.requests.push_back(bytes);
                return self.function_(bytes) ? 1 : 0;
            },
            this);
    }

    std::vector<uint64_t> requests;

 private:
    std::function<bool(uint64_t)> function_;
};

TEST_F(Pressure, WithoutAHandlerNothingIsRetried) {
    int calls = 0;
    const auto allocate = [&]() -> int {
        ++calls;
        throw std::bad_alloc();
    };
    EXPECT_THROW(retryUnderPressure(8, allocate), std::bad_alloc);
    EXPECT_EQ(calls, 1);
}

TEST_F(Pressure, TheAllocationIsRetriedOnceAfterTheHandlerFreedMemory) {
    handleWith([](uint64_t) { return true; });
    int calls = 0;
    const auto allocate = [&] { return ++calls < 2 ? throw std::bad_alloc() : calls; };
    EXPECT_EQ(retryUnderPressure(4096, allocate), 2);
    EXPECT_EQ(requests, std::vector<uint64_t>{4096});
}

TEST_F(Pressure, ResourceExhaustedOfABackendCountsToo) {
    handleWith([](uint64_t) { return true; });
    int calls = 0;
    const auto allocate = [&]() -> int {
        ++calls;
        throw Error(Code::kResourceExhausted, "device memory");
    };
    EXPECT_THROW(retryUnderPressure(0, allocate), Error);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(requests.size(), 1u);
}

TEST_F(Pressure, OtherErrorsAreNotRetried) {
    handleWith([](uint64_t) { return true; });
    const auto allocate = []() -> int { throw Error(Code::kInvalidArgument, "wrong"); };
    EXPECT_THROW(retryUnderPressure(1, allocate), Error);
    EXPECT_TRUE(requests.empty());
}

TEST_F(Pressure, AHandlerThatFreedNothingEndsTheAttempt) {
    handleWith([](uint64_t) { return false; });
    int calls = 0;
    const auto allocate = [&]() -> int {
        ++calls;
        throw std::bad_alloc();
    };
    EXPECT_THROW(retryUnderPressure(1, allocate), std::bad_alloc);
    EXPECT_EQ(calls, 1);
}

TEST_F(Pressure, TheHandlerIsNotEnteredAgainFromWithin) {
    handleWith([](uint64_t) { return relieveMemoryPressure(2); });
    EXPECT_FALSE(relieveMemoryPressure(1));
    EXPECT_EQ(requests, std::vector<uint64_t>{1});
}

TEST_F(Pressure, TheHandlerMayReplaceItself) {
    handleWith([](uint64_t) {
        setPressureHandler(nullptr, nullptr);
        return true;
    });
    EXPECT_TRUE(relieveMemoryPressure(1));
    EXPECT_FALSE(relieveMemoryPressure(1));
}

TEST_F(Pressure, AReplacedHandlerHasFinished) {
    std::atomic<bool> started = false;
    std::atomic<bool> finished = false;
    handleWith([&](uint64_t) {
        started = true;
        for (int i = 0; i < 1000; ++i) {
            std::this_thread::yield();
        }
        finished = true;
        return true;
    });
    std::thread allocating([] { relieveMemoryPressure(1); });
    while (!started) {
        std::this_thread::yield();
    }
    setPressureHandler(nullptr, nullptr);
    EXPECT_TRUE(finished);
    allocating.join();
}

}  // namespace
}  // namespace optirs::core
