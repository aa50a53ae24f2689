// Transposition of bytes.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// to[c * to_stride + r] = from[r * from_stride + c], for r < rows, c < columns.
void transposeBytes(const uint8_t* from, int64_t from_stride, int64_t rows, int64_t columns, uint8_t* to,
                    int64_t to_stride);

}  // namespace optirs::cpu
