#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// stablehlo.triangular_solve over dense row-major arrays of f32, f64 or complex numbers: op(A) X = B, or
/// X op(A) = B. Of A only the named triangle is read, and not its diagonal when that counts as 1.
struct TriangularSolveSpec {
    enum class Form : uint8_t { kPlain, kTransposed, kAdjoint };
    ElementType type = ElementType::kF32;
    std::vector<int64_t> a_shape;  ///< [..., n, n]
    std::vector<int64_t> b_shape;  ///< [..., n, m], or [..., m, n] when A is on the right; also the result's
    bool left_side = true;
    bool lower = true;
    bool unit_diagonal = false;
    Form form = Form::kPlain;
    int32_t a_allocation = -1;
    int32_t b_allocation = -1;
    int32_t out_allocation = -1;
};

/// Throws INVALID_ARGUMENT on shapes that do not fit each other, UNIMPLEMENTED for other types.
std::unique_ptr<Step> makeTriangularSolveStep(const TriangularSolveSpec& spec);

}  // namespace optirs::plugin
