// Checks of steps on gradients of a few rows.
#pragma once

#include <optirs/kernel_sparse.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

/// Checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_sparse_adam_args& args);

}  // namespace optirs::kernels
