#pragma once

#include "src/cpu/tile_kernels.h"

namespace optirs::plugin {

/// Tile kernels for operands of bf16, as pairs; null where the processor lacks the instructions
/// (AVX512_BF16).
const cpu::TileKernels* tileKernelsBf16();

}  // namespace optirs::plugin
