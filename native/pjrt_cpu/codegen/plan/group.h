/// @file
/// What the fusion planner decides: groups of operations that become one kernel or one library call.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <unordered_set>
#include <vector>

#include "pjrt_cpu/ir/operation.h"

namespace optirs::plugin {

enum class GroupKind : uint8_t {
    kLoop,     ///< a loop nest over `shape`; with `reductions`: over rows, in phases
    kColumns,  ///< reductions whose innermost dimension is kept: rows are added into a block of accumulators
    kScatter,  ///< dynamic_update_slice, scatter, select_and_scatter: writes into a copy of an operand
    kLibrary,  ///< a call of the runtime: contraction, convolution, sort, random bits, custom call
    kControl,  ///< while, if, case
    kTiles     ///< contractions, a row-wise loop nest over their results, contractions of what it makes
};

struct Group {
    GroupKind kind = GroupKind::kLoop;
    /// Values that it leaves in memory. For a contraction: maybe a transpose of the operation's own result.
    std::vector<Value*> roots;
    /// The operation of kScatter, kLibrary, kControl.
    Operation* op = nullptr;
    /// kLoop: dimensions of the loops (with reductions: of what is reduced). kColumns: of what is reduced.
    std::vector<int64_t> shape;
    /// kLoop with reductions: how many leading dimensions of `shape` number the rows.
    int64_t row_rank = -1;
    /// kLoop, kColumns: reductions inside, latest in the program first.
    std::vector<Operation*> reductions;
    /// kLoop: sums of columns, each over parts of the rows, and the group's shape with the rows divided so:
    /// parts, rows of a part, columns.
    std::vector<Operation*> columns;
    std::vector<int64_t> finer;
    /// Groups that must run before.
    std::set<int32_t> dependencies;
    /// kTiles: the loop nest, and the contractions before and after it.
    std::vector<Group> parts;
    /// kTiles: values of the parts that never are in memory as a whole.
    std::set<const Value*> tiles;
    /// kTiles: row r of the loop nest has nothing but zeros from column r + zeros_from on; INT64_MAX:
    /// unknown.
    int64_t zeros_from = INT64_MAX;
};

/// A strided window on a value in memory.
struct View {
    Value* base = nullptr;
    int64_t offset = 0;            ///< in elements
    std::vector<int64_t> strides;  ///< one per dimension of the viewed value, in elements
};

/// The groups of one block, in an order in which they may run.
struct Plan {
    std::vector<Group> groups;
    /// Values of the block that live in memory: written by a group, or aliases of another value's bytes.
    std::unordered_set<const Value*> in_memory;
    /// reshape, optimization_barrier, ...: same bytes as the other value.
    std::map<const Value*, Value*> alias_of;
    /// Constants that someone reads from memory.
    std::vector<Operation*> constants;
    /// Where contractions read their operands.
    std::map<const Operation*, std::vector<View>> views;
};

/// Plans a function's body or the body of a while, if or case.
Plan planBlock(Block& block);

/// The view that `value` is of a value further up, through transposes, slices and reshapes.
View viewOf(Value* value);

/// A dot or dot_general that the runtime's contraction takes.
bool isLibraryContraction(const Operation& op);

}  // namespace optirs::plugin
