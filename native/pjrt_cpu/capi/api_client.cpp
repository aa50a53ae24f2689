#include <algorithm>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"
#include "pjrt_cpu/capi/gloo_group.h"

namespace optirs::plugin {
namespace {

ClientState& stateOf(PJRT_Client* client) { return *deref(client, "client").state; }

std::string_view optionsText(const char* options, size_t size) {
    if (options == nullptr && size > 0) throw invalidArgument("compile_options is null");
    if (size > INT32_MAX) throw invalidArgument("compile options of more bytes than a protobuf message has");
    return size > 0 ? std::string_view(options, size) : std::string_view();
}

PJRT_Error* clientCreate(PJRT_Client_Create_Args* args) {
    return guarded("PJRT_Client_Create", args, [](auto& a) {
        a.client = nullptr;
        const ClientOptions options = readClientOptions(a.create_options, a.num_options);
        a.client = new PJRT_Client{std::make_shared<ClientState>(options, connectProcesses(options, a))};
    });
}

PJRT_Error* clientDestroy(PJRT_Client_Destroy_Args* args) {
    return guarded("PJRT_Client_Destroy", args, [](auto& a) { delete a.client; });
}

PJRT_Error* clientPlatformName(PJRT_Client_PlatformName_Args* args) {
    return guarded("PJRT_Client_PlatformName", args, [](auto& a) {
        stateOf(a.client);
        a.platform_name = kPlatformName;
        a.platform_name_size = sizeof(kPlatformName) - 1;
    });
}

PJRT_Error* clientProcessIndex(PJRT_Client_ProcessIndex_Args* args) {
    return guarded("PJRT_Client_ProcessIndex", args,
                   [](auto& a) { a.process_index = static_cast<int>(stateOf(a.client).options().node_id); });
}

PJRT_Error* clientPlatformVersion(PJRT_Client_PlatformVersion_Args* args) {
    return guarded("PJRT_Client_PlatformVersion", args, [](auto& a) {
        stateOf(a.client);
        a.platform_version = platformVersion().data();
        a.platform_version_size = platformVersion().size();
    });
}

PJRT_Error* clientTopology(PJRT_Client_TopologyDescription_Args* args) {
    return guarded("PJRT_Client_TopologyDescription", args,
                   [](auto& a) { a.topology = &stateOf(a.client).topology(); });
}

PJRT_Error* clientDevices(PJRT_Client_Devices_Args* args) {
    return guarded("PJRT_Client_Devices", args, [](auto& a) {
        const ClientState& state = stateOf(a.client);
        a.devices = state.devices().data();
        a.num_devices = state.devices().size();
    });
}

PJRT_Error* clientAddressableDevices(PJRT_Client_AddressableDevices_Args* args) {
    return guarded("PJRT_Client_AddressableDevices", args, [](auto& a) {
        const ClientState& state = stateOf(a.client);
        a.addressable_devices = state.addressableDevices().data();
        a.num_addressable_devices = state.addressableDevices().size();
    });
}

PJRT_Device* lookup(const ClientState& state, int id) {
    PJRT_Device* device = state.find(id);
    if (device == nullptr) {
        throw invalidArgument("no device " + std::to_string(id) + "; this client has " +
                              std::to_string(state.devices().size()));
    }
    return device;
}

PJRT_Error* clientLookupDevice(PJRT_Client_LookupDevice_Args* args) {
    return guarded("PJRT_Client_LookupDevice", args,
                   [](auto& a) { a.device = lookup(stateOf(a.client), a.id); });
}

PJRT_Error* clientLookupAddressableDevice(PJRT_Client_LookupAddressableDevice_Args* args) {
    return guarded("PJRT_Client_LookupAddressableDevice", args, [](auto& a) {
        const ClientState& state = stateOf(a.client);
        a.addressable_device = state.findLocal(a.local_hardware_id);
        if (a.addressable_device != nullptr) return;
        throw invalidArgument("no addressable device " + std::to_string(a.local_hardware_id) +
                              "; this process has " + std::to_string(state.addressableDevices().size()));
    });
}

PJRT_Error* clientAddressableMemories(PJRT_Client_AddressableMemories_Args* args) {
    return guarded("PJRT_Client_AddressableMemories", args, [](auto& a) {
        const ClientState& state = stateOf(a.client);
        a.addressable_memories = state.memories().data();
        a.num_addressable_memories = state.memories().size();
    });
}

PJRT_Error* clientCompile(PJRT_Client_Compile_Args* args) {
    return guarded("PJRT_Client_Compile", args, [](auto& a) {
        a.executable = nullptr;
        const std::shared_ptr<ClientState> state = deref(a.client, "client").state;
        auto compiled = compileProgram(deref(a.program, "program"),
                                       optionsText(a.compile_options, a.compile_options_size),
                                       state->options().compilation_cache_dir);
        a.executable = new PJRT_LoadedExecutable(state, std::move(compiled));
    });
}

PJRT_Error* clientLoad(PJRT_Client_Load_Args* args) {
    return guarded("PJRT_Client_Load", args, [](auto& a) {
        a.loaded_executable = nullptr;
        const std::shared_ptr<ClientState> state = deref(a.client, "client").state;
        auto compiled = deref(a.executable, "executable").compiled;
        const std::string_view options = optionsText(a.compile_options, a.compile_options_size);
        if (!options.empty() && options != compiled->options_bytes) {
            compiled = withOptions(*compiled, options);
        }
        a.loaded_executable = new PJRT_LoadedExecutable(state, std::move(compiled));
    });
}

PJRT_Error* clientDeserializeAndLoad(PJRT_Executable_DeserializeAndLoad_Args* args) {
    return guarded("PJRT_Executable_DeserializeAndLoad", args, [](auto& a) {
        a.loaded_executable = nullptr;
        const std::shared_ptr<ClientState> state = deref(a.client, "client").state;
        deref(a.serialized_executable, "serialized_executable");
        std::string_view options;
        if (OPTIRS_HAS_FIELD(&a, overridden_serialized_compile_options_size)) {
            options = optionsText(a.overridden_serialized_compile_options,
                                  a.overridden_serialized_compile_options_size);
        }
        auto compiled = deserializeProgram({a.serialized_executable, a.serialized_executable_size}, options);
        a.loaded_executable = new PJRT_LoadedExecutable(state, std::move(compiled));
    });
}

PJRT_Error* clientDefaultDeviceAssignment(PJRT_Client_DefaultDeviceAssignment_Args* args) {
    return guarded("PJRT_Client_DefaultDeviceAssignment", args, [](auto& a) {
        const ClientState& state = stateOf(a.client);
        const int64_t wanted = int64_t{a.num_replicas} * a.num_partitions;
        if (a.num_replicas < 1 || a.num_partitions < 1 ||
            static_cast<size_t>(wanted) > state.devices().size()) {
            throw invalidArgument(std::to_string(a.num_replicas) + " replicas of " +
                                  std::to_string(a.num_partitions) + " partitions on " +
                                  std::to_string(state.devices().size()) + " devices");
        }
        if (a.default_assignment_size < static_cast<size_t>(wanted)) {
            throw invalidArgument("room for " + std::to_string(a.default_assignment_size) + " ids, " +
                                  std::to_string(wanted) + " needed");
        }
        deref(a.default_assignment, "default_assignment");
        for (int64_t i = 0; i < wanted; ++i) a.default_assignment[i] = static_cast<int>(i);
    });
}

PJRT_Error* clientUpdateGlobalProcessInfo(PJRT_Client_UpdateGlobalProcessInfo_Args* args) {
    // There is one process: nothing about others is of use.
    return guarded("PJRT_Client_UpdateGlobalProcessInfo", args, [](auto& a) { stateOf(a.client); });
}

PJRT_Error* clientDmaMap(PJRT_Client_DmaMap_Args* args) {
    // The device reads host memory as it is.
    return guarded("PJRT_Client_DmaMap", args, [](auto& a) {
        stateOf(a.client);
        if (a.data == nullptr && a.size > 0) throw invalidArgument("data is null");
    });
}

PJRT_Error* clientDmaUnmap(PJRT_Client_DmaUnmap_Args* args) {
    return guarded("PJRT_Client_DmaUnmap", args, [](auto& a) { stateOf(a.client); });
}

}  // namespace

void fillClient(PJRT_Api& api) {
    api.PJRT_Client_Create = clientCreate;
    api.PJRT_Client_Destroy = clientDestroy;
    api.PJRT_Client_PlatformName = clientPlatformName;
    api.PJRT_Client_ProcessIndex = clientProcessIndex;
    api.PJRT_Client_PlatformVersion = clientPlatformVersion;
    api.PJRT_Client_TopologyDescription = clientTopology;
    api.PJRT_Client_Devices = clientDevices;
    api.PJRT_Client_AddressableDevices = clientAddressableDevices;
    api.PJRT_Client_LookupDevice = clientLookupDevice;
    api.PJRT_Client_LookupAddressableDevice = clientLookupAddressableDevice;
    api.PJRT_Client_AddressableMemories = clientAddressableMemories;
    api.PJRT_Client_Compile = clientCompile;
    api.PJRT_Client_Load = clientLoad;
    api.PJRT_Executable_DeserializeAndLoad = clientDeserializeAndLoad;
    api.PJRT_Client_DefaultDeviceAssignment = clientDefaultDeviceAssignment;
    api.PJRT_Client_UpdateGlobalProcessInfo = clientUpdateGlobalProcessInfo;
    api.PJRT_Client_DmaMap = clientDmaMap;
    api.PJRT_Client_DmaUnmap = clientDmaUnmap;
}

}  // namespace optirs::plugin
