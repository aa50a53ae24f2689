/// @file
/// Which element of its operands an operation reads for one element of its result.
#pragma once

#include <cstdint>
#include <vector>

#include "pjrt_cpu/codegen/index/index_expr.h"
#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// How an operation takes part in a fusion.
enum class FusionRole : uint8_t {
    kElementwise,  ///< one element of each operand (or their only one)
    kMovement,     ///< one element of one operand, at another index: operandIndex()
    kSource,       ///< no tensor operand: constant splat, iota
    kGuarded,      ///< one operand of several, by the index: pad, concatenate
    kComputed,     ///< one element of one operand, at an index the program computes: gather, dynamic_slice
    kNone          ///< not evaluated element by element
};

FusionRole fusionRole(const Operation& op);

/// The index read in the operand of a kMovement operation.
Index operandIndex(const Operation& op, const Index& result_index, IndexContext& context);

std::vector<int64_t> dimsOf(const Value& value);

/// Arithmetic of the operation is worth a store and a load: exp, tanh, divide, ... are; add, multiply are
/// not.
bool isExpensive(const Operation& op);

/// Values from outside that the regions of an operation use, in order of first use.
std::vector<Value*> capturedValues(const Operation& op);

}  // namespace optirs::plugin
