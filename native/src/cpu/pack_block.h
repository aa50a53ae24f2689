// Copying an operand of a tile product into strips, which the kernels read from end to end.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// One side of a product, in strips of `width` rows of lhs or columns of rhs; strides in elements.
struct PackedSide {
    int64_t width;     // 6, 16 or 32, those of the tile kernels of AVX2 and the panels of AVX-512
    int64_t stride;    // from row of lhs, column of rhs, to the next
    int64_t k_stride;  // along the sums

    int64_t strips(int64_t count) const { return (count + width - 1) / width; }
};

/// Whether packBlock() packs both sides of this processor's tile products: those of AVX2, 6 and 16 wide.
bool packsBlocks();
/// Whether it packs their rhs at least: that of AVX-512 too.
bool packsPanels();

/// Values of k that packBlock() takes together: strips are written by whole lines, rows read from end to end.
constexpr int64_t kPackedTogether = 8;

/// Copies `count` rows or columns of `steps` values of k: strip after strip, `pitch` elements apart, within a
/// strip k after k; missing rows or columns of the last strip are zero.
void packBlock(const PackedSide& side, const float* from, int64_t count, int64_t steps, float* to,
               int64_t pitch);

}  // namespace optirs::cpu
