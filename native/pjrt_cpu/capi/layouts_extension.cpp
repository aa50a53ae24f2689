// The layouts extension: every array is dense and row-major, and that is what it says.
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"

struct PJRT_Layouts_SerializedLayout {
    std::string bytes;
};

namespace optirs::plugin {
namespace {

PJRT_Error* layoutDestroy(PJRT_Layouts_MemoryLayout_Destroy_Args* args) {
    return guarded("PJRT_Layouts_MemoryLayout_Destroy", args,
                   PJRT_Layouts_MemoryLayout_Destroy_Args_STRUCT_SIZE, [](auto& a) {
                       if (a.layout != nullptr && !a.layout->owned_by_program) delete a.layout;
                   });
}

PJRT_Error* layoutSerialize(PJRT_Layouts_MemoryLayout_Serialize_Args* args) {
    return guarded("PJRT_Layouts_MemoryLayout_Serialize", args,
                   PJRT_Layouts_MemoryLayout_Serialize_Args_STRUCT_SIZE, [](auto& a) {
                       auto* owner = new PJRT_Layouts_SerializedLayout{deref(a.layout, "layout").text};
                       a.serialized_bytes = owner->bytes.data();
                       a.serialized_bytes_size = owner->bytes.size();
                       a.serialized_layout = owner;
                       a.serialized_layout_deleter = [](PJRT_Layouts_SerializedLayout* of) { delete of; };
                   });
}

template <class Args>
PJRT_Layouts_MemoryLayout* defaultLayout(const Args& a) {
    return new PJRT_Layouts_MemoryLayout(tensorType(numberOf(a.type), a.dims, a.num_dims).rank());
}

PJRT_Error* clientDefaultLayout(PJRT_Layouts_PJRT_Client_GetDefaultLayout_Args* args) {
    return guarded("PJRT_Layouts_PJRT_Client_GetDefaultLayout", args,
                   PJRT_Layouts_PJRT_Client_GetDefaultLayout_Args_STRUCT_SIZE, [](auto& a) {
                       deref(a.client, "client");
                       a.layout = defaultLayout(a);
                   });
}

PJRT_Error* bufferLayout(PJRT_Layouts_PJRT_Buffer_MemoryLayout_Args* args) {
    return guarded(
        "PJRT_Layouts_PJRT_Buffer_MemoryLayout", args, PJRT_Layouts_PJRT_Buffer_MemoryLayout_Args_STRUCT_SIZE,
        [](auto& a) { a.layout = new PJRT_Layouts_MemoryLayout(deref(a.buffer, "buffer").type.rank()); });
}

PJRT_Error* topologyDefaultLayout(PJRT_Layouts_PJRT_Topology_GetDefaultLayout_Args* args) {
    return guarded("PJRT_Layouts_PJRT_Topology_GetDefaultLayout", args,
                   PJRT_Layouts_PJRT_Topology_GetDefaultLayout_Args_STRUCT_SIZE, [](auto& a) {
                       deref(a.topology_description, "topology_description");
                       a.layout = defaultLayout(a);
                   });
}

// The lists, and the layouts in them, live as long as the executable.
PJRT_Error* outputLayouts(PJRT_Layouts_PJRT_Executable_GetOutputLayouts_Args* args) {
    return guarded("PJRT_Layouts_PJRT_Executable_GetOutputLayouts", args,
                   PJRT_Layouts_PJRT_Executable_GetOutputLayouts_Args_STRUCT_SIZE, [](auto& a) {
                       const ValueLists& list = deref(a.executable, "executable").compiled->outputs;
                       a.num_outputs = list.layouts.size();
                       a.layouts = const_cast<PJRT_Layouts_MemoryLayout**>(
                           list.layouts.data());  // NOLINT: the field's type
                   });
}

PJRT_Error* parameterLayouts(PJRT_Layouts_PJRT_Executable_GetParameterLayouts_Args* args) {
    return guarded("PJRT_Layouts_PJRT_Executable_GetParameterLayouts", args,
                   PJRT_Layouts_PJRT_Executable_GetParameterLayouts_Args_STRUCT_SIZE, [](auto& a) {
                       const ValueLists& list = deref(a.executable, "executable").compiled->arguments;
                       a.num_parameters = list.layouts.size();
                       a.layouts = const_cast<PJRT_Layouts_MemoryLayout**>(
                           list.layouts.data());  // NOLINT: the field's type
                   });
}

}  // namespace

PJRT_Extension_Base* extensions() {
    static PJRT_Layouts_Extension layouts = [] {
        PJRT_Layouts_Extension extension{};
        extension.base.struct_size = PJRT_Layouts_Extension_STRUCT_SIZE;
        extension.base.type = PJRT_Extension_Type_Layouts;
        extension.base.next = shardingsExtension(
            memoryDescriptionsExtension(customCallExtension(profilerExtension(inPlaceExtension(nullptr)))));
        extension.PJRT_Layouts_MemoryLayout_Destroy = layoutDestroy;
        extension.PJRT_Layouts_MemoryLayout_Serialize = layoutSerialize;
        extension.PJRT_Layouts_PJRT_Client_GetDefaultLayout = clientDefaultLayout;
        extension.PJRT_Layouts_PJRT_Buffer_MemoryLayout = bufferLayout;
        extension.PJRT_Layouts_PJRT_Topology_GetDefaultLayout = topologyDefaultLayout;
        extension.PJRT_Layouts_PJRT_Executable_GetOutputLayouts = outputLayouts;
        extension.PJRT_Layouts_PJRT_Executable_GetParameterLayouts = parameterLayouts;
        return extension;
    }();
    return &layouts.base;
}

}  // namespace optirs::plugin
