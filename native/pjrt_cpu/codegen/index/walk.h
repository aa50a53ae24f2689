#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "pjrt_cpu/codegen/index/access.h"

namespace optirs::plugin {

/// Follows the recursion of the elemental generator without emitting: which values in memory are read, at
/// which indices, and how often each operation is evaluated.
class AccessWalker {
 public:
    /// `most`: where an operation of one result that does more than move elements is evaluated at more
    /// indices, they are not followed. They would double with every step of a chain that reads a value twice.
    AccessWalker(IndexContext& context, std::function<bool(const Value*)> in_memory, size_t most = SIZE_MAX)
        : context_(context), in_memory_(std::move(in_memory)), most_(most) {}

    void visit(const Value* value, const Index& index);
    /// At an element that nobody can say here which it is.
    void visitSomewhere(const Value* value);
    IndexContext& context() { return context_; }

    /// Indices are distinct: they are few.
    const std::unordered_map<const Value*, std::vector<Index>>& reads() const { return reads_; }
    /// The values of reads(), in the order of their first visit.
    const std::vector<const Value*>& readOrder() const { return read_order_; }
    const std::unordered_map<const Operation*, std::vector<Index>>& evaluations() const {
        return evaluations_;
    }
    /// Divisions and remainders left in addresses and guards: what a better choice of loops would remove.
    int64_t awkwardTerms() const;

 private:
    void visitRegion(const Operation& op);
    void visitWindow(const Operation& op, const Index& index);

    IndexContext& context_;
    std::function<bool(const Value*)> in_memory_;
    const size_t most_;
    std::unordered_map<const Value*, std::vector<Index>> reads_;
    std::vector<const Value*> read_order_;
    std::unordered_map<const Operation*, std::vector<Index>> evaluations_;
    std::vector<IndexExpr> guards_;
};

}  // namespace optirs::plugin
