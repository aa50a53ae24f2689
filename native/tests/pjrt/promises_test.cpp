// Promises, transfers, views and holds: what goes where, once.
#include "tests/pjrt/support.h"

namespace {

using Promise = test::Handle<optirs_pjrt_promise, optirs_pjrt_promise_release>;
using Transfer = test::Handle<optirs_pjrt_transfer, optirs_pjrt_transfer_release>;
using Layout = test::Handle<optirs_pjrt_layout, optirs_pjrt_layout_release>;
using Hold = test::Handle<optirs_pjrt_hold, optirs_pjrt_hold_release>;
using Event = test::Handle<optirs_pjrt_event, optirs_pjrt_event_release>;
using test::Outcome;

class PromiseTest : public test::FakeTest {
 protected:
    void SetUp() override {
        FakeTest::SetUp();
        array_.struct_size = sizeof array_;
        array_.dims = &four_;
        array_.rank = 1;
        array_.dtype = OPTIRS_DTYPE_S32;
    }

    int64_t four_ = 4;
    optirs_pjrt_array array_{};
};

TEST_F(PromiseTest, ARawCopyGoesToTheDestinationThatIsNamedLater) {
    test::Buffer buffer;
    ASSERT_OK(upload({1, 2, 3, 4}, buffer));
    Promise promise;
    test::Completion done;
    ASSERT_OK(optirs_pjrt_buffer_raw_to_host_later(buffer.get(), 4, 8, test::Completion::done, &done,
                                                   promise.out()));
    EXPECT_FALSE(done.isDone());
    int32_t room[2] = {};
    EXPECT_EQ(Outcome(optirs_pjrt_promise_host(promise.get(), room, 4)).code, OPTIRS_INVALID_ARGUMENT);
    ASSERT_OK(optirs_pjrt_promise_host(promise.get(), room, 8));
    EXPECT_TRUE(done.wait().isOk());
    EXPECT_EQ(room[0], 2);
    EXPECT_EQ(room[1], 3);
    EXPECT_EQ(Outcome(optirs_pjrt_promise_host(promise.get(), room, 8)).code, OPTIRS_FAILED_PRECONDITION);
}

TEST_F(PromiseTest, APromiseThatIsDroppedIsBroken) {
    test::Buffer buffer;
    ASSERT_OK(upload({1, 2, 3, 4}, buffer));
    Promise promise;
    test::Completion done;
    ASSERT_OK(optirs_pjrt_buffer_raw_to_host_later(buffer.get(), 0, 16, test::Completion::done, &done,
                                                   promise.out()));
    promise.reset();
    EXPECT_EQ(done.wait().code, OPTIRS_ABORTED);
}

TEST_F(PromiseTest, AnAliasShowsTheBufferThatKeepsIt) {
    test::Buffer source;
    ASSERT_OK(upload({5, 6, 7, 8}, source));
    test::Buffer alias;
    Promise promise;
    ASSERT_OK(optirs_pjrt_buffer_alias(client_.get(), &array_, alias.out(), promise.out()));
    EXPECT_EQ(Outcome(optirs_pjrt_promise_done(promise.get())).code, OPTIRS_FAILED_PRECONDITION);
    ASSERT_OK(optirs_pjrt_promise_buffer(promise.get(), source.get()));
    EXPECT_EQ(download(alias), (std::vector<int32_t>{5, 6, 7, 8}));
}

TEST_F(PromiseTest, ABrokenPromiseTellsThePlugin) {
    test::Buffer alias;
    Promise promise;
    ASSERT_OK(optirs_pjrt_buffer_alias(client_.get(), &array_, alias.out(), promise.out()));
    EXPECT_EQ(Outcome(optirs_pjrt_promise_fail(promise.get(), OPTIRS_OK, "", 0)).code,
              OPTIRS_INVALID_ARGUMENT);
    ASSERT_OK(optirs_pjrt_promise_fail(promise.get(), OPTIRS_UNAVAILABLE, "no", 2));
    EXPECT_EQ(control_->promise_code, OPTIRS_UNAVAILABLE);
}

TEST_F(PromiseTest, ADonatedBufferIsGone) {
    test::Buffer buffer;
    ASSERT_OK(upload({1, 2, 3, 4}, buffer));
    test::Buffer taken;
    Promise promise;
    ASSERT_OK(optirs_pjrt_buffer_donate(buffer.get(), taken.out(), promise.out()));
    EXPECT_EQ(optirs_pjrt_buffer_is_deleted(buffer.get()), 1);
    EXPECT_TRUE(
        Outcome(optirs_pjrt_buffer_wait(buffer.get())).says("was donated by optirs_pjrt_buffer_donate"));
    ASSERT_OK(optirs_pjrt_promise_done(promise.get()));
    EXPECT_EQ(control_->promise_code, OPTIRS_OK);
    EXPECT_EQ(download(taken), (std::vector<int32_t>{1, 2, 3, 4}));
}

TEST_F(PromiseTest, ATransferPutsPartsTogether) {
    Transfer transfer;
    const optirs_pjrt_array arrays[] = {array_, array_};
    ASSERT_OK(optirs_pjrt_transfer_create(client_.get(), arrays, 2, transfer.out()));
    test::Buffer second;
    ASSERT_OK(optirs_pjrt_transfer_buffer(transfer.get(), 1, second.out()));
    const std::vector<int32_t> data = {9, 8, 7, 6};
    for (const uint64_t offset : {8, 0}) {
        test::Completion done;
        ASSERT_OK(optirs_pjrt_transfer_write(transfer.get(), 1, offset, data.data() + offset / 4, 8,
                                             offset == 0, test::Completion::done, &done));
        EXPECT_TRUE(done.wait().isOk());
    }
    EXPECT_EQ(download(second), data);
    test::Completion unused;
    EXPECT_EQ(Outcome(optirs_pjrt_transfer_write(transfer.get(), 1, 12, data.data(), 8, 1,
                                                 test::Completion::done, &unused))
                  .code,
              OPTIRS_OUT_OF_RANGE);
    uint64_t size = 0;
    EXPECT_EQ(Outcome(optirs_pjrt_transfer_size(transfer.get(), 2, &size)).code, OPTIRS_OUT_OF_RANGE);
    Transfer none;
    EXPECT_EQ(Outcome(optirs_pjrt_transfer_create(client_.get(), nullptr, 0, none.out())).code,
              OPTIRS_INVALID_ARGUMENT);
}

TEST_F(PromiseTest, AViewTellsItsOwnerOnceThatItIsOver) {
    int32_t memory[] = {1, 2, 3, 4};
    int released = 0;
    test::Buffer view;
    ASSERT_OK(optirs_pjrt_buffer_view(
        client_.get(), &array_, memory, 0, [](void*, void* count) { ++*static_cast<int*>(count); }, &released,
        view.out()));
    EXPECT_EQ(download(view), (std::vector<int32_t>{1, 2, 3, 4}));
    EXPECT_EQ(released, 0);
    view.reset();
    EXPECT_EQ(released, 1);
}

TEST_F(PromiseTest, AHoldOutlivesTheBuffer) {
    const int others = control_->others;
    test::Buffer buffer;
    ASSERT_OK(upload({1, 2, 3, 4}, buffer));
    Hold hold;
    ASSERT_OK(optirs_pjrt_buffer_hold(buffer.get(), hold.out()));
    buffer.reset();
    EXPECT_EQ(static_cast<const int32_t*>(optirs_pjrt_hold_data(hold.get()))[2], 3);
    EXPECT_EQ(control_->others, others + 1);
}

TEST_F(PromiseTest, LayoutsAreCopied) {
    const int64_t dims[] = {2, 3};
    array_.dims = dims;
    array_.rank = 2;
    test::Buffer buffer;
    ASSERT_OK(optirs_pjrt_buffer_uninitialized(client_.get(), &array_, buffer.out()));
    Layout layout;
    ASSERT_OK(optirs_pjrt_buffer_layout(buffer.get(), layout.out()));
    optirs_pjrt_layout_view view;
    optirs_pjrt_layout_read(layout.get(), &view);
    ASSERT_EQ(view.rank, 2U);
    EXPECT_EQ(view.minor_to_major[0], 1);
    ASSERT_EQ(view.num_tiles, 2U);
    EXPECT_EQ(view.tile_ranks[0], 2U);
    EXPECT_EQ(view.tile_dims[1], 128);
    EXPECT_EQ(view.tile_dims[2], 2);
}

TEST_F(PromiseTest, LayoutsThatCannotBeAreRefused) {
    const int64_t twice[] = {0};
    optirs_pjrt_layout_view view{};
    view.minor_to_major = twice;
    view.rank = 2;
    array_.layout = &view;
    test::Buffer buffer;
    const auto make = [&] {
        return Outcome(optirs_pjrt_buffer_uninitialized(client_.get(), &array_, buffer.out()));
    };
    EXPECT_TRUE(make().says("for 2 dimensions, but there are 1"));
    const int64_t wrong[] = {1};
    view.rank = 1;
    view.minor_to_major = wrong;
    EXPECT_TRUE(make().says("names dimension 1, which there is not"));
    view.kind = 7;
    EXPECT_TRUE(make().says("layout kind 7"));
    array_.layout = nullptr;
    array_.dtype = 99;
    EXPECT_TRUE(make().says("dtype 99"));
    array_.dtype = OPTIRS_DTYPE_S32;
    array_.rank = 65;
    EXPECT_TRUE(make().says("rank 65"));
    array_.rank = 1;
    array_.device = optirs_pjrt_client_device(client_.get(), 0);
    array_.memory = optirs_pjrt_client_memory(client_.get(), 0);
    EXPECT_TRUE(make().says("not both"));
}

TEST_F(PromiseTest, StridedHostMemoryIsFilled) {
    test::Buffer buffer;
    ASSERT_OK(upload({1, 2, 3, 4}, buffer));
    const int64_t stride = 8;
    optirs_pjrt_layout_view view{};
    view.kind = OPTIRS_PJRT_LAYOUT_STRIDES;
    view.byte_strides = &stride;
    view.num_strides = 1;
    std::vector<int32_t> room(7);
    test::Completion done;
    ASSERT_OK(optirs_pjrt_buffer_to_host_layout(buffer.get(), &view, room.data(), 28, test::Completion::done,
                                                &done));
    EXPECT_TRUE(done.wait().isOk());
    EXPECT_EQ(room, (std::vector<int32_t>{1, 0, 2, 0, 3, 0, 4}));
    EXPECT_TRUE(Outcome(optirs_pjrt_buffer_to_host_layout(buffer.get(), &view, room.data(), 24,
                                                          test::Completion::done, &done))
                    .says("takes 28 bytes in this layout"));
}

TEST_F(PromiseTest, AFailedBufferFailsItsReaders) {
    test::Buffer buffer;
    ASSERT_OK(optirs_pjrt_buffer_failed(client_.get(), &array_, OPTIRS_DATA_LOSS, "lost", 4, buffer.out()));
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_wait(buffer.get())).code, OPTIRS_DATA_LOSS);
}

TEST_F(PromiseTest, AnEventEndsOnce) {
    Event event;
    ASSERT_OK(optirs_pjrt_event_create(client_.get(), event.out()));
    EXPECT_EQ(Outcome(optirs_pjrt_event_check(event.get())).code, OPTIRS_FAILED_PRECONDITION);
    test::Completion first;
    test::Completion second;
    ASSERT_OK(optirs_pjrt_event_ready(event.get(), test::Completion::done, &first));
    ASSERT_OK(optirs_pjrt_event_ready(event.get(), test::Completion::done, &second));
    ASSERT_OK(optirs_pjrt_event_set(event.get(), OPTIRS_ABORTED, "stop", 4));
    EXPECT_EQ(first.wait().code, OPTIRS_ABORTED);
    EXPECT_EQ(second.wait().code, OPTIRS_ABORTED);
    EXPECT_EQ(Outcome(optirs_pjrt_event_set(event.get(), OPTIRS_OK, "", 0)).code, OPTIRS_FAILED_PRECONDITION);
}

TEST_F(PromiseTest, ADlpackTensorLendsTheDeviceMemory) {
    test::Buffer buffer;
    ASSERT_OK(upload({1, 2, 3, 4}, buffer));
    optirs_dl_managed_tensor* tensor = nullptr;
    ASSERT_OK(optirs_pjrt_buffer_to_dlpack(buffer.get(), &tensor));
    buffer.reset();
    EXPECT_EQ(tensor->dl_tensor.device.device_type, OPTIRS_DL_CPU);
    EXPECT_EQ(tensor->dl_tensor.shape[0], 4);
    EXPECT_EQ(static_cast<const int32_t*>(tensor->dl_tensor.data)[3], 4);
    EXPECT_EQ(tensor->flags, static_cast<uint64_t>(OPTIRS_DL_READ_ONLY));
    test::Buffer back;
    ASSERT_OK(optirs_pjrt_buffer_from_dlpack(client_.get(), tensor, nullptr, back.out()));
    EXPECT_EQ(download(back), (std::vector<int32_t>{1, 2, 3, 4}));
    EXPECT_EQ(optirs_live_objects(OPTIRS_OBJECT_DL_TENSOR), 1);
    back.reset();
    EXPECT_EQ(optirs_live_objects(OPTIRS_OBJECT_DL_TENSOR), 0);
}

TEST_F(PromiseTest, ADlpackTensorOfAnotherDeviceStaysTheCallers) {
    test::Buffer buffer;
    ASSERT_OK(upload({1, 2, 3, 4}, buffer));
    optirs_dl_managed_tensor* tensor = nullptr;
    ASSERT_OK(optirs_pjrt_buffer_to_dlpack(buffer.get(), &tensor));
    tensor->dl_tensor.device.device_type = OPTIRS_DL_CUDA;
    test::Buffer back;
    EXPECT_TRUE(Outcome(optirs_pjrt_buffer_from_dlpack(client_.get(), tensor, nullptr, back.out()))
                    .says("is not the memory of any device of the client"));
    int64_t strides[] = {2};
    tensor->dl_tensor.device.device_type = OPTIRS_DL_CPU;
    tensor->dl_tensor.strides = strides;
    EXPECT_TRUE(Outcome(optirs_pjrt_buffer_from_dlpack(client_.get(), tensor, nullptr, back.out()))
                    .says("row-major order"));
    optirs_dl_managed_tensor_release(tensor);
    const int64_t dims[] = {2, 3};
    array_.dims = dims;
    array_.rank = 2;
    ASSERT_OK(optirs_pjrt_buffer_uninitialized(client_.get(), &array_, back.out()));
    EXPECT_EQ(Outcome(optirs_pjrt_buffer_to_dlpack(back.get(), &tensor)).code, OPTIRS_UNIMPLEMENTED);
}

}  // namespace
