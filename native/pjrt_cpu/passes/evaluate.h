/// @file
/// A small evaluator of operations on constants.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "pjrt_cpu/ir/literal.h"
#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

/// The result of an element-wise operation, or nullopt when it is not evaluated here: transcendental
/// functions (their last bits belong to the code generator), complex and quantized numbers, integer
/// division by zero (the target's choice), more than `max_elements` different elements.
/// Splats give splats, of whatever size.
std::optional<Literal> evaluateElementwise(const Operation& op, std::span<const Literal* const> operands,
                                           int64_t max_elements);

/// The same for operations that only move elements: reshape, broadcast_in_dim, transpose, slice,
/// concatenate, reverse, pad, iota, bitcast_convert between types of one width.
std::optional<Literal> evaluateMovement(const Operation& op, std::span<const Literal* const> operands,
                                        int64_t max_elements);

}  // namespace optirs::plugin
