// while, if, case.
#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

/// Carried values have one memory each, which the initial values are copied into, the body updates, and the
/// results are read from.
void Lowering::lowerWhile(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    Block& condition = body(op, 0);
    Block& loop = body(op, 1);
    std::vector<Target> carried(op.operandCount());
    std::vector<const Value*> taken;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        const Value* initial = op.operand(i);
        if (!initial->type().isTensor()) continue;
        const int32_t from = read(initial);
        const auto wanted = scope.wanted.find(op.result(i));
        // A value that ends here may stay where it is; one that the loop itself reads may not change.
        const auto captured = capturedValues(op);
        const bool is_captured =
            std::ranges::any_of(captured, [&](const Value* v) { return base(v) == base(initial); });
        int32_t slot = -1;
        if (wanted != scope.wanted.end())
            slot = wanted->second;
        else if (!is_captured && std::ranges::find(taken, base(initial)) == taken.end())
            slot = dyingSlot(initial, scope);
        if (slot == from) taken.push_back(base(initial));
        if (slot < 0) slot = newTemporary(initial->tensor().byteCount());
        touch(slot);
        if (slot != from)
            scope.steps->push_back(std::make_unique<CopyStep>(from, slot, initial->tensor().byteCount()));
        carried[i] = {slot, loop.argument(i)};
        for (const Value* value : {static_cast<const Value*>(condition.argument(i)),
                                   static_cast<const Value*>(loop.argument(i))}) {
            slots_[value] = slot;
            in_memory_.insert(value);
        }
    }
    const int64_t begin = ++position_;
    for (const Target& target : carried) {
        if (target.slot >= 0) touch(target.slot);
    }
    Steps condition_steps;
    lowerBlock(condition, {}, condition_steps);
    const int32_t predicate = read(condition.last()->operand(0));
    Steps body_steps;
    lowerBlock(loop, carried, body_steps);
    ++position_;
    for (const Target& target : carried) {
        if (target.slot >= 0) touch(target.slot);
    }
    arena_.addLoop(begin, position_);
    ++position_;
    for (size_t i = 0; i < op.resultCount(); ++i) {
        if (carried[i].slot < 0) continue;
        slots_[op.result(i)] = carried[i].slot;
        touch(carried[i].slot);
    }
    scope.steps->push_back(
        std::make_unique<WhileStep>(std::move(condition_steps), predicate, std::move(body_steps)));
}

void Lowering::lowerBranches(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    const int32_t selector = read(op.operand(0));
    std::vector<Target> targets;
    for (const Value& result : op.results()) {
        Target target;
        if (result.type().isTensor()) target.slot = makeSlot(&result, scope);
        targets.push_back(target);
    }
    std::vector<Steps> branches(op.regionCount());
    for (size_t i = 0; i < branches.size(); ++i) {
        ++position_;
        lowerBlock(body(op, i), targets, branches[i]);
        for (const Target& target : targets) {
            if (target.slot >= 0) touch(target.slot);
        }
    }
    scope.steps->push_back(
        std::make_unique<CaseStep>(selector, op.kind() == OpKind::kIf, std::move(branches)));
}

}  // namespace optirs::plugin
