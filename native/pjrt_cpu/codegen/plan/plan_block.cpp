// Plans until no group repeats dear work.
#include "pjrt_cpu/codegen/plan/planner.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/walk.h"
#include "pjrt_cpu/codegen/plan/join_columns.h"
#include "pjrt_cpu/codegen/plan/tiles.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// Of an operation that is not dear, in one group.
constexpr size_t kMostEvaluations = 4;

/// Values that a group evaluates at several indices though they are dear, or reductions not read at the row's
/// index.
void findRepeated(const Plan& plan, const Group& group, std::set<const Value*>& forced) {
    if (group.kind != GroupKind::kLoop && group.kind != GroupKind::kColumns) return;
    IndexContext context;
    Index full;
    for (const int64_t size : group.shape) full.push_back(context.variable(size));
    std::set<const Value*> reduced;
    for (const Operation* op : group.reductions) {
        for (const Value& result : op->results()) reduced.insert(&result);
    }
    const Block* home = group.roots[0]->definition()->block();
    const auto in_memory = [&](const Value* value) {
        if (reduced.contains(value)) return true;
        if (std::ranges::find(group.roots, value) != group.roots.end()) return false;
        const Operation* op = value->definition();
        if (op == nullptr || plan.in_memory.contains(value)) return op != nullptr;
        return op->block() != home || fusionRole(*op) == FusionRole::kNone;
    };
    AccessWalker walker(context, in_memory, 2 * kMostEvaluations);
    const Index row(full.begin(), full.begin() + (group.row_rank >= 0 ? group.row_rank : 0));
    for (const Value* root : group.roots) {
        if (reduced.contains(root)) continue;
        Index at = full;
        if (dimsOf(*root) != group.shape) {
            at = row;
            at.resize(static_cast<size_t>(root->tensor().rank()));
        }
        walker.visit(root, at);
    }
    for (const Operation* op : group.reductions) {
        for (size_t i = 0; i < tupleSize(*op); ++i) walker.visit(op->operand(i), full);
    }
    for (const auto& [value, indices] : walker.reads()) {
        if (!reduced.contains(value) || group.kind != GroupKind::kLoop) continue;
        if (indices.size() != 1 || *indices.begin() != row) forced.insert(value);
    }
    for (const auto& [op, indices] : walker.evaluations()) {
        const bool dear = isExpensive(*op) && op->kind() != OpKind::kGather;
        if (op->resultCount() == 1 && indices.size() > (dear ? 1 : kMostEvaluations) &&
            fusionRole(*op) != FusionRole::kSource && fusionRole(*op) != FusionRole::kMovement) {
            forced.insert(op->result());
        }
    }
}

}  // namespace

Plan planBlock(Block& block) {
    std::set<const Value*> forced;
    for (;;) {
        Plan plan = Planner(block, forced).run();
        const size_t before = forced.size();
        for (const Group& group : plan.groups) findRepeated(plan, group, forced);
        if (forced.size() > before) continue;
        groupTiles(plan, block);
        joinColumns(plan, block);
        return plan;
    }
}

}  // namespace optirs::plugin
