// Operations on constants become constants.
#include "pjrt_cpu/passes/evaluate.h"
#include "pjrt_cpu/passes/passes.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {
namespace {

bool fold(Operation& op, const PassLimits& limits) {
    if (op.resultCount() != 1 || op.kind() == OpKind::kConstant || op.regionCount() != 0) return false;
    if (!op.result()->type().isTensor()) return false;
    // A program without constants among its operands is the common case: decide that first.
    std::vector<const Literal*> operands;
    operands.reserve(op.operandCount());
    for (size_t i = 0; i < op.operandCount(); ++i) {
        const Literal* literal = constantOrNull(op.operand(i));
        if (literal == nullptr) return false;
        operands.push_back(literal);
    }
    if (operands.empty() && op.kind() != OpKind::kIota) return false;
    const bool elementwise = isElementwise(op.kind()) && op.kind() != OpKind::kClamp;
    const std::optional<Literal> value = elementwise
                                             ? evaluateElementwise(op, operands, limits.max_folded_elements)
                                             : evaluateMovement(op, operands, limits.max_folded_elements);
    if (!value) return false;
    replaceWith(op, Builder(op).constant(*value));
    return true;
}

}  // namespace

bool foldConstants(Function& function, const PassLimits& limits) {
    return rewriteAll(function, [&](Operation& op) { return fold(op, limits); });
}

}  // namespace optirs::plugin
