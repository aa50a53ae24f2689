#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

enum class FftKind : uint8_t {
    kComplex,         ///< complex to complex
    kComplexInverse,  ///< the same with the other sign, divided by the number of points
    kRealToComplex,   ///< the first n/2 + 1 of the n outputs; the others are their conjugates
    kComplexToReal    ///< from the first n/2 + 1 of n inputs; imaginary parts that must be 0 are ignored
};

/// stablehlo.fft over the last `lengths.size()` dimensions of dense row-major arrays.
struct FftSpec {
    FftKind kind = FftKind::kComplex;
    ElementType real = ElementType::kF32;  ///< f32 or f64: of one part
    std::vector<int64_t> in_shape;
    std::vector<int64_t> out_shape;
    std::vector<int64_t> lengths;  ///< fft_length
    int32_t in_allocation = -1;
    int32_t out_allocation = -1;
    /// kComplexToReal over more than one dimension: memory of the operand's size; else -1.
    int32_t scratch_allocation = -1;
};

/// Throws INVALID_ARGUMENT on shapes that do not fit each other.
std::unique_ptr<Step> makeFftStep(const FftSpec& spec);

}  // namespace optirs::plugin
