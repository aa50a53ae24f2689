#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "pjrt_cpu/codegen/index/access.h"

namespace optirs::plugin {

/// Follows the recursion of the elemental generator without emitting: which values in memory are read, at
/// which indices, and how often each operation is evaluated.
class AccessWalker {
 public:
    AccessWalker(IndexContext& context, std::function<bool(const Value*)> in_memory)
        : context_(context), in_memory_(std::move(in_memory)) {}

    void visit(const Value* value, const Index& index);

    const std::map<const Value*, std::set<Index>>& reads() const { return reads_; }
    /// The values of reads(), in the order of their first visit.
    const std::vector<const Value*>& readOrder() const { return read_order_; }
    const std::map<const Operation*, std::set<Index>>& evaluations() const { return evaluations_; }
    /// Divisions and remainders left in addresses and guards: what a better choice of loops would remove.
    int64_t awkwardTerms() const;

 private:
    void visitRegion(const Operation& op);
    void visitWindow(const Operation& op, const Index& index);

    IndexContext& context_;
    std::function<bool(const Value*)> in_memory_;
    std::map<const Value*, std::set<Index>> reads_;
    std::vector<const Value*> read_order_;
    std::map<const Operation*, std::set<Index>> evaluations_;
    std::vector<IndexExpr> guards_;
};

}  // namespace optirs::plugin
