// Checks of attention.
#pragma once

#include <optirs/kernel_attention.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

// Each checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_attention_args& args);
Operand checkTensors(const optirs_attention_backward_args& args);

}  // namespace optirs::kernels
