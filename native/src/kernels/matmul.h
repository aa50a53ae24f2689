// Checks of matrix products.
#pragma once

#include <optirs/kernel_matmul.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

/// Checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_matmul_args& args);

}  // namespace optirs::kernels
