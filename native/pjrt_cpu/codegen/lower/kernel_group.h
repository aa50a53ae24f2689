/// @file
/// Kernels that need not wait for each other.
#pragma once

#include <vector>

#include "pjrt_cpu/codegen/lower/steps.h"
#include "pjrt_cpu/runtime/program.h"

namespace optirs::plugin {

/// Joins neighbouring kernels, none of which writes what another one reads or writes, to one step: the parts
/// of all of them are handed out together, so that the hundreds of small ones that update the parameters of a
/// model wait for each other once, and not hundreds of times. Does so inside loops and branches too.
/// `allocations` have been placed.
void joinKernels(Steps& steps, const std::vector<Allocation>& allocations);

}  // namespace optirs::plugin
