// The fake plugin: clients and devices.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

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
