#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"

struct PJRT_ExecuteContext {};
struct PJRT_DeviceAssignmentSerialized {
    std::string bytes;
};

namespace optirs::plugin {
namespace {

PJRT_LoadedExecutable& loadedOf(PJRT_LoadedExecutable* executable) { return deref(executable, "executable"); }

PJRT_Error* loadedDestroy(PJRT_LoadedExecutable_Destroy_Args* args) {
    return guarded("PJRT_LoadedExecutable_Destroy", args, [](auto& a) { delete a.executable; });
}

PJRT_Error* loadedGetExecutable(PJRT_LoadedExecutable_GetExecutable_Args* args) {
    return guarded("PJRT_LoadedExecutable_GetExecutable", args, [](auto& a) {
        const PJRT_LoadedExecutable& loaded = deref(a.loaded_executable, "loaded_executable");
        a.executable =
            new PJRT_Executable{loaded.compiled, costOnSlice(*loaded.compiled, loaded.client->options())};
    });
}

PJRT_Error* loadedAddressableDevices(PJRT_LoadedExecutable_AddressableDevices_Args* args) {
    return guarded("PJRT_LoadedExecutable_AddressableDevices", args, [](auto& a) {
        const PJRT_LoadedExecutable& loaded = loadedOf(a.executable);
        a.addressable_devices = loaded.devices.data();
        a.num_addressable_devices = loaded.devices.size();
    });
}

PJRT_Error* loadedLogicalIds(PJRT_LoadedExecutable_AddressableDeviceLogicalIds_Args* args) {
    return guarded("PJRT_LoadedExecutable_AddressableDeviceLogicalIds", args, [](auto& a) {
        PJRT_LoadedExecutable& loaded = loadedOf(a.executable);
        a.addressable_device_logical_ids = loaded.logical_ids.data();
        a.num_addressable_device_logical_ids = loaded.logical_ids.size();
    });
}

PJRT_Error* loadedDeviceAssignment(PJRT_LoadedExecutable_GetDeviceAssignment_Args* args) {
    return guarded("PJRT_LoadedExecutable_GetDeviceAssignment", args, [](auto& a) {
        auto* owner =
            new PJRT_DeviceAssignmentSerialized{serializeDeviceAssignment(loadedOf(a.executable).assignment)};
        a.serialized_bytes = owner->bytes.data();
        a.serialized_bytes_size = owner->bytes.size();
        a.serialized_device_assignment = owner;
        a.serialized_device_assignment_deleter = [](PJRT_DeviceAssignmentSerialized* of) { delete of; };
    });
}

PJRT_Error* loadedDelete(PJRT_LoadedExecutable_Delete_Args* args) {
    return guarded("PJRT_LoadedExecutable_Delete", args,
                   [](auto& a) { loadedOf(a.executable).deleted.store(true); });
}

PJRT_Error* loadedIsDeleted(PJRT_LoadedExecutable_IsDeleted_Args* args) {
    return guarded("PJRT_LoadedExecutable_IsDeleted", args,
                   [](auto& a) { a.is_deleted = loadedOf(a.executable).deleted.load(); });
}

PJRT_Error* loadedFingerprint(PJRT_LoadedExecutable_Fingerprint_Args* args) {
    return guarded("PJRT_LoadedExecutable_Fingerprint", args, [](auto& a) {
        const std::string& fingerprint = loadedOf(a.executable).compiled->fingerprint;
        a.executable_fingerprint = fingerprint.data();
        a.executable_fingerprint_size = fingerprint.size();
    });
}

PJRT_Error* loadedExecute(PJRT_LoadedExecutable_Execute_Args* args) {
    return guarded("PJRT_LoadedExecutable_Execute", args,
                   [](auto& a) { executeLoaded(loadedOf(a.executable), a); });
}

PJRT_Error* devicePoisonExecution(PJRT_Device_PoisonExecution_Args* args) {
    return guarded("PJRT_Device_PoisonExecution", args, [](auto& a) {
        a.poisoned = false;
        PJRT_Device& device = deref(a.device, "device");
        const Error error = errorFrom(numberOf(a.error_code), a.error_message, a.error_message_size);
        if (a.launch_id == 0) throw invalidArgument("launch_id is 0, which no execution has");
        a.poisoned = device.launches.poison(a.launch_id, error);
    });
}

PJRT_Error* executeContextCreate(PJRT_ExecuteContext_Create_Args* args) {
    return guarded("PJRT_ExecuteContext_Create", args,
                   [](auto& a) { a.context = new PJRT_ExecuteContext(); });
}

PJRT_Error* executeContextDestroy(PJRT_ExecuteContext_Destroy_Args* args) {
    return guarded("PJRT_ExecuteContext_Destroy", args, [](auto& a) { delete a.context; });
}

}  // namespace

void fillLoadedExecutable(PJRT_Api& api) {
    api.PJRT_LoadedExecutable_Destroy = loadedDestroy;
    api.PJRT_LoadedExecutable_GetExecutable = loadedGetExecutable;
    api.PJRT_LoadedExecutable_AddressableDevices = loadedAddressableDevices;
    api.PJRT_LoadedExecutable_AddressableDeviceLogicalIds = loadedLogicalIds;
    api.PJRT_LoadedExecutable_GetDeviceAssignment = loadedDeviceAssignment;
    api.PJRT_LoadedExecutable_Delete = loadedDelete;
    api.PJRT_LoadedExecutable_IsDeleted = loadedIsDeleted;
    api.PJRT_LoadedExecutable_Fingerprint = loadedFingerprint;
    api.PJRT_LoadedExecutable_Execute = loadedExecute;
    api.PJRT_Device_PoisonExecution = devicePoisonExecution;
    api.PJRT_ExecuteContext_Create = executeContextCreate;
    api.PJRT_ExecuteContext_Destroy = executeContextDestroy;
}

}  // namespace optirs::plugin
