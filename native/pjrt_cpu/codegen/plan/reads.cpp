#include "pjrt_cpu/codegen/plan/reads.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "pjrt_cpu/codegen/plan/join_columns.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// What is read to evaluate values, in the order of AccessWalker's visits: which elements does not matter
/// here, and everything is visited once.
class ReadOrder {
 public:
    explicit ReadOrder(const InMemory& in_memory) : in_memory_(in_memory) {}

    void visit(const Value* value) {
        if (in_memory_(value)) {
            if (seen_.insert(value).second) order_.push_back(value);
            return;
        }
        const Operation* op = value->definition();
        if (op == nullptr || !seen_.insert(op).second) return;
        const FusionRole role = fusionRole(*op);
        if (role == FusionRole::kSource) return;
        if (role == FusionRole::kMovement) return visit(op->operand(0));
        const size_t first = role == FusionRole::kComputed ? 1 : 0;  // its indices come first
        for (size_t i = first; i < op->operandCount(); ++i) visit(op->operand(i));
        if (role == FusionRole::kComputed) return visit(op->operand(0));
        for (const Value* captured : capturedValues(*op)) visit(captured);
    }

    std::vector<const Value*> take() { return std::move(order_); }

 private:
    const InMemory& in_memory_;
    std::unordered_set<const void*> seen_;  // values that are read, operations that are evaluated
    std::vector<const Value*> order_;
};

}  // namespace

bool isReduced(const Group& group, const Operation& op) {
    const auto in = [&](const std::vector<Operation*>& list) {
        return std::ranges::find(list, &op) != list.end();
    };
    return in(group.reductions) || in(group.columns);
}

void visitGroup(const Group& group, const Index& index, AccessWalker& walker) {
    if (group.kind == GroupKind::kScatter) {
        for (Value* operand : group.op->operands()) {
            if (operand->tensor().rank() == static_cast<int64_t>(index.size())) walker.visit(operand, index);
        }
        return;
    }
    const Index row(index.begin(), index.begin() + (group.row_rank >= 0 ? group.row_rank : 0));
    for (const Value* root : group.roots) {
        if (isReduced(group, *root->definition())) continue;
        Index at = index;
        if (dimsOf(*root) != group.shape) {
            at = row;
            at.resize(static_cast<size_t>(root->tensor().rank()));
        }
        walker.visit(root, at);
    }
    const Index finer = group.columns.empty() ? Index{} : finerIndex(walker.context(), group, index);
    for (const Operation* op : group.columns) walker.visit(op->operand(0), finer);
    for (const Operation* op : group.reductions) {
        for (size_t i = 0; i < tupleSize(*op); ++i) walker.visit(op->operand(i), index);
        for (size_t i = 0; i < tupleSize(*op); ++i) walker.visit(op->operand(tupleSize(*op) + i), {});
        for (const Value* value : capturedValues(*op)) walker.visitSomewhere(value);
    }
}

InMemory readableFrom(const Group& group, const InMemory& in_memory) {
    return [&group, &in_memory](const Value* value) {
        const Operation* op = value->definition();
        if (op != nullptr && std::ranges::find(group.reductions, op) != group.reductions.end()) return false;
        if (std::ranges::find(group.roots, value) != group.roots.end()) return false;
        return in_memory(value);
    };
}

size_t copiedOperands(const Operation& op) {
    if (op.kind() == OpKind::kScatter) return tupleSize(op);
    return op.kind() == OpKind::kDynamicUpdateSlice ? 1 : 0;
}

std::vector<const Value*> valuesRead(const Group& group, const InMemory& in_memory) {
    const InMemory readable = readableFrom(group, in_memory);
    ReadOrder reads(readable);
    const auto visit_captured = [&](const Operation& op) {
        for (const Value* value : capturedValues(op)) reads.visit(value);
    };
    if (group.kind == GroupKind::kScatter) {
        for (size_t i = copiedOperands(*group.op); i < group.op->operandCount(); ++i)
            reads.visit(group.op->operand(i));
        visit_captured(*group.op);
        return reads.take();
    }
    for (const Value* root : group.roots) {
        if (!isReduced(group, *root->definition())) reads.visit(root);
    }
    for (const Operation* op : group.columns) {
        for (const Value* operand : op->operands()) reads.visit(operand);
    }
    for (const Operation* op : group.reductions) {
        for (size_t i = 0; i < 2 * tupleSize(*op); ++i) reads.visit(op->operand(i));
        visit_captured(*op);
    }
    return reads.take();
}

std::unordered_set<const Value*> valuesReadElsewhere(const Group& group, const InMemory& in_memory) {
    IndexContext context;
    Index index;
    for (const int64_t size : group.shape) index.push_back(context.variable(size));
    AccessWalker walker(context, readableFrom(group, in_memory));
    visitGroup(group, index, walker);
    std::unordered_set<const Value*> elsewhere;
    for (const auto& [value, indices] : walker.reads()) {
        if (indices.size() != 1 || indices.front() != index) elsewhere.insert(value);
    }
    return elsewhere;
}

}  // namespace optirs::plugin
