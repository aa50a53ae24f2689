// optirs/pjrt_topology.h: validation and translation only.
#include <optirs/pjrt_topology.h>

#include "src/abi/pjrt_arguments.h"
#include "src/abi/pjrt_compile_arguments.h"
#include "src/pjrt/executable.h"
#include "src/pjrt/topology.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

namespace {

const pjrt::DeviceDescription& deviceAt(const optirs_pjrt_topology* topology, int64_t index) {
    pjrt::checkIndex(index, static_cast<int64_t>(topology->devices().size()), "device");
    return topology->devices()[static_cast<std::size_t>(index)];
}

}  // namespace

optirs_error* optirs_pjrt_topology_create(optirs_pjrt_plugin* plugin, const char* name, uint64_t name_size,
                                          const optirs_pjrt_named_value* options, int64_t num_options,
                                          optirs_pjrt_topology** out_topology) {
    return guard("optirs_pjrt_topology_create", [&] {
        Out out(out_topology, "out_topology");
        out =
            pjrt::createTopology(required(plugin, "plugin")->library(), requiredText(name, name_size, "name"),
                                 requiredArray(options, num_options, "options"));
    });
}
optirs_error* optirs_pjrt_topology_of_client(optirs_pjrt_client* client,
                                             optirs_pjrt_topology** out_topology) {
    return guard("optirs_pjrt_topology_of_client", [&] {
        Out out(out_topology, "out_topology");
        out = pjrt::topologyOf(*required(client, "client"));
    });
}
optirs_error* optirs_pjrt_topology_deserialize(optirs_pjrt_plugin* plugin, const uint8_t* bytes,
                                               uint64_t size, optirs_pjrt_topology** out_topology) {
    return guard("optirs_pjrt_topology_deserialize", [&] {
        Out out(out_topology, "out_topology");
        out = pjrt::deserializeTopology(required(plugin, "plugin")->library(),
                                        requiredText(reinterpret_cast<const char*>(bytes), size, "bytes"));
    });
}
void optirs_pjrt_topology_retain(optirs_pjrt_topology* topology) { optirs::core::retainHandle(topology); }
void optirs_pjrt_topology_release(optirs_pjrt_topology* topology) { optirs::core::releaseHandle(topology); }
const char* optirs_pjrt_topology_platform_name(const optirs_pjrt_topology* topology, uint64_t* out_size) {
    return returnText(topology->platformName(), out_size);
}
const char* optirs_pjrt_topology_platform_version(const optirs_pjrt_topology* topology, uint64_t* out_size) {
    return returnText(topology->platformVersion(), out_size);
}
int64_t optirs_pjrt_topology_num_attributes(const optirs_pjrt_topology* topology) {
    return topology->attributes().size();
}
optirs_error* optirs_pjrt_topology_attribute(const optirs_pjrt_topology* topology, int64_t index,
                                             optirs_pjrt_named_value* out_value) {
    return guard("optirs_pjrt_topology_attribute", [&] {
        Out out(out_value, "out_value");
        out = required(topology, "topology")->attributes().at(index, "attribute");
    });
}
int64_t optirs_pjrt_topology_num_devices(const optirs_pjrt_topology* topology) {
    return static_cast<int64_t>(topology->devices().size());
}
optirs_error* optirs_pjrt_topology_device(const optirs_pjrt_topology* topology, int64_t index,
                                          optirs_pjrt_device_description* out_device) {
    return guard("optirs_pjrt_topology_device", [&] {
        Out out(out_device, "out_device");
        const pjrt::DeviceDescription& device = deviceAt(required(topology, "topology"), index);
        out = optirs_pjrt_device_description{
            .kind = device.kind.data(),
            .kind_size = device.kind.size(),
            .debug_string = device.debug_string.data(),
            .debug_string_size = device.debug_string.size(),
            .to_string = device.to_string.data(),
            .to_string_size = device.to_string.size(),
            .num_attributes = device.attributes.size(),
            .id = device.id,
            .process_index = device.process_index,
        };
    });
}
optirs_error* optirs_pjrt_topology_device_attribute(const optirs_pjrt_topology* topology, int64_t device,
                                                    int64_t index, optirs_pjrt_named_value* out_value) {
    return guard("optirs_pjrt_topology_device_attribute", [&] {
        Out out(out_value, "out_value");
        out = deviceAt(required(topology, "topology"), device).attributes.at(index, "attribute");
    });
}
optirs_error* optirs_pjrt_topology_serialize(const optirs_pjrt_topology* topology,
                                             optirs_pjrt_bytes** out_bytes) {
    return guard("optirs_pjrt_topology_serialize", [&] {
        Out out(out_bytes, "out_bytes");
        out = required(topology, "topology")->serialize();
    });
}
optirs_error* optirs_pjrt_topology_fingerprint(const optirs_pjrt_topology* topology,
                                               uint64_t* out_fingerprint) {
    return guard("optirs_pjrt_topology_fingerprint", [&] {
        Out out(out_fingerprint, "out_fingerprint");
        out = required(topology, "topology")->fingerprint();
    });
}
optirs_error* optirs_pjrt_topology_num_memory_kinds(const optirs_pjrt_topology* topology,
                                                    int64_t* out_count) {
    return guard("optirs_pjrt_topology_num_memory_kinds", [&] {
        Out out(out_count, "out_count");
        out = static_cast<int64_t>(required(topology, "topology")->memoryKindIds().size());
    });
}
optirs_error* optirs_pjrt_topology_memory_kinds(const optirs_pjrt_topology* topology, int32_t* out_kind_ids,
                                                int64_t count) {
    return guard("optirs_pjrt_topology_memory_kinds", [&] {
        const auto ids = required(topology, "topology")->memoryKindIds();
        const auto room = requiredArray(out_kind_ids, count, "out_kind_ids");
        if (room.size() != ids.size()) {
            throw Error(Code::kInvalidArgument, concat("the topology has ", ids.size(),
                                                       " kinds of memory, but there is room for ", count));
        }
        std::ranges::copy(ids, room.begin());
    });
}
optirs_error* optirs_pjrt_topology_canonical_shape(const optirs_pjrt_topology* topology,
                                                   int32_t memory_kind_id, const optirs_pjrt_array* array,
                                                   optirs_pjrt_bytes** out_shape) {
    return guard("optirs_pjrt_topology_canonical_shape", [&] {
        Out out(out_shape, "out_shape");
        out = required(topology, "topology")->canonicalShape(memory_kind_id, *required(array, "array"));
    });
}
optirs_error* optirs_pjrt_topology_compile(const optirs_pjrt_topology* topology, const char* program,
                                           uint64_t program_size, const optirs_pjrt_compile_options* options,
                                           optirs_pjrt_client* client,
                                           optirs_pjrt_executable** out_executable) {
    return guard("optirs_pjrt_topology_compile", [&] {
        Out out(out_executable, "out_executable");
        const CompileArguments arguments(options);
        out = pjrt::compileFor(*required(topology, "topology"), client,
                               requiredText(program, program_size, "program"), arguments.format,
                               arguments.options);
    });
}
