// optirs/pjrt_tpu.h: validation and translation only.
#include <optirs/pjrt_tpu.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/tpu.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

namespace {

pjrt::TpuTopology tpu(const optirs_pjrt_topology* topology) {
    return pjrt::TpuTopology(*required(topology, "topology"));
}

std::string_view textOf(const uint8_t* bytes, uint64_t size, const char* name) {
    return requiredText(reinterpret_cast<const char*>(bytes), size, name);
}

}  // namespace

optirs_error* optirs_pjrt_tpu_topology_count(const optirs_pjrt_topology* topology, optirs_pjrt_tpu_count what,
                                             int32_t* out_count) {
    return guard("optirs_pjrt_tpu_topology_count", [&] {
        Out out(out_count, "out_count");
        out = tpu(topology).count(what);
    });
}
optirs_error* optirs_pjrt_tpu_topology_flag(const optirs_pjrt_topology* topology, optirs_pjrt_tpu_flag what,
                                            uint8_t* out_is) {
    return guard("optirs_pjrt_tpu_topology_flag", [&] {
        Out out(out_is, "out_is");
        out = tpu(topology).flag(what) ? 1 : 0;
    });
}
optirs_error* optirs_pjrt_tpu_topology_bounds(const optirs_pjrt_topology* topology,
                                              optirs_pjrt_tpu_bounds what,
                                              optirs_pjrt_tpu_point* out_bounds) {
    return guard("optirs_pjrt_tpu_topology_bounds", [&] {
        Out out(out_bounds, "out_bounds");
        out = tpu(topology).bounds(what);
    });
}
optirs_error* optirs_pjrt_tpu_topology_process_ids(const optirs_pjrt_topology* topology, int32_t* out_ids,
                                                   int64_t capacity, int64_t* out_count) {
    return guard("optirs_pjrt_tpu_topology_process_ids", [&] {
        Out out(out_count, "out_count");
        const auto ids = requiredArray(out_ids, capacity, "out_ids");
        out = static_cast<int64_t>(tpu(topology).processIds(ids));
    });
}
optirs_error* optirs_pjrt_tpu_topology_device_ids(const optirs_pjrt_topology* topology, int32_t process_id,
                                                  int32_t* out_ids, int64_t capacity, int64_t* out_count) {
    return guard("optirs_pjrt_tpu_topology_device_ids", [&] {
        Out out(out_count, "out_count");
        const auto ids = requiredArray(out_ids, capacity, "out_ids");
        out = static_cast<int64_t>(tpu(topology).deviceIds(process_id, ids));
    });
}
optirs_error* optirs_pjrt_tpu_topology_place_of_chip(const optirs_pjrt_topology* topology, int32_t chip_id,
                                                     optirs_pjrt_tpu_place* out_place) {
    return guard("optirs_pjrt_tpu_topology_place_of_chip", [&] {
        Out out(out_place, "out_place");
        out = tpu(topology).placeOfChip(chip_id);
    });
}
optirs_error* optirs_pjrt_tpu_topology_place_of_device(const optirs_pjrt_topology* topology,
                                                       int32_t device_id, optirs_pjrt_tpu_place* out_place) {
    return guard("optirs_pjrt_tpu_topology_place_of_device", [&] {
        Out out(out_place, "out_place");
        out = tpu(topology).placeOfDevice(device_id);
    });
}
optirs_error* optirs_pjrt_tpu_topology_process_coords(const optirs_pjrt_topology* topology,
                                                      int32_t process_id, optirs_pjrt_tpu_point* out_coords) {
    return guard("optirs_pjrt_tpu_topology_process_coords", [&] {
        Out out(out_coords, "out_coords");
        out = tpu(topology).processCoords(process_id);
    });
}
optirs_error* optirs_pjrt_tpu_topology_device_coords(const optirs_pjrt_topology* topology, int32_t device_id,
                                                     optirs_pjrt_tpu_point* out_coords) {
    return guard("optirs_pjrt_tpu_topology_device_coords", [&] {
        Out out(out_coords, "out_coords");
        out = tpu(topology).deviceCoords(device_id);
    });
}
optirs_error* optirs_pjrt_tpu_topology_chip_at(const optirs_pjrt_topology* topology, const int32_t* coords,
                                               int64_t rank, int32_t* out_chip_id) {
    return guard("optirs_pjrt_tpu_topology_chip_at", [&] {
        Out out(out_chip_id, "out_chip_id");
        out = tpu(topology).chipAt(requiredArray(coords, rank, "coords"));
    });
}
optirs_error* optirs_pjrt_tpu_topology_device_at(const optirs_pjrt_topology* topology, const int32_t* coords,
                                                 int64_t rank, int32_t index, int32_t* out_device_id) {
    return guard("optirs_pjrt_tpu_topology_device_at", [&] {
        Out out(out_device_id, "out_device_id");
        out = tpu(topology).deviceAt(requiredArray(coords, rank, "coords"), index);
    });
}
optirs_error* optirs_pjrt_tpu_topology_reaches(const optirs_pjrt_topology* topology, int32_t source_chip,
                                               int32_t destination_chip, uint8_t* out_is_reachable) {
    return guard("optirs_pjrt_tpu_topology_reaches", [&] {
        Out out(out_is_reachable, "out_is_reachable");
        out = tpu(topology).reaches(source_chip, destination_chip) ? 1 : 0;
    });
}
optirs_error* optirs_pjrt_tpu_topology_subslice(const optirs_pjrt_topology* topology,
                                                const int32_t* chips_per_host, int64_t chips_rank,
                                                const int32_t* hosts, int64_t hosts_rank,
                                                optirs_pjrt_topology** out_subslice) {
    return guard("optirs_pjrt_tpu_topology_subslice", [&] {
        Out out(out_subslice, "out_subslice");
        out = tpu(topology).subslice(requiredArray(chips_per_host, chips_rank, "chips_per_host"),
                                     requiredArray(hosts, hosts_rank, "hosts"));
    });
}
optirs_error* optirs_pjrt_tpu_topology_with_hosts(const optirs_pjrt_topology* topology, const int32_t* hosts,
                                                  int64_t rank, optirs_pjrt_topology** out_topology) {
    return guard("optirs_pjrt_tpu_topology_with_hosts", [&] {
        Out out(out_topology, "out_topology");
        out = tpu(topology).withHosts(requiredArray(hosts, rank, "hosts"));
    });
}
optirs_error* optirs_pjrt_tpu_topology_subslice_device(const optirs_pjrt_topology* topology,
                                                       const optirs_pjrt_topology* subslice,
                                                       const int32_t* origin, int64_t rank, int32_t device_id,
                                                       int32_t* out_device_id) {
    return guard("optirs_pjrt_tpu_topology_subslice_device", [&] {
        Out out(out_device_id, "out_device_id");
        out = tpu(topology).subsliceDevice(*required(subslice, "subslice"),
                                           requiredArray(origin, rank, "origin"), device_id);
    });
}
optirs_error* optirs_pjrt_tpu_topology_routing(const optirs_pjrt_topology* topology,
                                               optirs_pjrt_bytes** out_text) {
    return guard("optirs_pjrt_tpu_topology_routing", [&] {
        Out out(out_text, "out_text");
        out = tpu(topology).routing();
    });
}
optirs_error* optirs_pjrt_tpu_slice_find(optirs_pjrt_plugin* plugin, const char* platform,
                                         uint64_t platform_size, const char* name, uint64_t name_size,
                                         optirs_pjrt_tpu_slice* out_slice) {
    return guard("optirs_pjrt_tpu_slice_find", [&] {
        Out out(out_slice, "out_slice");
        out = pjrt::findTpuSlice(required(plugin, "plugin")->library(),
                                 requiredText(platform, platform_size, "platform"),
                                 requiredText(name, name_size, "name"));
    });
}
optirs_error* optirs_pjrt_tpu_slices(optirs_pjrt_plugin* plugin, const char* platform, uint64_t platform_size,
                                     optirs_pjrt_tpu_slice* out_slices, int64_t capacity,
                                     int64_t* out_count) {
    return guard("optirs_pjrt_tpu_slices", [&] {
        Out out(out_count, "out_count");
        out = static_cast<int64_t>(pjrt::tpuSlices(required(plugin, "plugin")->library(),
                                                   requiredText(platform, platform_size, "platform"),
                                                   requiredArray(out_slices, capacity, "out_slices")));
    });
}
optirs_error* optirs_pjrt_tpu_default_host(optirs_pjrt_plugin* plugin, const char* platform,
                                           uint64_t platform_size, int64_t* out_chips_per_tray,
                                           int64_t* out_trays) {
    return guard("optirs_pjrt_tpu_default_host", [&] {
        Out chips(out_chips_per_tray, "out_chips_per_tray");
        Out trays(out_trays, "out_trays");
        const auto host = pjrt::defaultTpuHost(required(plugin, "plugin")->library(),
                                               requiredText(platform, platform_size, "platform"));
        chips = host.chips_per_tray;
        trays = host.trays;
    });
}
optirs_error* optirs_pjrt_tpu_program_part(optirs_pjrt_plugin* plugin, optirs_pjrt_tpu_part part,
                                           const uint8_t* bytes, uint64_t size,
                                           optirs_pjrt_bytes** out_part) {
    return guard("optirs_pjrt_tpu_program_part", [&] {
        Out out(out_part, "out_part");
        out = pjrt::tpuProgramPart(required(plugin, "plugin")->library(), part, textOf(bytes, size, "bytes"));
    });
}
optirs_error* optirs_pjrt_tpu_environment_field(optirs_pjrt_plugin* plugin, const uint8_t* environments,
                                                uint64_t environments_size, const char* field,
                                                uint64_t field_size, optirs_pjrt_bytes** out_text) {
    return guard("optirs_pjrt_tpu_environment_field", [&] {
        Out out(out_text, "out_text");
        out = pjrt::tpuEnvironmentField(required(plugin, "plugin")->library(),
                                        textOf(environments, environments_size, "environments"),
                                        requiredText(field, field_size, "field"));
    });
}
optirs_error* optirs_pjrt_tpu_cost_analysis(optirs_pjrt_plugin* plugin, const uint8_t* target_arguments,
                                            uint64_t target_arguments_size, const optirs_pjrt_blob* modules,
                                            int64_t num_modules, optirs_pjrt_values** out_costs) {
    return guard("optirs_pjrt_tpu_cost_analysis", [&] {
        Out out(out_costs, "out_costs");
        out = pjrt::tpuCostAnalysis(required(plugin, "plugin")->library(),
                                    textOf(target_arguments, target_arguments_size, "target_arguments"),
                                    requiredArray(modules, num_modules, "modules"));
    });
}
optirs_error* optirs_pjrt_tpu_error_ask(optirs_pjrt_plugin* plugin, optirs_pjrt_tpu_error_question question,
                                        const uint8_t* status, uint64_t status_size, uint8_t* out_is) {
    return guard("optirs_pjrt_tpu_error_ask", [&] {
        Out out(out_is, "out_is");
        out = pjrt::askTpuError(required(plugin, "plugin")->library(), question,
                                textOf(status, status_size, "status"))
                  ? 1
                  : 0;
    });
}
