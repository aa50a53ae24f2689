#include "pjrt_cpu/codegen/plan/planner.h"

#include <algorithm>
#include <utility>

#include "pjrt_cpu/codegen/plan/split_concatenations.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

bool isConstant(const Value* value) {
    return value->definition() != nullptr && value->definition()->kind() == OpKind::kConstant;
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

bool Planner::dependsOn(int32_t group, int32_t other) {
    ++search_;
    seen_in_search_.resize(plan_.groups.size());
    std::vector<int32_t> stack{group};
    while (!stack.empty()) {
        const auto current = static_cast<size_t>(stack.back());
        stack.pop_back();
        if (static_cast<int32_t>(current) == other) return true;
        if (std::exchange(seen_in_search_[current], search_) == search_) continue;
        const auto& next = plan_.groups[current].dependencies;
        stack.insert(stack.end(), next.begin(), next.end());
    }
    return false;
}

bool Planner::mayProduce(int32_t group, const Demand& wanted) {
    // What it reads from memory, perhaps under another shape, has to be there when it begins.
    if (wanted.elsewhere.contains(group) || wanted.readers.contains(group)) return false;
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
    if (isExpensive(op) || fusionRole(op) == FusionRole::kGuarded || fusionRole(op) == FusionRole::kNone)
        return false;
    const TensorType& type = op.result()->tensor();
    int64_t read = 0;
    for (const Value* leaf : leaves_.at(&op)) {
        // What is read once a row stays in the cache.
        if (leaf->tensor().elementCount() * 4 > type.elementCount()) read += leaf->tensor().byteCount();
    }
    // A long chain of cheap operations is not cheap.
    constexpr int64_t kShort = 24;
    return read <= 2 * type.byteCount() && type.elementCount() > 1 && chains_.at(&op) <= kShort;
}

std::vector<const Value*> Planner::leavesOf(const Operation& op) const {
    const FusionRole role = fusionRole(op);
    std::vector<const Value*> leaves;
    if (role == FusionRole::kSource) return leaves;
    const bool is_leaf = role == FusionRole::kNone || isExpensive(op);
    if (is_leaf && op.resultCount() == 1 && op.result()->type().isTensor()) return {op.result()};
    if (is_leaf) return leaves;
    constexpr size_t kMany = 8;
    for (const Value* operand : op.operands()) {
        const auto found = leaves_.find(operand->definition());
        const bool whole = found == leaves_.end() || found->second.empty() || found->second.size() > kMany;
        if (whole) {
            if (operand->type().isTensor() && !isConstant(operand)) leaves.push_back(operand);
            continue;
        }
        for (const Value* leaf : found->second) {
            if (std::ranges::find(leaves, leaf) == leaves.end()) leaves.push_back(leaf);
        }
    }
    return leaves;
}

int32_t Planner::siblingOf(const Operation& op, const Demand& wanted) {
    if (fusionRole(op) != FusionRole::kElementwise) return -1;
    const std::vector<int64_t> shape = dimsOf(*op.result());
    const int64_t count = op.result()->tensor().elementCount();
    // Groups that have only numbers in common: a few small ones together cost one launch, many large ones
    // would only be many streams through memory.
    constexpr int64_t kSmall = int64_t{1} << 10;
    constexpr size_t kFewRoots = 12;
    constexpr size_t kFar = 24;
    std::vector<const Operation*> seen{&op};
    for (size_t i = 0; i < seen.size() && i < kFar; ++i) {
        for (const Value* operand : seen[i]->operands()) {
            if (dimsOf(*operand) != shape) continue;
            const Operation* below = operand->definition();
            const bool related = isLarge(operand, count);
            const auto found = demands_.find(operand);
            if (found != demands_.end() && (related || count <= kSmall)) {
                for (const int32_t group : found->second.identity) {
                    const Group& candidate = plan_.groups[static_cast<size_t>(group)];
                    if (candidate.kind != GroupKind::kLoop || candidate.shape != shape) continue;
                    if (!related && candidate.roots.size() >= kFewRoots) continue;
                    if (mayProduce(group, wanted)) return group;
                }
            }
            if (below == nullptr || fusionRole(*below) != FusionRole::kElementwise) continue;
            if (std::ranges::find(seen, below) == seen.end()) seen.push_back(below);
        }
    }
    return -1;
}

/// Whether evaluating a value of `count` elements reads about as many from memory.
bool Planner::isLarge(const Value* value, int64_t count) const {
    const auto large = [&](const Value* leaf) { return leaf->tensor().elementCount() * 4 > count; };
    const auto found = leaves_.find(value->definition());
    return found == leaves_.end() ? large(value) : std::ranges::any_of(found->second, large);
}

int64_t Planner::chainLength(const Operation& op) const {
    const FusionRole role = fusionRole(op);
    if (role == FusionRole::kNone || role == FusionRole::kSource) return 0;
    constexpr int64_t kLong = 1000;
    int64_t length = role == FusionRole::kMovement ? 0 : 1;
    for (const Value* operand : op.operands()) {
        const auto found = chains_.find(operand->definition());
        if (found != chains_.end() && !operand->tensor().isScalar()) length += found->second;
    }
    return std::min(length, kLong);
}

void Planner::cutDeepChain(const Operation& op) {
    constexpr int64_t kDear = 8;
    constexpr int64_t kDeep = 400;
    const FusionRole role = fusionRole(op);
    if (role == FusionRole::kSource || (role == FusionRole::kNone && op.kind() != OpKind::kReduce)) return;
    int64_t& depth = depths_[&op];
    for (const Value* operand : op.operands()) {
        const auto found = depths_.find(operand->definition());
        if (found != depths_.end()) depth = std::max(depth, found->second);
    }
    depth += isExpensive(op) ? kDear : 1;
    if (depth < kDeep || role == FusionRole::kNone) return;
    cuts_.insert(op.result());
    depth = 0;
}

void Planner::cutWideChoice(const Operation& op) {
    const FusionRole role = fusionRole(op);
    if (role == FusionRole::kNone || role == FusionRole::kSource) return;
    const auto of = [&](const Value* operand) {
        const auto found = alternatives_.find(operand->definition());
        return found == alternatives_.end() || cuts_.contains(operand) ? 1 : found->second;
    };
    size_t sum = 0;
    size_t most = 1;
    for (const Value* operand : op.operands()) {
        sum += of(operand);
        most = std::max(most, of(operand));
    }
    if (op.kind() != OpKind::kConcatenate) {
        alternatives_[&op] = most;
        return;
    }
    if (sum > kMostAlternatives) {
        for (const Value* operand : op.operands()) {
            if (of(operand) > 1) cuts_.insert(operand);
        }
        sum = op.operandCount();
    }
    alternatives_[&op] = sum;
}

/// Hands the demands on an operation's result down to its operands, evaluated in the same loops.
void Planner::propagate(Operation& op, const Demand& wanted) {
    const FusionRole role = fusionRole(op);
    const std::vector<int64_t> out = dimsOf(*op.result());
    for (size_t i = 0; i < op.operandCount(); ++i) {
        Value* operand = op.operand(i);
        Demand& below = demand(operand);
        below.evaluators.insert(wanted.evaluators);
        const bool dynamic_source = role == FusionRole::kComputed && i == 0;
        if (dynamic_source && !isConstant(operand)) {
            for (const int32_t group : wanted.evaluators) needMemory(operand, group);
        }
        if (role == FusionRole::kElementwise && dimsOf(*operand) == out) {
            below.identity.insert(wanted.identity);
            below.elsewhere.insert(wanted.elsewhere);
            below.rows.insert(wanted.rows.begin(), wanted.rows.end());
        } else if (!operand->tensor().isScalar()) {
            below.elsewhere.insert(wanted.identity);
            below.elsewhere.insert(wanted.elsewhere);
        }
        below.repeated |= wanted.repeated || (role == FusionRole::kComputed && i > 0);
        if (role != FusionRole::kMovement) continue;
        const std::vector<int64_t> in = dimsOf(*operand);
        if (withoutTrailingOnes(in) == withoutTrailingOnes(out))
            below.rows.insert(wanted.rows.begin(), wanted.rows.end());
        if (op.kind() != OpKind::kBroadcastInDim && op.kind() != OpKind::kBroadcast) continue;
        // [rows..., 1...] spread over the columns: read once a row.
        const std::vector<int64_t> rows = withoutTrailingOnes(in);
        const auto mapping =
            op.kind() == OpKind::kBroadcastInDim ? broadcastDimensions(op) : std::span<const int64_t>{};
        bool leading = op.kind() == OpKind::kBroadcastInDim;
        for (size_t d = 0; leading && d < rows.size(); ++d) {
            leading = mapping[d] == static_cast<int64_t>(d) && rows[d] == out[d];
        }
        if (leading) {
            for (const int32_t group : wanted.identity)
                below.rows.emplace(group, static_cast<int64_t>(rows.size()));
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

void Planner::order(Plan& plan) const {
    // Depth first from the groups in program order: dependencies first, otherwise as written.
    std::vector<int32_t> by_position(plan.groups.size());
    std::vector<int64_t> position(plan.groups.size(), 0);
    for (size_t i = 0; i < plan.groups.size(); ++i) {
        by_position[i] = static_cast<int32_t>(i);
        for (const Value* root : plan.groups[i].roots)
            position[i] = std::max(position[i], positions_.at(root->definition()));
        if (plan.groups[i].op != nullptr)
            position[i] = std::max(position[i], positions_.at(plan.groups[i].op));
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
        chains_[&op] = chainLength(op);
        leaves_[&op] = leavesOf(op);
        cutDeepChain(op);
        cutWideChoice(op);
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

}  // namespace optirs::plugin
