#include "src/pjrt/layouts.h"

#include <span>

#include "src/core/text.h"
#include "src/pjrt/array.h"
#include "src/pjrt/buffer.h"
#include "src/pjrt/executable.h"
#include "src/pjrt/extension.h"
#include "src/pjrt/topology.h"

namespace optirs::pjrt {
namespace {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;
using Layouts = Extension<PJRT_Layouts_Extension>;
using Memories = Extension<PJRT_MemoryDescriptions_Extension>;

Layouts layoutsOf(const optirs_pjrt_client& client) { return {client.library(), client.api()}; }

std::string textOf(const Layouts& layouts, PJRT_Layouts_MemoryLayout* layout) {
    auto args = extensionArgs<PJRT_Layouts_MemoryLayout_Serialize_Args>();
    args.layout = layout;
    OPTIRS_CALL(layouts, PJRT_Layouts_Extension, PJRT_Layouts_MemoryLayout_Serialize, args);
    const Backing backing(args.serialized_layout, args.serialized_layout_deleter);
    return {args.serialized_bytes, args.serialized_bytes_size};
}

// The text of a layout that is ours to destroy.
Ref<optirs_pjrt_bytes> takeText(const Layouts& layouts, PJRT_Layouts_MemoryLayout* layout) {
    struct Owner {
        const Layouts& layouts;
        PJRT_Layouts_MemoryLayout* layout;
        ~Owner() {
            auto args = extensionArgs<PJRT_Layouts_MemoryLayout_Destroy_Args>();
            args.layout = layout;
            layouts.callQuietly(&PJRT_Layouts_Extension::PJRT_Layouts_MemoryLayout_Destroy, args);
        }
    };
    const Owner owner{layouts, layout};
    return core::makeObject<optirs_pjrt_bytes>(textOf(layouts, layout));
}

template <class Args>
void setArray(Args& args, const optirs_pjrt_array& array) {
    if (array.struct_size < sizeof array || array.rank < 0 || (array.rank > 0 && array.dims == nullptr)) {
        throw Error(Code::kInvalidArgument,
                    concat("an array of rank ", array.rank, " needs as many extents"));
    }
    if (array.layout != nullptr) {
        throw Error(Code::kInvalidArgument, "the array has a layout: there is no default to ask for");
    }
    ArrayArgument::requireNoPlace(array, "a default layout");
    args.type = static_cast<PJRT_Buffer_Type>(array.dtype);
    args.dims = array.dims;
    args.num_dims = static_cast<std::size_t>(array.rank);
}

void requireSide(optirs_pjrt_program_side side) {
    if (side != OPTIRS_PJRT_SIDE_PARAMETERS && side != OPTIRS_PJRT_SIDE_OUTPUTS) {
        throw Error(Code::kInvalidArgument, concat("side ", side, " is not one of OPTIRS_PJRT_SIDE_*"));
    }
}

// The layouts belong to the program.
Ref<optirs_pjrt_list> textsOf(const Layouts& extension, std::span<PJRT_Layouts_MemoryLayout*> layouts) {
    std::vector<std::string> texts;
    texts.reserve(layouts.size());
    for (PJRT_Layouts_MemoryLayout* layout : layouts) {
        texts.push_back(textOf(extension, layout));
    }
    return core::makeObject<optirs_pjrt_list>(std::move(texts));
}

PJRT_DeviceDescription_MemoryDescriptions_Args memoriesOf(const Memories& memories,
                                                          const optirs_pjrt_topology& topology,
                                                          int64_t device) {
    checkIndex(device, static_cast<int64_t>(topology.devices().size()), "device");
    auto args = extensionArgs<PJRT_DeviceDescription_MemoryDescriptions_Args>();
    args.device_description = topology.devices()[static_cast<std::size_t>(device)].handle_of_description;
    OPTIRS_CALL(memories, PJRT_MemoryDescriptions_Extension, PJRT_DeviceDescription_MemoryDescriptions, args);
    return args;
}

}  // namespace

Ref<optirs_pjrt_bytes> defaultLayout(optirs_pjrt_client& client, const optirs_pjrt_array& array) {
    const Layouts layouts = layoutsOf(client);
    auto args = extensionArgs<PJRT_Layouts_PJRT_Client_GetDefaultLayout_Args>();
    args.client = client.handle();
    setArray(args, array);
    OPTIRS_CALL(layouts, PJRT_Layouts_Extension, PJRT_Layouts_PJRT_Client_GetDefaultLayout, args);
    return takeText(layouts, args.layout);
}

Ref<optirs_pjrt_bytes> defaultLayout(const optirs_pjrt_topology& topology, const optirs_pjrt_array& array) {
    const Layouts layouts(topology.library());
    auto args = extensionArgs<PJRT_Layouts_PJRT_Topology_GetDefaultLayout_Args>();
    args.topology_description = topology.handle();
    setArray(args, array);
    OPTIRS_CALL(layouts, PJRT_Layouts_Extension, PJRT_Layouts_PJRT_Topology_GetDefaultLayout, args);
    return takeText(layouts, args.layout);
}

Ref<optirs_pjrt_bytes> layoutText(const optirs_pjrt_buffer& buffer) {
    const Layouts layouts = layoutsOf(buffer.client());
    const auto held = buffer.require();
    auto args = extensionArgs<PJRT_Layouts_PJRT_Buffer_MemoryLayout_Args>();
    args.buffer = held->get();
    OPTIRS_CALL(layouts, PJRT_Layouts_Extension, PJRT_Layouts_PJRT_Buffer_MemoryLayout, args);
    return takeText(layouts, args.layout);
}

Ref<optirs_pjrt_list> layouts(const optirs_pjrt_executable& executable, optirs_pjrt_program_side side) {
    requireSide(side);
    const Layouts extension(executable.library());
    if (side == OPTIRS_PJRT_SIDE_OUTPUTS) {
        auto args = extensionArgs<PJRT_Layouts_PJRT_Executable_GetOutputLayouts_Args>();
        args.executable = executable.compiled();
        OPTIRS_CALL(extension, PJRT_Layouts_Extension, PJRT_Layouts_PJRT_Executable_GetOutputLayouts, args);
        return textsOf(extension, {args.layouts, args.num_outputs});
    }
    auto args = extensionArgs<PJRT_Layouts_PJRT_Executable_GetParameterLayouts_Args>();
    args.executable = executable.compiled();
    OPTIRS_CALL(extension, PJRT_Layouts_Extension, PJRT_Layouts_PJRT_Executable_GetParameterLayouts, args);
    return textsOf(extension, {args.layouts, args.num_parameters});
}

Ref<optirs_pjrt_list> shardings(const optirs_pjrt_executable& executable, optirs_pjrt_program_side side) {
    requireSide(side);
    const Extension<PJRT_Shardings_Extension> extension(executable.library());
    const auto copied = [](const auto& args, std::size_t count) {
        return copyList(args.shardings, args.sharding_sizes, args.shardings == nullptr ? 0 : count);
    };
    if (side == OPTIRS_PJRT_SIDE_OUTPUTS) {
        auto args = extensionArgs<PJRT_Shardings_PJRT_Executable_OutputShardings_Args>();
        args.executable = executable.compiled();
        OPTIRS_CALL(extension, PJRT_Shardings_Extension, PJRT_Shardings_PJRT_Executable_OutputShardings,
                    args);
        return copied(args, args.num_outputs);
    }
    auto args = extensionArgs<PJRT_Shardings_PJRT_Executable_ParameterShardings_Args>();
    args.executable = executable.compiled();
    OPTIRS_CALL(extension, PJRT_Shardings_Extension, PJRT_Shardings_PJRT_Executable_ParameterShardings, args);
    return copied(args, args.num_parameters);
}

Ref<optirs_pjrt_bytes> metadata(const optirs_pjrt_executable& executable) {
    const Extension<PJRT_ExecutableMetadata_Extension> extension(executable.library());
    auto args = extensionArgs<PJRT_ExecutableMetadata_GetExecutableMetadata_Args>();
    args.executable = executable.compiled();
    extension.call(&PJRT_ExecutableMetadata_Extension::get_executable_metadata,
                   "PJRT_ExecutableMetadata_GetExecutableMetadata", args);
    struct Owner {
        const Extension<PJRT_ExecutableMetadata_Extension>& extension;
        PJRT_ExecutableMetadata* metadata;
        ~Owner() {
            auto args = extensionArgs<PJRT_ExecutableMetadata_DestroySerializedMetadata_Args>();
            args.metadata = metadata;
            if (extension.table().destroy_serialized_metadata != nullptr) {
                extension.table().destroy_serialized_metadata(&args);
            }
        }
    };
    const Owner owner{extension, args.metadata};
    return copyBytes(args.metadata->serialized_metadata, args.metadata->serialized_metadata_size);
}

int64_t numDeviceMemories(const optirs_pjrt_topology& topology, int64_t device) {
    const Memories memories(topology.library());
    return static_cast<int64_t>(memoriesOf(memories, topology, device).num_memory_descriptions);
}

optirs_pjrt_memory_description deviceMemory(const optirs_pjrt_topology& topology, int64_t device,
                                            int64_t index) {
    const Memories memories(topology.library());
    const auto all = memoriesOf(memories, topology, device);
    checkIndex(index, static_cast<int64_t>(all.num_memory_descriptions), "memory");
    auto args = extensionArgs<PJRT_MemoryDescription_Kind_Args>();
    args.memory_description = all.memory_descriptions[index];
    OPTIRS_CALL(memories, PJRT_MemoryDescriptions_Extension, PJRT_MemoryDescription_Kind, args);
    optirs_pjrt_memory_description description{};
    description.kind = args.kind;
    description.kind_size = args.kind_size;
    description.kind_id = args.kind_id;
    description.is_default = all.default_memory_index == static_cast<std::size_t>(index) ? 1 : 0;
    return description;
}

}  // namespace optirs::pjrt
