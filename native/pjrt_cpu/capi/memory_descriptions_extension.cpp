// The memory descriptions extension: which memories a device of a topology has, before there is a client.
#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/error_object.h"

struct PJRT_MemoryDescription {
    const char* kind;
    size_t kind_size;
    int kind_id;
};

namespace optirs::plugin {
namespace {

PJRT_Error* memoryDescriptions(PJRT_DeviceDescription_MemoryDescriptions_Args* args) {
    return guarded("PJRT_DeviceDescription_MemoryDescriptions", args,
                   PJRT_DeviceDescription_MemoryDescriptions_Args_STRUCT_SIZE, [](auto& a) {
                       static constexpr PJRT_MemoryDescription kDevice = {
                           kMemoryKind, sizeof(kMemoryKind) - 1, kMemoryKindId};
                       static constexpr const PJRT_MemoryDescription* kAll[] = {&kDevice};
                       deref(a.device_description, "device_description");
                       a.memory_descriptions = kAll;
                       a.num_memory_descriptions = 1;
                       a.default_memory_index = 0;
                   });
}

PJRT_Error* memoryDescriptionKind(PJRT_MemoryDescription_Kind_Args* args) {
    return guarded(
        "PJRT_MemoryDescription_Kind", args, PJRT_MemoryDescription_Kind_Args_STRUCT_SIZE, [](auto& a) {
            const PJRT_MemoryDescription& description = deref(a.memory_description, "memory_description");
            a.kind = description.kind;
            a.kind_size = description.kind_size;
            a.kind_id = description.kind_id;
        });
}

}  // namespace

PJRT_Extension_Base* memoryDescriptionsExtension(PJRT_Extension_Base* next) {
    static PJRT_MemoryDescriptions_Extension extension = [next] {
        PJRT_MemoryDescriptions_Extension table{};
        table.base.struct_size = PJRT_MemoryDescriptions_Extension_STRUCT_SIZE;
        table.base.type = PJRT_Extension_Type_MemoryDescriptions;
        table.base.next = next;
        table.PJRT_DeviceDescription_MemoryDescriptions = memoryDescriptions;
        table.PJRT_MemoryDescription_Kind = memoryDescriptionKind;
        return table;
    }();
    return &extension.base;
}

}  // namespace optirs::plugin
