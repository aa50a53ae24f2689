/// @file
/// Custom calls that stand for an operation, and what the passes make of them: see named_calls.cpp.
#pragma once

#include <string_view>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// The target of a windowed reduction whose window is an operand.
inline constexpr std::string_view kDynamicReduceWindow = "stablehlo.dynamic_reduce_window";

/// The target that JAX's approx_max_k and approx_min_k call with a comparison.
inline constexpr std::string_view kApproxTopK = "ApproxTopK";

/// Uses the operation for calls of `mhlo.erf`, `mhlo.topk`, ...
/// @returns whether anything changed
/// @throws Error INVALID_ARGUMENT: operands or results that the operation cannot have
bool recogniseNamedCalls(Function& function);

/// Uses the static operation for a call of `stablehlo.dynamic_top_k`, ... whose sizes are known by now, and
/// settles shape assertions. @returns whether anything changed
/// @throws Error INVALID_ARGUMENT: an assertion that does not hold, operands that do not fit
bool refineNamedCall(Operation& op);

}  // namespace optirs::plugin
