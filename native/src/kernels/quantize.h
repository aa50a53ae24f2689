// Checks of casts.
#pragma once

#include <optirs/kernel_quantize.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

// Each checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_amax_args& args);
Operand checkTensors(const optirs_quantize_args& args);
Operand checkTensors(const optirs_dequantize_args& args);
Operand checkTensors(const optirs_cast_transpose_args& args);
Operand checkTensors(const optirs_quantize_blocks_args& args);
Operand checkTensors(const optirs_dequantize_blocks_args& args);
Operand checkTensors(const optirs_delayed_scaling_args& args);

}  // namespace optirs::kernels
