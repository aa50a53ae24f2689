#include "src/pjrt/device.h"

#include "src/core/text.h"
#include "src/pjrt/client.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;
namespace pjrt = optirs::pjrt;

namespace optirs::pjrt {
namespace {

std::string copied(const char* text, std::size_t size) {
    return text == nullptr ? std::string() : std::string(text, size);
}

}  // namespace

void DeviceDescription::read(const Api& api, PJRT_DeviceDescription* description) {
    handle_of_description = description;
    auto id_args = api.make<PJRT_DeviceDescription_Id_Args>();
    id_args.device_description = description;
    api.call<&PJRT_Api::PJRT_DeviceDescription_Id>(id_args);
    id = id_args.id;

    auto process = api.make<PJRT_DeviceDescription_ProcessIndex_Args>();
    process.device_description = description;
    api.call<&PJRT_Api::PJRT_DeviceDescription_ProcessIndex>(process);
    process_index = process.process_index;

    auto kind_args = api.make<PJRT_DeviceDescription_Kind_Args>();
    kind_args.device_description = description;
    api.call<&PJRT_Api::PJRT_DeviceDescription_Kind>(kind_args);
    kind = copied(kind_args.device_kind, kind_args.device_kind_size);

    auto debug = api.make<PJRT_DeviceDescription_DebugString_Args>();
    debug.device_description = description;
    api.call<&PJRT_Api::PJRT_DeviceDescription_DebugString>(debug);
    debug_string = copied(debug.debug_string, debug.debug_string_size);

    auto text = api.make<PJRT_DeviceDescription_ToString_Args>();
    text.device_description = description;
    if (askIfOffered([&] { api.call<&PJRT_Api::PJRT_DeviceDescription_ToString>(text); })) {
        to_string = copied(text.to_string, text.to_string_size);
    }
    auto values = api.make<PJRT_DeviceDescription_Attributes_Args>();
    values.device_description = description;
    if (askIfOffered([&] { api.call<&PJRT_Api::PJRT_DeviceDescription_Attributes>(values); })) {
        attributes.append(values.attributes, values.num_attributes);
    }
}

PJRT_Error_Code requireErrorCode(optirs_status code) {
    if (code <= OPTIRS_OK || code > OPTIRS_UNAUTHENTICATED) {
        throw Error(
            Code::kInvalidArgument,
            concat("code ", code, " is not the code of an error: 1 (CANCELLED) to 16 (UNAUTHENTICATED) are"));
    }
    return static_cast<PJRT_Error_Code>(code);
}

}  // namespace optirs::pjrt

void optirs_pjrt_memory::read(optirs_pjrt_client& owner, PJRT_Memory* memory) {
    const pjrt::Api& api = owner.api();
    client = &owner;
    handle = memory;
    auto id_args = api.make<PJRT_Memory_Id_Args>();
    id_args.memory = memory;
    api.call<&PJRT_Api::PJRT_Memory_Id>(id_args);
    id = id_args.id;

    auto kind_args = api.make<PJRT_Memory_Kind_Args>();
    kind_args.memory = memory;
    api.call<&PJRT_Api::PJRT_Memory_Kind>(kind_args);
    kind = pjrt::copied(kind_args.kind, kind_args.kind_size);

    auto number = api.make<PJRT_Memory_Kind_Id_Args>();
    number.memory = memory;
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Memory_Kind_Id>(number); })) {
        kind_id = number.kind_id;
    }
    auto debug = api.make<PJRT_Memory_DebugString_Args>();
    debug.memory = memory;
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Memory_DebugString>(debug); })) {
        debug_string = pjrt::copied(debug.debug_string, debug.debug_string_size);
    }
    auto text = api.make<PJRT_Memory_ToString_Args>();
    text.memory = memory;
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Memory_ToString>(text); })) {
        to_string = pjrt::copied(text.to_string, text.to_string_size);
    }
    auto users = api.make<PJRT_Memory_AddressableByDevices_Args>();
    users.memory = memory;
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Memory_AddressableByDevices>(users); })) {
        for (const PJRT_Device* device : std::span(users.devices, users.num_devices)) {
            if (optirs_pjrt_device* ours = owner.findDevice(device); ours != nullptr) {
                devices.push_back(ours);
            }
        }
    }
}

void optirs_pjrt_device::read(optirs_pjrt_client& owner, PJRT_Device* device) {
    const pjrt::Api& api = owner.api();
    client = &owner;
    handle = device;
    auto description = api.make<PJRT_Device_GetDescription_Args>();
    description.device = device;
    api.call<&PJRT_Api::PJRT_Device_GetDescription>(description);
    DeviceDescription::read(api, description.device_description);

    auto addressable = api.make<PJRT_Device_IsAddressable_Args>();
    addressable.device = device;
    api.call<&PJRT_Api::PJRT_Device_IsAddressable>(addressable);
    is_addressable = addressable.is_addressable;

    auto hardware = api.make<PJRT_Device_LocalHardwareId_Args>();
    hardware.device = device;
    if (is_addressable &&
        pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Device_LocalHardwareId>(hardware); })) {
        local_hardware_id = hardware.local_hardware_id;
    }
}

void optirs_pjrt_device::readMemories() {
    const pjrt::Api& api = client->api();
    auto all = api.make<PJRT_Device_AddressableMemories_Args>();
    all.device = handle;
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Device_AddressableMemories>(all); })) {
        for (const PJRT_Memory* memory : std::span(all.memories, all.num_memories)) {
            if (optirs_pjrt_memory* ours = client->findMemory(memory); ours != nullptr) {
                memories.push_back(ours);
            }
        }
    }
    auto first = api.make<PJRT_Device_DefaultMemory_Args>();
    first.device = handle;
    if (pjrt::askIfOffered([&] { api.call<&PJRT_Api::PJRT_Device_DefaultMemory>(first); })) {
        default_memory = client->findMemory(first.memory);
    }
}

namespace {

int64_t orUnknown(bool is_set, int64_t value) { return is_set ? value : -1; }

}  // namespace

optirs_pjrt_memory_stats optirs_pjrt_device::memoryStats() const {
    auto args = client->api().make<PJRT_Device_MemoryStats_Args>();
    args.device = handle;
    client->api().call<&PJRT_Api::PJRT_Device_MemoryStats>(args);
    return {
        .bytes_in_use = args.bytes_in_use,
        .peak_bytes_in_use = orUnknown(args.peak_bytes_in_use_is_set, args.peak_bytes_in_use),
        .num_allocations = orUnknown(args.num_allocs_is_set, args.num_allocs),
        .largest_allocation_bytes = orUnknown(args.largest_alloc_size_is_set, args.largest_alloc_size),
        .bytes_limit = orUnknown(args.bytes_limit_is_set, args.bytes_limit),
        .bytes_reserved = orUnknown(args.bytes_reserved_is_set, args.bytes_reserved),
        .peak_bytes_reserved = orUnknown(args.peak_bytes_reserved_is_set, args.peak_bytes_reserved),
        .bytes_reservable_limit = orUnknown(args.bytes_reservable_limit_is_set, args.bytes_reservable_limit),
        .largest_free_block_bytes =
            orUnknown(args.largest_free_block_bytes_is_set, args.largest_free_block_bytes),
        .pool_bytes = orUnknown(args.pool_bytes_is_set, args.pool_bytes),
        .peak_pool_bytes = orUnknown(args.peak_pool_bytes_is_set, args.peak_pool_bytes),
    };
}

void optirs_pjrt_device::clearMemoryStats() const {
    auto args = client->api().make<PJRT_Device_ClearMemoryStats_Args>();
    args.device = handle;
    client->api().call<&PJRT_Api::PJRT_Device_ClearMemoryStats>(args);
}

Ref<optirs_pjrt_values> optirs_pjrt_device::readAttributes() const {
    auto args = client->api().make<PJRT_Device_GetAttributes_Args>();
    args.device = handle;
    client->api().call<&PJRT_Api::PJRT_Device_GetAttributes>(args);
    const pjrt::Backing backing(args.device_attributes, args.attributes_deleter);
    return optirs::core::makeObject<optirs_pjrt_values>(args.attributes, args.num_attributes);
}

bool optirs_pjrt_device::poison(int32_t launch_id, optirs_status code, std::string_view message) const {
    auto args = client->api().make<PJRT_Device_PoisonExecution_Args>();
    args.device = handle;
    args.launch_id = launch_id;
    args.error_code = pjrt::requireErrorCode(code);
    args.error_message = message.data();
    args.error_message_size = message.size();
    client->api().call<&PJRT_Api::PJRT_Device_PoisonExecution>(args);
    return args.poisoned;
}

Ref<optirs_pjrt_tracking> optirs_pjrt_device::track(std::string_view description) const {
    auto args = client->api().make<PJRT_Device_CreateAsyncTrackingEvent_Args>();
    args.device = handle;
    args.description = description.data();
    args.description_size = description.size();
    client->api().call<&PJRT_Api::PJRT_Device_CreateAsyncTrackingEvent>(args);
    return optirs::core::makeObject<optirs_pjrt_tracking>(
        Ref<optirs_pjrt_client>::share(client), optirs_pjrt_tracking::Handle(client->api(), args.event));
}

optirs_pjrt_tracking::optirs_pjrt_tracking(Ref<optirs_pjrt_client> client, Handle handle)
    : Object(OPTIRS_OBJECT_PJRT_TRACKING), client_(std::move(client)), handle_(std::move(handle)) {}

optirs_pjrt_tracking::~optirs_pjrt_tracking() = default;
