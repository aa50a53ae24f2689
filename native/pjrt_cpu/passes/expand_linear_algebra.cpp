// cholesky and triangular_solve of floats narrower than 32 bits: computed in f32, rounded once.
#include "pjrt_cpu/passes/expand.h"
#include "pjrt_cpu/passes/rewrite.h"

namespace optirs::plugin {

std::vector<Value*> expandLinearAlgebra(Operation& op) {
    const ElementType element = op.operand(0)->tensor().element();
    if (!isFloat(element) || bitWidth(element) >= 32) return {};
    Builder builder(op);
    std::vector<Value*> operands = op.operands();
    for (Value*& operand : operands) operand = builder.convert(operand, ElementType::kF32);
    const Type wide = op.result()->tensor().withElement(ElementType::kF32);
    Operation* inner = builder.create(op.kind(), operands, {&wide, 1}, op.attributes());
    return {builder.convert(inner->result(), element)};
}

}  // namespace optirs::plugin
