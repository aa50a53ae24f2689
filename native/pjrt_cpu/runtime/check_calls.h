/// @file
/// The custom calls of test programs: `check.*` compare, `interpreter.probe` and `interpreter.print` record.
#pragma once

#include "pjrt_cpu/runtime/custom_call.h"

namespace optirs::plugin {

/// Adds the targets to the registry:
///
/// | target                        | operands          | holds for every element when |
/// |-------------------------------|-------------------|-----------------------------------------------------------|
/// | check.expect_eq, _const       | got, expected     | equal; NaN equals nothing | | check.expect_close |
/// got, expected     | min_ulp_difference (0) to max_ulp_difference (3) units in | | |                   |
/// the last place of the type apart; NaN equals NaN          | | check.expect_almost_eq        | got,
/// expected     | within `tolerance` (1e-3), absolute                       | | check.expect_almost_eq_const
/// | got, expected     | within `tolerance` (1e-4), absolute                       | | check.eq | got,
/// expected     | integers equal, floats within 1e-4; the result is true    | | check.expect_serialized_eq |
/// value             | equal, bit for bit, to what the probe `probe_id` saw in   | | |                   |
/// its iteration `iteration` (0)                             | | interpreter.probe             | value ->
/// value    | (records it under `probe_id`)                             | | interpreter.print             |
/// | shape_assertion               | i1, ...           | the first operand is true; else INVALID_ARGUMENT
/// with its | |                               |                   | `error_message` | value             |
/// (prints it on the standard error stream)                  |
///
/// A complex number holds when both parts do. What does not hold fails the execution: FAILED_PRECONDITION,
/// `check.expect_close at line 7, column 3: 3 of 400 elements differ; element [2, 7] is 1.5, expected 1.25
/// (2097152 ULP)`. Operands of different types: INVALID_ARGUMENT.
void registerCheckCalls(CustomCallRegistry& registry);

}  // namespace optirs::plugin
