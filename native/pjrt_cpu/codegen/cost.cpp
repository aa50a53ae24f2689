#include "pjrt_cpu/codegen/cost.h"

#include <algorithm>
#include <cmath>

#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {
namespace {

double elements(const Value* value) {
    return value->type().isTensor() ? static_cast<double>(value->tensor().elementCount()) : 0;
}

bool isTranscendental(OpKind kind) {
    switch (kind) {
        case OpKind::kAtan2:
        case OpKind::kCbrt:
        case OpKind::kCosine:
        case OpKind::kExponential:
        case OpKind::kExponentialMinusOne:
        case OpKind::kLog:
        case OpKind::kLogPlusOne:
        case OpKind::kLogistic:
        case OpKind::kPower:
        case OpKind::kRsqrt:
        case OpKind::kSine:
        case OpKind::kSqrt:
        case OpKind::kTan:
        case OpKind::kTanh:
            return true;
        default:
            return false;
    }
}

/// The block's cost, `times` over.
void addBody(const Block& block, double times, ProgramCost& cost) {
    ProgramCost once;
    countOperations(block, once);
    cost.flops += times * once.flops;
    cost.transcendentals += times * once.transcendentals;
    cost.has_loops |= once.has_loops;
}

double contractionFlops(const Operation& op) {
    const TensorType& lhs = op.operand(0)->tensor();
    double contracted = 1;
    for (const int64_t d : dotDimensions(op).lhs_contracting) contracted *= static_cast<double>(lhs.dim(d));
    return 2 * elements(op.result()) * contracted;
}

double convolutionFlops(const Operation& op) {
    // The kernel holds, for each output feature, its window times the input features of one group.
    const TensorType& kernel = op.operand(1)->tensor();
    const auto output_features =
        static_cast<double>(kernel.dim(convolutionDimensions(op).kernel_output_feature));
    if (output_features == 0) return 0;
    return 2 * elements(op.result()) * elements(op.operand(1)) / output_features;
}

double windowElements(const Operation& op) {
    double size = 1;
    for (const WindowDimension& dimension : window(op)) size *= static_cast<double>(dimension.size);
    return size;
}

void addBranches(const Operation& op, ProgramCost& cost) {
    ProgramCost dearest;
    for (size_t i = 0; i < op.regionCount(); ++i) {
        ProgramCost branch;
        countOperations(body(op, i), branch);
        dearest.has_loops |= branch.has_loops;
        if (branch.flops + branch.transcendentals < dearest.flops + dearest.transcendentals) continue;
        dearest.flops = branch.flops;
        dearest.transcendentals = branch.transcendentals;
    }
    cost.flops += dearest.flops;
    cost.transcendentals += dearest.transcendentals;
    cost.has_loops |= dearest.has_loops;
}

double lastDim(const Value* value) {
    const TensorType& type = value->tensor();
    return type.rank() == 0 ? 1 : static_cast<double>(type.dim(type.rank() - 1));
}

void count(const Operation& op, ProgramCost& cost) {
    switch (op.kind()) {
        case OpKind::kDotGeneral:
            cost.flops += contractionFlops(op);
            return;
        case OpKind::kConvolution:
            cost.flops += convolutionFlops(op);
            return;
        case OpKind::kReduce:
            addBody(body(op), std::max(0.0, elements(op.operand(0)) - elements(op.result(0))), cost);
            return;
        case OpKind::kReduceWindow:
            addBody(body(op), elements(op.result(0)) * std::max(0.0, windowElements(op) - 1), cost);
            return;
        case OpKind::kSelectAndScatter:
            addBody(body(op, 0), elements(op.operand(1)) * std::max(0.0, windowElements(op) - 1), cost);
            addBody(body(op, 1), elements(op.operand(1)), cost);
            return;
        case OpKind::kScatter:
            addBody(body(op), elements(op.operand(op.operandCount() - 1)), cost);
            return;
        case OpKind::kSort: {
            const auto n = static_cast<double>(
                op.operand(0)->tensor().rank() == 0 ? 1 : op.operand(0)->tensor().dim(dimension(op)));
            addBody(body(op), elements(op.operand(0)) * std::ceil(std::log2(std::max(1.0, n))), cost);
            return;
        }
        case OpKind::kWhile:
            addBody(body(op, 0), 1, cost);
            addBody(body(op, 1), 1, cost);
            cost.has_loops = true;
            return;
        case OpKind::kIf:
        case OpKind::kCase:
            addBranches(op, cost);
            return;
        case OpKind::kMap:
            addBody(body(op), elements(op.result(0)), cost);
            return;
        case OpKind::kFft:
            cost.flops += 5 * elements(op.result()) * std::log2(std::max(2.0, lastDim(op.result())));
            return;
        case OpKind::kCholesky:
            cost.flops += elements(op.result()) * lastDim(op.result()) / 3;
            return;
        case OpKind::kTriangularSolve:
            cost.flops += elements(op.result()) * lastDim(op.operand(0));
            return;
        default:
            break;
    }
    if (!isElementwise(op.kind()) || op.resultCount() != 1) return;
    (isTranscendental(op.kind()) ? cost.transcendentals : cost.flops) += elements(op.result());
}

}  // namespace

void countOperations(const Block& block, ProgramCost& cost) {
    for (const Operation& op : block) count(op, cost);
}

}  // namespace optirs::plugin
