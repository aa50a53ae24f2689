// optirs/pjrt.h, plugins to devices: validation and translation only.
#include <optirs/pjrt.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/client.h"
#include "src/pjrt/discovery.h"
#include "src/pjrt/plugin.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

// ---- Plugins
// ----------------------------------------------------------------------------------------------------

optirs_error* optirs_pjrt_plugin_load(const char* name_or_path, uint64_t name_or_path_size,
                                      optirs_pjrt_plugin** out_plugin) {
    return guard("optirs_pjrt_plugin_load", [&] {
        Out out(out_plugin, "out_plugin");
        out = pjrt::loadPlugin(requiredText(name_or_path, name_or_path_size, "name_or_path"));
    });
}
void optirs_pjrt_plugin_retain(optirs_pjrt_plugin* plugin) { optirs::core::retainHandle(plugin); }
void optirs_pjrt_plugin_release(optirs_pjrt_plugin* plugin) { optirs::core::releaseHandle(plugin); }
const char* optirs_pjrt_plugin_path(const optirs_pjrt_plugin* plugin, uint64_t* out_size) {
    return returnText(plugin->library().path, out_size);
}
int32_t optirs_pjrt_plugin_api_major(const optirs_pjrt_plugin* plugin) { return plugin->library().major; }
int32_t optirs_pjrt_plugin_api_minor(const optirs_pjrt_plugin* plugin) { return plugin->library().minor; }
uint8_t optirs_pjrt_plugin_has_function(const optirs_pjrt_plugin* plugin, const char* name,
                                        uint64_t name_size) {
    const int index = name == nullptr ? -1 : pjrt::functionIndex({name, name_size});
    return index >= 0 && plugin->library().hasFunction(index) ? 1 : 0;
}
int64_t optirs_pjrt_plugin_num_attributes(const optirs_pjrt_plugin* plugin) {
    return plugin->library().attributes.size();
}
optirs_error* optirs_pjrt_plugin_attribute(const optirs_pjrt_plugin* plugin, int64_t index,
                                           optirs_pjrt_named_value* out_value) {
    return guard("optirs_pjrt_plugin_attribute", [&] {
        Out out(out_value, "out_value");
        out = required(plugin, "plugin")->library().attributes.at(index, "attribute");
    });
}
int64_t optirs_pjrt_plugin_num_extensions(const optirs_pjrt_plugin* plugin) {
    return static_cast<int64_t>(plugin->library().extensions.size());
}
optirs_error* optirs_pjrt_plugin_extension(const optirs_pjrt_plugin* plugin, int64_t index, int32_t* out_type,
                                           const char** out_name, uint64_t* out_name_size) {
    return guard("optirs_pjrt_plugin_extension", [&] {
        Out type(out_type, "out_type");
        Out name(out_name, "out_name");
        Out name_size(out_name_size, "out_name_size");
        const auto& extensions = required(plugin, "plugin")->library().extensions;
        pjrt::checkIndex(index, static_cast<int64_t>(extensions.size()), "extension");
        type = extensions[static_cast<std::size_t>(index)];
        const std::string_view text = pjrt::extensionName(*out_type);
        name = text.data();
        name_size = text.size();
    });
}

// ---- Discovery
// --------------------------------------------------------------------------------------------------

optirs_error* optirs_pjrt_discovery_create(optirs_pjrt_discovery** out_discovery) {
    return guard("optirs_pjrt_discovery_create", [&] {
        Out out(out_discovery, "out_discovery");
        out = optirs::core::makeObject<optirs_pjrt_discovery>();
    });
}
void optirs_pjrt_discovery_retain(optirs_pjrt_discovery* discovery) { optirs::core::retainHandle(discovery); }
void optirs_pjrt_discovery_release(optirs_pjrt_discovery* discovery) {
    optirs::core::releaseHandle(discovery);
}
int64_t optirs_pjrt_discovery_num_candidates(const optirs_pjrt_discovery* discovery) {
    return static_cast<int64_t>(discovery->candidates().size());
}
optirs_error* optirs_pjrt_discovery_candidate(const optirs_pjrt_discovery* discovery, int64_t index,
                                              optirs_pjrt_candidate* out_candidate) {
    return guard("optirs_pjrt_discovery_candidate", [&] {
        Out out(out_candidate, "out_candidate");
        const auto& candidates = required(discovery, "discovery")->candidates();
        pjrt::checkIndex(index, static_cast<int64_t>(candidates.size()), "candidate");
        const pjrt::Candidate& candidate = candidates[static_cast<std::size_t>(index)];
        const optirs_pjrt_candidate_state found = candidate.path.empty() || !pjrt::isLoaded(candidate.path)
                                                      ? OPTIRS_PJRT_CANDIDATE_FOUND
                                                      : OPTIRS_PJRT_CANDIDATE_LOADED;
        out = optirs_pjrt_candidate{
            .name = candidate.name.data(),
            .name_size = candidate.name.size(),
            .source = candidate.source.data(),
            .source_size = candidate.source.size(),
            .path = candidate.path.data(),
            .path_size = candidate.path.size(),
            .note = candidate.note.data(),
            .note_size = candidate.note.size(),
            .state = candidate.exists ? found : OPTIRS_PJRT_CANDIDATE_MISSING,
            .reserved = 0,
        };
    });
}

// ---- Clients
// ----------------------------------------------------------------------------------------------------

optirs_error* optirs_pjrt_client_create(optirs_pjrt_plugin* plugin, const optirs_pjrt_named_value* options,
                                        int64_t num_options, optirs_pjrt_client** out_client) {
    return guard("optirs_pjrt_client_create", [&] {
        Out out(out_client, "out_client");
        out = optirs::core::makeObject<optirs_pjrt_client>(required(plugin, "plugin")->library(),
                                                           requiredArray(options, num_options, "options"));
    });
}
void optirs_pjrt_client_retain(optirs_pjrt_client* client) { optirs::core::retainHandle(client); }
void optirs_pjrt_client_release(optirs_pjrt_client* client) { optirs::core::releaseHandle(client); }
const char* optirs_pjrt_client_platform_name(const optirs_pjrt_client* client, uint64_t* out_size) {
    return returnText(client->platformName(), out_size);
}
const char* optirs_pjrt_client_platform_version(const optirs_pjrt_client* client, uint64_t* out_size) {
    return returnText(client->platformVersion(), out_size);
}
int32_t optirs_pjrt_client_process_index(const optirs_pjrt_client* client) { return client->processIndex(); }
int64_t optirs_pjrt_client_num_devices(const optirs_pjrt_client* client) {
    return static_cast<int64_t>(client->devices().size());
}
optirs_pjrt_device* optirs_pjrt_client_device(const optirs_pjrt_client* client, int64_t index) {
    return deviceAt(client->devices(), index);
}
int64_t optirs_pjrt_client_num_addressable_devices(const optirs_pjrt_client* client) {
    return static_cast<int64_t>(client->addressableDevices().size());
}
optirs_pjrt_device* optirs_pjrt_client_addressable_device(const optirs_pjrt_client* client, int64_t index) {
    return deviceAt(client->addressableDevices(), index);
}
void optirs_pjrt_client_live_buffers(const optirs_pjrt_client* client, optirs_pjrt_live_buffers* out_live) {
    *out_live = client->buffers().count();
}

// ---- Devices
// ----------------------------------------------------------------------------------------------------

int32_t optirs_pjrt_device_id(const optirs_pjrt_device* device) { return device->id; }
int32_t optirs_pjrt_device_process_index(const optirs_pjrt_device* device) { return device->process_index; }
int32_t optirs_pjrt_device_local_hardware_id(const optirs_pjrt_device* device) {
    return device->local_hardware_id;
}
uint8_t optirs_pjrt_device_is_addressable(const optirs_pjrt_device* device) {
    return device->is_addressable ? 1 : 0;
}
const char* optirs_pjrt_device_kind(const optirs_pjrt_device* device, uint64_t* out_size) {
    return returnText(device->kind, out_size);
}
const char* optirs_pjrt_device_debug_string(const optirs_pjrt_device* device, uint64_t* out_size) {
    return returnText(device->debug_string, out_size);
}
int64_t optirs_pjrt_device_num_attributes(const optirs_pjrt_device* device) {
    return device->attributes.size();
}
optirs_error* optirs_pjrt_device_attribute(const optirs_pjrt_device* device, int64_t index,
                                           optirs_pjrt_named_value* out_value) {
    return guard("optirs_pjrt_device_attribute", [&] {
        Out out(out_value, "out_value");
        out = required(device, "device")->attributes.at(index, "attribute");
    });
}
optirs_error* optirs_pjrt_device_memory_stats(const optirs_pjrt_device* device,
                                              optirs_pjrt_memory_stats* out_stats) {
    return guard("optirs_pjrt_device_memory_stats", [&] {
        Out out(out_stats, "out_stats");
        out = required(device, "device")->memoryStats();
    });
}
