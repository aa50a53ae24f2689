// The fake plugin: memories, and what devices and clients tell beyond the first need.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

FAKE_FUNCTION(PJRT_Client_LookupDevice) {
    FAKE_ENTER(PJRT_Client_LookupDevice)
    for (Device* device : as<Client>(args->client).devices) {
        if (device->id == args->id) {
            args->device = reinterpret_cast<PJRT_Device*>(device);
            return nullptr;
        }
    }
    return makeError(PJRT_Error_Code_NOT_FOUND, "no such device");
}
FAKE_FUNCTION(PJRT_Client_LookupAddressableDevice) {
    FAKE_ENTER(PJRT_Client_LookupAddressableDevice)
    for (Device* device : as<Client>(args->client).devices) {
        if (device->id + 10 == args->local_hardware_id) {
            args->addressable_device = reinterpret_cast<PJRT_Device*>(device);
            return nullptr;
        }
    }
    return makeError(PJRT_Error_Code_NOT_FOUND, "no such device");
}
FAKE_FUNCTION(PJRT_Client_AddressableMemories) {
    FAKE_ENTER(PJRT_Client_AddressableMemories)
    const auto& memories = as<Client>(args->client).memories;
    args->addressable_memories = reinterpret_cast<PJRT_Memory* const*>(memories.data());
    args->num_addressable_memories = memories.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_DefaultDeviceAssignment) {
    FAKE_ENTER(PJRT_Client_DefaultDeviceAssignment)
    for (std::size_t i = 0; i < args->default_assignment_size; ++i) {
        args->default_assignment[i] = static_cast<int>(i);
    }
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_DmaMap) {
    FAKE_ENTER(PJRT_Client_DmaMap)
    control().mapped += static_cast<int>(args->size);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_DmaUnmap) {
    FAKE_ENTER(PJRT_Client_DmaUnmap)
    control().mapped = 0;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_UpdateGlobalProcessInfo) {
    FAKE_ENTER(PJRT_Client_UpdateGlobalProcessInfo)
    control().note.clear();
    for (std::size_t i = 0; i < args->num_process_infos; ++i) {
        const PJRT_ProcessInfo& info = args->process_infos[i];
        control().note += std::to_string(info.task_id) + ":" + std::to_string(info.state) + ":" +
                          std::string(info.error_message, info.error_message_size) + ";";
    }
    return nullptr;
}
FAKE_FUNCTION(PJRT_DeviceDescription_ToString) {
    FAKE_ENTER(PJRT_DeviceDescription_ToString)
    args->to_string = "fake device";
    args->to_string_size = 11;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_AddressableMemories) {
    FAKE_ENTER(PJRT_Device_AddressableMemories)
    const auto& memories = as<Device>(args->device).client->memories;
    args->memories = reinterpret_cast<PJRT_Memory* const*>(memories.data());
    args->num_memories = memories.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_DefaultMemory) {
    FAKE_ENTER(PJRT_Device_DefaultMemory)
    args->memory = reinterpret_cast<PJRT_Memory*>(as<Device>(args->device).client->memories.front());
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_ClearMemoryStats) {
    FAKE_ENTER(PJRT_Device_ClearMemoryStats)
    control().note = "cleared";
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_PoisonExecution) {
    FAKE_ENTER(PJRT_Device_PoisonExecution)
    args->poisoned = args->launch_id == 7;
    control().note.assign(args->error_message, args->error_message_size);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_GetAttributes) {
    FAKE_ENTER(PJRT_Device_GetAttributes)
    args->attributes = attributes().data();
    args->num_attributes = attributes().size();
    args->device_attributes = reinterpret_cast<PJRT_Device_Attributes*>(new Other);
    args->attributes_deleter = [](PJRT_Device_Attributes* holder) { delete &as<Other>(holder); };
    return nullptr;
}
FAKE_FUNCTION(PJRT_Device_CreateAsyncTrackingEvent) {
    FAKE_ENTER(PJRT_Device_CreateAsyncTrackingEvent)
    control().note.assign(args->description, args->description_size);
    args->event = reinterpret_cast<PJRT_AsyncTrackingEvent*>(new Other);
    return nullptr;
}
FAKE_FUNCTION(PJRT_AsyncTrackingEvent_Destroy) {
    FAKE_ENTER(PJRT_AsyncTrackingEvent_Destroy)
    delete &as<Other>(args->event);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Memory_Id) {
    FAKE_ENTER(PJRT_Memory_Id)
    args->id = as<Place>(args->memory).id;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Memory_Kind) {
    FAKE_ENTER(PJRT_Memory_Kind)
    args->kind = as<Place>(args->memory).kind.data();
    args->kind_size = as<Place>(args->memory).kind.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Memory_Kind_Id) {
    FAKE_ENTER(PJRT_Memory_Kind_Id)
    args->kind_id = as<Place>(args->memory).id + 100;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Memory_DebugString) {
    FAKE_ENTER(PJRT_Memory_DebugString)
    args->debug_string = "FakeMemory";
    args->debug_string_size = 10;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Memory_ToString) {
    FAKE_ENTER(PJRT_Memory_ToString)
    args->to_string = "fake memory";
    args->to_string_size = 11;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Memory_AddressableByDevices) {
    FAKE_ENTER(PJRT_Memory_AddressableByDevices)
    const auto& devices = as<Place>(args->memory).client->devices;
    args->devices = reinterpret_cast<PJRT_Device* const*>(devices.data());
    args->num_devices = devices.size();
    return nullptr;
}

}  // namespace

void addPlaceFunctions(PJRT_Api& table) {
    FAKE_ENTRY(PJRT_Client_LookupDevice)
    FAKE_ENTRY(PJRT_Client_LookupAddressableDevice)
    FAKE_ENTRY(PJRT_Client_AddressableMemories)
    FAKE_ENTRY(PJRT_Client_DefaultDeviceAssignment)
    FAKE_ENTRY(PJRT_Client_DmaMap)
    FAKE_ENTRY(PJRT_Client_DmaUnmap)
    FAKE_ENTRY(PJRT_Client_UpdateGlobalProcessInfo)
    FAKE_ENTRY(PJRT_DeviceDescription_ToString)
    FAKE_ENTRY(PJRT_Device_AddressableMemories)
    FAKE_ENTRY(PJRT_Device_DefaultMemory)
    FAKE_ENTRY(PJRT_Device_ClearMemoryStats)
    FAKE_ENTRY(PJRT_Device_PoisonExecution)
    FAKE_ENTRY(PJRT_Device_GetAttributes)
    FAKE_ENTRY(PJRT_Device_CreateAsyncTrackingEvent)
    FAKE_ENTRY(PJRT_AsyncTrackingEvent_Destroy)
    FAKE_ENTRY(PJRT_Memory_Id)
    FAKE_ENTRY(PJRT_Memory_Kind)
    FAKE_ENTRY(PJRT_Memory_Kind_Id)
    FAKE_ENTRY(PJRT_Memory_DebugString)
    FAKE_ENTRY(PJRT_Memory_ToString)
    FAKE_ENTRY(PJRT_Memory_AddressableByDevices)
}

}  // namespace fake
