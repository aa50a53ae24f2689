/// @file
/// The custom calls of test programs: `check.*` compare, `interpreter.probe` and `interpreter.print` record.
#pragma once

#include "pjrt_cpu/runtime/custom_call.h"

namespace optirs::plugin {

/// Adds the targets to the registry.
///
/// Of two operands, what was computed and what is expected, each pair of elements has to be
/// - check.expect_eq, check.expect_eq_const: equal; NaN equals nothing;
/// - check.expect_close: from min_ulp_difference (0) to max_ulp_difference (3) units in the last place of the
///   type apart; NaN equals NaN;
/// - check.expect_almost_eq: within `tolerance` (1e-3), absolute;
/// - check.expect_almost_eq_const: within `tolerance` (1e-4), absolute;
/// - check.eq: equal if integers, within 1e-4 if floats; the result is true.
///
/// Of one operand:
/// - interpreter.probe records it under `probe_id`, and gives it;
/// - check.expect_serialized_eq: it is, bit for bit, what the probe `probe_id` saw in `iteration` (0);
/// - interpreter.print prints it on the standard error stream.
///
/// shape_assertion: the first operand is true; else INVALID_ARGUMENT with the attribute `error_message`.
///
/// A complex number holds when both parts do. What does not hold fails the execution: FAILED_PRECONDITION,
/// `check.expect_close at line 7, column 3: 3 of 400 elements differ; element [2, 7] is 1.5, expected 1.25
/// (2097152 ULP)`. Operands of different types: INVALID_ARGUMENT.
void registerCheckCalls(CustomCallRegistry& registry);

}  // namespace optirs::plugin
