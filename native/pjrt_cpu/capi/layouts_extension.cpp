// The layouts extension: every array is dense and row-major, and that is what it says.
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"

struct PJRT_Layouts_MemoryLayout {
    explicit PJRT_Layouts_MemoryLayout(size_t rank) {
        // xla::Layout as text: minor to major.
        text = "{";
        for (size_t d = rank; d-- > 0;) text += std::to_string(d) + (d > 0 ? "," : "");
        text += "}";
    }
    std::string text;
};

struct PJRT_Layouts_SerializedLayout {
    std::string bytes;
};

namespace optirs::plugin {
namespace {

/// Extension structs are not in the table of versions: what is needed is said here.
template <class Args, class Body>
PJRT_Error* guardedExtension(const char* function, Args* args, size_t required, Body&& body) noexcept {
    try {
        checkArguments(args, args == nullptr ? 0 : args->struct_size, required);
        body(*args);
        return nullptr;
    } catch (const Error& error) {
        return makeError(error);
    } catch (...) {
        return makeError(Code::kInternal, function);
    }
}

PJRT_Error* layoutDestroy(PJRT_Layouts_MemoryLayout_Destroy_Args* args) {
    return guardedExtension("PJRT_Layouts_MemoryLayout_Destroy", args, sizeof(*args),
                            [](auto& a) { delete a.layout; });
}

PJRT_Error* layoutSerialize(PJRT_Layouts_MemoryLayout_Serialize_Args* args) {
    return guardedExtension("PJRT_Layouts_MemoryLayout_Serialize", args, sizeof(*args), [](auto& a) {
        auto* owner = new PJRT_Layouts_SerializedLayout{deref(a.layout, "layout").text};
        a.serialized_bytes = owner->bytes.data();
        a.serialized_bytes_size = owner->bytes.size();
        a.serialized_layout = owner;
        a.serialized_layout_deleter = [](PJRT_Layouts_SerializedLayout* of) { delete of; };
    });
}

PJRT_Error* clientDefaultLayout(PJRT_Layouts_PJRT_Client_GetDefaultLayout_Args* args) {
    return guardedExtension("PJRT_Layouts_PJRT_Client_GetDefaultLayout", args, sizeof(*args), [](auto& a) {
        deref(a.client, "client");
        a.layout = new PJRT_Layouts_MemoryLayout(a.num_dims);
    });
}

PJRT_Error* bufferLayout(PJRT_Layouts_PJRT_Buffer_MemoryLayout_Args* args) {
    return guardedExtension("PJRT_Layouts_PJRT_Buffer_MemoryLayout", args, sizeof(*args), [](auto& a) {
        a.layout = new PJRT_Layouts_MemoryLayout(deref(a.buffer, "buffer").type.dims().size());
    });
}

PJRT_Error* topologyDefaultLayout(PJRT_Layouts_PJRT_Topology_GetDefaultLayout_Args* args) {
    return guardedExtension("PJRT_Layouts_PJRT_Topology_GetDefaultLayout", args, sizeof(*args), [](auto& a) {
        deref(a.topology_description, "topology_description");
        a.layout = new PJRT_Layouts_MemoryLayout(a.num_dims);
    });
}

// Whose the lists of layouts would be is not settled by the C API, so they are not handed out.
PJRT_Error* outputLayouts(PJRT_Layouts_PJRT_Executable_GetOutputLayouts_Args* args) {
    return guardedExtension("PJRT_Layouts_PJRT_Executable_GetOutputLayouts", args, sizeof(*args), [](auto&) {
        throw unimplemented("PJRT_Layouts_PJRT_Executable_GetOutputLayouts: outputs are dense and row-major");
    });
}

PJRT_Error* parameterLayouts(PJRT_Layouts_PJRT_Executable_GetParameterLayouts_Args* args) {
    return guardedExtension(
        "PJRT_Layouts_PJRT_Executable_GetParameterLayouts", args, sizeof(*args), [](auto&) {
            throw unimplemented(
                "PJRT_Layouts_PJRT_Executable_GetParameterLayouts: parameters are dense and row-major");
        });
}

}  // namespace

PJRT_Extension_Base* extensions() {
    static PJRT_Layouts_Extension layouts = [] {
        PJRT_Layouts_Extension extension{};
        extension.base.struct_size = PJRT_Layouts_Extension_STRUCT_SIZE;
        extension.base.type = PJRT_Extension_Type_Layouts;
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
