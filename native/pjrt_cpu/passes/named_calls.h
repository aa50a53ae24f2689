/// @file
/// Custom calls that stand for an operation, and what the passes make of them: see named_calls.cpp.
#pragma once

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// Uses the operation for calls of `mhlo.erf`, `mhlo.topk`, ...
/// @returns whether anything changed
/// @throws Error INVALID_ARGUMENT: operands or results that the operation cannot have
bool recogniseNamedCalls(Function& function);

/// Uses a sort for a call of `TopK` or `ApproxTopK`.
/// @throws Error INVALID_ARGUMENT: operands, results or a comparison that do not fit
void expandTopKCall(Operation& call);
void expandApproxTopKCall(Operation& call);

/// Uses the static operation for a call of `stablehlo.dynamic_top_k`, ... whose sizes are known by now, and
/// settles shape assertions. @returns whether anything changed
/// @throws Error INVALID_ARGUMENT: an assertion that does not hold, operands that do not fit
bool refineNamedCall(Operation& op);

}  // namespace optirs::plugin
