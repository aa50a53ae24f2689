// map: the body's operations on scalars, applied to whole tensors instead.
#include <algorithm>
#include <unordered_map>

#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {

namespace {

/// Whether a body has only numbers, and nothing but element-wise operations on them.
bool isElementwiseBody(const Block& block) {
    return std::ranges::all_of(block, [](const Operation& each) {
        if (each.kind() == OpKind::kReturn) return true;
        const bool is_known = isElementwise(each.kind()) || each.kind() == OpKind::kConstant;
        return is_known && each.regionCount() == 0 && each.result()->tensor().isScalar();
    });
}

}  // namespace

std::vector<Value*> expandMap(Operation& op) {
    const Block& block = body(op);
    // Loops, branches and the like run once for each element.
    if (!isElementwiseBody(block)) return {};
    const std::vector<int64_t> dims = dimsOf(op.operand(0));
    Builder builder(op);
    std::unordered_map<Value*, Value*> map;
    for (size_t i = 0; i < op.operandCount(); ++i) map[block.argument(i)] = op.operand(i);
    // A value from outside the body is a scalar for every element.
    const auto mapped = [&](Value* value) {
        const auto found = map.find(value);
        if (found != map.end()) return found->second;
        Value* wide = builder.broadcastInDim(value, dims, {});
        map[value] = wide;
        return wide;
    };
    for (const Operation& each : block) {
        if (each.kind() == OpKind::kReturn) return {mapped(each.operand(0))};
        const TensorType type = each.result()->tensor().withDims(dims);
        if (each.kind() == OpKind::kConstant) {
            map[each.result()] = builder.constant(Literal::splat(type, constantValue(each).bytes()));
            continue;
        }
        std::vector<Value*> operands = each.operands();
        for (Value*& operand : operands) operand = mapped(operand);
        const Type result = type;
        map[each.result()] = builder.create(each.kind(), operands, {&result, 1}, each.attributes())->result();
    }
    return {};
}

}  // namespace optirs::plugin
