#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Client;
using testing::Failure;
using ::testing::HasSubstr;
using testing::take;

/// Writes what a faulty caller could: a number that is none of the enum's.
template <class Enum>
void setNumber(Enum& field, int32_t number) {
    std::memcpy(&field, &number, sizeof number);
}

TEST(Client, NamesAndDevices) {
    Client client({{"device_count", 3}, {"memory_limit_bytes", 1 << 20}});
    ASSERT_NE(client.client, nullptr) << client.failure.message;
    auto name = arguments<PJRT_Client_PlatformName_Args>();
    name.client = client.client;
    OPTIRS_OK(api().PJRT_Client_PlatformName(&name));
    EXPECT_EQ(std::string(name.platform_name, name.platform_name_size), "optirs_cpu");
    const auto devices = client.devices();
    ASSERT_EQ(devices.size(), 3U);
    for (size_t i = 0; i < devices.size(); ++i) {
        auto description = arguments<PJRT_Device_GetDescription_Args>();
        description.device = devices[i];
        OPTIRS_OK(api().PJRT_Device_GetDescription(&description));
        auto id = arguments<PJRT_DeviceDescription_Id_Args>();
        id.device_description = description.device_description;
        OPTIRS_OK(api().PJRT_DeviceDescription_Id(&id));
        EXPECT_EQ(id.id, static_cast<int>(i));
        auto kind = arguments<PJRT_DeviceDescription_Kind_Args>();
        kind.device_description = description.device_description;
        OPTIRS_OK(api().PJRT_DeviceDescription_Kind(&kind));
        EXPECT_GT(kind.device_kind_size, 0U);
        auto memory = arguments<PJRT_Device_DefaultMemory_Args>();
        memory.device = devices[i];
        OPTIRS_OK(api().PJRT_Device_DefaultMemory(&memory));
        auto memory_kind = arguments<PJRT_Memory_Kind_Args>();
        memory_kind.memory = memory.memory;
        OPTIRS_OK(api().PJRT_Memory_Kind(&memory_kind));
        EXPECT_EQ(std::string(memory_kind.kind, memory_kind.kind_size), "device");
        int freed = 0;
        memory.memory->vtable->set_user_data(memory.memory, &name, &freed,
                                             [](void* data) { ++*static_cast<int*>(data); });
        EXPECT_EQ(memory.memory->vtable->get_user_data(memory.memory, &name), &freed);
        memory.memory->vtable->set_user_data(memory.memory, &name, nullptr, nullptr);
        EXPECT_EQ(freed, 1);
    }
}

TEST(Client, RefusesBadOptions) {
    EXPECT_THAT(Client({{"device_count", 0}}).failure.message, HasSubstr("device_count"));
    EXPECT_THAT(Client({{"device_count", 5000}}).failure.message, HasSubstr("1024"));
    EXPECT_THAT(Client({{"devices", 2}}).failure.message, HasSubstr("known: device_count"));
    EXPECT_THAT(Client({{"num_threads", 1}, {"num_threads", 2}}).failure.message, HasSubstr("twice"));
    EXPECT_EQ(Client({{"memory_limit_bytes", -1}}).failure.code, PJRT_Error_Code_INVALID_ARGUMENT);
}

TEST(Client, TopologyRoundTrip) {
    auto create = arguments<PJRT_TopologyDescription_Create_Args>();
    OPTIRS_OK(api().PJRT_TopologyDescription_Create(&create));
    auto serialize = arguments<PJRT_TopologyDescription_Serialize_Args>();
    serialize.topology = create.topology;
    OPTIRS_OK(api().PJRT_TopologyDescription_Serialize(&serialize));
    auto again = arguments<PJRT_TopologyDescription_Deserialize_Args>();
    again.serialized_topology = serialize.serialized_bytes;
    again.serialized_topology_size = serialize.serialized_bytes_size;
    OPTIRS_OK(api().PJRT_TopologyDescription_Deserialize(&again));
    auto first = arguments<PJRT_TopologyDescription_Fingerprint_Args>();
    first.topology = create.topology;
    OPTIRS_OK(api().PJRT_TopologyDescription_Fingerprint(&first));
    auto second = arguments<PJRT_TopologyDescription_Fingerprint_Args>();
    second.topology = again.topology;
    OPTIRS_OK(api().PJRT_TopologyDescription_Fingerprint(&second));
    EXPECT_EQ(first.fingerprint, second.fingerprint);
    for (size_t size = 0; size < serialize.serialized_bytes_size; ++size) {
        auto cut = again;
        cut.serialized_topology_size = size;
        EXPECT_EQ(take(api().PJRT_TopologyDescription_Deserialize(&cut)).code,
                  PJRT_Error_Code_INVALID_ARGUMENT);
    }
    serialize.serialized_topology_deleter(serialize.serialized_topology);
    for (PJRT_TopologyDescription* topology : {create.topology, again.topology}) {
        auto destroy = arguments<PJRT_TopologyDescription_Destroy_Args>();
        destroy.topology = topology;
        OPTIRS_OK(api().PJRT_TopologyDescription_Destroy(&destroy));
    }
}

PJRT_Client_BufferFromHostBuffer_Args hostArguments(const Client& client, const void* data,
                                                    PJRT_Buffer_Type type, const std::vector<int64_t>& dims) {
    auto args = arguments<PJRT_Client_BufferFromHostBuffer_Args>();
    args.client = client.client;
    args.data = data;
    args.type = type;
    args.dims = dims.data();
    args.num_dims = dims.size();
    return args;
}

TEST(Buffer, RoundTripsAllSemantics) {
    Client client;
    alignas(64) const float values[6] = {1, 2, 3, 4, 5, 6};
    const std::vector<int64_t> dims = {2, 3};
    for (int semantics = 0; semantics < 4; ++semantics) {
        for (const float* data :
             {values, values + 1}) {  // the second is not aligned: zero copy is not possible
            const std::vector<int64_t> shape = data == values ? dims : std::vector<int64_t>{5};
            auto args = hostArguments(client, data, PJRT_Buffer_Type_F32, shape);
            args.host_buffer_semantics = static_cast<PJRT_HostBufferSemantics>(semantics);
            OPTIRS_OK(api().PJRT_Client_BufferFromHostBuffer(&args));
            const bool shared = semantics >= 2 && data == values;
            auto ready = arguments<PJRT_Event_IsReady_Args>();
            ready.event = args.done_with_host_buffer;
            OPTIRS_OK(api().PJRT_Event_IsReady(&ready));
            EXPECT_EQ(ready.is_ready, !shared);
            auto pointer = arguments<PJRT_Buffer_UnsafePointer_Args>();
            pointer.buffer = args.buffer;
            OPTIRS_OK(api().PJRT_Buffer_UnsafePointer(&pointer));
            EXPECT_EQ(pointer.buffer_pointer == reinterpret_cast<uintptr_t>(data), shared);
            EXPECT_EQ(testing::download<float>(args.buffer),
                      std::vector<float>(data, data + (data == values ? 6 : 5)));
            testing::destroy(args.buffer);
            EXPECT_EQ(testing::await(args.done_with_host_buffer).code, PJRT_Error_Code_OK);
        }
    }
    auto bad = hostArguments(client, values, PJRT_Buffer_Type_F32, dims);
    setNumber(bad.host_buffer_semantics, 9);
    EXPECT_EQ(take(api().PJRT_Client_BufferFromHostBuffer(&bad)).code, PJRT_Error_Code_INVALID_ARGUMENT);
}

TEST(Buffer, StridesInAndLayoutsOut) {
    Client client;
    const std::vector<int16_t> values = {1, 2, 3, 4, 5, 6};
    const std::vector<int64_t> dims = {3, 2};
    const std::vector<int64_t> strides = {2, 6};  // the transpose of [2, 3]
    auto args = hostArguments(client, values.data(), PJRT_Buffer_Type_S16, dims);
    args.byte_strides = strides.data();
    args.num_byte_strides = 2;
    OPTIRS_OK(api().PJRT_Client_BufferFromHostBuffer(&args));
    Client::destroyEvent(args.done_with_host_buffer);
    EXPECT_EQ(testing::download<int16_t>(args.buffer), (std::vector<int16_t>{1, 4, 2, 5, 3, 6}));

    auto layout = arguments<PJRT_Buffer_MemoryLayout>();
    const int64_t minor_to_major[] = {0, 1};
    layout.type = PJRT_Buffer_MemoryLayout_Type_Tiled;
    layout.tiled.struct_size = sizeof layout.tiled;
    layout.tiled.minor_to_major = minor_to_major;
    layout.tiled.minor_to_major_size = 2;
    std::vector<int16_t> out(6);
    auto host = arguments<PJRT_Buffer_ToHostBuffer_Args>();
    host.src = args.buffer;
    host.host_layout = &layout;
    host.dst = out.data();
    host.dst_size = 12;
    OPTIRS_OK(api().PJRT_Buffer_ToHostBuffer(&host));
    EXPECT_EQ(testing::await(host.event).code, PJRT_Error_Code_OK);
    EXPECT_EQ(out, values);
    host.dst_size = 11;
    EXPECT_THAT(take(api().PJRT_Buffer_ToHostBuffer(&host)).message, HasSubstr("i16[3,2] needs 12"));
    testing::destroy(args.buffer);
}

TEST(Buffer, RefusesBadShapes) {
    Client client;
    const float value = 0;
    for (const std::vector<int64_t>& dims : {std::vector<int64_t>{-1}, std::vector<int64_t>{INT64_MAX, 2},
                                             std::vector<int64_t>{1 << 30, 1 << 30, 1 << 30}}) {
        auto args = hostArguments(client, &value, PJRT_Buffer_Type_F32, dims);
        EXPECT_EQ(take(api().PJRT_Client_BufferFromHostBuffer(&args)).code, PJRT_Error_Code_INVALID_ARGUMENT);
    }
    auto type = hostArguments(client, &value, PJRT_Buffer_Type_F32, {});
    setNumber(type.type, 77);
    EXPECT_THAT(take(api().PJRT_Client_BufferFromHostBuffer(&type)).message, HasSubstr("77"));
    const std::vector<int64_t> one = {1};
    auto null = hostArguments(client, nullptr, PJRT_Buffer_Type_F32, one);
    EXPECT_THAT(take(api().PJRT_Client_BufferFromHostBuffer(&null)).message, HasSubstr("data is null"));
}

TEST(Buffer, MemoryLimitNamesTheLargestBuffers) {
    Client client({{"memory_limit_bytes", 1 << 20}});
    PJRT_Buffer* large = client.upload(std::vector<float>(200000));
    auto args = arguments<PJRT_Client_BufferFromHostBuffer_Args>();
    const std::vector<float> more(100000);
    const int64_t count = 100000;
    args.client = client.client;
    args.data = more.data();
    args.type = PJRT_Buffer_Type_F32;
    args.dims = &count;
    args.num_dims = 1;
    const Failure failure = take(api().PJRT_Client_BufferFromHostBuffer(&args));
    EXPECT_EQ(failure.code, PJRT_Error_Code_RESOURCE_EXHAUSTED);
    EXPECT_THAT(failure.message, HasSubstr("f32[200000]"));
    EXPECT_THAT(failure.message, HasSubstr("400000 bytes requested"));
    auto stats = arguments<PJRT_Device_MemoryStats_Args>();
    stats.device = client.devices()[0];
    OPTIRS_OK(api().PJRT_Device_MemoryStats(&stats));
    EXPECT_EQ(stats.bytes_in_use, 800000);
    EXPECT_EQ(stats.bytes_limit, 1 << 20);
    testing::destroy(large);
    OPTIRS_OK(api().PJRT_Device_MemoryStats(&stats));
    EXPECT_EQ(stats.bytes_in_use, 0);
    testing::destroy(client.upload(more));
}

// Several threads copy these, in pieces; the last one is short.
TEST(Buffer, LargeOnesComeBackWhole) {
    Client client({{"device_count", 2}});
    std::vector<float> values((3 << 20) / sizeof(float) + 5);
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    PJRT_Buffer* buffer = client.upload(values);
    auto copy = arguments<PJRT_Buffer_CopyToDevice_Args>();
    copy.buffer = buffer;
    copy.dst_device = client.devices()[1];
    OPTIRS_OK(api().PJRT_Buffer_CopyToDevice(&copy));
    testing::destroy(buffer);
    EXPECT_TRUE(testing::download<float>(copy.dst_buffer) == values);
    testing::destroy(copy.dst_buffer);
}

TEST(Buffer, DeletedCopiedViewedBitcast) {
    Client client({{"device_count", 2}});
    PJRT_Buffer* buffer = client.upload({1, 2, 3, 4});
    auto copy = arguments<PJRT_Buffer_CopyToDevice_Args>();
    copy.buffer = buffer;
    copy.dst_device = client.devices()[1];
    OPTIRS_OK(api().PJRT_Buffer_CopyToDevice(&copy));
    auto device = arguments<PJRT_Buffer_Device_Args>();
    device.buffer = copy.dst_buffer;
    OPTIRS_OK(api().PJRT_Buffer_Device(&device));
    EXPECT_EQ(device.device, client.devices()[1]);
    const int64_t dims[] = {2, 4};
    auto bitcast = arguments<PJRT_Buffer_Bitcast_Args>();
    bitcast.buffer = buffer;
    bitcast.element_type = PJRT_Buffer_Type_U16;
    bitcast.dims = dims;
    bitcast.num_dims = 2;
    OPTIRS_OK(api().PJRT_Buffer_Bitcast(&bitcast));
    auto remove = arguments<PJRT_Buffer_Delete_Args>();
    remove.buffer = buffer;
    OPTIRS_OK(api().PJRT_Buffer_Delete(&remove));
    Failure failure;
    testing::download<float>(buffer, &failure);
    EXPECT_EQ(failure.code, PJRT_Error_Code_FAILED_PRECONDITION);
    EXPECT_THAT(failure.message, HasSubstr("deleted"));
    EXPECT_EQ(testing::download<float>(copy.dst_buffer), (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(testing::download<uint16_t>(bitcast.out_buffer)[1], 0x3F80);
    testing::destroy(buffer);
    client.destroy();  // buffers outlive their client
    EXPECT_EQ(testing::download<float>(copy.dst_buffer), (std::vector<float>{1, 2, 3, 4}));
    testing::destroy(copy.dst_buffer);
    testing::destroy(bitcast.out_buffer);
}

TEST(Buffer, ViewOfCallersMemory) {
    Client client;
    alignas(64) float values[4] = {1, 2, 3, 4};
    int released = 0;
    const int64_t dims[] = {4};
    auto view = arguments<PJRT_Client_CreateViewOfDeviceBuffer_Args>();
    view.client = client.client;
    view.device_buffer_ptr = values;
    view.dims = dims;
    view.num_dims = 1;
    view.element_type = PJRT_Buffer_Type_F32;
    view.on_delete_callback = [](void*, void* user) { ++*static_cast<int*>(user); };
    view.on_delete_callback_arg = &released;
    OPTIRS_OK(api().PJRT_Client_CreateViewOfDeviceBuffer(&view));
    auto reference = arguments<PJRT_Buffer_IncreaseExternalReferenceCount_Args>();
    reference.buffer = view.buffer;
    OPTIRS_OK(api().PJRT_Buffer_IncreaseExternalReferenceCount(&reference));
    auto remove = arguments<PJRT_Buffer_Delete_Args>();
    remove.buffer = view.buffer;
    OPTIRS_OK(api().PJRT_Buffer_Delete(&remove));
    EXPECT_EQ(released, 0);
    auto drop = arguments<PJRT_Buffer_DecreaseExternalReferenceCount_Args>();
    drop.buffer = view.buffer;
    OPTIRS_OK(api().PJRT_Buffer_DecreaseExternalReferenceCount(&drop));
    EXPECT_EQ(released, 1);
    EXPECT_EQ(take(api().PJRT_Buffer_DecreaseExternalReferenceCount(&drop)).code,
              PJRT_Error_Code_FAILED_PRECONDITION);
    testing::destroy(view.buffer);
}

}  // namespace
}  // namespace optirs::plugin
