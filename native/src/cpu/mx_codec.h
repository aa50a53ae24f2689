// Codes and scales of microscaled numbers, one block at a time.
#pragma once

#include <optirs/dlpack.h>

#include <cstdint>

#include "src/cpu/element.h"

namespace optirs::cpu {

/// How a matrix is stored: which elements, how long its blocks are, and which scales they have.
struct MxFormat {
    MxFormat(const optirs_dl_tensor& codes, const optirs_dl_tensor& scales);

    /// Bytes of so many elements.
    int64_t bytes(int64_t elements) const { return is_packed ? elements / 2 : elements; }

    Element element;  // of codes of 8 bits
    bool is_packed;   // codes of 4 bits
    bool has_e4m3;    // scales; else E8M0
    int64_t block;    // elements
};

/// Quantizes a block: writes its codes, returns the code of its scale. `tensor_scale` is 1 with E8M0.
uint8_t encodeBlock(const MxFormat& format, const float* x, int64_t count, float tensor_scale, bool round_up,
                    uint8_t* codes);

void decodeBlock(const MxFormat& format, const uint8_t* codes, uint8_t scale, float tensor_scale,
                 int64_t count, float* to);

}  // namespace optirs::cpu
