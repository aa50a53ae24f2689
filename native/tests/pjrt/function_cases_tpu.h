// The calls of TPU plugins' extensions.
#pragma once

#include "tests/pjrt/function_cases_extensions.h"

namespace test {

/// The topology of a case's client goes in.
inline Case tpuCase(const char* function, std::function<Outcome(World&, const optirs_pjrt_topology*)> call) {
    return {function, [call = std::move(call)](World& w) {
                Topology topology;
                NEEDED(optirs_pjrt_topology_of_client(w.client, topology.out()));
                return call(w, topology.get());
            }};
}

inline std::vector<Case> tpuTopologyCases() {
    std::vector<Case> cases;
    const char* counts[] = {"ProcessCount",
                            "ChipCount",
                            "ChipsPerProcess",
                            "CoreCount",
                            "CoreCountPerChip",
                            "CoreCountPerProcess",
                            "LogiDeviceCount",
                            "LogiDeviceCountPerChip",
                            "LogiDeviceCountPerProcess"};
    const char* flags[] = {"IsSubsliceTopology", "IsEnhancedBarrierEnabled", "HasLimitedIciConnectivity"};
    const char* bounds[] = {"ChipBounds", "ChipsPerProcessBounds", "ProcessBounds"};
    static std::vector<std::string> names;  // cases point at them
    names.reserve(64);
    const auto named = [](const char* name) {
        return names.emplace_back(std::string("PJRT_TpuTopology_") + name).c_str();
    };
    for (int32_t i = 0; i < 9; ++i) {
        cases.push_back(tpuCase(named(counts[i]), [i](World&, const optirs_pjrt_topology* t) {
            int32_t count = 0;
            return Outcome(optirs_pjrt_tpu_topology_count(t, i, &count));
        }));
    }
    for (int32_t i = 0; i < 3; ++i) {
        cases.push_back(tpuCase(named(flags[i]), [i](World&, const optirs_pjrt_topology* t) {
            uint8_t is = 0;
            return Outcome(optirs_pjrt_tpu_topology_flag(t, i, &is));
        }));
        cases.push_back(tpuCase(named(bounds[i]), [i](World&, const optirs_pjrt_topology* t) {
            optirs_pjrt_tpu_point point;
            return Outcome(optirs_pjrt_tpu_topology_bounds(t, i, &point));
        }));
    }
    const auto place = [&](const char* name, auto ask) {
        cases.push_back(tpuCase(named(name), [ask](World&, const optirs_pjrt_topology* t) {
            optirs_pjrt_tpu_place at;
            return Outcome(ask(t, 5, &at));
        }));
    };
    place("ProcIdAndIdxOnProcForChip", optirs_pjrt_tpu_topology_place_of_chip);
    place("ProcIdAndIdxOnProcForLogiDevice", optirs_pjrt_tpu_topology_place_of_device);
    const auto coords = [&](const char* name, auto ask) {
        cases.push_back(tpuCase(named(name), [ask](World&, const optirs_pjrt_topology* t) {
            optirs_pjrt_tpu_point at;
            return Outcome(ask(t, 1, &at));
        }));
    };
    coords("ProcessCoordFromId", optirs_pjrt_tpu_topology_process_coords);
    coords("ChipCoordAndIdxForLogiDevice", optirs_pjrt_tpu_topology_device_coords);
    const auto other = [&](const char* name,
                           std::function<Outcome(World&, const optirs_pjrt_topology*)> call) {
        cases.push_back(tpuCase(named(name), std::move(call)));
    };
    static constexpr int32_t kPoint[] = {1, 1, 0};
    other("ProcessIds", [](World& w, const optirs_pjrt_topology* t) {
        int64_t count = 0;
        return Outcome(optirs_pjrt_tpu_topology_process_ids(t, w.room.data(), 4, &count));
    });
    other("LogiDeviceIdsOnProcess", [](World& w, const optirs_pjrt_topology* t) {
        int64_t count = 0;
        return Outcome(optirs_pjrt_tpu_topology_device_ids(t, 1, w.room.data(), 4, &count));
    });
    other("ChipIdFromCoord", [](World&, const optirs_pjrt_topology* t) {
        int32_t id = 0;
        return Outcome(optirs_pjrt_tpu_topology_chip_at(t, kPoint, 3, &id));
    });
    other("LogiDeviceIdFromChipCoordAndIdx", [](World&, const optirs_pjrt_topology* t) {
        int32_t id = 0;
        return Outcome(optirs_pjrt_tpu_topology_device_at(t, kPoint, 3, 0, &id));
    });
    other("IsReachableOverLimitedIci", [](World&, const optirs_pjrt_topology* t) {
        uint8_t is = 0;
        return Outcome(optirs_pjrt_tpu_topology_reaches(t, 0, 1, &is));
    });
    other("Subslice", [](World&, const optirs_pjrt_topology* t) {
        Topology part;
        return Outcome(optirs_pjrt_tpu_topology_subslice(t, kPoint, 2, kPoint, 2, part.out()));
    });
    other("ReplaceHostBounds", [](World&, const optirs_pjrt_topology* t) {
        Topology part;
        return Outcome(optirs_pjrt_tpu_topology_with_hosts(t, kPoint, 3, part.out()));
    });
    other("SubsliceDeviceIdFromFullDeviceId", [](World&, const optirs_pjrt_topology* t) {
        int32_t id = 0;
        return Outcome(optirs_pjrt_tpu_topology_subslice_device(t, t, kPoint, 3, 3, &id));
    });
    other("GetRoutingStrategy", [](World&, const optirs_pjrt_topology* t) {
        Bytes text;
        return Outcome(optirs_pjrt_tpu_topology_routing(t, text.out()));
    });
    other("GetSliceConfig", [](World& w, const optirs_pjrt_topology*) {
        optirs_pjrt_tpu_slice slice;
        return Outcome(optirs_pjrt_tpu_slice_find(w.plugin, "fake", 4, "large", 5, &slice));
    });
    other("GetSliceConfigs", [](World& w, const optirs_pjrt_topology*) {
        optirs_pjrt_tpu_slice slices[4];
        int64_t count = 0;
        return Outcome(optirs_pjrt_tpu_slices(w.plugin, "fake", 4, slices, 4, &count));
    });
    other("GetDefaultPlatformConfig", [](World& w, const optirs_pjrt_topology*) {
        int64_t chips = 0;
        int64_t trays = 0;
        return Outcome(optirs_pjrt_tpu_default_host(w.plugin, "fake", 4, &chips, &trays));
    });
    return cases;
}

inline std::vector<Case> tpuProgramCases() {
    static constexpr const uint8_t kBytes[] = {'x'};
    const auto part = [](optirs_pjrt_tpu_part which) {
        return [which](World& w) {
            Bytes bytes;
            return Outcome(optirs_pjrt_tpu_program_part(w.plugin, which, kBytes, 1, bytes.out()));
        };
    };
    const auto question = [](optirs_pjrt_tpu_error_question which) {
        return [which](World& w) {
            uint8_t is = 0;
            return Outcome(optirs_pjrt_tpu_error_ask(w.plugin, which, kBytes, 1, &is));
        };
    };
    return {
        {"PJRT_TpuExecutable_GetTargetArguments", part(OPTIRS_PJRT_TPU_TARGET_ARGUMENTS)},
        {"PJRT_TpuExecutable_GetHloModuleWithConfig", part(OPTIRS_PJRT_TPU_HLO_MODULE)},
        {"PJRT_TpuExecutable_GetCompiledMemoryStats", part(OPTIRS_PJRT_TPU_MEMORY_STATS)},
        {"PJRT_TpuExecutable_SetTpuCompilationEnv", part(OPTIRS_PJRT_TPU_COMPILATION_ENVIRONMENT)},
        {"PJRT_TpuExecutable_GetTpuCompilationEnvFieldAsString",
         [](World& w) {
             Bytes text;
             return Outcome(optirs_pjrt_tpu_environment_field(w.plugin, kBytes, 1, "field", 5, text.out()));
         }},
        {"PJRT_TpuExecutable_RunHloCostAnalysis",
         [](World& w) {
             Values costs;
             const optirs_pjrt_blob module = blobOf("module");
             return Outcome(optirs_pjrt_tpu_cost_analysis(w.plugin, kBytes, 1, &module, 1, costs.out()));
         }},
        {"PJRT_TpuExecutable_IsTpuPredeterminedError", question(OPTIRS_PJRT_TPU_ERROR_IS_PREDETERMINED)},
        {"PJRT_TpuExecutable_IsTpuCancellationPlaceholderError",
         question(OPTIRS_PJRT_TPU_ERROR_IS_CANCELLATION)},
    };
}

}  // namespace test
