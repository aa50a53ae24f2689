#include "pjrt_cpu/codegen/plan/reads.h"

#include <algorithm>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

void visitGroup(const Group& group, const Index& index, AccessWalker& walker) {
    if (group.kind == GroupKind::kScatter) {
        for (Value* operand : group.op->operands()) {
            if (operand->tensor().rank() == static_cast<int64_t>(index.size())) walker.visit(operand, index);
        }
        return;
    }
    const Index row(index.begin(), index.begin() + (group.row_rank >= 0 ? group.row_rank : 0));
    for (const Value* root : group.roots) {
        const Operation* op = root->definition();
        if (std::ranges::find(group.reductions, op) != group.reductions.end()) continue;
        Index at = index;
        if (dimsOf(*root) != group.shape) {
            at = row;
            at.resize(static_cast<size_t>(root->tensor().rank()));
        }
        walker.visit(root, at);
    }
    for (const Operation* op : group.reductions) {
        for (size_t i = 0; i < tupleSize(*op); ++i) walker.visit(op->operand(i), index);
        for (size_t i = 0; i < tupleSize(*op); ++i) walker.visit(op->operand(tupleSize(*op) + i), {});
        for (const Value* value : capturedValues(*op)) walker.visit(value, {});
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
    IndexContext context;
    Index index;
    for (const int64_t size : group.shape) index.push_back(context.variable(size));
    AccessWalker walker(context, readableFrom(group, in_memory));
    if (group.kind == GroupKind::kScatter) {
        for (size_t i = copiedOperands(*group.op); i < group.op->operandCount(); ++i) {
            Index at;
            for (const int64_t size : dimsOf(*group.op->operand(i))) at.push_back(context.variable(size));
            walker.visit(group.op->operand(i), at);
        }
        for (const Value* value : capturedValues(*group.op)) walker.visit(value, {});
    } else {
        visitGroup(group, index, walker);
    }
    return walker.readOrder();
}

bool readsOnlyInPlace(const Group& group, const Value* value, const Value* root, const InMemory& in_memory) {
    if (group.kind != GroupKind::kLoop || !group.reductions.empty()) return false;
    if (dimsOf(*value) != dimsOf(*root) || dimsOf(*root) != group.shape) return false;
    if (value->tensor().element() != root->tensor().element()) return false;
    IndexContext context;
    Index index;
    for (const int64_t size : group.shape) index.push_back(context.variable(size));
    AccessWalker walker(context, readableFrom(group, in_memory));
    visitGroup(group, index, walker);
    const auto found = walker.reads().find(value);
    if (found == walker.reads().end()) return true;
    return found->second.size() == 1 && *found->second.begin() == index;
}

}  // namespace optirs::plugin
