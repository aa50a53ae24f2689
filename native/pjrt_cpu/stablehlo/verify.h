/// @file
/// The type and shape rules of StableHLO.
#pragma once

#include <vector>

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// Checks every function: operand, result and region counts, element types, shapes, attributes,
/// terminators, callees, and that result types are what inferTypes() gives.
/// @throws Error INVALID_ARGUMENT naming the operation, the shapes, the offending value and the line.
void verify(const Module& module);

/// Checks the operands and attributes of `op`, and gives the result types that follow from them;
/// empty when they do not (reshape, custom_call, ...). Unknown dimensions are kDynamic. Element types
/// of quantized results are the declared ones.
/// @throws Error INVALID_ARGUMENT
std::vector<Type> inferTypes(const Operation& op);

}  // namespace optirs::plugin
