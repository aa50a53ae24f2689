// Checks of matrix products.
#pragma once

#include <optirs/kernel_matmul.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

// Each checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_matmul_args& args);
Operand checkTensors(const optirs_grouped_matmul_args& args);

}  // namespace optirs::kernels
