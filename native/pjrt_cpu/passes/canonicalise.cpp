// One form for everything that can be said in several ways:
// - attributes that only annotate, or say the default, go;
// - a constant operand of a commutative operation or comparison is its second;
// - shardings, and custom calls that only say where a value is to lie, are their operand;
// - a computation with a name is what it computes;
// - an element of a tuple just made is that element;
// - operands of a reduction have the types that its reducer takes;
// - cross-replica-sum is all_reduce.
#include <algorithm>
#include <array>
#include <string>

#include "pjrt_cpu/ir/sharding.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

bool dropAnnotations(Operation& op) {
    // A custom call's attributes belong to its target.
    if (op.kind() == OpKind::kCustomCall || op.kind() == OpKind::kUnknown) return false;
    std::vector<std::string> dead;
    for (const auto& [name, value] : op.attributes()) {
        const bool discardable = name.find('.') != std::string::npos;
        const bool* flag = value.get<bool>();
        const bool default_flag =
            flag != nullptr && !*flag &&
            (name == "indices_are_sorted" || name == "unique_indices" || name == "is_stable" ||
             name == "has_side_effect" || name == "use_global_device_ids") &&
            op.kind() != OpKind::kChloTopK;
        const auto* accuracy = value.get<ResultAccuracy>();
        const bool default_accuracy = accuracy != nullptr && accuracy->mode == "DEFAULT";
        if (discardable || default_flag || default_accuracy) dead.push_back(name);
    }
    for (const std::string& name : dead) op.eraseAttribute(name);
    return !dead.empty();
}

bool isConstant(const Value* value) { return constantOrNull(value) != nullptr; }

std::string_view mirrored(ComparisonDirection direction) {
    static constexpr std::array<std::string_view, 6> kNames = {"EQ", "NE", "LE", "LT", "GE", "GT"};
    return kNames[static_cast<size_t>(direction)];
}

bool constantToTheRight(Operation& op) {
    if (op.operandCount() != 2 || !isConstant(op.operand(0)) || isConstant(op.operand(1))) return false;
    if (op.kind() == OpKind::kCompare) {
        const std::string_view name = mirrored(comparisonDirection(op));
        op.setAttribute("comparison_direction", EnumAttribute{"comparison_direction", std::string(name)});
    } else if (!isCommutative(op.kind())) {
        return false;
    }
    Value* const swapped[] = {op.operand(1), op.operand(0)};
    op.setOperands(swapped);
    return true;
}

bool forwardsItsOperand(const Operation& op) {
    if (placementAttribute(op.kind()) != nullptr) return true;
    switch (op.kind()) {
        case OpKind::kSdyPropagationBarrier:
        case OpKind::kSdyFuncDataFlowEdge:
            return true;
        case OpKind::kCustomCall: {
            static constexpr std::array<std::string_view, 7> kPlaces = {
                "Sharding",     "annotate_device_placement", "LayoutConstraint", "MoveToHost",
                "MoveToDevice", kFuncResultSharding,         kPropagationBarrier};
            return std::ranges::find(kPlaces, callee(op)) != kPlaces.end() && op.operandCount() == 1 &&
                   op.resultCount() == 1 && op.operand(0)->type() == op.result()->type();
        }
        default:
            return false;
    }
}

bool allReduceOfSum(Operation& op) {
    Builder builder(op);
    NamedAttributes attributes = op.attributes();
    Value* operand = op.operand(0);
    const Type type = op.result()->type();
    Operation* reduce =
        builder.create(OpKind::kAllReduce, {&operand, 1}, {&type, 1}, std::move(attributes), 1);
    Block& block = reduce->region(0).addBlock();
    const TensorType scalar = type.tensor().withDims({});
    Value* lhs = block.addArgument(scalar);
    Value* rhs = block.addArgument(scalar);
    Builder inner(block);
    inner.setLocation(op.location());
    Value* sum = inner.binary(OpKind::kAdd, lhs, rhs);
    inner.create(OpKind::kReturn, std::span<Value* const>(&sum, 1), {});
    replaceWith(op, reduce->result());
    return true;
}

/// A reducer of wider numbers than the operands takes them widened; the indices of a scatter are not its.
bool widenToReducer(Operation& op) {
    bool changed = false;
    const Block& reducer = body(op);
    const size_t indices = op.kind() == OpKind::kScatter ? tupleSize(op) : op.operandCount();
    for (size_t i = 0; i < op.operandCount(); ++i) {
        if (i == indices) continue;
        const TensorType& type = op.operand(i)->tensor();
        const ElementType wanted = reducer.argument(i < indices ? i : i - 1)->tensor().element();
        if (type.element() == wanted || type.quantized() != nullptr) continue;
        op.setOperand(i, Builder(op).convert(op.operand(i), wanted));
        changed = true;
    }
    return changed;
}

bool rewrite(Operation& op) {
    bool changed = dropAnnotations(op);
    if (op.kind() == OpKind::kReduce || op.kind() == OpKind::kReduceWindow || op.kind() == OpKind::kScatter)
        changed |= widenToReducer(op);
    changed |= constantToTheRight(op);
    if (forwardsItsOperand(op)) {
        replaceWith(op, op.operand(0));
        return true;
    }
    if (op.kind() == OpKind::kSdyShardingGroup ||
        (op.kind() == OpKind::kCustomCall && callee(op) == kShardingGroup)) {
        op.erase();
        return true;
    }
    if (op.kind() == OpKind::kSdyNamedComputation) {
        Block& inside = body(op);
        for (size_t i = 0; i < op.operandCount(); ++i) inside.argument(i)->replaceAllUsesWith(op.operand(i));
        inlineBlock(op, inside);
        return true;
    }
    if (op.kind() == OpKind::kCrossReplicaSum) return allReduceOfSum(op);
    if (op.kind() == OpKind::kGetTupleElement) {
        const Operation* tuple = op.operand(0)->definition();
        if (tuple != nullptr && tuple->kind() == OpKind::kTuple) {
            replaceWith(op, tuple->operand(static_cast<size_t>(integerAttribute(op, "index"))));
            return true;
        }
    }
    return changed;
}

}  // namespace

bool canonicalise(Function& function) { return rewriteAll(function, rewrite); }

}  // namespace optirs::plugin
