// The extension TpuTopology.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "src/core/text.h"
#include "src/pjrt/tpu.h"

namespace optirs::pjrt {
namespace {

using core::Code;
using core::concat;
using core::Error;
using core::Ref;

[[noreturn]] void throwUnknown(int32_t what) {
    throw Error(Code::kInvalidArgument, concat("question ", what, " is not one of OPTIRS_PJRT_TPU_*"));
}

optirs_pjrt_tpu_slice sliceOf(const PJRT_TpuTopology_SliceConfig& config) {
    optirs_pjrt_tpu_slice slice{};
    const std::size_t rank = std::min(config.dim_size, std::size(slice.dims));
    std::copy_n(config.dimensions, rank, slice.dims);
    std::copy_n(config.wrap, rank, slice.wraps);
    slice.rank = static_cast<int32_t>(rank);
    slice.is_twisted = config.twist ? 1 : 0;
    return slice;
}

template <class Args>
Args forPlatform(std::string_view platform) {
    auto args = extensionArgs<Args>();
    args.platform_type_name = platform.data();
    args.platform_type_name_len = platform.size();
    return args;
}

}  // namespace

template <class Args>
Args TpuTopology::ask() const noexcept {
    auto args = extensionArgs<Args>();
    args.topology = topology_.handle();
    return args;
}

template <class Args>
int32_t TpuTopology::number(PJRT_Error* (*Table::*function)(Args*), int32_t Args::* field,
                            const char* name) const {
    auto args = ask<Args>();
    extension_.call(function, name, args);
    return args.*field;
}

template <class Args>
bool TpuTopology::truth(PJRT_Error* (*Table::*function)(Args*), bool Args::* field, const char* name) const {
    auto args = ask<Args>();
    extension_.call(function, name, args);
    return args.*field;
}

template <class Args>
optirs_pjrt_tpu_point TpuTopology::point(PJRT_Error* (*Table::*function)(Args*), std::size_t Args::* room,
                                         int32_t* Args::* values, std::size_t Args::* rank,
                                         const char* name) const {
    optirs_pjrt_tpu_point point{};
    auto args = ask<Args>();
    args.*room = std::size(point.values);
    args.*values = point.values;
    extension_.call(function, name, args);
    point.rank = static_cast<int32_t>(std::min(args.*rank, std::size(point.values)));
    return point;
}

// The name of a function's argument struct is that of the function, with _Args behind it.
#define NUMBER(function, Name, field) \
    number(&Table::function, &PJRT_TpuTopology_##Name##_Args::field, "PJRT_TpuTopology_" #Name)
#define TRUTH(function, Name, field) \
    truth(&Table::function, &PJRT_TpuTopology_##Name##_Args::field, "PJRT_TpuTopology_" #Name)
#define POINT(function, Name, prefix)                                                                  \
    point(&Table::function, &PJRT_TpuTopology_##Name##_Args::prefix##_max_dims,                        \
          &PJRT_TpuTopology_##Name##_Args::prefix, &PJRT_TpuTopology_##Name##_Args::prefix##_num_dims, \
          "PJRT_TpuTopology_" #Name)

int32_t TpuTopology::count(optirs_pjrt_tpu_count what) const {
    switch (what) {
        case OPTIRS_PJRT_TPU_PROCESSES:
            return NUMBER(process_count, ProcessCount, process_count);
        case OPTIRS_PJRT_TPU_CHIPS:
            return NUMBER(chip_count, ChipCount, chip_count);
        case OPTIRS_PJRT_TPU_CHIPS_PER_PROCESS:
            return NUMBER(chips_per_process, ChipsPerProcess, chips_per_process);
        case OPTIRS_PJRT_TPU_CORES:
            return NUMBER(core_count, CoreCount, core_count_of_default_type);
        case OPTIRS_PJRT_TPU_CORES_PER_CHIP:
            return NUMBER(core_count_per_chip, CoreCountPerChip, core_count_of_default_type_per_chip);
        case OPTIRS_PJRT_TPU_CORES_PER_PROCESS:
            return NUMBER(core_count_per_process, CoreCountPerProcess,
                          core_count_of_default_type_per_process);
        case OPTIRS_PJRT_TPU_DEVICES:
            return NUMBER(logical_device_count, LogiDeviceCount, logical_device_count_of_default_type);
        case OPTIRS_PJRT_TPU_DEVICES_PER_CHIP:
            return NUMBER(logical_device_count_per_chip, LogiDeviceCountPerChip,
                          logical_device_count_of_default_type_per_chip);
        case OPTIRS_PJRT_TPU_DEVICES_PER_PROCESS:
            return NUMBER(logical_device_count_per_process, LogiDeviceCountPerProcess,
                          logical_device_count_of_default_type_per_process);
        default:
            throwUnknown(what);
    }
}

bool TpuTopology::flag(optirs_pjrt_tpu_flag what) const {
    switch (what) {
        case OPTIRS_PJRT_TPU_IS_SUBSLICE:
            return TRUTH(is_subslice_topology, IsSubsliceTopology, is_subslice_topology);
        case OPTIRS_PJRT_TPU_HAS_ENHANCED_BARRIER:
            return TRUTH(is_enhanced_barrier_enabled, IsEnhancedBarrierEnabled, is_enhanced_barrier_enabled);
        case OPTIRS_PJRT_TPU_HAS_LIMITED_ICI:
            return TRUTH(has_limited_ici_connectivity, HasLimitedIciConnectivity,
                         has_limited_ici_connectivity);
        default:
            throwUnknown(what);
    }
}

optirs_pjrt_tpu_point TpuTopology::bounds(optirs_pjrt_tpu_bounds what) const {
    switch (what) {
        case OPTIRS_PJRT_TPU_CHIP_BOUNDS:
            return POINT(chip_bounds, ChipBounds, chip_bounds);
        case OPTIRS_PJRT_TPU_CHIPS_PER_PROCESS_BOUNDS:
            return POINT(chips_per_process_bounds, ChipsPerProcessBounds, chip_per_process_bounds);
        case OPTIRS_PJRT_TPU_PROCESS_BOUNDS:
            return POINT(process_bounds, ProcessBounds, process_bounds);
        default:
            throwUnknown(what);
    }
}

std::size_t TpuTopology::processIds(std::span<int32_t> out) const {
    auto args = ask<PJRT_TpuTopology_ProcessIds_Args>();
    args.max_process_ids = static_cast<int32_t>(out.size());
    args.process_ids = out.data();
    extension_.call(&Table::process_ids, "PJRT_TpuTopology_ProcessIds", args);
    return args.num_process_ids;
}

std::size_t TpuTopology::deviceIds(int32_t process, std::span<int32_t> out) const {
    auto args = ask<PJRT_TpuTopology_LogiDeviceIdsOnProcess_Args>();
    args.process_id = process;
    args.max_logical_device_ids = static_cast<int32_t>(out.size());
    args.logical_device_of_default_type_ids = out.data();
    extension_.call(&Table::logical_device_ids_on_process, "PJRT_TpuTopology_LogiDeviceIdsOnProcess", args);
    return args.num_logical_device_ids;
}

optirs_pjrt_tpu_place TpuTopology::placeOfChip(int32_t chip) const {
    auto args = ask<PJRT_TpuTopology_ProcIdAndIdxOnProcForChip_Args>();
    args.chip_id = chip;
    extension_.call(&Table::proc_id_and_idx_on_proc_for_chip, "PJRT_TpuTopology_ProcIdAndIdxOnProcForChip",
                    args);
    return {args.process_id, args.index_on_process};
}

optirs_pjrt_tpu_place TpuTopology::placeOfDevice(int32_t device) const {
    auto args = ask<PJRT_TpuTopology_ProcIdAndIdxOnProcForLogiDevice_Args>();
    args.device_id = device;
    extension_.call(&Table::proc_id_and_idx_on_proc_for_logi_device,
                    "PJRT_TpuTopology_ProcIdAndIdxOnProcForLogiDevice", args);
    return {args.process_id, args.index_on_process};
}

optirs_pjrt_tpu_point TpuTopology::processCoords(int32_t process) const {
    optirs_pjrt_tpu_point point{};
    auto args = ask<PJRT_TpuTopology_ProcessCoordFromId_Args>();
    args.process_id = process;
    args.coords_max_dims = std::size(point.values);
    args.coords = point.values;
    extension_.call(&Table::process_coord_from_id, "PJRT_TpuTopology_ProcessCoordFromId", args);
    point.rank = static_cast<int32_t>(args.coords_num_dims);
    return point;
}

optirs_pjrt_tpu_point TpuTopology::deviceCoords(int32_t device) const {
    optirs_pjrt_tpu_point point{};
    auto args = ask<PJRT_TpuTopology_ChipCoordAndIdxForLogiDevice_Args>();
    args.device_id = device;
    args.chip_coords_max_dims = std::size(point.values);
    args.chip_coords = point.values;
    extension_.call(&Table::chip_coord_and_idx_for_logi_device,
                    "PJRT_TpuTopology_ChipCoordAndIdxForLogiDevice", args);
    point.rank = static_cast<int32_t>(args.chip_coords_num_dims);
    point.index = args.device_index_on_chip;
    return point;
}

int32_t TpuTopology::chipAt(TpuPoint coords) const {
    auto args = ask<PJRT_TpuTopology_ChipIdFromCoord_Args>();
    args.coords = coords.data();
    args.coords_num_dims = coords.size();
    extension_.call(&Table::chip_id_from_coord, "PJRT_TpuTopology_ChipIdFromCoord", args);
    return args.chip_id;
}

int32_t TpuTopology::deviceAt(TpuPoint coords, int32_t index) const {
    auto args = ask<PJRT_TpuTopology_LogiDeviceIdFromChipCoordAndIdx_Args>();
    args.chip_coords = coords.data();
    args.chip_coords_num_dims = coords.size();
    args.logical_device_index_on_chip = index;
    extension_.call(&Table::logical_device_id_from_chip_coord_and_idx,
                    "PJRT_TpuTopology_LogiDeviceIdFromChipCoordAndIdx", args);
    return args.logical_device_of_default_type_id;
}

bool TpuTopology::reaches(int32_t source, int32_t destination) const {
    auto args = ask<PJRT_TpuTopology_IsReachableOverLimitedIci_Args>();
    args.source_chip_id = source;
    args.dest_chip_id = destination;
    extension_.call(&Table::is_reachable_over_limited_ici, "PJRT_TpuTopology_IsReachableOverLimitedIci",
                    args);
    return args.is_reachable_over_limited_ici;
}

Ref<optirs_pjrt_topology> TpuTopology::adopt(PJRT_TopologyDescription* handle) const {
    const PluginLibrary& library = topology_.library();
    return core::makeObject<optirs_pjrt_topology>(library, optirs_pjrt_topology::Handle(library.api, handle));
}

Ref<optirs_pjrt_topology> TpuTopology::subslice(TpuPoint chips_per_host, TpuPoint hosts) const {
    auto args = ask<PJRT_TpuTopology_Subslice_Args>();
    args.chips_per_host_bounds = chips_per_host.data();
    args.chips_per_host_bounds_num_dims = chips_per_host.size();
    args.host_bounds = hosts.data();
    args.host_bounds_num_dims = hosts.size();
    extension_.call(&Table::subslice, "PJRT_TpuTopology_Subslice", args);
    return adopt(args.subslice_topology);
}

Ref<optirs_pjrt_topology> TpuTopology::withHosts(TpuPoint hosts) const {
    auto args = ask<PJRT_TpuTopology_ReplaceHostBounds_Args>();
    args.host_bounds = hosts.data();
    args.host_bounds_dim_num = hosts.size();
    extension_.call(&Table::replace_host_bounds, "PJRT_TpuTopology_ReplaceHostBounds", args);
    return adopt(args.new_topology);
}

int32_t TpuTopology::subsliceDevice(const optirs_pjrt_topology& subslice, TpuPoint origin,
                                    int32_t device) const {
    auto args = extensionArgs<PJRT_TpuTopology_SubsliceDeviceIdFromFullDeviceId_Args>();
    args.client_topology = topology_.handle();
    args.subslice_topology = subslice.handle();
    args.subslice_origin = origin.data();
    args.subslice_origin_dim_num = origin.size();
    args.full_device_id = device;
    extension_.call(&Table::subslice_device_id_from_full_device_id,
                    "PJRT_TpuTopology_SubsliceDeviceIdFromFullDeviceId", args);
    return args.subslice_device_id;
}

Ref<optirs_pjrt_bytes> TpuTopology::routing() const {
    // The plugin writes into room of ours.
    std::array<char, 256> text{};
    auto args = ask<PJRT_TpuTopology_GetRoutingStrategy_Args>();
    args.routing_strategy = text.data();
    args.routing_strategy_len = text.size();
    extension_.call(&Table::get_routing_strategy, "PJRT_TpuTopology_GetRoutingStrategy", args);
    return copyBytes(text.data(), std::min(args.routing_strategy_len, text.size()));
}

optirs_pjrt_tpu_slice findTpuSlice(const PluginLibrary& library, std::string_view platform,
                                   std::string_view name) {
    const Extension<PJRT_TpuTopology_Extension> extension(library);
    PJRT_TpuTopology_SliceConfig config{};
    auto args = forPlatform<PJRT_TpuTopology_GetSliceConfig_Args>(platform);
    args.slice_name = name.data();
    args.slice_name_len = name.size();
    args.slice_config = &config;
    extension.call(&PJRT_TpuTopology_Extension::get_slice_config, "PJRT_TpuTopology_GetSliceConfig", args);
    return sliceOf(config);
}

std::size_t tpuSlices(const PluginLibrary& library, std::string_view platform,
                      std::span<optirs_pjrt_tpu_slice> out) {
    const Extension<PJRT_TpuTopology_Extension> extension(library);
    std::vector<PJRT_TpuTopology_SliceConfig> configs(out.size());
    auto args = forPlatform<PJRT_TpuTopology_GetSliceConfigs_Args>(platform);
    args.slice_configs = configs.data();
    args.max_slice_configs = configs.size();
    extension.call(&PJRT_TpuTopology_Extension::get_slice_configs, "PJRT_TpuTopology_GetSliceConfigs", args);
    configs.resize(std::min(configs.size(), args.num_slice_configs));
    std::ranges::transform(configs, out.begin(), sliceOf);
    return args.num_slice_configs;
}

TpuHost defaultTpuHost(const PluginLibrary& library, std::string_view platform) {
    const Extension<PJRT_TpuTopology_Extension> extension(library);
    auto args = forPlatform<PJRT_TpuTopology_GetDefaultPlatformConfig_Args>(platform);
    extension.call(&PJRT_TpuTopology_Extension::get_default_platform_config,
                   "PJRT_TpuTopology_GetDefaultPlatformConfig", args);
    return {args.num_chips_per_tray, args.num_trays};
}

}  // namespace optirs::pjrt
