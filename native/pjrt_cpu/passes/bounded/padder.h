/// @file
/// The state of the pass pad_bounded: which values have dimensions whose size only the running program knows.
#pragma once

#include <unordered_map>
#include <vector>

#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {

/// By dimension: an i32 scalar, or null where the size is what the type says.
using Sizes = std::vector<Value*>;

/// Gives values with such dimensions the memory of their bounds, operation by operation in program order.
class Padder {
 public:
    /// What it finds in a block, and in the regions of its operations.
    void visit(Block& block);
    /// Operations whose operands and results have no such dimension stay as they are, but for dynamic forms
    /// whose operands are computed.
    void visit(Operation& op);

    /// Null where the dimension is whole.
    Value* sizeOf(const Value* value, int64_t dim) const;
    /// One for each dimension.
    Sizes sizesOf(const Value* value) const;
    bool isSized(const Value* value) const { return sizes_.contains(value); }
    void setSizes(const Value* value, Sizes sizes);
    /// For values that are about to go: another one may get their address.
    void forget(const Operation& op);

    bool changed() const { return changed_; }

    /// While it visits what an operation was expanded to, whose static types are those of memory.
    bool isExpanding() const { return is_expanding_; }
    void visitExpansion(Operation* first, const Operation* end);

 private:
    bool concerns(const Operation& op) const;

    std::unordered_map<const Value*, Sizes> sizes_;  // of values that have at least one
    bool changed_ = false;
    bool is_expanding_ = false;
};

std::vector<Value*> resultsOf(const Operation& op);

}  // namespace optirs::plugin
