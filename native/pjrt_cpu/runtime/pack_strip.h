/// @file
/// Packing rows of an operand for tile products.
#pragma once

#include <cstdint>

namespace optirs::plugin {

/// to[k * width + r] = from[r * stride + k] for r < used and k < count; 0 for used <= r < width. `width`: 6
/// or 16, those of the tile kernels. Only where tileKernelsAvx2() are.
void packStripAvx2(const float* from, int64_t stride, int64_t used, int64_t count, float* to, int64_t width);

}  // namespace optirs::plugin
