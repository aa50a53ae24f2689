// Buffers: what goes in comes out, cells are re-pointed, and bad input is told.
#include "tests/pjrt/support.h"

namespace test {
namespace {

using BufferTest = FakeTest;

TEST_F(BufferTest, WhatGoesInComesOut) {
    Buffer buffer;
    ASSERT_EQ(upload({1, 2, 3}, buffer).message, "");
    EXPECT_EQ(optirs_pjrt_buffer_dtype(buffer.get()), OPTIRS_DTYPE_S32);
    EXPECT_EQ(optirs_pjrt_buffer_rank(buffer.get()), 1);
    int64_t extent = 0;
    EXPECT_OK(optirs_pjrt_buffer_dims(buffer.get(), &extent, 1));
    EXPECT_EQ(extent, 3);
    EXPECT_EQ(optirs_pjrt_buffer_size(buffer.get()), 12U);
    uint64_t device_size = 0;
    EXPECT_OK(optirs_pjrt_buffer_device_size(buffer.get(), &device_size));
    EXPECT_EQ(device_size, 12U);
    EXPECT_EQ(optirs_pjrt_buffer_device(buffer.get()), optirs_pjrt_client_device(client_.get(), 0));
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(buffer.get()), 0);
    EXPECT_EQ(download(buffer), (std::vector<int32_t>{1, 2, 3}));
}

TEST_F(BufferTest, ScalarsAndEmptyArraysWork) {
    Buffer scalar;
    const int32_t seven = 7;
    ASSERT_OK(optirs_pjrt_buffer_from_host(client_.get(), &seven, 4, OPTIRS_DTYPE_S32, nullptr, 0, nullptr,
                                           OPTIRS_PJRT_HOST_DURING_CALL, nullptr, nullptr, nullptr,
                                           scalar.out()));
    EXPECT_EQ(download(scalar), std::vector<int32_t>{7});
    Buffer empty;
    ASSERT_EQ(upload({}, empty).message, "");
    EXPECT_TRUE(download(empty).empty());
}

TEST_F(BufferTest, ACellIsRePointed) {
    Buffer buffer;
    ASSERT_EQ(upload({1, 2, 3}, buffer).message, "");
    optirs_pjrt_buffer* const cell = buffer.get();
    ASSERT_EQ(upload({4, 5}, buffer).message, "");
    EXPECT_EQ(buffer.get(), cell);
    EXPECT_EQ(download(buffer), (std::vector<int32_t>{4, 5}));
    EXPECT_EQ(control_->buffers, 1);
}

TEST_F(BufferTest, ACellIsRePointedWhereItsDataWas) {
    Buffer first;
    ASSERT_EQ(upload({1, 2, 3}, first).message, "");
    optirs_pjrt_device* const device = optirs_pjrt_client_device(client_.get(), 1);
    Buffer buffer;
    ASSERT_OK(optirs_pjrt_buffer_copy_to_device(first.get(), device, buffer.out()));
    ASSERT_EQ(upload({4, 5}, buffer).message, "");
    EXPECT_EQ(optirs_pjrt_buffer_device(buffer.get()), device);
}

TEST_F(BufferTest, AnEmptyCellSaysSo) {
    Buffer buffer;
    ASSERT_OK(optirs_pjrt_buffer_create(client_.get(), buffer.out()));
    EXPECT_EQ(optirs_pjrt_buffer_dtype(buffer.get()), OPTIRS_DTYPE_INVALID);
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(buffer.get()), 1);
    EXPECT_EQ(optirs_pjrt_buffer_device(buffer.get()), nullptr);
    const Outcome outcome = optirs_pjrt_buffer_wait(buffer.get());
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_EQ(outcome.message, "the buffer is empty: nothing was put into it yet");
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_dims(buffer.get(), nullptr, 0)).code, OPTIRS_FAILED_PRECONDITION);
}

TEST_F(BufferTest, ADeletedBufferSaysSo) {
    Buffer buffer;
    ASSERT_EQ(upload({1, 2}, buffer).message, "");
    EXPECT_OK(optirs_pjrt_buffer_delete(buffer.get()));
    EXPECT_OK(optirs_pjrt_buffer_delete(buffer.get()));
    EXPECT_EQ(control_->bytes, 0);
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(buffer.get()), 1);
    int32_t values[2];
    const Outcome outcome = optirs_pjrt_buffer_to_host_wait(buffer.get(), values, sizeof values);
    EXPECT_EQ(outcome.code, OPTIRS_FAILED_PRECONDITION);
    EXPECT_EQ(outcome.message, "the buffer i32[2] was deleted");
}

TEST_F(BufferTest, BadInputIsToldWithItsValue) {
    const std::vector<int32_t> values(6);
    const auto tryUpload = [&](std::vector<int64_t> dims, uint64_t bytes,
                               optirs_dtype dtype = OPTIRS_DTYPE_S32, const int64_t* strides = nullptr,
                               int32_t semantics = OPTIRS_PJRT_HOST_DURING_CALL) {
        Buffer buffer;
        const Outcome outcome = optirs_pjrt_buffer_from_host(
            client_.get(), values.data(), bytes, dtype, dims.data(), static_cast<int64_t>(dims.size()),
            strides, semantics, nullptr, nullptr, nullptr, buffer.out());
        EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
        EXPECT_EQ(buffer.get(), nullptr);
        return outcome.message;
    };
    EXPECT_EQ(tryUpload({2, 3}, 20), "i32[2,3] takes 24 bytes, but 20 were given");
    EXPECT_EQ(tryUpload({2, -3}, 24), "i32[2,-3] has the negative extent -3");
    EXPECT_EQ(tryUpload({INT64_MAX, 2}, 24), "i32[9223372036854775807,2] has more than 2^63 bytes");
    EXPECT_EQ(tryUpload({6}, 24, 99), "dtype 99 has no form in host memory");
    EXPECT_EQ(tryUpload({6}, 24, OPTIRS_DTYPE_TOKEN), "dtype 23 has no form in host memory");
    EXPECT_EQ(tryUpload({6}, 24, OPTIRS_DTYPE_S32, nullptr, 9),
              "semantics 9 is not one of OPTIRS_PJRT_HOST_*");
    EXPECT_EQ(tryUpload(std::vector<int64_t>(65, 1), 4), "rank 65 is above the limit of 64");
    const int64_t negative[] = {-4};
    EXPECT_EQ(tryUpload({6}, 24, OPTIRS_DTYPE_S32, negative),
              "stride -4 of dimension 0 of i32[6] is negative or too large");
    const int64_t wide[] = {8};
    EXPECT_EQ(tryUpload({6}, 24, OPTIRS_DTYPE_S32, wide), "i32[6] takes 44 bytes, but 24 were given");

    Buffer buffer;
    ASSERT_EQ(upload({1, 2}, buffer).message, "");
    int32_t small = 0;
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_to_host_wait(buffer.get(), &small, 4)).message,
              "i32[2] takes 8 bytes, but the destination has 4");
    int64_t dims[2];
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_dims(buffer.get(), dims, 2)).message,
              "i32[2] has rank 1, but there is room for rank 2");
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_to_host(buffer.get(), dims, 8, nullptr, nullptr)).message,
              "argument done is NULL");
}

TEST_F(BufferTest, SemanticsReachThePlugin) {
    for (int32_t semantics = 0; semantics <= 3; ++semantics) {
        const int32_t value = 5;
        Buffer buffer;
        Completion released;
        ASSERT_OK(optirs_pjrt_buffer_from_host(client_.get(), &value, 4, OPTIRS_DTYPE_S32, nullptr, 0,
                                               nullptr, semantics, nullptr, Completion::done, &released,
                                               buffer.out()));
        EXPECT_TRUE(released.wait().isOk());
        EXPECT_EQ(control_->last_semantics, semantics);
    }
}

TEST_F(BufferTest, HostMemoryIsLentUntilItIsReleased) {
    control_->events = fake::Events::kManual;
    const std::vector<int32_t> values{8, 9};
    const int64_t extent = 2;
    Buffer buffer;
    Completion released;
    ASSERT_OK(optirs_pjrt_buffer_from_host(client_.get(), values.data(), 8, OPTIRS_DTYPE_S32, &extent, 1,
                                           nullptr, OPTIRS_PJRT_HOST_UNTIL_COPIED, nullptr, Completion::done,
                                           &released, buffer.out()));
    EXPECT_FALSE(released.isDone());
    control_->fire();
    EXPECT_TRUE(released.wait().isOk());
    control_->events = fake::Events::kReady;
    EXPECT_EQ(download(buffer), values);
}

TEST_F(BufferTest, CopiesToAnotherDevice) {
    Buffer first;
    ASSERT_EQ(upload({1, 2}, first).message, "");
    Buffer second;
    optirs_pjrt_device* device = optirs_pjrt_client_device(client_.get(), 1);
    ASSERT_OK(optirs_pjrt_buffer_copy_to_device(first.get(), device, second.out()));
    EXPECT_EQ(optirs_pjrt_buffer_device(second.get()), device);
    EXPECT_EQ(download(second), (std::vector<int32_t>{1, 2}));
}

TEST_F(BufferTest, OutOfMemoryNamesTheLargestBuffers) {
    Buffer small;
    Buffer large;
    Buffer twin;
    ASSERT_EQ(upload({1}, small).message, "");
    ASSERT_EQ(upload(std::vector<int32_t>(1024), large).message, "");
    ASSERT_EQ(upload(std::vector<int32_t>(1024), twin).message, "");
    control_->memory_limit = 8200;
    Buffer more;
    const Outcome outcome = upload(std::vector<int32_t>(8), more);
    EXPECT_EQ(outcome.code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_EQ(outcome.message,
              "PJRT_Client_BufferFromHostBuffer: the fake device is full; 3 live buffers of 8.0 KiB in all; "
              "the largest: "
              "2 x i32[1024] of 4.0 KiB, i32[1] of 4 bytes");
    optirs_pjrt_live_buffers live{};
    optirs_pjrt_client_live_buffers(client_.get(), &live);
    EXPECT_EQ(live.count, 3);
    EXPECT_EQ(live.bytes, 8196);
}

struct Pressure {
    Buffer* victim;
    int calls = 0;
    uint64_t bytes = 0;

    static uint8_t relieve(uint64_t bytes, void* context) {
        auto& self = *static_cast<Pressure*>(context);
        ++self.calls;
        self.bytes = bytes;
        self.victim->reset();
        return 1;
    }
};

TEST_F(BufferTest, MemoryPressureIsRelievedOnce) {
    Buffer victim;
    ASSERT_EQ(upload(std::vector<int32_t>(1024), victim).message, "");
    control_->memory_limit = 5000;
    Pressure pressure{&victim};
    optirs_memory_set_pressure_handler(Pressure::relieve, &pressure);
    Buffer buffer;
    EXPECT_EQ(upload(std::vector<int32_t>(1000), buffer).message, "");
    EXPECT_EQ(pressure.calls, 1);
    EXPECT_EQ(pressure.bytes, 4000U);
    Buffer more;
    EXPECT_EQ(upload(std::vector<int32_t>(1000), more).code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_EQ(pressure.calls, 2);
    optirs_memory_set_pressure_handler(nullptr, nullptr);
}

TEST_F(BufferTest, ErrorsOfThePluginPassThrough) {
    Buffer buffer;
    ASSERT_EQ(upload({1, 2}, buffer).message, "");
    int32_t values[2];
    uint64_t size = 0;
    Buffer other;
    for (int code = 1; code <= 16; ++code) {
        fail("PJRT_Client_BufferFromHostBuffer", code);
        EXPECT_EQ(upload({1}, other).code, code);
        fail("PJRT_Buffer_ToHostBuffer", code);
        EXPECT_EQ(Outcome(optirs_pjrt_buffer_to_host_wait(buffer.get(), values, 8)).code, code);
        fail("PJRT_Buffer_ReadyEvent", code);
        EXPECT_EQ(Outcome(optirs_pjrt_buffer_wait(buffer.get())).code, code);
        fail("PJRT_Event_Await", code);
        EXPECT_EQ(Outcome(optirs_pjrt_buffer_wait(buffer.get())).code, code);
        fail("PJRT_Buffer_OnDeviceSizeInBytes", code);
        EXPECT_EQ(Outcome(optirs_pjrt_buffer_device_size(buffer.get(), &size)).code, code);
        fail("PJRT_Buffer_CopyToDevice", code);
        const Outcome copied = optirs_pjrt_buffer_copy_to_device(
            buffer.get(), optirs_pjrt_client_device(client_.get(), 1), other.out());
        EXPECT_EQ(copied.code, code);
        EXPECT_EQ(copied.backend, "fake");
        fail("PJRT_Buffer_Delete", code);
        EXPECT_EQ(Outcome(optirs_pjrt_buffer_delete(buffer.get())).code, code);
    }
    EXPECT_EQ(other.get(), nullptr);
    EXPECT_EQ(download(buffer), (std::vector<int32_t>{1, 2}));
}

}  // namespace
}  // namespace test
