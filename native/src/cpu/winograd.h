// Convolutions of 3x3 as products: F(2x2, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks" (2015), section 4.1. A patch of 4x4 pixels and a kernel become 16 numbers each, whose products,
// summed over channels, become 2x2 pixels: 16 multiplications instead of 36. Rows of channels at once.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// Numbers that a patch or a kernel becomes; those of one channel are `pitch` floats apart.
constexpr int64_t kWinogradPlaces = 16;

/// A kernel of 3x3, row after row, `channels` numbers each.
void winogradKernel(const float* const* places, int64_t channels, float* out, int64_t pitch);

/// A patch of 4x4 pixels, row after row. `out` has room for `channels` rounded up to 16 in every place, and
/// gets zeros there.
void winogradInput(const float* const* pixels, int64_t channels, float* out, int64_t pitch);

/// Products become 2x2 pixels. Whether all are finite.
bool winogradOutput(const float* in, int64_t pitch, int64_t channels, float* const* pixels);

}  // namespace optirs::cpu
