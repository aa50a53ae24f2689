// The fake plugin: clients and devices.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

// As a client of several processes does: it publishes itself and asks for another one.
PJRT_Error* failFrom(PJRT_Error_Code code, const char* message, std::size_t size) {
    return makeError(code, std::string(message, size));
}
PJRT_Error* useStore(PJRT_Client_Create_Args& args) {
    if (args.kv_put_callback == nullptr) {
        return nullptr;
    }
    PJRT_CallbackError fail = failFrom;
    PJRT_KeyValuePutCallback_Args put{};
    put.struct_size = PJRT_KeyValuePutCallback_Args_STRUCT_SIZE;
    put.key = "me";
    put.key_size = 2;
    put.value = "here";
    put.value_size = 4;
    put.callback_error = &fail;
    put.user_arg = args.kv_put_user_arg;
    if (PJRT_Error* failure = args.kv_put_callback(&put)) {
        return failure;
    }
    PJRT_KeyValueGetCallback_Args get{};
    get.struct_size = PJRT_KeyValueGetCallback_Args_STRUCT_SIZE;
    get.key = "other";
    get.key_size = 5;
    get.timeout_in_ms = 60000;
    get.callback_error = &fail;
    get.user_arg = args.kv_get_user_arg;
    if (PJRT_Error* failure = args.kv_get_callback(&get)) {
        return failure;
    }
    control().note.assign(get.value, get.value_size);
    get.value_deleter_callback(get.value);
    if (args.kv_try_get_callback != nullptr) {
        PJRT_KeyValueTryGetCallback_Args attempt{};
        attempt.struct_size = PJRT_KeyValueTryGetCallback_Args_STRUCT_SIZE;
        attempt.key = "nobody";
        attempt.key_size = 6;
        attempt.callback_error = &fail;
        attempt.user_arg = args.kv_try_get_user_arg;
        PJRT_Error* missing = args.kv_try_get_callback(&attempt);
        control().note += missing == nullptr ? " and nobody" : "";
        delete static_cast<Error*>(missing);
    }
    return nullptr;
}

FAKE_FUNCTION(PJRT_Client_Create) {
    FAKE_ENTER(PJRT_Client_Create)
    std::size_t devices = 2;
    for (std::size_t i = 0; i < args->num_options; ++i) {
        const PJRT_NamedValue& option = args->create_options[i];
        if (std::string_view(option.name, option.name_size) != "devices" ||
            option.type != PJRT_NamedValue_kInt64) {
            return makeError(PJRT_Error_Code_INVALID_ARGUMENT,
                             "unknown option " + std::string(option.name, option.name_size));
        }
        devices = static_cast<std::size_t>(option.int64_value);
    }
    auto client = std::make_unique<Client>();
    for (std::size_t i = 0; i < devices; ++i) {
        client->owned_devices.push_back(std::make_unique<Device>(Device{static_cast<int>(i)}));
        client->devices.push_back(client->owned_devices.back().get());
        client->devices.back()->client = client.get();
    }
    for (const char* kind : {"device", "pinned_host"}) {
        const int id = static_cast<int>(client->memories.size());
        client->owned_memories.push_back(std::make_unique<Place>(Place{id, kind, client.get()}));
        client->memories.push_back(client->owned_memories.back().get());
    }
    client->topology = std::make_unique<Topology>(static_cast<int>(devices));
    if (PJRT_Error* failure = useStore(*args)) {
        return failure;
    }
    args->client = reinterpret_cast<PJRT_Client*>(client.release());
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_Destroy) {
    FAKE_ENTER(PJRT_Client_Destroy)
    if (thread().isCurrent()) {
        ++control().destroyed_on_thread;
    } else {
        fireManualEvents();
        thread().stop();
    }
    delete &as<Client>(args->client);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_PlatformName) {
    FAKE_ENTER(PJRT_Client_PlatformName)
    args->platform_name = "fake";
    args->platform_name_size = 4;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_PlatformVersion) {
    FAKE_ENTER(PJRT_Client_PlatformVersion)
    args->platform_version = "fake 1";
    args->platform_version_size = 6;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_ProcessIndex) {
    FAKE_ENTER(PJRT_Client_ProcessIndex)
    args->process_index = 0;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_Devices) {
    FAKE_ENTER(PJRT_Client_Devices)
    const auto& devices = as<Client>(args->client).devices;
    args->devices = reinterpret_cast<PJRT_Device* const*>(devices.data());
    args->num_devices = devices.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_AddressableDevices) {
    FAKE_ENTER(PJRT_Client_AddressableDevices)
    const auto& devices = as<Client>(args->client).devices;
    args->addressable_devices = reinterpret_cast<PJRT_Device* const*>(devices.data());
    args->num_addressable_devices = devices.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_GetDescription) {
    FAKE_ENTER(PJRT_Device_GetDescription)
    args->device_description = reinterpret_cast<PJRT_DeviceDescription*>(args->device);
    return nullptr;
}
FAKE_FUNCTION(PJRT_DeviceDescription_Id) {
    FAKE_ENTER(PJRT_DeviceDescription_Id)
    args->id = as<Device>(args->device_description).id;
    return nullptr;
}
FAKE_FUNCTION(PJRT_DeviceDescription_ProcessIndex) {
    FAKE_ENTER(PJRT_DeviceDescription_ProcessIndex)
    args->process_index = 0;
    return nullptr;
}
FAKE_FUNCTION(PJRT_DeviceDescription_Kind) {
    FAKE_ENTER(PJRT_DeviceDescription_Kind)
    args->device_kind = "Fake v1";
    args->device_kind_size = 7;
    return nullptr;
}
FAKE_FUNCTION(PJRT_DeviceDescription_DebugString) {
    FAKE_ENTER(PJRT_DeviceDescription_DebugString)
    args->debug_string = "FakeDevice";
    args->debug_string_size = 10;
    return nullptr;
}
FAKE_FUNCTION(PJRT_DeviceDescription_Attributes) {
    FAKE_ENTER(PJRT_DeviceDescription_Attributes)
    args->attributes = attributes().data();
    args->num_attributes = attributes().size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_IsAddressable) {
    FAKE_ENTER(PJRT_Device_IsAddressable)
    args->is_addressable = true;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_LocalHardwareId) {
    FAKE_ENTER(PJRT_Device_LocalHardwareId)
    args->local_hardware_id = as<Device>(args->device).id + 10;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_MemoryStats) {
    FAKE_ENTER(PJRT_Device_MemoryStats)
    args->bytes_in_use = control().bytes;
    args->bytes_limit = control().memory_limit;
    args->bytes_limit_is_set = true;
    return nullptr;
}

}  // namespace

void addClientFunctions(PJRT_Api& table) {
    FAKE_ENTRY(PJRT_Client_Create)
    FAKE_ENTRY(PJRT_Client_Destroy)
    FAKE_ENTRY(PJRT_Client_PlatformName)
    FAKE_ENTRY(PJRT_Client_PlatformVersion)
    FAKE_ENTRY(PJRT_Client_ProcessIndex)
    FAKE_ENTRY(PJRT_Client_Devices)
    FAKE_ENTRY(PJRT_Client_AddressableDevices)
    FAKE_ENTRY(PJRT_Device_GetDescription)
    FAKE_ENTRY(PJRT_DeviceDescription_Id)
    FAKE_ENTRY(PJRT_DeviceDescription_ProcessIndex)
    FAKE_ENTRY(PJRT_DeviceDescription_Kind)
    FAKE_ENTRY(PJRT_DeviceDescription_DebugString)
    FAKE_ENTRY(PJRT_DeviceDescription_Attributes)
    FAKE_ENTRY(PJRT_Device_IsAddressable)
    FAKE_ENTRY(PJRT_Device_LocalHardwareId)
    FAKE_ENTRY(PJRT_Device_MemoryStats)
}

}  // namespace fake
