/// @file
/// Custom calls of the kernel library: `optirs.<kernel>` runs the kernel optirs_<kernel> of the C ABI
/// (kernel_*.h) on the CPU.
///
/// - Operands and results are fields of the kernel's argument struct. Which ones says `backend_config`, a
///   dictionary: `operands = ["q", "k", "v", "kv_lengths"]`, `results = ["out", "lse"]`; what is left out is
///   in the order of kernel_call_targets.cpp, as far as there are operands and results.
/// - A scalar field is an entry of the dictionary (`scale = 0.125 : f64`, `mask = 1 : i64`), or an operand of
///   one element, for what changes from call to call.
/// - A field that is operand and result is updated: the result starts as a copy.
/// - Of optimizers the fields are those of optirs_optimizer_tensors, one tensor each.
#pragma once

#include "pjrt_cpu/runtime/custom_call.h"

namespace optirs::plugin {

void registerKernelCalls(CustomCallRegistry& registry);

}  // namespace optirs::plugin
