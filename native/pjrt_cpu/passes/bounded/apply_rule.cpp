// Which rule is an operation's.
#include <algorithm>

#include "pjrt_cpu/passes/bounded/bounded_op.h"
#include "pjrt_cpu/passes/bounded/rules.h"
#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/stablehlo/verify.h"

namespace optirs::plugin {
namespace {

using Rule = void (*)(BoundedOp&);

/// Operands of the result's rank agree in their sizes; others are scalars: a predicate, a limit of clamp.
void padElementwise(BoundedOp& op) {
    const int64_t rank = op.op.result()->tensor().rank();
    std::vector<size_t> operands;
    for (size_t i = 0; i < op.op.operandCount(); ++i) {
        if (op.operand(i)->tensor().rank() == rank) operands.push_back(i);
    }
    std::vector<int64_t> dims;
    Sizes sizes;
    op.merge(operands, dims, sizes);
    op.fitOperands(operands, dims);
    op.give(std::move(dims), std::move(sizes));
}

void padBarrier(BoundedOp& op) {
    for (size_t i = 0; i < op.op.operandCount(); ++i) {
        if (op.operand(i)->type().isTensor()) op.give(op.dims(i), op.sizesOf(op.operand(i)), i);
    }
}

Rule ruleOf(OpKind kind) {
    switch (kind) {
        case OpKind::kSetDimensionSize:
            return padSetDimensionSize;
        case OpKind::kGetDimensionSize:
            return padGetDimensionSize;
        case OpKind::kBroadcastInDim:
        case OpKind::kDynamicBroadcastInDim:
            return padBroadcast;
        case OpKind::kDynamicIota:
            return padDynamicIota;
        case OpKind::kDynamicPad:
            return padDynamicPad;
        case OpKind::kRealDynamicSlice:
            return padRealDynamicSlice;
        case OpKind::kRng:
            return padRng;
        case OpKind::kTranspose:
            return padTranspose;
        case OpKind::kSlice:
            return padSlice;
        case OpKind::kReverse:
            return padReverse;
        case OpKind::kConcatenate:
            return padConcatenate;
        case OpKind::kPad:
            return padPad;
        case OpKind::kBitcastConvert:
            return padBitcastConvert;
        case OpKind::kReshape:
        case OpKind::kDynamicReshape:
            return padReshape;
        case OpKind::kDynamicSlice:
            return padDynamicSlice;
        case OpKind::kDynamicUpdateSlice:
            return padDynamicUpdateSlice;
        case OpKind::kGather:
        case OpKind::kDynamicGather:
            return padGather;
        case OpKind::kScatter:
            return padScatter;
        case OpKind::kReduce:
            return padReduce;
        case OpKind::kSort:
            return padSort;
        case OpKind::kReduceWindow:
            return padReduceWindow;
        case OpKind::kSelectAndScatter:
            return padSelectAndScatter;
        case OpKind::kConvolution:
        case OpKind::kDynamicConv:
            return padConvolution;
        case OpKind::kDotGeneral:
            return padDotGeneral;
        case OpKind::kChloRaggedDot:
            return padRaggedDot;
        case OpKind::kChloScan:
            return padScan;
        case OpKind::kCholesky:
        case OpKind::kTriangularSolve:
        case OpKind::kFft:
            return padBatched;
        case OpKind::kAllGather:
        case OpKind::kAllReduce:
        case OpKind::kAllToAll:
        case OpKind::kCollectiveBroadcast:
        case OpKind::kCollectivePermute:
        case OpKind::kReduceScatter:
            return padCollective;
        case OpKind::kOptimizationBarrier:
            return padBarrier;
        default:
            return isElementwise(kind) ? padElementwise : nullptr;
    }
}

/// What others can say is said in memory of the bounds; then the sizes go through that. Not for expansions
/// that count elements, or walk along a dimension, by the sizes of types.
bool isExpandable(OpKind kind) {
    switch (kind) {
        case OpKind::kBroadcast:
        case OpKind::kBatchNormGrad:
        case OpKind::kBatchNormInference:
        case OpKind::kBatchNormTraining:
        case OpKind::kDot:
        case OpKind::kEinsum:
        case OpKind::kUnaryEinsum:
        case OpKind::kMap:
        case OpKind::kTorchIndexSelect:
        case OpKind::kChloTopK:
            return true;
        default:
            return opKindName(kind).starts_with("chlo.broadcast_");
    }
}

bool expandAndVisit(Padder& padder, Operation& op) {
    if (!isExpandable(op.kind())) return false;
    const std::vector<Type> types = inferTypes(op);
    for (size_t i = 0; i < op.resultCount(); ++i) {
        const TensorType& declared = op.result(i)->tensor();
        op.result(i)->setType(i < types.size() ? types[i] : declared.withDims(boundsOf(declared)));
    }
    Operation* const before = op.previous();
    Operation* const end = op.next();
    Block& block = *op.block();
    const std::vector<Value*> values = decomposed(op);
    if (values.empty()) return false;
    for (size_t i = 0; i < values.size(); ++i) op.result(i)->replaceAllUsesWith(values[i]);
    padder.forget(op);
    op.erase();
    padder.visitExpansion(before != nullptr ? before->next() : block.first(), end);
    return true;
}

}  // namespace

void applyRule(Padder& padder, Operation& op) {
    BoundedOp bounded(padder, op);
    for (size_t i = 0; i < op.operandCount(); ++i) {
        const TensorType* type = op.operand(i)->type().tensorOrNull();
        if (type != nullptr && !type->isStatic())
            throw unimplementedOperation(op, "operand " + std::to_string(i) +
                                                 " has a dimension without a bound; give its type one with "
                                                 "#stablehlo.bounds");
    }
    if (const Rule rule = ruleOf(op.kind())) return rule(bounded);
    if (expandAndVisit(padder, op)) return;
    for (const Value* operand : op.operands()) {
        const Sizes sizes = operand->type().isTensor() ? padder.sizesOf(operand) : Sizes();
        const auto sized = std::ranges::find_if(sizes, [](const Value* size) { return size != nullptr; });
        if (sized == sizes.end()) continue;
        bounded.refuse(
            sized - sizes.begin(), "of operand " + operand->tensor().toString() + " has no meaning",
            "pad the operand to its bound (stablehlo.pad and a mask) and reshape it to a static type first");
    }
    throw unimplementedOperation(
        op, "a result whose size no operand gives; set it with stablehlo.set_dimension_size");
}

}  // namespace optirs::plugin
