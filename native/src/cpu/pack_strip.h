// Packing rows of an operand for tile products.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// Whether this processor has packStrip(), and its tile kernels the widths that it writes: those of AVX2.
bool packsStrips();

/// to[k * width + r] = from[r * stride + k] for r < used and k < count; 0 for used <= r < width. `width`: 6
/// or 16, those of the tile kernels.
void packStrip(const float* from, int64_t stride, int64_t used, int64_t count, float* to, int64_t width);

}  // namespace optirs::cpu
