#include "pjrt_cpu/runtime/rng.h"

#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin {

std::unique_ptr<Step> makeRngStep(const Operation& op, int32_t state, int32_t out_state, int32_t out) {
    RngSpec spec;
    spec.algorithm =
        rngAlgorithm(op) == RngAlgorithm::kThreeFry ? RngGenerator::kThreeFry : RngGenerator::kPhilox;
    const TensorType& type = op.result(1)->tensor();
    spec.type = type.element();
    spec.shape.assign(type.dims().begin(), type.dims().end());
    spec.state_allocation = state;
    spec.state_bytes = op.operand(0)->tensor().byteCount();
    spec.out_state_allocation = out_state;
    spec.out_allocation = out;
    return makeRngStep(spec);
}

}  // namespace optirs::plugin
