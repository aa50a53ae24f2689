#include "src/pjrt/topology.h"

#include <array>

#include "src/core/text.h"
#include "src/pjrt/buffer.h"
#include "src/pjrt/layout.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;
namespace pjrt = optirs::pjrt;

optirs_pjrt_topology::optirs_pjrt_topology(const pjrt::PluginLibrary& library, Handle handle)
    : Object(OPTIRS_OBJECT_PJRT_TOPOLOGY),
      library_(library),
      owned_(std::move(handle)),
      handle_(owned_.get()) {
    read();
}

optirs_pjrt_topology::optirs_pjrt_topology(Ref<optirs_pjrt_client> client, PJRT_TopologyDescription* handle)
    : Object(OPTIRS_OBJECT_PJRT_TOPOLOGY),
      client_(std::move(client)),
      library_(client_->library()),
      owned_(library_.api, nullptr),
      handle_(handle) {
    read();
}

optirs_pjrt_topology::~optirs_pjrt_topology() = default;

void optirs_pjrt_topology::read() {
    auto name = api().make<PJRT_TopologyDescription_PlatformName_Args>();
    name.topology = handle_;
    api().call<&PJRT_Api::PJRT_TopologyDescription_PlatformName>(name);
    platform_name_.assign(name.platform_name, name.platform_name_size);

    auto version = api().make<PJRT_TopologyDescription_PlatformVersion_Args>();
    version.topology = handle_;
    api().call<&PJRT_Api::PJRT_TopologyDescription_PlatformVersion>(version);
    platform_version_.assign(version.platform_version, version.platform_version_size);

    auto values = api().make<PJRT_TopologyDescription_Attributes_Args>();
    values.topology = handle_;
    if (pjrt::askIfOffered([&] { api().call<&PJRT_Api::PJRT_TopologyDescription_Attributes>(values); })) {
        attributes_.append(values.attributes, values.num_attributes);
    }
    auto devices = api().make<PJRT_TopologyDescription_GetDeviceDescriptions_Args>();
    devices.topology = handle_;
    api().call<&PJRT_Api::PJRT_TopologyDescription_GetDeviceDescriptions>(devices);
    for (PJRT_DeviceDescription* device : std::span(devices.descriptions, devices.num_descriptions)) {
        devices_.emplace_back().read(api(), device);
    }
}

Ref<optirs_pjrt_bytes> optirs_pjrt_topology::serialize() const {
    auto args = api().make<PJRT_TopologyDescription_Serialize_Args>();
    args.topology = handle_;
    api().call<&PJRT_Api::PJRT_TopologyDescription_Serialize>(args);
    const pjrt::Backing backing(args.serialized_topology, args.serialized_topology_deleter);
    return pjrt::copyBytes(args.serialized_bytes, args.serialized_bytes_size);
}

uint64_t optirs_pjrt_topology::fingerprint() const {
    auto args = api().make<PJRT_TopologyDescription_Fingerprint_Args>();
    args.topology = handle_;
    api().call<&PJRT_Api::PJRT_TopologyDescription_Fingerprint>(args);
    return args.fingerprint;
}

std::span<const int> optirs_pjrt_topology::memoryKindIds() const {
    auto args = api().make<PJRT_TopologyDescription_GetMemorySpaceKindIds_Args>();
    args.topology = handle_;
    api().call<&PJRT_Api::PJRT_TopologyDescription_GetMemorySpaceKindIds>(args);
    return {args.memory_space_kind_ids, args.num_memory_space_kind_ids};
}

Ref<optirs_pjrt_bytes> optirs_pjrt_topology::canonicalShape(int32_t memory_kind_id,
                                                            const optirs_pjrt_array& array) const {
    if (array.device != nullptr || array.memory != nullptr) {
        throw Error(Code::kInvalidArgument, "a canonical shape takes no device and no memory");
    }
    if (array.struct_size < sizeof array || array.rank < 0 ||
        array.rank > static_cast<int64_t>(pjrt::kMaxRank) || (array.rank > 0 && array.dims == nullptr)) {
        throw Error(Code::kInvalidArgument,
                    concat("an array of rank ", array.rank, " needs as many extents"));
    }
    const auto rank = static_cast<std::size_t>(array.rank);
    PJRT_Buffer_MemoryLayout layout{};
    if (array.layout != nullptr) {
        layout = pjrt::toPlugin(*array.layout, rank);
    }
    auto args = api().make<PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace_Args>();
    args.topology = handle_;
    args.memory_space_kind_id = memory_kind_id;
    args.dims = array.dims;
    args.num_dims = rank;
    args.element_type = static_cast<PJRT_Buffer_Type>(array.dtype);
    args.layout = array.layout == nullptr ? nullptr : &layout;
    api().call<&PJRT_Api::PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace>(args);
    const pjrt::Backing backing(args.serialized_shape, args.serialized_shape_deleter);
    return pjrt::copyBytes(args.serialized_shape, args.serialized_shape_size);
}

namespace optirs::pjrt {

Ref<optirs_pjrt_topology> createTopology(const PluginLibrary& library, std::string_view name,
                                         std::span<const optirs_pjrt_named_value> options) {
    const std::vector<PJRT_NamedValue> values = toPlugin(options);
    auto args = library.api.make<PJRT_TopologyDescription_Create_Args>();
    args.topology_name = name.data();
    args.topology_name_size = name.size();
    args.create_options = values.data();
    args.num_options = values.size();
    library.api.call<&PJRT_Api::PJRT_TopologyDescription_Create>(args);
    return core::makeObject<optirs_pjrt_topology>(library,
                                                  optirs_pjrt_topology::Handle(library.api, args.topology));
}

Ref<optirs_pjrt_topology> topologyOf(optirs_pjrt_client& client) {
    auto args = client.api().make<PJRT_Client_TopologyDescription_Args>();
    args.client = client.handle();
    client.api().call<&PJRT_Api::PJRT_Client_TopologyDescription>(args);
    return core::makeObject<optirs_pjrt_topology>(Ref<optirs_pjrt_client>::share(&client), args.topology);
}

Ref<optirs_pjrt_topology> deserializeTopology(const PluginLibrary& library, std::string_view bytes) {
    if (bytes.empty()) {
        throw Error(Code::kInvalidArgument, "the serialized topology is empty");
    }
    auto args = library.api.make<PJRT_TopologyDescription_Deserialize_Args>();
    args.serialized_topology = bytes.data();
    args.serialized_topology_size = bytes.size();
    library.api.call<&PJRT_Api::PJRT_TopologyDescription_Deserialize>(args);
    return core::makeObject<optirs_pjrt_topology>(library,
                                                  optirs_pjrt_topology::Handle(library.api, args.topology));
}

}  // namespace optirs::pjrt
