/// @file
/// Loops over positions, as expansions of single operations make them.
#pragma once

#include <span>
#include <vector>

#include "pjrt_cpu/passes/rewrite.h"
#include "src/cpu/function_ref.h"

namespace optirs::plugin {

/// What one round gives for the next: a value for each carried one. `position` is an i64 scalar from 0 on.
using LoopRound = FunctionRef<std::vector<Value*>(Builder& inner, Block& block, Value* position,
                                                  std::span<Value* const> carried)>;

/// A while operation of `count` (an i64 scalar) rounds at the builder's place. @returns the values carried
/// out of the last round, or `start` after none
std::vector<Value*> countedLoop(Builder& builder, Value* count, std::span<Value* const> start,
                                LoopRound round);

/// The slice of size 1 at `position` (an i64 scalar) of dimension `dim`; the dimension stays.
Value* sliceAt(Builder& builder, Value* value, int64_t dim, Value* position);

}  // namespace optirs::plugin
