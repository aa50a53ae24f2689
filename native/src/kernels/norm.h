// Checks of norms, softmax and cross entropy.
#pragma once

#include <optirs/kernel_norm.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

// Each checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_layer_norm_args& args);
Operand checkTensors(const optirs_layer_norm_backward_args& args);
Operand checkTensors(const optirs_rms_norm_args& args);
Operand checkTensors(const optirs_rms_norm_backward_args& args);
Operand checkTensors(const optirs_softmax_args& args);
Operand checkTensors(const optirs_softmax_backward_args& args);
Operand checkTensors(const optirs_cross_entropy_args& args);

}  // namespace optirs::kernels
