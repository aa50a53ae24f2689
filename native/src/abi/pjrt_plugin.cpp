// optirs/pjrt_plugin.h: validation and translation only.
#include <optirs/pjrt_plugin.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/discovery.h"
#include "src/pjrt/plugin.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

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
