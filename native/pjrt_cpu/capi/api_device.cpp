#include <memory>
#include <string_view>
#include <vector>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/copied_bytes.h"
#include "pjrt_cpu/capi/error_object.h"

struct PJRT_Device_Attributes {
    std::vector<PJRT_NamedValue> values;
};

struct PJRT_AsyncTrackingEvent {
    std::string description;
};

namespace optirs::plugin {
namespace {

MemorySpace& space(PJRT_Memory* memory) { return static_cast<MemorySpace&>(deref(memory, "memory")); }
PJRT_DeviceDescription& description(PJRT_DeviceDescription* of) { return deref(of, "device_description"); }

PJRT_Error* descriptionId(PJRT_DeviceDescription_Id_Args* args) {
    return guarded("PJRT_DeviceDescription_Id", args,
                   [](auto& a) { a.id = description(a.device_description).id; });
}

PJRT_Error* descriptionProcessIndex(PJRT_DeviceDescription_ProcessIndex_Args* args) {
    return guarded("PJRT_DeviceDescription_ProcessIndex", args,
                   [](auto& a) { a.process_index = description(a.device_description).process_index; });
}

PJRT_Error* descriptionAttributes(PJRT_DeviceDescription_Attributes_Args* args) {
    return guarded("PJRT_DeviceDescription_Attributes", args, [](auto& a) {
        const NamedValues& attributes = description(a.device_description).attributes;
        a.attributes = attributes.data();
        a.num_attributes = attributes.size();
    });
}

PJRT_Error* descriptionKind(PJRT_DeviceDescription_Kind_Args* args) {
    return guarded("PJRT_DeviceDescription_Kind", args, [](auto& a) {
        const std::string& kind = description(a.device_description).kind;
        a.device_kind = kind.data();
        a.device_kind_size = kind.size();
    });
}

PJRT_Error* descriptionDebugString(PJRT_DeviceDescription_DebugString_Args* args) {
    return guarded("PJRT_DeviceDescription_DebugString", args, [](auto& a) {
        const std::string& text = description(a.device_description).debug_string;
        a.debug_string = text.data();
        a.debug_string_size = text.size();
    });
}

PJRT_Error* descriptionToString(PJRT_DeviceDescription_ToString_Args* args) {
    return guarded("PJRT_DeviceDescription_ToString", args, [](auto& a) {
        const std::string& text = description(a.device_description).text;
        a.to_string = text.data();
        a.to_string_size = text.size();
    });
}

PJRT_Error* deviceGetDescription(PJRT_Device_GetDescription_Args* args) {
    return guarded("PJRT_Device_GetDescription", args,
                   [](auto& a) { a.device_description = &deref(a.device, "device").description; });
}

PJRT_Error* deviceIsAddressable(PJRT_Device_IsAddressable_Args* args) {
    return guarded("PJRT_Device_IsAddressable", args,
                   [](auto& a) { a.is_addressable = deref(a.device, "device").is_addressable; });
}

PJRT_Error* deviceLocalHardwareId(PJRT_Device_LocalHardwareId_Args* args) {
    return guarded("PJRT_Device_LocalHardwareId", args,
                   [](auto& a) { a.local_hardware_id = deref(a.device, "device").local_id; });
}

PJRT_Error* deviceAddressableMemories(PJRT_Device_AddressableMemories_Args* args) {
    return guarded("PJRT_Device_AddressableMemories", args, [](auto& a) {
        a.memories = deref(a.device, "device").memories;
        a.num_memories = a.device->is_addressable ? 1 : 0;
    });
}

PJRT_Error* deviceDefaultMemory(PJRT_Device_DefaultMemory_Args* args) {
    return guarded("PJRT_Device_DefaultMemory", args,
                   [](auto& a) { a.memory = &deref(a.device, "device").memory; });
}

PJRT_Error* deviceMemoryStats(PJRT_Device_MemoryStats_Args* args) {
    return guarded("PJRT_Device_MemoryStats", args, [](auto& a) {
        const MemoryStatistics statistics = deref(a.device, "device").store->statistics();
        a.bytes_in_use = statistics.bytes_in_use;
        a.peak_bytes_in_use = statistics.peak_bytes_in_use;
        a.peak_bytes_in_use_is_set = true;
        a.num_allocs = statistics.allocations;
        a.num_allocs_is_set = true;
        a.largest_alloc_size = statistics.largest_allocation;
        a.largest_alloc_size_is_set = true;
        a.bytes_limit = statistics.bytes_limit;
        a.bytes_limit_is_set = statistics.bytes_limit > 0;
        a.bytes_reserved_is_set = false;
        a.peak_bytes_reserved_is_set = false;
        a.bytes_reservable_limit_is_set = false;
        a.largest_free_block_bytes_is_set = false;
        a.pool_bytes = statistics.bytes_in_use + statistics.bytes_cached;
        a.pool_bytes_is_set = true;
        a.peak_pool_bytes = statistics.peak_bytes_held;
        a.peak_pool_bytes_is_set = true;
        if (OPTIRS_HAS_FIELD(&a, peak_allocated_bytes_is_set)) a.peak_allocated_bytes_is_set = false;
    });
}

PJRT_Error* deviceClearMemoryStats(PJRT_Device_ClearMemoryStats_Args* args) {
    return guarded("PJRT_Device_ClearMemoryStats", args,
                   [](auto& a) { deref(a.device, "device").store->resetPeak(); });
}

// What the description says, and what changes.
PJRT_Error* deviceGetAttributes(PJRT_Device_GetAttributes_Args* args) {
    return guarded("PJRT_Device_GetAttributes", args, [](auto& a) {
        const NamedValues& described = deref(a.device, "device").description.attributes;
        auto owner = std::make_unique<PJRT_Device_Attributes>();
        owner->values.assign(described.data(), described.data() + described.size());
        static constexpr std::string_view kName = "copied_bytes";
        PJRT_NamedValue copied{};
        copied.struct_size = PJRT_NamedValue_STRUCT_SIZE;
        copied.name = kName.data();
        copied.name_size = kName.size();
        copied.type = PJRT_NamedValue_kInt64;
        copied.int64_value = copiedBytes().load(std::memory_order_relaxed);
        copied.value_size = 1;
        owner->values.push_back(copied);
        a.attributes = owner->values.data();
        a.num_attributes = owner->values.size();
        a.device_attributes = owner.release();
        a.attributes_deleter = [](PJRT_Device_Attributes* attributes) { delete attributes; };
    });
}

PJRT_Error* deviceCreateAsyncTrackingEvent(PJRT_Device_CreateAsyncTrackingEvent_Args* args) {
    return guarded("PJRT_Device_CreateAsyncTrackingEvent", args, [](auto& a) {
        deref(a.device, "device");
        if (a.description == nullptr && a.description_size > 0) throw invalidArgument("description is null");
        a.event = new PJRT_AsyncTrackingEvent{
            a.description_size > 0 ? std::string(a.description, a.description_size) : std::string()};
    });
}

PJRT_Error* asyncTrackingEventDestroy(PJRT_AsyncTrackingEvent_Destroy_Args* args) {
    return guarded("PJRT_AsyncTrackingEvent_Destroy", args, [](auto& a) { delete a.event; });
}

PJRT_Error* memoryId(PJRT_Memory_Id_Args* args) {
    return guarded("PJRT_Memory_Id", args, [](auto& a) { a.id = space(a.memory).id; });
}

PJRT_Error* memoryKind(PJRT_Memory_Kind_Args* args) {
    return guarded("PJRT_Memory_Kind", args, [](auto& a) {
        space(a.memory);
        a.kind = kMemoryKind;
        a.kind_size = sizeof(kMemoryKind) - 1;
    });
}

PJRT_Error* memoryKindId(PJRT_Memory_Kind_Id_Args* args) {
    return guarded("PJRT_Memory_Kind_Id", args, [](auto& a) {
        space(a.memory);
        a.kind_id = kMemoryKindId;
    });
}

PJRT_Error* memoryDebugString(PJRT_Memory_DebugString_Args* args) {
    return guarded("PJRT_Memory_DebugString", args, [](auto& a) {
        a.debug_string = space(a.memory).debug_string.data();
        a.debug_string_size = space(a.memory).debug_string.size();
    });
}

PJRT_Error* memoryToString(PJRT_Memory_ToString_Args* args) {
    return guarded("PJRT_Memory_ToString", args, [](auto& a) {
        a.to_string = space(a.memory).debug_string.data();
        a.to_string_size = space(a.memory).debug_string.size();
    });
}

PJRT_Error* memoryAddressableByDevices(PJRT_Memory_AddressableByDevices_Args* args) {
    return guarded("PJRT_Memory_AddressableByDevices", args, [](auto& a) {
        a.devices = space(a.memory).devices;
        a.num_devices = 1;
    });
}

}  // namespace

void fillDevice(PJRT_Api& api) {
    api.PJRT_DeviceDescription_Id = descriptionId;
    api.PJRT_DeviceDescription_ProcessIndex = descriptionProcessIndex;
    api.PJRT_DeviceDescription_Attributes = descriptionAttributes;
    api.PJRT_DeviceDescription_Kind = descriptionKind;
    api.PJRT_DeviceDescription_DebugString = descriptionDebugString;
    api.PJRT_DeviceDescription_ToString = descriptionToString;
    api.PJRT_Device_GetDescription = deviceGetDescription;
    api.PJRT_Device_IsAddressable = deviceIsAddressable;
    api.PJRT_Device_LocalHardwareId = deviceLocalHardwareId;
    api.PJRT_Device_AddressableMemories = deviceAddressableMemories;
    api.PJRT_Device_DefaultMemory = deviceDefaultMemory;
    api.PJRT_Device_MemoryStats = deviceMemoryStats;
    api.PJRT_Device_ClearMemoryStats = deviceClearMemoryStats;
    api.PJRT_Device_GetAttributes = deviceGetAttributes;
    api.PJRT_Device_CreateAsyncTrackingEvent = deviceCreateAsyncTrackingEvent;
    api.PJRT_AsyncTrackingEvent_Destroy = asyncTrackingEventDestroy;
    api.PJRT_Memory_Id = memoryId;
    api.PJRT_Memory_Kind = memoryKind;
    api.PJRT_Memory_Kind_Id = memoryKindId;
    api.PJRT_Memory_DebugString = memoryDebugString;
    api.PJRT_Memory_ToString = memoryToString;
    api.PJRT_Memory_AddressableByDevices = memoryAddressableByDevices;
}

}  // namespace optirs::plugin
