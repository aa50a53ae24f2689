// What only TPU plugins tell.
#pragma once

#include <optirs/pjrt_tpu.h>

#include <span>
#include <string_view>

#include "src/pjrt/blobs.h"
#include "src/pjrt/extension.h"
#include "src/pjrt/topology.h"

namespace optirs::pjrt {

/// Coordinates and bounds on their way in.
using TpuPoint = std::span<const int32_t>;

/// The extension TpuTopology of a topology's plugin.
class TpuTopology {
 public:
    explicit TpuTopology(const optirs_pjrt_topology& topology)
        : topology_(topology), extension_(topology.library()) {}

    int32_t count(optirs_pjrt_tpu_count what) const;
    bool flag(optirs_pjrt_tpu_flag what) const;
    optirs_pjrt_tpu_point bounds(optirs_pjrt_tpu_bounds what) const;
    std::size_t processIds(std::span<int32_t> out) const;
    std::size_t deviceIds(int32_t process, std::span<int32_t> out) const;
    optirs_pjrt_tpu_place placeOfChip(int32_t chip) const;
    optirs_pjrt_tpu_place placeOfDevice(int32_t device) const;
    optirs_pjrt_tpu_point processCoords(int32_t process) const;
    optirs_pjrt_tpu_point deviceCoords(int32_t device) const;
    int32_t chipAt(TpuPoint coords) const;
    int32_t deviceAt(TpuPoint coords, int32_t index) const;
    bool reaches(int32_t source, int32_t destination) const;
    core::Ref<optirs_pjrt_topology> subslice(TpuPoint chips_per_host, TpuPoint hosts) const;
    core::Ref<optirs_pjrt_topology> withHosts(TpuPoint hosts) const;
    int32_t subsliceDevice(const optirs_pjrt_topology& subslice, TpuPoint origin, int32_t device) const;
    core::Ref<optirs_pjrt_bytes> routing() const;

 private:
    using Table = PJRT_TpuTopology_Extension;

    template <class Args>
    Args ask() const noexcept;
    template <class Args>
    int32_t number(PJRT_Error* (*Table::*function)(Args*), int32_t Args::* field, const char* name) const;
    template <class Args>
    bool truth(PJRT_Error* (*Table::*function)(Args*), bool Args::* field, const char* name) const;
    template <class Args>
    optirs_pjrt_tpu_point point(PJRT_Error* (*Table::*function)(Args*), std::size_t Args::* room,
                                int32_t* Args::* values, std::size_t Args::* rank, const char* name) const;
    core::Ref<optirs_pjrt_topology> adopt(PJRT_TopologyDescription* handle) const;

    const optirs_pjrt_topology& topology_;
    const Extension<Table> extension_;
};

optirs_pjrt_tpu_slice findTpuSlice(const PluginLibrary& library, std::string_view platform,
                                   std::string_view name);
/// How many there are; those for which there is room are written.
std::size_t tpuSlices(const PluginLibrary& library, std::string_view platform,
                      std::span<optirs_pjrt_tpu_slice> out);

struct TpuHost {
    int64_t chips_per_tray;
    int64_t trays;
};
TpuHost defaultTpuHost(const PluginLibrary& library, std::string_view platform);

core::Ref<optirs_pjrt_bytes> tpuProgramPart(const PluginLibrary& library, optirs_pjrt_tpu_part part,
                                            std::string_view bytes);
core::Ref<optirs_pjrt_bytes> tpuEnvironmentField(const PluginLibrary& library, std::string_view environments,
                                                 std::string_view field);
core::Ref<optirs_pjrt_values> tpuCostAnalysis(const PluginLibrary& library, std::string_view target_arguments,
                                              std::span<const optirs_pjrt_blob> modules);
bool askTpuError(const PluginLibrary& library, optirs_pjrt_tpu_error_question question,
                 std::string_view status);

}  // namespace optirs::pjrt
