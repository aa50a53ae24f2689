#include <charconv>
#include <cstring>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/client.h"
#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/protobuf_writer.h"

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
        if (a.topology_name == nullptr && a.topology_name_size > 0)
            throw invalidArgument("topology_name is null");
        if (a.create_options == nullptr && a.num_options > 0) throw invalidArgument("create_options is null");
        if (a.num_options > kMaxNamedValues) throw invalidArgument("too many create_options");
        // The name is another way to give the option `topology`.
        std::vector<PJRT_NamedValue> options(a.create_options, a.create_options + a.num_options);
        if (a.topology_name_size > 0) {
            PJRT_NamedValue name{};
            name.struct_size = PJRT_NamedValue_STRUCT_SIZE;
            name.name = "topology";
            name.name_size = std::strlen(name.name);
            name.type = PJRT_NamedValue_kString;
            name.string_value = a.topology_name;
            name.value_size = a.topology_name_size;
            options.push_back(name);
        }
        a.topology = new PJRT_TopologyDescription(readClientOptions(options.data(), options.size()));
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
                                        " " + std::to_string(options.memory_limit_bytes) +
                                        (options.topology != nullptr ? " " + options.topology->name() : "")};
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
        const char* const end = text.end();
        const auto count = std::from_chars(text.begin(), end, options.device_count);
        if (count.ec != std::errc() || count.ptr == end || options.device_count < 1 ||
            options.device_count > 1024) {
            throw refuse();
        }
        const auto limit = std::from_chars(count.ptr + 1, end, options.memory_limit_bytes);
        if (limit.ec != std::errc() || options.memory_limit_bytes < 0) throw refuse();
        if (limit.ptr != end) {
            const std::string_view name(limit.ptr + 1, static_cast<size_t>(end - limit.ptr - 1));
            options.topology = std::make_shared<const SliceTopology>(SliceTopology::parse(name));
            if (options.topology->deviceCount() != options.device_count) throw refuse();
        }
        a.topology = new PJRT_TopologyDescription(options);
    });
}

PJRT_Error* topologyFingerprint(PJRT_TopologyDescription_Fingerprint_Args* args) {
    return guarded("PJRT_TopologyDescription_Fingerprint", args, [](auto& a) {
        const ClientOptions& options = topologyOf(a.topology).options;
        a.fingerprint =
            static_cast<uint64_t>(options.device_count) * 0x9E3779B97F4A7C15 ^
            static_cast<uint64_t>(options.memory_limit_bytes) ^
            std::hash<std::string>()(hostProcessorName() + platformVersion() +
                                     (options.topology != nullptr ? options.topology->name() : ""));
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

/// Serialized xla.ShapeProto (field numbers of xla_data.proto) of a dense row-major array.
std::string shapeProto(const TensorType& type) {
    constexpr uint32_t kElementType = 2;
    constexpr uint32_t kDimensions = 3;
    constexpr uint32_t kLayout = 5;
    constexpr uint32_t kIsDynamicDimension = 6;
    constexpr uint32_t kMinorToMajor = 1;
    const std::vector<int64_t> dims(type.dims().begin(), type.dims().end());
    std::vector<int64_t> minor_to_major;
    for (int64_t d = type.rank(); d-- > 0;) minor_to_major.push_back(d);
    MessageWriter layout;
    layout.integers(kMinorToMajor, minor_to_major);
    MessageWriter shape;
    shape.integer(kElementType, primitiveType(type.element()));
    shape.integers(kDimensions, dims);
    shape.bytes(kLayout, layout.text());
    shape.integers(kIsDynamicDimension, std::vector<int64_t>(dims.size(), 0));
    return shape.text();
}

PJRT_Error* topologyCanonicalShape(PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace_Args* args) {
    return guarded("PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace", args, [](auto& a) {
        a.serialized_shape = nullptr;
        a.serialized_shape_size = 0;
        topologyOf(a.topology);
        if (a.memory_space_kind_id != kMemoryKindId) {
            throw invalidArgument("memory_space_kind_id is " + std::to_string(a.memory_space_kind_id) +
                                  "; the only one is " + std::to_string(kMemoryKindId));
        }
        const TensorType type = tensorType(numberOf(a.element_type), a.dims, a.num_dims);
        requireRowMajor(type, a.layout);
        const std::string shape = shapeProto(type);
        auto bytes = std::make_unique<char[]>(shape.size());
        std::memcpy(bytes.get(), shape.data(), shape.size());
        a.serialized_shape_size = shape.size();
        a.serialized_shape_deleter = [](const char* of) { delete[] of; };
        a.serialized_shape = bytes.release();
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
    api.PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace = topologyCanonicalShape;
    api.PJRT_TopologyDescription_GetMemorySpaceKindIds = topologyMemoryKinds;
}

}  // namespace optirs::plugin
