// optirs/pjrt_phases.h: validation and translation only.
#include <optirs/pjrt_phases.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/phases.h"
#include "src/pjrt/topology.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_plugin_phase_names(optirs_pjrt_plugin* plugin, optirs_pjrt_list** out_names) {
    return guard("optirs_pjrt_plugin_phase_names", [&] {
        Out out(out_names, "out_names");
        out = pjrt::phaseNames(required(plugin, "plugin")->library());
    });
}
optirs_error* optirs_pjrt_topology_run_phases(const optirs_pjrt_topology* topology,
                                              const optirs_pjrt_blob* programs, int64_t num_programs,
                                              const optirs_pjrt_blob* phases, int64_t num_phases,
                                              const uint8_t* options, uint64_t options_size,
                                              optirs_pjrt_list** out_programs) {
    return guard("optirs_pjrt_topology_run_phases", [&] {
        Out out(out_programs, "out_programs");
        out = pjrt::runPhases(*required(topology, "topology"),
                              requiredArray(programs, num_programs, "programs"),
                              requiredArray(phases, num_phases, "phases"),
                              requiredText(reinterpret_cast<const char*>(options), options_size, "options"));
    });
}
