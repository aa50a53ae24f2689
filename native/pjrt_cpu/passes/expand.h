/// @file
/// Expansions of single operations, by subject. Each gives values for the results of `op`, made before
/// it, or nothing when it has no expansion for it.
#pragma once

#include <vector>

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

std::vector<Value*> expandEinsum(Operation& op);         ///< einsum, unary_einsum
std::vector<Value*> expandBatchNorm(Operation& op);      ///< batch_norm_*
std::vector<Value*> expandMap(Operation& op);            ///< map
std::vector<Value*> expandLinearAlgebra(Operation& op);  ///< cholesky, triangular_solve of narrow floats
Value* expandRaggedDot(Operation& op);                   ///< chlo.ragged_dot
std::vector<Value*> expandChlo(Operation& op);           ///< chlo.*
/// chlo.scan. `length`: an i64 scalar, where there are fewer positions than the type says; or null.
std::vector<Value*> expandScan(Operation& op, Value* length = nullptr);
/// By the operation's kind: what the pass decompose does with it.
std::vector<Value*> decomposed(Operation& op);

}  // namespace optirs::plugin
