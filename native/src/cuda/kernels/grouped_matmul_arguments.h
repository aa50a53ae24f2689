// The arguments of grouped products, and how their blocks work; see arguments.h.
#pragma once

#include "matmul_arguments.h"

namespace optirs::cuda {

/// f32 scales of groups; NULL for 1.
struct GroupScales {
    const float* data;
    int32_t is_of_group;  // one for each, else one for all
};

/// Rows of a are in groups, one after the other. Sizes are read on the device: what is below 0 counts as 0,
/// what is beyond the last row is cut off.
struct GroupedMatmulArguments {
    const void* a;  // [rows, k]
    const void* b;  // [groups, k, n], transposed [groups, n, k]; of sums [rows, n]
    const int32_t* sizes;
    GroupScales scales_a;
    GroupScales scales_b;
    /// Of all rows, with a bias for each group one after the other; of sums of the first group's matrix, with
    /// the others behind it.
    ProductResult result;
    int64_t groups;
    int64_t rows;
    int64_t k;
};

inline constexpr int kGroupedTile = 128;  // rows and columns of a result
/// Elements that are summed between two barriers: 64 bytes.
inline constexpr int groupedDepth(int element_bytes) { return 64 / element_bytes; }

/// Elements from one row of a tile in shared memory to the next, so that accesses fall into different banks:
/// of a tile whose rows are summed along, and of one whose rows are summed up.
inline constexpr int groupedStrideAlong(int element_bytes) { return groupedDepth(element_bytes) + 8; }
inline constexpr int groupedStrideAcross(int element_bytes) { return kGroupedTile + 16 / element_bytes; }
inline constexpr int groupedTileBytes(int element_bytes) {
    const int along = kGroupedTile * groupedStrideAlong(element_bytes);
    const int across = groupedDepth(element_bytes) * groupedStrideAcross(element_bytes);
    return (along > across ? along : across) * element_bytes;
}
/// Of shared memory: two tiles of each operand.
inline constexpr int groupedBytes(int element_bytes) { return 4 * groupedTileBytes(element_bytes); }

}  // namespace optirs::cuda
