// What each kind of operation asks of its operands, and the group it joins or starts.
#include "pjrt_cpu/codegen/plan/planner.h"

#include <algorithm>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

bool isConstant(const Value* value) {
    return value->definition() != nullptr && value->definition()->kind() == OpKind::kConstant;
}

bool isColumnReduction(const Operation& op) {
    const int64_t last = op.operand(0)->tensor().rank() - 1;
    const auto reduced = dimensions(op);
    return !reduced.empty() && std::ranges::find(reduced, last) == reduced.end() &&
           op.operand(0)->tensor().dim(last) >= 8;
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

/// A transpose of a contraction that nobody else reads: the contraction writes the transposed result.
bool Planner::writesTransposedProduct(const Operation& op) const {
    if (op.kind() != OpKind::kTranspose) return false;
    const Value* product = op.operand(0);
    return product->definition() != nullptr && product->definition()->block() == &block_ &&
           product->hasOneUse() && isLibraryContraction(*product->definition());
}

void Planner::visitInline(Operation& op) {
    Value* value = op.result();
    Demand wanted = demand(value);
    if (!wanted.memory && wanted.evaluators.empty()) return;
    const FusionRole role = fusionRole(op);
    if (role == FusionRole::kSource) {
        if (wanted.memory && op.kind() != OpKind::kConstant) {
            const int32_t group = newGroup(GroupKind::kLoop, nullptr, dimsOf(*value));
            addRoot(group, value);
        }
        return;
    }
    const bool is_cut = cuts_.contains(value);
    bool store = wanted.memory || forced_.contains(value) || is_cut;
    if (!store) {
        store = wanted.evaluators.size() == 1 ? wanted.repeated && isExpensive(op) : !isCheap(op);
    }
    if (op.kind() == OpKind::kReshape && wanted.memory) {
        // The same bytes: the operand is stored, and its readers are whoever reads this.
        plan_.alias_of[value] = op.operand(0);
        plan_.in_memory.insert(value);
        Demand& below = demand(op.operand(0));
        below.memory = true;
        below.readers.insert(wanted.readers);
        below.readers.insert(wanted.evaluators);
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
    // A kernel that reads a value elsewhere, too, would evaluate it again for each, stored or not.
    const GroupSet elsewhere = wanted.elsewhere;
    if (!forced_.contains(value)) wanted.elsewhere = {};
    bool as_row = false;
    int32_t chosen = is_cut ? -1 : groupFor(op, wanted, as_row);
    if (chosen < 0) chosen = newGroup(GroupKind::kLoop, nullptr, dimsOf(*value));
    addRoot(chosen, value);
    Demand inside;
    inside.evaluators = {chosen};
    if (elsewhere.contains(chosen)) inside.elsewhere = {chosen};
    if (as_row)
        inside.rows = {{chosen, plan_.groups[static_cast<size_t>(chosen)].row_rank}};
    else
        inside.identity = {chosen};
    propagate(op, inside);
}

int32_t Planner::groupFor(const Operation& op, const Demand& wanted, bool& as_row) {
    const Value* value = op.result();
    int32_t chosen = -1;
    for (const int32_t group : wanted.identity) {
        const Group& candidate = plan_.groups[static_cast<size_t>(group)];
        if (candidate.kind == GroupKind::kLoop && candidate.shape == dimsOf(*value) &&
            mayProduce(group, wanted))
            chosen = group;
    }
    for (const auto& [group, rank] : wanted.rows) {
        const Group& candidate = plan_.groups[static_cast<size_t>(group)];
        if (chosen >= 0 || candidate.kind != GroupKind::kLoop || candidate.row_rank != rank) continue;
        if (!mayProduce(group, wanted)) continue;
        chosen = group;
        as_row = true;
    }
    return chosen >= 0 ? chosen : siblingOf(op, wanted);
}

void Planner::visitReduce(Operation& op) {
    Demand wanted;
    for (Value& result : op.results()) {
        const Demand& one = demand(&result);
        wanted.memory |= one.memory || forced_.contains(&result);
        wanted.readers.insert(one.readers);
        wanted.evaluators.insert(one.evaluators);
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
            if (is_forced || candidate.kind != GroupKind::kLoop || candidate.shape != shape ||
                rank > row_rank)
                continue;
            if (candidate.row_rank >= 0 && candidate.row_rank != row_rank) continue;
            if (mayProduce(group, wanted)) chosen = group;
        }
        if (chosen < 0) chosen = newGroup(GroupKind::kLoop, nullptr, shape);
        plan_.groups[static_cast<size_t>(chosen)].row_rank = row_rank;
    } else if (isColumnReduction(op)) {
        for (size_t i = 0; i < plan_.groups.size(); ++i) {
            const Group& candidate = plan_.groups[i];
            if (candidate.kind != GroupKind::kColumns || candidate.shape != shape ||
                candidate.reductions.size() >= 4)
                continue;
            if (!std::ranges::equal(dimensions(*candidate.reductions[0]), dimensions(op))) continue;
            if (mayProduce(static_cast<int32_t>(i), wanted) &&
                !wanted.evaluators.contains(static_cast<int32_t>(i))) {
                chosen = static_cast<int32_t>(i);
            }
        }
        if (chosen < 0) chosen = newGroup(GroupKind::kColumns, nullptr, shape);
    } else {
        chosen = newGroup(GroupKind::kLoop, nullptr, dimsOf(*op.result()));
        whole = true;
    }
    const bool outside =
        wanted.memory || std::ranges::any_of(wanted.evaluators, [&](int32_t g) { return g != chosen; });
    for (Value& result : op.results()) {
        if (outside) addRoot(chosen, &result);
    }
    if (!whole) plan_.groups[static_cast<size_t>(chosen)].reductions.push_back(&op);
    for (size_t i = 0; i < 2 * n; ++i) {
        Demand& below = demand(op.operand(i));
        below.evaluators.insert(chosen);
        if (i < n && !whole && plan_.groups[static_cast<size_t>(chosen)].kind == GroupKind::kLoop)
            below.identity.insert(chosen);
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
        if (whole && !isConstant(op.operand(i)))
            needMemory(op.operand(i), group);
        else
            demand(op.operand(i)).evaluators.insert(group);
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
        if (operand->tensor().isScalar())
            demand(operand).evaluators.insert(group);
        else
            needMemory(operand, group);
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
        below.readers.insert(wanted.readers);
        below.readers.insert(wanted.evaluators);
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
        case OpKind::kAfterAll:
            return;
        case OpKind::kOptimizationBarrier:
            return visitAlias(op);
        case OpKind::kReduce:
            return visitReduce(op);
        case OpKind::kDynamicUpdateSlice:
        case OpKind::kScatter:
        case OpKind::kSelectAndScatter:
            return visitScatter(op);
        case OpKind::kDotGeneral:
            return isLibraryContraction(op) ? visitContraction(op) : visitWhole(op);
        case OpKind::kConvolution:
        case OpKind::kSort:
        case OpKind::kRngBitGenerator:
        case OpKind::kFft:
        case OpKind::kCholesky:
        case OpKind::kTriangularSolve:
        case OpKind::kRng:
        case OpKind::kAllGather:
        case OpKind::kAllReduce:
        case OpKind::kAllToAll:
        case OpKind::kCollectiveBroadcast:
        case OpKind::kCollectivePermute:
        case OpKind::kCollectiveReduce:
        case OpKind::kReduceScatter:
        case OpKind::kSend:
        case OpKind::kRecv:
        case OpKind::kInfeed:
        case OpKind::kOutfeed:
        case OpKind::kInterpreterRunParallel:
        case OpKind::kReplicaId:
        case OpKind::kPartitionId:
        case OpKind::kCustomCall:
            return visitLibrary(op, GroupKind::kLibrary);
        case OpKind::kReduceWindow:
            return visitWhole(op);
        case OpKind::kWhile:
        case OpKind::kIf:
        case OpKind::kCase:
            return visitLibrary(op, GroupKind::kControl);
        default:
            throw unimplementedOperation(op, "this operation is not compiled");
    }
}

}  // namespace optirs::plugin
