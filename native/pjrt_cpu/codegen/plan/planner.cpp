#include "pjrt_cpu/codegen/plan/planner.h"

#include <algorithm>

#include "pjrt_cpu/codegen/index/walk.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

bool isConstant(const Value* value) {
    return value->definition() != nullptr && value->definition()->kind() == OpKind::kConstant;
}

bool isColumnReduction(const Operation& op) {
    const int64_t last = op.operand(0)->tensor().rank() - 1;
    const auto reduced = dimensions(op);
    return !reduced.empty() && std::ranges::find(reduced, last) == reduced.end() && op.operand(0)->tensor().dim(last) >= 8;
}

/// Whether the reduced dimensions are the last ones.
bool isRowReduction(const Operation& op) {
    const auto reduced = dimensions(op);
    const int64_t rank = op.operand(0)->tensor().rank();
    return !reduced.empty() && std::ranges::all_of(reduced, [&](int64_t d) {
        return d >= rank - static_cast<int64_t>(reduced.size());
    });
}

}  // namespace

std::vector<int64_t> withoutTrailingOnes(std::vector<int64_t> dims) {
    while (!dims.empty() && dims.back() == 1) dims.pop_back();
    return dims;
}

int32_t Planner::newGroup(GroupKind kind, Operation* op, std::vector<int64_t> shape) {
    Group group;
    group.kind = kind;
    group.op = op;
    group.shape = std::move(shape);
    plan_.groups.push_back(std::move(group));
    return static_cast<int32_t>(plan_.groups.size() - 1);
}

bool Planner::dependsOn(int32_t group, int32_t other) const {
    std::set<int32_t> seen;
    std::vector<int32_t> stack{group};
    while (!stack.empty()) {
        const int32_t current = stack.back();
        stack.pop_back();
        if (current == other) return true;
        if (!seen.insert(current).second) continue;
        for (const int32_t next : plan_.groups[static_cast<size_t>(current)].dependencies) stack.push_back(next);
    }
    return false;
}

bool Planner::mayProduce(int32_t group, const Demand& wanted) const {
    const auto blocked = [&](int32_t consumer) { return consumer != group && dependsOn(group, consumer); };
    return std::ranges::none_of(wanted.readers, blocked) && std::ranges::none_of(wanted.evaluators, blocked);
}

void Planner::addRoot(int32_t group, Value* value) {
    plan_.groups[static_cast<size_t>(group)].roots.push_back(value);
    plan_.in_memory.insert(value);
    const Demand& wanted = demands_[value];
    for (const auto* consumers : {&wanted.readers, &wanted.evaluators}) {
        for (const int32_t consumer : *consumers) {
            if (consumer != group) plan_.groups[static_cast<size_t>(consumer)].dependencies.insert(group);
        }
    }
}

void Planner::needMemory(Value* value, int32_t reader) {
    Demand& wanted = demand(value);
    wanted.memory = true;
    if (reader >= 0) wanted.readers.insert(reader);
}

/// Evaluating it twice costs no more memory traffic than storing and loading it.
bool Planner::isCheap(const Operation& op) const {
    if (isExpensive(op) || fusionRole(op) == FusionRole::kGuarded || fusionRole(op) == FusionRole::kNone) return false;
    const int64_t count = op.result()->tensor().elementCount();
    int64_t large = 0;
    for (size_t i = 0; i < op.operandCount(); ++i) {
        if (op.operand(i)->tensor().elementCount() * 4 > count && !isConstant(op.operand(i))) ++large;
    }
    return large <= 1 && count > 1;
}

/// Hands the demands on an operation's result down to its operands, evaluated in the same loops.
void Planner::propagate(Operation& op, const Demand& wanted) {
    const FusionRole role = fusionRole(op);
    const std::vector<int64_t> out = dimsOf(*op.result());
    for (size_t i = 0; i < op.operandCount(); ++i) {
        Value* operand = op.operand(i);
        Demand& below = demand(operand);
        below.evaluators.insert(wanted.evaluators.begin(), wanted.evaluators.end());
        const bool dynamic_source = role == FusionRole::kComputed && i == 0;
        if (dynamic_source && !isConstant(operand)) {
            for (const int32_t group : wanted.evaluators) needMemory(operand, group);
        }
        if (role == FusionRole::kElementwise && dimsOf(*operand) == out) {
            below.identity.insert(wanted.identity.begin(), wanted.identity.end());
            below.rows.insert(wanted.rows.begin(), wanted.rows.end());
        }
        below.repeated |= wanted.repeated || (role == FusionRole::kComputed && i > 0);
        if (role != FusionRole::kMovement) continue;
        const std::vector<int64_t> in = dimsOf(*operand);
        if (withoutTrailingOnes(in) == withoutTrailingOnes(out)) below.rows.insert(wanted.rows.begin(), wanted.rows.end());
        if (op.kind() != OpKind::kBroadcastInDim && op.kind() != OpKind::kBroadcast) continue;
        // [rows..., 1...] spread over the columns: read once a row.
        const std::vector<int64_t> rows = withoutTrailingOnes(in);
        const auto mapping = op.kind() == OpKind::kBroadcastInDim ? broadcastDimensions(op) : std::span<const int64_t>{};
        bool leading = op.kind() == OpKind::kBroadcastInDim;
        for (size_t d = 0; leading && d < rows.size(); ++d) {
            leading = mapping[d] == static_cast<int64_t>(d) && rows[d] == out[d];
        }
        if (leading) {
            for (const int32_t group : wanted.identity) below.rows.emplace(group, static_cast<int64_t>(rows.size()));
        } else if (operand->tensor().elementCount() > 1) {
            below.repeated = true;
        }
    }
    for (Value* value : capturedValues(op)) {
        if (!isConstant(value)) {
            for (const int32_t group : wanted.evaluators) needMemory(value, group);
        }
    }
}

/// A transpose of a contraction that nobody else reads: the contraction writes the transposed result.
bool Planner::writesTransposedProduct(const Operation& op) const {
    if (op.kind() != OpKind::kTranspose) return false;
    const Value* product = op.operand(0);
    return product->definition() != nullptr && product->definition()->block() == &block_ && product->hasOneUse() &&
           isLibraryContraction(*product->definition());
}

void Planner::visitInline(Operation& op) {
    Value* value = op.result();
    const Demand wanted = demand(value);
    if (!wanted.memory && wanted.evaluators.empty()) return;
    const FusionRole role = fusionRole(op);
    if (role == FusionRole::kSource) {
        if (wanted.memory && op.kind() != OpKind::kConstant) {
            const int32_t group = newGroup(GroupKind::kLoop, nullptr, dimsOf(*value));
            addRoot(group, value);
        }
        return;
    }
    bool store = wanted.memory || forced_.contains(value);
    if (!store) {
        store = wanted.evaluators.size() == 1 ? wanted.repeated && isExpensive(op) : !isCheap(op);
    }
    if (op.kind() == OpKind::kReshape && wanted.memory) {
        // The same bytes: the operand is stored, and its readers are whoever reads this.
        plan_.alias_of[value] = op.operand(0);
        plan_.in_memory.insert(value);
        Demand& below = demand(op.operand(0));
        below.memory = true;
        below.readers.insert(wanted.readers.begin(), wanted.readers.end());
        below.readers.insert(wanted.evaluators.begin(), wanted.evaluators.end());
        return;
    }
    if (!store) {
        propagate(op, wanted);
        return;
    }
    if (writesTransposedProduct(op)) {
        product_targets_[op.operand(0)->definition()] = value;
        return;
    }
    int32_t chosen = -1;
    bool as_row = false;
    for (const int32_t group : wanted.identity) {
        const Group& candidate = plan_.groups[static_cast<size_t>(group)];
        if (candidate.kind == GroupKind::kLoop && candidate.shape == dimsOf(*value) && mayProduce(group, wanted)) chosen = group;
    }
    for (const auto& [group, rank] : wanted.rows) {
        const Group& candidate = plan_.groups[static_cast<size_t>(group)];
        if (chosen >= 0 || candidate.kind != GroupKind::kLoop || candidate.row_rank != rank) continue;
        if (!mayProduce(group, wanted)) continue;
        chosen = group;
        as_row = true;
    }
    if (chosen < 0) chosen = newGroup(GroupKind::kLoop, nullptr, dimsOf(*value));
    addRoot(chosen, value);
    Demand inside;
    inside.evaluators = {chosen};
    if (as_row) inside.rows = {{chosen, plan_.groups[static_cast<size_t>(chosen)].row_rank}};
    else inside.identity = {chosen};
    propagate(op, inside);
}

void Planner::visitReduce(Operation& op) {
    Demand wanted;
    for (Value& result : op.results()) {
        const Demand& one = demand(&result);
        wanted.memory |= one.memory || forced_.contains(&result);
        wanted.readers.insert(one.readers.begin(), one.readers.end());
        wanted.evaluators.insert(one.evaluators.begin(), one.evaluators.end());
        wanted.rows.insert(one.rows.begin(), one.rows.end());
    }
    if (!wanted.memory && wanted.evaluators.empty()) return;
    const std::vector<int64_t> shape = dimsOf(*op.operand(0));
    const size_t n = tupleSize(op);
    const auto row_rank = static_cast<int64_t>(shape.size() - dimensions(op).size());
    const bool is_forced = std::ranges::any_of(op.results(), [&](Value& r) { return forced_.contains(&r); });
    int32_t chosen = -1;
    bool whole = false;
    if (isRowReduction(op)) {
        for (const auto& [group, rank] : wanted.rows) {
            const Group& candidate = plan_.groups[static_cast<size_t>(group)];
            if (is_forced || candidate.kind != GroupKind::kLoop || candidate.shape != shape || rank > row_rank) continue;
            if (candidate.row_rank >= 0 && candidate.row_rank != row_rank) continue;
            if (mayProduce(group, wanted)) chosen = group;
        }
        if (chosen < 0) chosen = newGroup(GroupKind::kLoop, nullptr, shape);
        plan_.groups[static_cast<size_t>(chosen)].row_rank = row_rank;
    } else if (isColumnReduction(op)) {
        for (size_t i = 0; i < plan_.groups.size(); ++i) {
            const Group& candidate = plan_.groups[i];
            if (candidate.kind != GroupKind::kColumns || candidate.shape != shape || candidate.reductions.size() >= 4) continue;
            if (!std::ranges::equal(dimensions(*candidate.reductions[0]), dimensions(op))) continue;
            if (mayProduce(static_cast<int32_t>(i), wanted) && !wanted.evaluators.contains(static_cast<int32_t>(i))) {
                chosen = static_cast<int32_t>(i);
            }
        }
        if (chosen < 0) chosen = newGroup(GroupKind::kColumns, nullptr, shape);
    } else {
        chosen = newGroup(GroupKind::kLoop, nullptr, dimsOf(*op.result()));
        whole = true;
    }
    const bool outside = wanted.memory || std::ranges::any_of(wanted.evaluators, [&](int32_t g) { return g != chosen; });
    for (Value& result : op.results()) {
        if (outside) addRoot(chosen, &result);
    }
    if (!whole) plan_.groups[static_cast<size_t>(chosen)].reductions.push_back(&op);
    for (size_t i = 0; i < 2 * n; ++i) {
        Demand& below = demand(op.operand(i));
        below.evaluators.insert(chosen);
        if (i < n && !whole && plan_.groups[static_cast<size_t>(chosen)].kind == GroupKind::kLoop) below.identity.insert(chosen);
    }
    for (Value* value : capturedValues(op)) {
        if (!isConstant(value)) needMemory(value, chosen);
    }
}

void Planner::visitScatter(Operation& op) {
    std::vector<int64_t> shape;
    if (op.kind() == OpKind::kDynamicUpdateSlice) shape = dimsOf(*op.operand(1));
    if (op.kind() == OpKind::kScatter) shape = dimsOf(*op.operand(tupleSize(op) + 1));
    const int32_t group = newGroup(GroupKind::kScatter, &op, std::move(shape));
    for (Value& result : op.results()) addRoot(group, &result);
    size_t copied = 1;
    if (op.kind() == OpKind::kScatter) copied = tupleSize(op);
    for (size_t i = 0; i < op.operandCount(); ++i) {
        const bool whole = i < copied || op.kind() == OpKind::kSelectAndScatter;
        if (whole && !isConstant(op.operand(i))) needMemory(op.operand(i), group);
        else demand(op.operand(i)).evaluators.insert(group);
    }
    for (Value* value : capturedValues(op)) {
        if (!isConstant(value)) needMemory(value, group);
    }
}

/// A kernel whose elements are loops over its operands: those are read many times, so they must be in memory.
void Planner::visitWhole(Operation& op) {
    const int32_t group = newGroup(GroupKind::kLoop, nullptr, dimsOf(*op.result()));
    for (Value& result : op.results()) addRoot(group, &result);
    for (Value* operand : op.operands()) {
        if (isConstant(operand)) continue;
        if (operand->tensor().isScalar()) demand(operand).evaluators.insert(group);
        else needMemory(operand, group);
    }
    for (Value* value : capturedValues(op)) {
        if (!isConstant(value)) needMemory(value, group);
    }
}

void Planner::visitLibrary(Operation& op, GroupKind kind) {
    const int32_t group = newGroup(kind, &op, {});
    for (Value& result : op.results()) {
        if (result.type().isTensor()) addRoot(group, &result);
    }
    for (Value* operand : op.operands()) {
        if (operand->type().isTensor()) needMemory(operand, group);
    }
    for (Value* value : capturedValues(op)) {
        if (value->type().isTensor() && !isConstant(value)) needMemory(value, group);
    }
}

void Planner::visitContraction(Operation& op) {
    const int32_t group = newGroup(GroupKind::kLibrary, &op, {});
    const auto target = product_targets_.find(&op);
    addRoot(group, target == product_targets_.end() ? op.result() : target->second);
    std::vector<View>& views = plan_.views[&op];
    for (size_t i = 0; i < 2; ++i) {
        views.push_back(viewOf(op.operand(i)));
        needMemory(views.back().base, group);
    }
}

void Planner::visitAlias(Operation& op) {
    const bool reinterpret = op.kind() == OpKind::kBitcastConvert;
    for (size_t i = 0; i < op.resultCount(); ++i) {
        Value* value = op.result(i);
        if (!value->type().isTensor()) continue;
        const Demand wanted = demand(value);
        if (!wanted.memory && wanted.evaluators.empty()) continue;
        plan_.alias_of[value] = op.operand(reinterpret ? 0 : i);
        plan_.in_memory.insert(value);
        Demand& below = demand(op.operand(reinterpret ? 0 : i));
        below.memory = true;
        below.readers.insert(wanted.readers.begin(), wanted.readers.end());
        below.readers.insert(wanted.evaluators.begin(), wanted.evaluators.end());
    }
}

void Planner::visit(Operation& op) {
    if (!hasSideEffect(op) && !op.hasUses()) return;
    for (const Value& result : op.results()) {
        if (result.type().isTuple()) throw unimplementedOperation(op, "tuples are not compiled");
    }
    if (op.kind() == OpKind::kBitcastConvert && fusionRole(op) == FusionRole::kNone) return visitAlias(op);
    if (fusionRole(op) != FusionRole::kNone) return visitInline(op);
    switch (op.kind()) {
        case OpKind::kConstant:
        case OpKind::kCreateToken:
        case OpKind::kAfterAll: return;
        case OpKind::kOptimizationBarrier: return visitAlias(op);
        case OpKind::kReduce: return visitReduce(op);
        case OpKind::kDynamicUpdateSlice:
        case OpKind::kScatter:
        case OpKind::kSelectAndScatter: return visitScatter(op);
        case OpKind::kDot:
        case OpKind::kDotGeneral: return isLibraryContraction(op) ? visitContraction(op) : visitWhole(op);
        case OpKind::kConvolution:
        case OpKind::kSort:
        case OpKind::kRngBitGenerator:
        case OpKind::kReplicaId:
        case OpKind::kPartitionId:
        case OpKind::kCustomCall: return visitLibrary(op, GroupKind::kLibrary);
        case OpKind::kReduceWindow: return visitWhole(op);
        case OpKind::kWhile:
        case OpKind::kIf:
        case OpKind::kCase: return visitLibrary(op, GroupKind::kControl);
        default: throw unimplementedOperation(op, "this operation is not compiled");
    }
}

void Planner::order(Plan& plan) const {
    // Depth first from the groups in program order: dependencies first, otherwise as written.
    std::vector<int32_t> by_position(plan.groups.size());
    std::vector<int64_t> position(plan.groups.size(), 0);
    for (size_t i = 0; i < plan.groups.size(); ++i) {
        by_position[i] = static_cast<int32_t>(i);
        for (const Value* root : plan.groups[i].roots) position[i] = std::max(position[i], positions_.at(root->definition()));
        if (plan.groups[i].op != nullptr) position[i] = std::max(position[i], positions_.at(plan.groups[i].op));
    }
    std::ranges::stable_sort(by_position, {}, [&](int32_t i) { return position[static_cast<size_t>(i)]; });
    std::vector<Group> ordered;
    std::vector<bool> done(plan.groups.size(), false);
    const auto place = [&](auto&& self, int32_t i) -> void {
        if (done[static_cast<size_t>(i)]) return;
        done[static_cast<size_t>(i)] = true;
        for (const int32_t before : plan.groups[static_cast<size_t>(i)].dependencies) self(self, before);
        ordered.push_back(plan.groups[static_cast<size_t>(i)]);
    };
    for (const int32_t i : by_position) place(place, i);
    plan.groups = std::move(ordered);
}

Plan Planner::run() {
    std::vector<Operation*> operations;
    for (Operation& op : block_) {
        positions_[&op] = static_cast<int64_t>(operations.size());
        operations.push_back(&op);
    }
    for (size_t i = operations.size(); i-- > 0;) {
        Operation& op = *operations[i];
        if (isTerminator(op.kind())) {
            for (Value* value : op.operands()) {
                if (value->type().isTensor()) needMemory(value, -1);
            }
            continue;
        }
        visit(op);
    }
    order(plan_);
    return std::move(plan_);
}

namespace {

/// Values that a group evaluates at several indices though they are dear, or reductions not read at the row's index.
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
    AccessWalker walker(context, [&](const Value* value) {
        if (reduced.contains(value)) return true;
        if (std::ranges::find(group.roots, value) != group.roots.end()) return false;
        const Operation* op = value->definition();
        if (op == nullptr || plan.in_memory.contains(value)) return op != nullptr;
        return op->block() != home || fusionRole(*op) == FusionRole::kNone;
    });
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
        if (op->resultCount() == 1 && indices.size() > (dear ? 1 : 4) && fusionRole(*op) != FusionRole::kSource &&
            fusionRole(*op) != FusionRole::kMovement) {
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
        if (forced.size() == before) return plan;
    }
}

}  // namespace optirs::plugin
