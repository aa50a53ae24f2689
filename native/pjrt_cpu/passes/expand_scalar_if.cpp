// if in the body of a reduction, which is compiled for each element: both branches, and a choice.
#include <unordered_map>

#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

/// Whether the operation stands in a body that is applied to elements, not in one that runs by itself.
bool isPerElement(const Operation& op) {
    for (const Operation* outer = op.parentOperation(); outer != nullptr; outer = outer->parentOperation()) {
        switch (outer->kind()) {
            case OpKind::kIf:
                continue;
            case OpKind::kReduce:
            case OpKind::kReduceWindow:
            case OpKind::kScatter:
            case OpKind::kSelectAndScatter:
            case OpKind::kSort:
            case OpKind::kMap:
                return true;
            default:
                return false;
        }
    }
    return false;
}

/// Copies the operations of a branch before `op`; gives what it returns.
std::vector<Value*> inlined(const Block& block, Operation& op) {
    Builder builder(op);
    std::unordered_map<Value*, Value*> copies;
    const auto copy_of = [&](Value* value) {
        const auto found = copies.find(value);
        return found == copies.end() ? value : found->second;
    };
    for (const Operation& each : block) {
        std::vector<Value*> operands = each.operands();
        for (Value*& operand : operands) operand = copy_of(operand);
        if (each.kind() == OpKind::kReturn) return operands;
        const Type type = each.result()->type();
        copies[each.result()] =
            builder.create(each.kind(), operands, {&type, 1}, each.attributes())->result();
    }
    return {};
}

}  // namespace

std::vector<Value*> expandScalarIf(Operation& op) {
    if (!isPerElement(op)) return {};
    if (firstNotElementwise(body(op, 0)) != nullptr || firstNotElementwise(body(op, 1)) != nullptr) return {};
    const std::vector<Value*> on_true = inlined(body(op, 0), op);
    const std::vector<Value*> on_false = inlined(body(op, 1), op);
    Builder builder(op);
    std::vector<Value*> results;
    for (size_t i = 0; i < on_true.size(); ++i)
        results.push_back(builder.select(op.operand(0), on_true[i], on_false[i]));
    return results;
}

}  // namespace optirs::plugin
