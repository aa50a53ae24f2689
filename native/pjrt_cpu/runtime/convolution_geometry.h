/// @file
/// A convolution's operands and window as oneDNN describes them.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pjrt_cpu/runtime/convolution.h"
#include "pjrt_cpu/runtime/onednn.h"

namespace optirs::plugin {

/// One operand as oneDNN sees it: [batch, feature, spatial...] (kernel: [group,] output, input, spatial...)
/// with the strides of the row-major operand.
struct ConvolutionView {
    dnnl::memory::dims dims;
    dnnl::memory::dims strides;
};

ConvolutionView convolutionView(const std::vector<int64_t>& shape, int64_t first, int64_t second,
                                const std::vector<int64_t>& spatial);

/// What oneDNN is asked for: a convolution, or where the input is dilated a deconvolution.
struct ConvolutionGeometry {
    bool transposed = false;
    bool flip_kernel = false;
    dnnl::memory::dims strides, dilations, padding_low, padding_high;
};

/// Nothing for what neither can express.
std::optional<ConvolutionGeometry> convolutionGeometry(const ConvolutionSpec& spec,
                                                       const ConvolutionView& lhs, const ConvolutionView& rhs,
                                                       const ConvolutionView& out);

std::string describe(const ConvolutionSpec& spec);

inline int64_t ceilOf(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

/// threadScratch() for so many floats.
float* scratchFloats(ScratchSlot slot, int64_t count);

/// A convolution whose window is larger than its result is a convolution's gradient with respect to its
/// kernel: oneDNN has better code for that. Null when it is not, or has none.
std::unique_ptr<Step> makeKernelGradientStep(const ConvolutionSpec& spec, dnnl::memory::data_type type);

/// The same by tiles, for f32 planes without strides and dilations. Null for all else, and without AVX2's
/// tile kernels.
std::unique_ptr<Step> makeTileGradientStep(const ConvolutionSpec& spec, const ConvolutionView& x,
                                           const ConvolutionView& g, const ConvolutionView& w,
                                           const ConvolutionGeometry& geometry);

/// A convolution of 3x3 in f32 with fewer multiplications, which falls back on `direct`; `direct` itself
/// where that does not pay or is not allowed.
std::unique_ptr<Step> orWinograd(const ConvolutionSpec& spec, std::unique_ptr<Step> direct);

}  // namespace optirs::plugin
