#include "pjrt_cpu/codegen/lower/lowering.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

/// Bytes from which a result is written past the caches: with what it is computed from it exceeds a
/// third-level cache.
constexpr int64_t kStreamedBytes = 16 << 20;

}  // namespace

void Lowering::findLastUses(Block& block, Scope& scope) {
    const auto use = [&](const Value* value, int32_t group) {
        // The value itself and everything it is an alias of.
        for (;;) {
            int32_t& last = scope.last_use.try_emplace(value, group).first->second;
            last = std::max(last, group);
            const auto next = alias_of_.find(value);
            if (next == alias_of_.end()) return;
            value = next->second;
        }
    };
    scope.reads.resize(scope.plan->groups.size());
    for (size_t i = 0; i < scope.plan->groups.size(); ++i) {
        const Group& group = scope.plan->groups[i];
        const auto number = static_cast<int32_t>(i);
        for (const Value* root : group.roots) use(root, number);
        if (group.kind == GroupKind::kTiles) {
            for (const Value* value : tileOperands(group, scope)) use(value, number);
            continue;
        }
        if (group.kind == GroupKind::kLibrary && scope.plan->views.contains(group.op)) {
            for (const View& view : scope.plan->views[group.op]) use(view.base, number);
            continue;
        }
        if (group.kind == GroupKind::kLibrary || group.kind == GroupKind::kControl) {
            for (const Value* operand : group.op->operands()) use(operand, number);
            for (const Value* value : capturedValues(*group.op)) use(value, number);
            continue;
        }
        scope.reads[i] = valuesRead(group, [this](const Value* v) { return inMemory(v); });
        for (const Value* value : scope.reads[i]) use(value, number);
        if (group.kind != GroupKind::kScatter) continue;
        for (size_t k = 0; k < copiedOperands(*group.op); ++k) use(group.op->operand(k), number);
    }
    for (const Value* value : block.last()->operands()) use(value, INT32_MAX);
}

/// Whether `root`, written by group `writer`, may take the memory of `old`.
bool Lowering::mayOverwrite(const Value* root, const Value* old, size_t writer, Scope& scope) const {
    const auto last = scope.last_use.find(old);
    if (last == scope.last_use.end() || last->second < static_cast<int32_t>(writer)) return true;
    if (last->second > static_cast<int32_t>(writer)) return false;
    const Group& group = scope.plan->groups[writer];
    const std::vector<const Value*>& reads = scope.reads[writer];
    const auto is_old = [&](const Value* value) { return base(value) == old; };
    if (group.kind == GroupKind::kScatter) {
        // The result may take the memory of the operand that it starts as a copy of, when nothing else reads
        // that.
        for (size_t i = 0; i < copiedOperands(*group.op); ++i) {
            if (group.op->result(i) != root && is_old(group.op->operand(i))) return false;
        }
        return std::ranges::none_of(reads, is_old);
    }
    if (group.kind == GroupKind::kControl && group.op->kind() == OpKind::kWhile) {
        // A loop may carry a value in the memory it comes in.
        for (size_t i = 0; i < group.op->operandCount(); ++i) {
            if (group.op->result(i) != root && is_old(group.op->operand(i))) return false;
        }
        return std::ranges::none_of(capturedValues(*group.op), is_old);
    }
    if (group.kind != GroupKind::kLoop) return false;
    for (const Value* value : reads) {
        if (base(value) == old && (value != old || !readsInPlace(old, root, writer, scope))) return false;
    }
    return true;
}

/// Whether group `writer` reads `value` only at the element of `root` that it writes at the same time.
bool Lowering::readsInPlace(const Value* value, const Value* root, size_t writer, Scope& scope) const {
    const Group& group = scope.plan->groups[writer];
    if (!group.reductions.empty() || dimsOf(*root) != group.shape || dimsOf(*value) != group.shape ||
        value->tensor().element() != root->tensor().element())
        return false;
    const auto [known, added] = scope.reads_elsewhere.try_emplace(writer);
    if (added) known->second = valuesReadElsewhere(group, [this](const Value* v) { return inMemory(v); });
    return !known->second.contains(value);
}

void Lowering::chooseTargets(Block& block, const std::vector<Target>& targets, Scope& scope) {
    const auto returned = block.last()->operands();
    for (size_t i = 0; i < targets.size(); ++i) {
        if (targets[i].slot < 0) continue;
        const Value* root = base(returned[i]);
        if (slots_.contains(root) || scope.wanted.contains(root)) continue;
        if (root->tensor().byteCount() != program_.allocations[static_cast<size_t>(targets[i].slot)].bytes)
            continue;
        for (size_t g = 0; g < scope.plan->groups.size(); ++g) {
            const auto& roots = scope.plan->groups[g].roots;
            if (std::ranges::find(roots, root) == roots.end()) continue;
            if (targets[i].overwrites == nullptr || mayOverwrite(root, targets[i].overwrites, g, scope)) {
                scope.wanted[root] = targets[i].slot;
            }
        }
    }
}

void Lowering::copyToTargets(Block& block, const std::vector<Target>& targets, Steps& steps) {
    struct Move {
        int32_t from;
        int32_t to;
        int64_t bytes;
    };
    std::vector<Move> moves;
    const auto memory = [&](int32_t slot) {
        // An output in an argument's memory is that argument.
        const Allocation& allocation = program_.allocations[static_cast<size_t>(slot)];
        return allocation.kind == Allocation::Kind::kOutput && allocation.aliased_argument >= 0
                   ? allocation.aliased_argument
                   : slot;
    };
    const auto returned = block.last()->operands();
    for (size_t i = 0; i < targets.size(); ++i) {
        if (targets[i].slot < 0) continue;
        const int32_t from = read(returned[i]);
        if (memory(from) == memory(targets[i].slot)) continue;
        moves.push_back({from, targets[i].slot, returned[i]->tensor().byteCount()});
    }
    // The moves are simultaneous: what one overwrites and another one reads is saved first.
    std::vector<Move> last;
    for (const Move& move : moves) {
        const bool clobbered =
            std::ranges::any_of(moves, [&](const Move& m) { return memory(m.to) == memory(move.from); });
        if (!clobbered) {
            last.push_back(move);
            continue;
        }
        const int32_t saved = newTemporary(move.bytes);
        touch(saved);
        steps.push_back(std::make_unique<CopyStep>(move.from, saved, move.bytes));
        last.push_back({saved, move.to, move.bytes});
    }
    ++position_;
    for (const Move& move : last) {
        touch(move.from);
        touch(move.to);
        steps.push_back(std::make_unique<CopyStep>(move.from, move.to, move.bytes));
    }
}

void Lowering::lowerBlock(Block& block, const std::vector<Target>& targets, Steps& steps) {
    plans_.push_back(std::make_unique<Plan>(planBlock(block)));
    Scope scope;
    scope.block = &block;
    scope.plan = plans_.back().get();
    scope.steps = &steps;
    in_memory_.insert(scope.plan->in_memory.begin(), scope.plan->in_memory.end());
    for (const auto& [value, other] : scope.plan->alias_of) alias_of_[value] = other;
    findLastUses(block, scope);
    chooseTargets(block, targets, scope);
    for (size_t i = 0; i < scope.plan->groups.size(); ++i) {
        scope.group = static_cast<int32_t>(i);
        ++position_;
        lowerGroup(scope.plan->groups[i], scope);
    }
    ++position_;
    copyToTargets(block, targets, steps);
}

void Lowering::lowerGroup(Group& group, Scope& scope) {
    addBytesAccessed(group, scope);
    switch (group.kind) {
        case GroupKind::kLoop:
        case GroupKind::kColumns:
        case GroupKind::kScatter:
            return lowerKernel(group, scope);
        case GroupKind::kLibrary:
            return lowerLibrary(group, scope);
        case GroupKind::kControl:
            return group.op->kind() == OpKind::kWhile ? lowerWhile(group, scope)
                                                      : lowerBranches(group, scope);
        case GroupKind::kTiles:
            return lowerTiles(group, scope);
    }
}

void Lowering::lowerKernel(Group& group, Scope& scope) {
    const std::vector<const Value*>& reads = scope.reads[static_cast<size_t>(scope.group)];
    for (const Value* value : reads) read(value);
    if (group.kind == GroupKind::kScatter && group.op->kind() != OpKind::kSelectAndScatter) {
        // Works on copies of the operands, or on their memory when nobody needs them any more.
        for (size_t i = 0; i < group.roots.size(); ++i) {
            const Value* from = group.op->operand(i);
            int32_t own = -1;
            if (!scope.wanted.contains(group.roots[i]) && inMemory(from) &&
                mayOverwrite(group.roots[i], base(from), static_cast<size_t>(scope.group), scope)) {
                own = dyingSlot(from, scope);
            }
            if (own >= 0) slots_[group.roots[i]] = own;
            const int32_t to = own >= 0 ? own : makeSlot(group.roots[i], scope);
            const int32_t source = read(from);
            const Allocation& target = program_.allocations[static_cast<size_t>(to)];
            if (source != to &&
                !(target.kind == Allocation::Kind::kOutput && target.aliased_argument == source)) {
                scope.steps->push_back(std::make_unique<CopyStep>(source, to, from->tensor().byteCount()));
            }
        }
    } else {
        for (const Value* root : group.roots) makeSlot(root, scope);
    }
    if (std::ranges::all_of(group.roots,
                            [](const Value* root) { return root->tensor().elementCount() == 0; }))
        return;
    if (group.kind == GroupKind::kScatter && std::ranges::find(group.shape, 0) != group.shape.end()) return;
    KernelSpec spec;
    spec.group = &group;
    std::vector<int32_t> operands;
    const auto bind = [&](const Value* value) {
        int32_t slot = slotOf(value);
        // One pointer for an output and the argument whose memory it has.
        for (const Value* root : group.roots) {
            const Allocation& allocation = program_.allocations[static_cast<size_t>(slotOf(root))];
            if (allocation.kind == Allocation::Kind::kOutput && allocation.aliased_argument == slot)
                slot = slotOf(root);
        }
        const auto found = std::ranges::find(operands, slot);
        spec.operand_of[value] = static_cast<int32_t>(found - operands.begin());
        if (found == operands.end()) operands.push_back(slot);
    };
    for (const Value* value : reads) bind(value);
    for (const Value* root : group.roots) bind(root);
    spec.operand_count = static_cast<int32_t>(operands.size());
    for (const Value* root : group.roots) {
        const int32_t operand = spec.operand_of[root];
        const bool is_read =
            std::ranges::any_of(reads, [&](const Value* value) { return spec.operand_of[value] == operand; });
        if (group.kind == GroupKind::kLoop && !is_read && root->tensor().byteCount() >= kStreamedBytes)
            spec.streamed.push_back(operand);
    }
    spec.schedule = makeSchedule(group, [this](const Value* v) { return inMemory(v); });
    std::string description;
    for (const Value* root : group.roots) {
        description += (description.empty() ? "" : " + ") + std::string(root->definition()->name()) + ":" +
                       root->tensor().toString();
    }
    std::vector<int32_t> written;
    for (const Value* root : group.roots) written.push_back(slotOf(root));
    auto step = std::make_unique<KernelStep>(operands, std::move(written), spec.schedule.extent,
                                             spec.schedule.cost, description);
    kernels_.add(std::move(spec), step.get());
    scope.steps->push_back(std::move(step));
}

}  // namespace optirs::plugin
