// The arguments of the FP8 product for Hopper, and how its blocks work; see arguments.h.
#pragma once

#include "../api/tensor_map.h"
#include "matmul_arguments.h"

namespace optirs::cuda {

/// Scales of an operand [rows, k]: that of a row, for the i-th 128 of k, is
/// data[(row >> row_shift) * row_stride + i * block_stride].
struct ProductScales {
    const float* data;  // NULL for 1
    int64_t row_stride;
    int64_t block_stride;
    int32_t row_shift;
};

inline constexpr int kFloat8Tile = 128;  // rows and columns of a result, and elements of k, at a time
inline constexpr int kFloat8Groups = 2;  // warp groups that multiply; one more fetches
inline constexpr int kFloat8Threads = (kFloat8Groups + 1) * 128;
inline constexpr int kFloat8TileShift = 7;

/// Maps are of [1, batch, rows, k], in boxes of a tile. Blocks take turns along the tiles of the result.
struct Float8MatmulArguments {
    CUtensorMap a;
    CUtensorMap b;
    ProductScales scales_a;
    ProductScales scales_b;
    ProductResult result;
    uint32_t* amax;  // the bits of max |out| before its scale, raised; NULL if it is not wanted
    int64_t batch;
    int64_t batch_stride;  // of the result
    int32_t k;
    int32_t is_fast;  // sums stay in the tensor core; else each 128 of k is added in f32
};

/// Of shared memory: slots with a tile of each operand, which begin at a multiple of 1 KiB, and barriers.
inline constexpr int kFloat8Slots = 6;
inline constexpr int kFloat8Alignment = 1024;
inline constexpr int kFloat8TileBytes = kFloat8Tile * kFloat8Tile;
inline constexpr int kFloat8Bytes = kFloat8Alignment + kFloat8Slots * (2 * kFloat8TileBytes + 2 * 8);
static_assert(kFloat8Bytes <= 227 * 1024, "what a block can have");

}  // namespace optirs::cuda
