// The fake plugin's extensions of TPUs: 4 x 2 chips of one device with one core each, in two processes of 2
// x 2.
#include "tests/pjrt/fake_extensions.h"

namespace fake {
namespace {

constexpr int32_t kWidth = 4;
constexpr int32_t kHeight = 2;
constexpr int32_t kProcesses = 2;
constexpr int32_t kChips = kWidth * kHeight;

PJRT_Error* outOfRange(const char* what, int32_t value) {
    return makeError(PJRT_Error_Code_OUT_OF_RANGE, std::string("no ") + what + " " + std::to_string(value));
}

PJRT_Error* fill(std::initializer_list<int32_t> values, std::size_t room, int32_t* out, std::size_t& count) {
    if (values.size() > room) {
        return makeError(PJRT_Error_Code_INVALID_ARGUMENT, "too little room");
    }
    std::copy(values.begin(), values.end(), out);
    count = values.size();
    return nullptr;
}

// A function that answers with one value, which is the same for every topology.
#define FAKE_TPU_VALUE(Name, field, value)             \
    FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_##Name) { \
        FAKE_EXTENSION_ENTER(PJRT_TpuTopology_##Name)  \
        args->field = value;                           \
        return nullptr;                                \
    }
FAKE_TPU_VALUE(ProcessCount, process_count, kProcesses)
FAKE_TPU_VALUE(ChipCount, chip_count, kChips)
FAKE_TPU_VALUE(ChipsPerProcess, chips_per_process, kChips / kProcesses)
FAKE_TPU_VALUE(CoreCount, core_count_of_default_type, kChips)
FAKE_TPU_VALUE(CoreCountPerChip, core_count_of_default_type_per_chip, 1)
FAKE_TPU_VALUE(CoreCountPerProcess, core_count_of_default_type_per_process, kChips / kProcesses)
FAKE_TPU_VALUE(LogiDeviceCount, logical_device_count_of_default_type, kChips)
FAKE_TPU_VALUE(LogiDeviceCountPerChip, logical_device_count_of_default_type_per_chip, 1)
FAKE_TPU_VALUE(LogiDeviceCountPerProcess, logical_device_count_of_default_type_per_process,
               kChips / kProcesses)
FAKE_TPU_VALUE(IsSubsliceTopology, is_subslice_topology, false)
FAKE_TPU_VALUE(IsEnhancedBarrierEnabled, is_enhanced_barrier_enabled, true)
FAKE_TPU_VALUE(HasLimitedIciConnectivity, has_limited_ici_connectivity, true)
FAKE_TPU_VALUE(IsReachableOverLimitedIci, is_reachable_over_limited_ici,
               args->source_chip_id / kWidth == args->dest_chip_id / kWidth)

FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ChipBounds) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ChipBounds)
    return fill({kWidth, kHeight, 1}, args->chip_bounds_max_dims, args->chip_bounds,
                args->chip_bounds_num_dims);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ChipsPerProcessBounds) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ChipsPerProcessBounds)
    return fill({kWidth / kProcesses, kHeight, 1}, args->chip_per_process_bounds_max_dims,
                args->chip_per_process_bounds, args->chip_per_process_bounds_num_dims);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ProcessBounds) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ProcessBounds)
    return fill({kProcesses, 1, 1}, args->process_bounds_max_dims, args->process_bounds,
                args->process_bounds_num_dims);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ProcessIds) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ProcessIds)
    return fill({0, 1}, static_cast<std::size_t>(args->max_process_ids), args->process_ids,
                args->num_process_ids);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_LogiDeviceIdsOnProcess) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_LogiDeviceIdsOnProcess)
    const int32_t first = args->process_id * kChips / kProcesses;
    return fill({first, first + 1, first + 2, first + 3},
                static_cast<std::size_t>(args->max_logical_device_ids),
                args->logical_device_of_default_type_ids, args->num_logical_device_ids);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ProcIdAndIdxOnProcForChip) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ProcIdAndIdxOnProcForChip)
    args->process_id = args->chip_id / (kChips / kProcesses);
    args->index_on_process = args->chip_id % (kChips / kProcesses);
    return args->chip_id < kChips ? nullptr : outOfRange("chip", args->chip_id);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ProcIdAndIdxOnProcForLogiDevice) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ProcIdAndIdxOnProcForLogiDevice)
    args->process_id = args->device_id / (kChips / kProcesses);
    args->index_on_process = args->device_id % (kChips / kProcesses);
    return args->device_id < kChips ? nullptr : outOfRange("device", args->device_id);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ProcessCoordFromId) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ProcessCoordFromId)
    return fill({args->process_id, 0, 0}, args->coords_max_dims, args->coords, args->coords_num_dims);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ChipIdFromCoord) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ChipIdFromCoord)
    args->chip_id = args->coords[0] + kWidth * args->coords[1];
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_LogiDeviceIdFromChipCoordAndIdx) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_LogiDeviceIdFromChipCoordAndIdx)
    args->logical_device_of_default_type_id =
        args->chip_coords[0] + kWidth * args->chip_coords[1] + args->logical_device_index_on_chip;
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ChipCoordAndIdxForLogiDevice) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ChipCoordAndIdxForLogiDevice)
    args->device_index_on_chip = 0;
    return fill({args->device_id % kWidth, args->device_id / kWidth, 0}, args->chip_coords_max_dims,
                args->chip_coords, args->chip_coords_num_dims);
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_Subslice) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_Subslice)
    int32_t devices = 1;
    for (std::size_t i = 0; i < args->chips_per_host_bounds_num_dims; ++i) {
        devices *= args->chips_per_host_bounds[i] * args->host_bounds[i];
    }
    args->subslice_topology = reinterpret_cast<PJRT_TopologyDescription*>(new Topology(devices));
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_ReplaceHostBounds) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_ReplaceHostBounds)
    args->new_topology = reinterpret_cast<PJRT_TopologyDescription*>(new Topology(args->host_bounds[0]));
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_SubsliceDeviceIdFromFullDeviceId) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_SubsliceDeviceIdFromFullDeviceId)
    args->subslice_device_id = args->full_device_id - args->subslice_origin[0];
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_GetRoutingStrategy) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_GetRoutingStrategy)
    constexpr std::string_view kStrategy = "dimension order";
    kStrategy.copy(args->routing_strategy, args->routing_strategy_len);
    args->routing_strategy_len = kStrategy.size();
    return nullptr;
}

PJRT_TpuTopology_SliceConfig slice(int32_t width, bool is_twisted) {
    PJRT_TpuTopology_SliceConfig config{};
    config.dim_size = 3;
    config.dimensions[0] = width;
    config.dimensions[1] = 2;
    config.dimensions[2] = 1;
    config.wrap[0] = true;
    config.twist = is_twisted;
    return config;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_GetSliceConfig) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_GetSliceConfig)
    const std::string name(args->slice_name, args->slice_name_len);
    *args->slice_config = slice(name == "large" ? 8 : 4, false);
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_GetSliceConfigs) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_GetSliceConfigs)
    args->num_slice_configs = 2;
    for (std::size_t i = 0; i < std::min<std::size_t>(2, args->max_slice_configs); ++i) {
        args->slice_configs[i] = slice(i == 0 ? 4 : 8, i == 1);
    }
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuTopology_GetDefaultPlatformConfig) {
    FAKE_EXTENSION_ENTER(PJRT_TpuTopology_GetDefaultPlatformConfig)
    args->num_chips_per_tray = 4;
    args->num_trays = 2;
    return nullptr;
}

// One message out of another: the text with a word before it.
#define FAKE_TPU_PART(Name, in, out)                                                             \
    FAKE_EXTENSION_FUNCTION(PJRT_TpuExecutable_##Name) {                                         \
        FAKE_EXTENSION_ENTER(PJRT_TpuExecutable_##Name)                                          \
        auto* other = new Other;                                                                 \
        other->text = #out ":" + std::string(args->in, args->in##_size);                         \
        args->out = other->text.data();                                                          \
        args->out##_size = other->text.size();                                                   \
        args->out##_ptr = reinterpret_cast<decltype(args->out##_ptr)>(other);                    \
        args->out##_deleter = [](decltype(args->out##_ptr) given) { delete &as<Other>(given); }; \
        return nullptr;                                                                          \
    }
FAKE_TPU_PART(GetTargetArguments, serialized_executable, target_arguments)
FAKE_TPU_PART(GetHloModuleWithConfig, serialized_executable, hlo_module_with_config)
FAKE_TPU_PART(GetCompiledMemoryStats, serialized_executable, compiled_memory_stats)
FAKE_TPU_PART(SetTpuCompilationEnv, serialized_compilation_environments, result_compilation_environments)
FAKE_TPU_PART(GetTpuCompilationEnvFieldAsString, field_name, field_value)

FAKE_EXTENSION_FUNCTION(PJRT_TpuExecutable_RunHloCostAnalysis) {
    FAKE_EXTENSION_ENTER(PJRT_TpuExecutable_RunHloCostAnalysis)
    ++control().others;
    args->analysis_results = attributes().data();
    args->num_analysis_results = args->num_hlo_modules;
    args->analysis_results_ptr = reinterpret_cast<PJRT_TpuExecutable_CostAnalysisResult*>(&control());
    args->analysis_results_deleter = [](PJRT_TpuExecutable_CostAnalysisResult* /*given*/) {
        --control().others;
    };
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuExecutable_IsTpuPredeterminedError) {
    FAKE_EXTENSION_ENTER(PJRT_TpuExecutable_IsTpuPredeterminedError)
    args->is_predetermined = std::string(args->serialized_status, args->serialized_status_size) == "sure";
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_TpuExecutable_IsTpuCancellationPlaceholderError) {
    FAKE_EXTENSION_ENTER(PJRT_TpuExecutable_IsTpuCancellationPlaceholderError)
    args->is_cancellation_placeholder =
        std::string(args->serialized_status, args->serialized_status_size) == "cancelled";
    return nullptr;
}

PJRT_TpuTopology_Extension topologyTable() {
    PJRT_TpuTopology_Extension table{};
    table.subslice = PJRT_TpuTopology_Subslice;
    table.is_subslice_topology = PJRT_TpuTopology_IsSubsliceTopology;
    table.subslice_device_id_from_full_device_id = PJRT_TpuTopology_SubsliceDeviceIdFromFullDeviceId;
    table.replace_host_bounds = PJRT_TpuTopology_ReplaceHostBounds;
    table.is_enhanced_barrier_enabled = PJRT_TpuTopology_IsEnhancedBarrierEnabled;
    table.has_limited_ici_connectivity = PJRT_TpuTopology_HasLimitedIciConnectivity;
    table.is_reachable_over_limited_ici = PJRT_TpuTopology_IsReachableOverLimitedIci;
    table.process_count = PJRT_TpuTopology_ProcessCount;
    table.chips_per_process = PJRT_TpuTopology_ChipsPerProcess;
    table.core_count_per_chip = PJRT_TpuTopology_CoreCountPerChip;
    table.chip_count = PJRT_TpuTopology_ChipCount;
    table.core_count = PJRT_TpuTopology_CoreCount;
    table.logical_device_count_per_process = PJRT_TpuTopology_LogiDeviceCountPerProcess;
    table.logical_device_count = PJRT_TpuTopology_LogiDeviceCount;
    table.logical_device_count_per_chip = PJRT_TpuTopology_LogiDeviceCountPerChip;
    table.core_count_per_process = PJRT_TpuTopology_CoreCountPerProcess;
    table.process_ids = PJRT_TpuTopology_ProcessIds;
    table.logical_device_ids_on_process = PJRT_TpuTopology_LogiDeviceIdsOnProcess;
    table.proc_id_and_idx_on_proc_for_chip = PJRT_TpuTopology_ProcIdAndIdxOnProcForChip;
    table.proc_id_and_idx_on_proc_for_logi_device = PJRT_TpuTopology_ProcIdAndIdxOnProcForLogiDevice;
    table.process_coord_from_id = PJRT_TpuTopology_ProcessCoordFromId;
    table.chip_id_from_coord = PJRT_TpuTopology_ChipIdFromCoord;
    table.logical_device_id_from_chip_coord_and_idx = PJRT_TpuTopology_LogiDeviceIdFromChipCoordAndIdx;
    table.chip_coord_and_idx_for_logi_device = PJRT_TpuTopology_ChipCoordAndIdxForLogiDevice;
    table.chips_per_process_bounds = PJRT_TpuTopology_ChipsPerProcessBounds;
    table.chip_bounds = PJRT_TpuTopology_ChipBounds;
    table.process_bounds = PJRT_TpuTopology_ProcessBounds;
    table.get_routing_strategy = PJRT_TpuTopology_GetRoutingStrategy;
    table.get_slice_config = PJRT_TpuTopology_GetSliceConfig;
    table.get_slice_configs = PJRT_TpuTopology_GetSliceConfigs;
    table.get_default_platform_config = PJRT_TpuTopology_GetDefaultPlatformConfig;
    return table;
}

PJRT_TpuExecutable_Extension executableTable() {
    PJRT_TpuExecutable_Extension table{};
    table.get_target_arguments = PJRT_TpuExecutable_GetTargetArguments;
    table.get_hlo_module_with_config = PJRT_TpuExecutable_GetHloModuleWithConfig;
    table.get_compiled_memory_stats = PJRT_TpuExecutable_GetCompiledMemoryStats;
    table.run_hlo_cost_analysis = PJRT_TpuExecutable_RunHloCostAnalysis;
    table.set_tpu_compilation_env = PJRT_TpuExecutable_SetTpuCompilationEnv;
    table.get_tpu_compilation_env_field_as_string = PJRT_TpuExecutable_GetTpuCompilationEnvFieldAsString;
    table.is_tpu_predetermined_error = PJRT_TpuExecutable_IsTpuPredeterminedError;
    table.is_tpu_cancellation_placeholder_error = PJRT_TpuExecutable_IsTpuCancellationPlaceholderError;
    return table;
}

}  // namespace

PJRT_Extension_Base* tpuExtensions(PJRT_Extension_Base* next) {
    static PJRT_TpuTopology_Extension topology = topologyTable();
    static PJRT_TpuExecutable_Extension executable = executableTable();
    topology.base = {PJRT_TpuTopology_Extension_STRUCT_SIZE, PJRT_Extension_Type_TpuTopology, next};
    executable.base = {PJRT_TpuExecutable_Extension_STRUCT_SIZE, PJRT_Extension_Type_TpuExecutable,
                       &topology.base};
    return &executable.base;
}

}  // namespace fake
