// The fake plugin: topologies, programs as bytes, and what programs tell beyond the first need.
#include "tests/pjrt/fake_functions.h"

namespace fake {
namespace {

// Programs are text, and serialized as such.
template <class Args, class Holder, class Bytes>
void lend(Args& args, Holder*& holder, void (*&deleter)(Holder*), Bytes text) {
    auto* other = new Other;
    other->text = std::move(text);
    args.serialized_bytes = other->text.data();
    args.serialized_bytes_size = other->text.size();
    holder = reinterpret_cast<Holder*>(other);
    deleter = [](Holder* given) { delete &as<Other>(given); };
}

FAKE_FUNCTION(PJRT_TopologyDescription_Create) {
    FAKE_ENTER(PJRT_TopologyDescription_Create)
    const std::string name(args->topology_name, args->topology_name_size);
    if (!name.starts_with("fake:")) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "no topology is called " + name);
    }
    args->topology = reinterpret_cast<PJRT_TopologyDescription*>(new Topology(std::stoi(name.substr(5))));
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_Destroy) {
    FAKE_ENTER(PJRT_TopologyDescription_Destroy)
    delete &as<Topology>(args->topology);
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_PlatformName) {
    FAKE_ENTER(PJRT_TopologyDescription_PlatformName)
    args->platform_name = "fake";
    args->platform_name_size = 4;
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_PlatformVersion) {
    FAKE_ENTER(PJRT_TopologyDescription_PlatformVersion)
    args->platform_version = "fake 1";
    args->platform_version_size = 6;
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_GetDeviceDescriptions) {
    FAKE_ENTER(PJRT_TopologyDescription_GetDeviceDescriptions)
    auto& devices = as<Topology>(args->topology).devices;
    args->descriptions = reinterpret_cast<PJRT_DeviceDescription* const*>(devices.data());
    args->num_descriptions = devices.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_Serialize) {
    FAKE_ENTER(PJRT_TopologyDescription_Serialize)
    lend(*args, args->serialized_topology, args->serialized_topology_deleter,
         std::to_string(as<Topology>(args->topology).devices.size()));
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_Deserialize) {
    FAKE_ENTER(PJRT_TopologyDescription_Deserialize)
    const std::string text(args->serialized_topology, args->serialized_topology_size);
    if (text.find_first_not_of("0123456789") != std::string::npos) {
        return makeError(PJRT_Error_Code_DATA_LOSS, "not a topology");
    }
    args->topology = reinterpret_cast<PJRT_TopologyDescription*>(new Topology(std::stoi(text)));
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_Attributes) {
    FAKE_ENTER(PJRT_TopologyDescription_Attributes)
    args->attributes = attributes().data();
    args->num_attributes = attributes().size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_Fingerprint) {
    FAKE_ENTER(PJRT_TopologyDescription_Fingerprint)
    args->fingerprint = 0xfeedULL + as<Topology>(args->topology).devices.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_GetMemorySpaceKindIds) {
    FAKE_ENTER(PJRT_TopologyDescription_GetMemorySpaceKindIds)
    static constexpr int kIds[] = {100, 101};
    args->memory_space_kind_ids = kIds;
    args->num_memory_space_kind_ids = 2;
    return nullptr;
}
FAKE_FUNCTION(PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace) {
    FAKE_ENTER(PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace)
    auto* text = new char[6]{"shape"};
    args->serialized_shape = text;
    args->serialized_shape_size = 5;
    args->serialized_shape_deleter = [](const char* shape) { delete[] shape; };
    return nullptr;
}
FAKE_FUNCTION(PJRT_Client_TopologyDescription) {
    FAKE_ENTER(PJRT_Client_TopologyDescription)
    args->topology = reinterpret_cast<PJRT_TopologyDescription*>(as<Client>(args->client).topology.get());
    return nullptr;
}

std::unique_ptr<Executable> parsed(std::string text, const std::vector<Device*>& devices,
                                   PJRT_Error*& failure) {
    auto program = std::make_shared<Program>();
    program->text = text;
    if (!program->parse(text)) {
        failure = makeError(PJRT_Error_Code_INVALID_ARGUMENT, "the fake compiler does not understand");
        return nullptr;
    }
    auto executable = std::make_unique<Executable>();
    executable->devices.assign(devices.begin(), devices.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                      program->devices, devices.size())));
    executable->program = std::move(program);
    return executable;
}

FAKE_FUNCTION(PJRT_Compile) {
    FAKE_ENTER(PJRT_Compile)
    PJRT_Error* failure = nullptr;
    args->executable = reinterpret_cast<PJRT_Executable*>(
        parsed({args->program->code, args->program->code_size}, {}, failure).release());
    return failure;
}
FAKE_FUNCTION(PJRT_Client_Load) {
    FAKE_ENTER(PJRT_Client_Load)
    PJRT_Error* failure = nullptr;
    args->loaded_executable = reinterpret_cast<PJRT_LoadedExecutable*>(
        parsed(as<Executable>(args->executable).program->text, as<Client>(args->client).devices, failure)
            .release());
    return failure;
}
FAKE_FUNCTION(PJRT_Executable_DeserializeAndLoad) {
    FAKE_ENTER(PJRT_Executable_DeserializeAndLoad)
    const std::string text(args->serialized_executable, args->serialized_executable_size);
    if (!text.starts_with("fake program\n")) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "these bytes are not of the fake plugin");
    }
    PJRT_Error* failure = nullptr;
    args->loaded_executable = reinterpret_cast<PJRT_LoadedExecutable*>(
        parsed(text.substr(13), as<Client>(args->client).devices, failure).release());
    return failure;
}
FAKE_FUNCTION(PJRT_Executable_Serialize) {
    FAKE_ENTER(PJRT_Executable_Serialize)
    lend(*args, args->serialized_executable, args->serialized_executable_deleter,
         "fake program\n" + as<Executable>(args->executable).program->text);
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_GetCompileOptions) {
    FAKE_ENTER(PJRT_Executable_GetCompileOptions)
    lend(*args, args->serialized_compile_options, args->serialized_compile_options_deleter,
         std::string("options"));
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_GetDeviceAssignment) {
    FAKE_ENTER(PJRT_LoadedExecutable_GetDeviceAssignment)
    lend(*args, args->serialized_device_assignment, args->serialized_device_assignment_deleter,
         std::string("assignment"));
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_AddressableDeviceLogicalIds) {
    FAKE_ENTER(PJRT_LoadedExecutable_AddressableDeviceLogicalIds)
    static PJRT_LogicalDeviceIds ids[] = {{0, 0}, {1, 0}};
    args->addressable_device_logical_ids = ids;
    args->num_addressable_device_logical_ids = as<Executable>(args->executable).devices.size();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_OptimizedProgram) {
    FAKE_ENTER(PJRT_Executable_OptimizedProgram)
    const std::string& text = as<Executable>(args->executable).program->text;
    args->program->code_size = text.size();
    args->program->format = "hlo";
    args->program->format_size = 3;
    if (args->program->code != nullptr) {
        std::memcpy(args->program->code, text.data(), text.size());
    }
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_Delete) {
    FAKE_ENTER(PJRT_LoadedExecutable_Delete)
    as<Executable>(args->executable).is_deleted = true;
    return nullptr;
}
FAKE_FUNCTION(PJRT_LoadedExecutable_IsDeleted) {
    FAKE_ENTER(PJRT_LoadedExecutable_IsDeleted)
    args->is_deleted = as<Executable>(args->executable).is_deleted;
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_OutputMemoryKinds) {
    FAKE_ENTER(PJRT_Executable_OutputMemoryKinds)
    static const std::vector<const char*> kKinds(64, "device");
    static const std::vector<std::size_t> kSizes(64, 6);
    args->num_outputs = as<Executable>(args->executable).program->outputs.size();
    args->memory_kinds = kKinds.data();
    args->memory_kind_sizes = kSizes.data();
    return nullptr;
}
FAKE_FUNCTION(PJRT_Executable_ParameterMemoryKinds) {
    FAKE_ENTER(PJRT_Executable_ParameterMemoryKinds)
    static constexpr const char* kKind = "pinned_host";
    static constexpr std::size_t kSize = 11;
    args->num_parameters = 1;
    args->memory_kinds = &kKind;
    args->memory_kind_sizes = &kSize;
    return nullptr;
}
FAKE_FUNCTION(PJRT_ExecuteContext_Create) {
    FAKE_ENTER(PJRT_ExecuteContext_Create)
    args->context = reinterpret_cast<PJRT_ExecuteContext*>(new Other);
    return nullptr;
}
FAKE_FUNCTION(PJRT_ExecuteContext_Destroy) {
    FAKE_ENTER(PJRT_ExecuteContext_Destroy)
    delete &as<Other>(args->context);
    return nullptr;
}
FAKE_FUNCTION(PJRT_CopyToDeviceStream_Destroy) {
    FAKE_ENTER(PJRT_CopyToDeviceStream_Destroy)
    delete &as<Stream>(args->stream);
    return nullptr;
}
FAKE_FUNCTION(PJRT_CopyToDeviceStream_AddChunk) {
    const std::unique_ptr<PJRT_Chunk, void (*)(PJRT_Chunk*)> owner(
        args->chunk, [](PJRT_Chunk* chunk) { chunk->deleter(chunk->data, chunk->deleter_arg); });
    FAKE_ENTER(PJRT_CopyToDeviceStream_AddChunk)
    Stream& stream = as<Stream>(args->stream);
    control().note.append(static_cast<const char*>(args->chunk->data), args->chunk->size);
    stream.current += static_cast<int64_t>(args->chunk->size);
    args->transfer_complete = makeEvent();
    return nullptr;
}
FAKE_FUNCTION(PJRT_CopyToDeviceStream_TotalBytes) {
    FAKE_ENTER(PJRT_CopyToDeviceStream_TotalBytes)
    args->total_bytes = 8;
    return nullptr;
}
FAKE_FUNCTION(PJRT_CopyToDeviceStream_GranuleSize) {
    FAKE_ENTER(PJRT_CopyToDeviceStream_GranuleSize)
    args->granule_size_in_bytes = 4;
    return nullptr;
}
FAKE_FUNCTION(PJRT_CopyToDeviceStream_CurrentBytes) {
    FAKE_ENTER(PJRT_CopyToDeviceStream_CurrentBytes)
    args->current_bytes = as<Stream>(args->stream).current;
    return nullptr;
}

}  // namespace

void addLoadingFunctions(PJRT_Api& table) {
    FAKE_ENTRY(PJRT_TopologyDescription_Create)
    FAKE_ENTRY(PJRT_TopologyDescription_Destroy)
    FAKE_ENTRY(PJRT_TopologyDescription_PlatformName)
    FAKE_ENTRY(PJRT_TopologyDescription_PlatformVersion)
    FAKE_ENTRY(PJRT_TopologyDescription_GetDeviceDescriptions)
    FAKE_ENTRY(PJRT_TopologyDescription_Serialize)
    FAKE_ENTRY(PJRT_TopologyDescription_Deserialize)
    FAKE_ENTRY(PJRT_TopologyDescription_Attributes)
    FAKE_ENTRY(PJRT_TopologyDescription_Fingerprint)
    FAKE_ENTRY(PJRT_TopologyDescription_GetMemorySpaceKindIds)
    FAKE_ENTRY(PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace)
    FAKE_ENTRY(PJRT_Client_TopologyDescription)
    FAKE_ENTRY(PJRT_Compile)
    FAKE_ENTRY(PJRT_Client_Load)
    FAKE_ENTRY(PJRT_Executable_DeserializeAndLoad)
    FAKE_ENTRY(PJRT_Executable_Serialize)
    FAKE_ENTRY(PJRT_Executable_GetCompileOptions)
    FAKE_ENTRY(PJRT_LoadedExecutable_GetDeviceAssignment)
    FAKE_ENTRY(PJRT_LoadedExecutable_AddressableDeviceLogicalIds)
    FAKE_ENTRY(PJRT_Executable_OptimizedProgram)
    FAKE_ENTRY(PJRT_LoadedExecutable_Delete)
    FAKE_ENTRY(PJRT_LoadedExecutable_IsDeleted)
    FAKE_ENTRY(PJRT_Executable_OutputMemoryKinds)
    FAKE_ENTRY(PJRT_Executable_ParameterMemoryKinds)
    FAKE_ENTRY(PJRT_ExecuteContext_Create)
    FAKE_ENTRY(PJRT_ExecuteContext_Destroy)
    FAKE_ENTRY(PJRT_CopyToDeviceStream_Destroy)
    FAKE_ENTRY(PJRT_CopyToDeviceStream_AddChunk)
    FAKE_ENTRY(PJRT_CopyToDeviceStream_TotalBytes)
    FAKE_ENTRY(PJRT_CopyToDeviceStream_GranuleSize)
    FAKE_ENTRY(PJRT_CopyToDeviceStream_CurrentBytes)
}

}  // namespace fake
