// Runs of elements from one type to another.
#pragma once

#include <cstdint>

#include "src/cpu/element.h"

namespace optirs::cpu {

/// to = round(from * scale), by the rules of convert-inl.h. Returns max |from|, as bits of an f32: 0 for
/// nothing, and a NaN's, which are the largest, if there is one; arbitrary where 8 bits become more.
uint32_t convert(Element from_type, const void* from, float scale, Element to_type, void* to, int64_t count);

/// max |from| alone, as above.
uint32_t maxMagnitude(Element type, const void* from, int64_t count);
/// Of a matrix, `stride` elements from row to row.
uint32_t maxMagnitude(Element type, const void* from, int64_t rows, int64_t stride, int64_t columns);

/// Sum of squares; of runs up to some thousand elements, as it is summed in f32 lanes.
double sumOfSquares(Element type, const void* from, int64_t count);

/// to += from.
void addTo(float* to, Element type, const void* from, int64_t count);

/// Copies past the caches, for results that are too large to be read from them anyway: this saves reading the
/// lines that are written. Both addresses and the size are multiples of kStreamAlignment. streamFence must
/// follow on the same thread before another may read.
inline constexpr int64_t kStreamAlignment = 64;
void streamBytes(void* to, const void* from, int64_t bytes);
void streamFence();

/// An f32 as a bf16 and what remains: bits = bf16 bits * 65536 + remainder.
void splitMasters(const float* master, BF16* param, int16_t* remainder, int64_t count);
void joinMasters(const BF16* param, const int16_t* remainder, float* master, int64_t count);

}  // namespace optirs::cpu
