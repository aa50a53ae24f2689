#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// stablehlo.cholesky over dense row-major [..., n, n] of f32, f64 or complex numbers. Of the operand only
/// the asked triangle is read. The result's other triangle is 0; where the matrix is not positive definite,
/// the asked one is NaN.
struct CholeskySpec {
    ElementType type = ElementType::kF32;
    std::vector<int64_t> shape;
    bool lower = false;  ///< A = L L^H; otherwise A = U^H U
    int32_t in_allocation = -1;
    int32_t out_allocation = -1;
};

/// Throws INVALID_ARGUMENT when the last two dimensions differ, UNIMPLEMENTED for other types.
std::unique_ptr<Step> makeCholeskyStep(const CholeskySpec& spec);

}  // namespace optirs::plugin
