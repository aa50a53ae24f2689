// The project's kernels as custom calls `optirs.<kernel>` of XLA's CUDA plugin.
#pragma once

#include "src/pjrt/plugin.h"

namespace optirs::pjrt {

/// Registers a handler of XLA's typed FFI for every target of kernels/call_targets.h. Throws UNIMPLEMENTED
/// where the plugin takes no handlers, UNAVAILABLE or NOT_FOUND without the backend `cuda`.
void registerKernels(const PluginLibrary& library);

}  // namespace optirs::pjrt
