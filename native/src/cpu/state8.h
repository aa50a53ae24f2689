// 8-bit states of optimizers: codes of a non-linear map, and one scale for every 256 elements
// (kernel_optimizer.h).
#pragma once

#include <cstdint>

#include "src/core/state_map.h"

namespace optirs::cpu {

/// to = value of code * scale of its block.
void decodeState(const uint8_t* codes, const float* scales, bool has_sign, float* to, int64_t count);

/// scales = max |from| of each block, codes = those of the values nearest to from / scale; 0 for a scale of
/// 0.
void encodeState(const float* from, bool has_sign, uint8_t* codes, float* scales, int64_t count);

}  // namespace optirs::cpu
