#include <cstring>

#include "machine.h"

namespace optirs::test {
namespace {

using DeviceTest = MachineTest;

TEST_F(DeviceTest, FactsAreRead) {
    int32_t count = 0;
    EXPECT_OK(optirs_device_count(backend.get(), &count));
    EXPECT_EQ(count, 2);
    EXPECT_EQ(optirs_device_index(device), 0);
    EXPECT_STREQ(optirs_device_name(device, nullptr), "Mock GPU 0");
    EXPECT_STREQ(optirs_device_uuid(device, nullptr), "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
    EXPECT_STREQ(optirs_device_address(device, nullptr), "0000:01:00.0");
    optirs_device_properties properties{};
    EXPECT_OK(optirs_device_read_properties(device, &properties));
    EXPECT_EQ(properties.capability_major, 9);
    EXPECT_EQ(properties.capability_minor, 0);
    EXPECT_EQ(properties.multiprocessors, 132);
    EXPECT_EQ(properties.memory_bytes, uint64_t{1} << 30);
    EXPECT_EQ(properties.shared_bytes_per_block, 227U * 1024);
    optirs_device* again = nullptr;
    EXPECT_OK(optirs_device_get(backend.get(), 0, &again));
    EXPECT_EQ(again, device);
}

TEST_F(DeviceTest, NumbersThatAreNoDeviceAreRefused) {
    for (const int32_t index : {-1, 2, 1 << 30}) {
        optirs_device* none = device;
        const Failure failure = take(optirs_device_get(backend.get(), index, &none));
        EXPECT_EQ(failure.code, OPTIRS_NOT_FOUND);
        EXPECT_NE(failure.message.find("there are 2"), std::string::npos) << failure.message;
        EXPECT_EQ(none, nullptr);
    }
    const auto echo = loadBackend("echo");
    int32_t count = 0;
    EXPECT_EQ(take(optirs_device_count(echo.get(), &count)).code, OPTIRS_UNIMPLEMENTED);
}

TEST_F(DeviceTest, PeersAreEnabledOnce) {
    optirs_device* peer = nullptr;
    EXPECT_OK(optirs_device_get(backend.get(), 1, &peer));
    for (int i = 0; i < 2; ++i) {  // the second time the driver says that it is enabled already
        uint8_t is_direct = 0;
        EXPECT_OK(optirs_device_enable_peer(device, peer, &is_direct));
        EXPECT_EQ(is_direct, 1);
    }
    uint8_t is_direct = 0;
    EXPECT_OK(optirs_device_enable_peer(device, device, &is_direct));
    EXPECT_EQ(is_direct, 1);
}

TEST_F(DeviceTest, MemoryInfoCountsWhatIsTaken) {
    uint64_t before = 0;
    uint64_t total = 0;
    EXPECT_OK(optirs_device_memory_info(device, &before, &total));
    const auto owner = stream();
    const auto block = memory(owner, 100);
    uint64_t after = 0;
    EXPECT_OK(optirs_device_memory_info(device, &after, &total));
    EXPECT_EQ(before - after, 2U << 20);
    EXPECT_EQ(total, uint64_t{1} << 30);
}

TEST_F(DeviceTest, PinnedBuffersAreBuffers) {
    const int64_t before = driver().live("allocations");
    optirs_buffer* raw = nullptr;
    EXPECT_OK(optirs_buffer_create_pinned(device, 1000, &raw));
    Owned<optirs_buffer> buffer(raw);
    EXPECT_EQ(optirs_buffer_size(raw), 1000U);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(optirs_buffer_data(raw)) % OPTIRS_BUFFER_ALIGNMENT, 0U);
    std::memset(optirs_buffer_data(raw), 7, 1000);
    EXPECT_EQ(driver().live("allocations"), before + 1);
    buffer.reset();
    EXPECT_EQ(driver().live("allocations"), before);
    EXPECT_OK(optirs_buffer_create_pinned(device, 0, &raw));
    optirs_buffer_release(raw);
    EXPECT_EQ(take(optirs_buffer_create_pinned(device, UINT64_MAX, &raw)).code, OPTIRS_INVALID_ARGUMENT);
}

TEST_F(DeviceTest, CopiesGoWhereTheyShould) {
    const auto owner = stream();
    const auto first = memory(owner, 4096);
    const auto second = memory(owner, 4096);
    std::array<uint8_t, 4096> source{};
    std::array<uint8_t, 4096> result{};
    for (size_t i = 0; i < source.size(); ++i) {
        source[i] = static_cast<uint8_t>(i * 7);
    }
    EXPECT_OK(optirs_device_memory_write(first.get(), 0, source.data(), 4096, owner.get()));
    EXPECT_OK(optirs_device_memory_fill(second.get(), 0, 0x5a, 4096, owner.get()));
    EXPECT_OK(optirs_device_memory_copy(second.get(), 96, first.get(), 1000, 3000, owner.get()));
    EXPECT_OK(optirs_device_memory_read(second.get(), 0, result.data(), 4096, owner.get()));
    EXPECT_OK(optirs_stream_wait(owner.get()));
    for (size_t i = 0; i < result.size(); ++i) {
        const bool is_copied = i >= 96 && i < 3096;
        ASSERT_EQ(result[i], is_copied ? source[i - 96 + 1000] : 0x5a) << i;
    }
    // Nothing to do is done without the driver.
    control().reset();
    EXPECT_OK(optirs_device_memory_write(first.get(), 4096, nullptr, 0, owner.get()));
    EXPECT_STREQ(control().calls(), "");
}

TEST_F(DeviceTest, CopiesOutOfRangeAreRefused) {
    const auto owner = stream();
    const auto block = memory(owner, 100);
    std::array<uint8_t, 200> host{};
    const Failure failure = take(optirs_device_memory_write(block.get(), 90, host.data(), 11, owner.get()));
    EXPECT_EQ(failure.code, OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(failure.message, "memory has 100 bytes; 11 bytes at offset 90 do not fit");
    EXPECT_EQ(take(optirs_device_memory_read(block.get(), UINT64_MAX, host.data(), 2, owner.get())).code,
              OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(take(optirs_device_memory_fill(block.get(), 0, 0, 101, owner.get())).code, OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(take(optirs_device_memory_copy(block.get(), 0, block.get(), 50, 51, owner.get())).code,
              OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(take(optirs_device_memory_write(block.get(), 0, nullptr, 1, owner.get())).code,
              OPTIRS_INVALID_ARGUMENT);
}

TEST_F(DeviceTest, DevicesCopyToEachOther) {
    optirs_device* other = nullptr;
    EXPECT_OK(optirs_device_get(backend.get(), 1, &other));
    const auto owner = stream();
    const auto other_stream = streamOf(other);
    auto first = memory(owner, 64);
    auto second = memory(other_stream, 64);
    std::array<uint8_t, 64> host{};
    host.fill(9);
    EXPECT_OK(optirs_device_memory_write(first.get(), 0, host.data(), 64, owner.get()));
    EXPECT_OK(optirs_device_memory_copy(second.get(), 0, first.get(), 0, 64, other_stream.get()));
    host.fill(0);
    EXPECT_OK(optirs_device_memory_read(second.get(), 0, host.data(), 64, other_stream.get()));
    EXPECT_OK(optirs_stream_wait(other_stream.get()));
    EXPECT_EQ(host[63], 9);
    EXPECT_NE(std::string(control().calls()).find("cuMemcpyPeerAsync(to=1, from=0, bytes=64)"),
              std::string::npos);
    // The stream must be the destination's.
    const Failure failure = take(optirs_device_memory_copy(second.get(), 0, first.get(), 0, 64, owner.get()));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.message, "argument stream belongs to device 0, not 1");
    second.reset();
    uint64_t trimmed = 0;
    EXPECT_OK(optirs_allocator_trim_wait(other, &trimmed));
    EXPECT_EQ(trimmed, 2U << 20);
}

TEST_F(DeviceTest, TensorsAreExchanged) {
    const auto owner = stream();
    auto block = memory(owner, 96);
    void* data = optirs_device_memory_data(block.get());
    const std::array<int64_t, 2> dims = {4, 5};
    optirs_dl_managed_tensor* tensor = nullptr;
    EXPECT_OK(optirs_device_memory_to_dlpack(block.get(), 16, OPTIRS_DTYPE_F32, dims.data(), 2, &tensor));
    EXPECT_EQ(tensor->dl_tensor.device.device_type, OPTIRS_DL_CUDA);
    EXPECT_EQ(tensor->dl_tensor.device.device_id, 0);
    block.reset();  // the tensor keeps the memory
    EXPECT_EQ(stats().blocks, 1U);

    optirs_device_memory* raw = nullptr;
    optirs_dlpack_view view{};
    EXPECT_OK(optirs_device_memory_from_dlpack(device, tensor, &raw, &view));
    Held<optirs_device_memory> imported(raw);
    EXPECT_EQ(optirs_device_memory_data(raw), static_cast<std::byte*>(data) + 16);
    EXPECT_EQ(optirs_device_memory_size(raw), 80U);
    EXPECT_EQ(view.rank, 2);
    EXPECT_EQ(view.dims[1], 5);
    EXPECT_EQ(view.dtype, OPTIRS_DTYPE_F32);
    imported.reset();
    EXPECT_EQ(stats().blocks, 0U);
}

TEST_F(DeviceTest, ForeignTensorsAreRefused) {
    const auto owner = stream();
    const auto block = memory(owner, 96);
    const std::array<int64_t, 2> dims = {4, 6};
    optirs_dl_managed_tensor* tensor = nullptr;
    EXPECT_EQ(
        take(optirs_device_memory_to_dlpack(block.get(), 4, OPTIRS_DTYPE_F32, dims.data(), 2, &tensor)).code,
        OPTIRS_OUT_OF_RANGE);
    EXPECT_OK(optirs_device_memory_to_dlpack(block.get(), 0, OPTIRS_DTYPE_F32, dims.data(), 2, &tensor));
    optirs_device_memory* imported = nullptr;
    optirs_dlpack_view view{};
    tensor->dl_tensor.device.device_id = 1;
    EXPECT_EQ(take(optirs_device_memory_from_dlpack(device, tensor, &imported, &view)).code,
              OPTIRS_INVALID_ARGUMENT);
    tensor->dl_tensor.device.device_id = 0;
    std::swap(tensor->dl_tensor.strides[0], tensor->dl_tensor.strides[1]);
    const Failure failure = take(optirs_device_memory_from_dlpack(device, tensor, &imported, &view));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_NE(failure.message.find("not dense"), std::string::npos);
    // A host buffer is not made of it either.
    optirs_buffer* buffer = nullptr;
    EXPECT_EQ(take(optirs_buffer_from_dlpack(tensor, 0, &buffer, &view)).code, OPTIRS_INVALID_ARGUMENT);
    optirs_dl_managed_tensor_release(tensor);
}

}  // namespace
}  // namespace optirs::test
