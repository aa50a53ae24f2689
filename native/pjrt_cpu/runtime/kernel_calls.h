/// @file
/// Custom calls of the kernel library: `optirs.<kernel>` runs the kernel optirs_<kernel> of the C ABI
/// (kernel_*.h) on the CPU. What they take: src/kernels/call_binder.h.
#pragma once

#include "pjrt_cpu/runtime/custom_call.h"

namespace optirs::plugin {

void registerKernelCalls(CustomCallRegistry& registry);

}  // namespace optirs::plugin
