#pragma once

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin::testing {

/// Registers `check.expect_eq` and its like as custom-call targets that compare their operands and throw on a
/// difference. The rules are those of the conformance programs' README. Idempotent.
void registerChecks();

/// Turns the operations of the check dialect into custom calls of those targets.
void lowerChecks(Module& module);

}  // namespace optirs::plugin::testing
