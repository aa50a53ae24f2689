// Checks of microscaled numbers.
#pragma once

#include <optirs/kernel_mx.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

// Each checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_quantize_mx_args& args);
Operand checkTensors(const optirs_dequantize_mx_args& args);
Operand checkTensors(const optirs_matmul_mx_args& args);

}  // namespace optirs::kernels
