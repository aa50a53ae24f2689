/// @file
/// What a group reads from memory.
#pragma once

#include <functional>
#include <unordered_set>
#include <vector>

#include "pjrt_cpu/codegen/index/walk.h"
#include "pjrt_cpu/codegen/plan/group.h"

namespace optirs::plugin {

/// Whether the bytes of a value are in memory when the group runs.
using InMemory = std::function<bool(const Value*)>;

/// The same for the inside of the group: its roots are evaluated there, not read, and so are its reductions.
InMemory readableFrom(const Group& group, const InMemory& in_memory);

/// Whether the group computes `op` as one of its reductions, over rows or columns.
bool isReduced(const Group& group, const Operation& op);

/// Visits everything that the group evaluates at `index` of its shape.
void visitGroup(const Group& group, const Index& index, AccessWalker& walker);

/// dynamic_update_slice, scatter: how many leading operands the results start as copies of; 0 for anything
/// else.
size_t copiedOperands(const Operation& op);

/// Values in memory that the group's kernel reads, in the order of the walk. Copied operands are not among
/// them: the kernel works on the copies.
std::vector<const Value*> valuesRead(const Group& group, const InMemory& in_memory);

/// Values of the shape of a loop nest that it reads at other elements than the one it is at: a root that took
/// their memory would write what is still to be read.
std::unordered_set<const Value*> valuesReadElsewhere(const Group& group, const InMemory& in_memory);

}  // namespace optirs::plugin
