#include <charconv>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/error_object.h"

struct PJRT_SerializedTopology {
    std::string bytes;
};

namespace optirs::plugin {
namespace {

constexpr std::string_view kSerializedMark = "optirs_cpu topology 1: ";

const PJRT_TopologyDescription& topologyOf(const PJRT_TopologyDescription* topology) {
    return deref(topology, "topology");
}

PJRT_Error* topologyCreate(PJRT_TopologyDescription_Create_Args* args) {
    return guarded("PJRT_TopologyDescription_Create", args, [](auto& a) {
        a.topology = nullptr;
        a.topology = new PJRT_TopologyDescription(readClientOptions(a.create_options, a.num_options));
    });
}

PJRT_Error* topologyDestroy(PJRT_TopologyDescription_Destroy_Args* args) {
    return guarded("PJRT_TopologyDescription_Destroy", args, [](auto& a) { delete a.topology; });
}

PJRT_Error* topologyPlatformName(PJRT_TopologyDescription_PlatformName_Args* args) {
    return guarded("PJRT_TopologyDescription_PlatformName", args, [](auto& a) {
        topologyOf(a.topology);
        a.platform_name = kPlatformName;
        a.platform_name_size = sizeof(kPlatformName) - 1;
    });
}

PJRT_Error* topologyPlatformVersion(PJRT_TopologyDescription_PlatformVersion_Args* args) {
    return guarded("PJRT_TopologyDescription_PlatformVersion", args, [](auto& a) {
        topologyOf(a.topology);
        a.platform_version = platformVersion().data();
        a.platform_version_size = platformVersion().size();
    });
}

PJRT_Error* topologyDescriptions(PJRT_TopologyDescription_GetDeviceDescriptions_Args* args) {
    return guarded("PJRT_TopologyDescription_GetDeviceDescriptions", args, [](auto& a) {
        const PJRT_TopologyDescription& topology = topologyOf(a.topology);
        a.descriptions = topology.list.data();
        a.num_descriptions = topology.list.size();
    });
}

PJRT_Error* topologyAttributes(PJRT_TopologyDescription_Attributes_Args* args) {
    return guarded("PJRT_TopologyDescription_Attributes", args, [](auto& a) {
        a.attributes = topologyOf(a.topology).attributes.data();
        a.num_attributes = topologyOf(a.topology).attributes.size();
    });
}

PJRT_Error* topologySerialize(PJRT_TopologyDescription_Serialize_Args* args) {
    return guarded("PJRT_TopologyDescription_Serialize", args, [](auto& a) {
        const ClientOptions& options = topologyOf(a.topology).options;
        auto* owner =
            new PJRT_SerializedTopology{std::string(kSerializedMark) + std::to_string(options.device_count) +
                                        " " + std::to_string(options.memory_limit_bytes)};
        a.serialized_bytes = owner->bytes.data();
        a.serialized_bytes_size = owner->bytes.size();
        a.serialized_topology = owner;
        a.serialized_topology_deleter = [](PJRT_SerializedTopology* of) { delete of; };
    });
}

PJRT_Error* topologyDeserialize(PJRT_TopologyDescription_Deserialize_Args* args) {
    return guarded("PJRT_TopologyDescription_Deserialize", args, [](auto& a) {
        a.topology = nullptr;
        deref(a.serialized_topology, "serialized_topology");
        std::string_view text(a.serialized_topology, a.serialized_topology_size);
        ClientOptions options;
        const auto refuse = [] {
            return invalidArgument("these bytes are no topology that this plugin serialized");
        };
        if (!text.starts_with(kSerializedMark)) throw refuse();
        text.remove_prefix(kSerializedMark.size());
        const char* const end = text.data() + text.size();
        const auto count = std::from_chars(text.data(), end, options.device_count);
        if (count.ec != std::errc() || count.ptr == end || options.device_count < 1 ||
            options.device_count > 1024) {
            throw refuse();
        }
        const auto limit = std::from_chars(count.ptr + 1, end, options.memory_limit_bytes);
        if (limit.ec != std::errc() || limit.ptr != end || options.memory_limit_bytes < 0) throw refuse();
        a.topology = new PJRT_TopologyDescription(options);
    });
}

PJRT_Error* topologyFingerprint(PJRT_TopologyDescription_Fingerprint_Args* args) {
    return guarded("PJRT_TopologyDescription_Fingerprint", args, [](auto& a) {
        const ClientOptions& options = topologyOf(a.topology).options;
        a.fingerprint = static_cast<uint64_t>(options.device_count) * 0x9E3779B97F4A7C15 ^
                        static_cast<uint64_t>(options.memory_limit_bytes) ^
                        std::hash<std::string>()(hostProcessorName() + platformVersion());
    });
}

PJRT_Error* topologyMemoryKinds(PJRT_TopologyDescription_GetMemorySpaceKindIds_Args* args) {
    return guarded("PJRT_TopologyDescription_GetMemorySpaceKindIds", args, [](auto& a) {
        static constexpr int kIds[] = {kMemoryKindId};
        topologyOf(a.topology);
        a.memory_space_kind_ids = kIds;
        a.num_memory_space_kind_ids = 1;
    });
}

}  // namespace

void fillTopology(PJRT_Api& api) {
    api.PJRT_TopologyDescription_Create = topologyCreate;
    api.PJRT_TopologyDescription_Destroy = topologyDestroy;
    api.PJRT_TopologyDescription_PlatformName = topologyPlatformName;
    api.PJRT_TopologyDescription_PlatformVersion = topologyPlatformVersion;
    api.PJRT_TopologyDescription_GetDeviceDescriptions = topologyDescriptions;
    api.PJRT_TopologyDescription_Attributes = topologyAttributes;
    api.PJRT_TopologyDescription_Serialize = topologySerialize;
    api.PJRT_TopologyDescription_Deserialize = topologyDeserialize;
    api.PJRT_TopologyDescription_Fingerprint = topologyFingerprint;
    api.PJRT_TopologyDescription_GetMemorySpaceKindIds = topologyMemoryKinds;
}

}  // namespace optirs::plugin
