#pragma once

#include "pjrt_cpu/capi/named_values.h"
#include "pjrt_cpu/capi/slice_topology.h"
#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// Adds what one run might take on the real slice, worked out from the chips' published peak figures and
/// never measured: `optirs.estimate.compute_seconds` (operations over the bf16 peak),
/// `optirs.estimate.memory_seconds` (bytes over the memory's bandwidth), `optirs.estimate.link_seconds`
/// (bytes of ring collectives over one link, one way; absent where no figure is published) and
/// `optirs.estimate.seconds`, the larger of the first two plus the third. Loops count one round.
void addSliceEstimate(NamedValues& values, const ProgramCost& cost, const SliceTopology& topology);

}  // namespace optirs::plugin
