// Reductions and sorts along bounded dimensions.
#include <algorithm>

#include "pjrt_cpu/ir/reducer.h"
#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"

namespace optirs::plugin {
namespace {

std::vector<size_t> firstOperands(size_t count) {
    std::vector<size_t> out;
    for (size_t i = 0; i < count; ++i) out.push_back(i);
    return out;
}

}  // namespace

/// What is past a size leaves the result as it is: the reducer's identity; where that is not known, the
/// initial value, which StableHLO wants to be one.
void padReduce(BoundedOp& op) {
    const auto along = dimensions(op.op);
    const size_t count = tupleSize(op.op);
    const std::vector<size_t> inputs = firstOperands(count);
    std::vector<int64_t> all;
    Sizes sizes;
    op.merge(inputs, all, sizes);
    op.fitOperands(inputs, all);
    const OpKind reducer = count == 1 ? reducerKind(body(op.op)) : OpKind::kUnknown;
    for (const size_t i : inputs) {
        const auto identity = reducerIdentity(reducer, op.operand(i)->tensor().withDims({}));
        Value* filler = identity ? op.build.constant(*identity) : op.operand(count + i);
        op.op.setOperand(i, op.masked(op.operand(i), sizes, along, filler));
    }
    std::vector<int64_t> dims;
    Sizes kept;
    for (size_t d = 0; d < all.size(); ++d) {
        if (std::ranges::find(along, static_cast<int64_t>(d)) != along.end()) continue;
        dims.push_back(all[d]);
        kept.push_back(sizes[d]);
    }
    for (const size_t i : inputs) op.give(dims, kept, i);
}

/// One more operand says what is past the size; the comparator puts that behind all others.
void padSort(BoundedOp& op) {
    const int64_t along = dimension(op.op);
    const size_t count = op.op.operandCount();
    const std::vector<size_t> inputs = firstOperands(count);
    std::vector<int64_t> dims;
    Sizes sizes;
    op.merge(inputs, dims, sizes);
    op.fitOperands(inputs, dims);
    Value* is_inside = op.inside(dims, sizes, std::span(&along, 1));
    if (is_inside == nullptr) {
        for (const size_t i : inputs) op.give(dims, sizes, i);
        return;
    }
    std::vector<Value*> operands = op.op.operands();
    operands.push_back(op.build.unary(OpKind::kNot, is_inside));
    std::vector<Type> types;
    for (const Value* operand : operands) types.push_back(operand->type());
    Operation& made = *op.build.create(OpKind::kSort, operands, types, op.op.attributes(), 1);
    for (auto& block : op.op.region(0).takeBlocks()) made.region(0).adopt(std::move(block));
    Block& comparator = body(made);
    const TensorType flag(ElementType::kI1, {});
    Value* a = comparator.addArgument(flag);
    Value* b = comparator.addArgument(flag);
    Operation& end = *comparator.last();
    Builder build(end);
    end.setOperand(0, build.select(build.binary(OpKind::kXor, a, b), b, end.operand(0)));
    op.replaceAll(resultsOf(made), std::vector<Sizes>(count, sizes));
}

}  // namespace optirs::plugin
