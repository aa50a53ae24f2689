#include "pjrt_cpu/capi/slice_estimate.h"

#include <algorithm>

namespace optirs::plugin {

void addSliceEstimate(NamedValues& values, const ProgramCost& cost, const SliceTopology& topology) {
    constexpr double kTera = 1e12;
    constexpr double kGiga = 1e9;
    const TpuGeneration& chip = topology.generation();
    const auto devices = static_cast<double>(chip.devices_per_chip);
    const double compute = cost.flops / (chip.bf16_tflops * kTera / devices);
    const double memory = cost.bytes_accessed / (chip.hbm_gb_per_s * kGiga / devices);
    double link = 0;
    values.add("optirs.estimate.compute_seconds", static_cast<float>(compute));
    values.add("optirs.estimate.memory_seconds", static_cast<float>(memory));
    if (chip.link_gb_per_s > 0) {
        link = cost.link_bytes / (chip.link_gb_per_s * kGiga);
        values.add("optirs.estimate.link_seconds", static_cast<float>(link));
    } else if (cost.link_bytes > 0) {
        return;  // a total without the links would be none
    }
    values.add("optirs.estimate.seconds", static_cast<float>(std::max(compute, memory) + link));
}

}  // namespace optirs::plugin
