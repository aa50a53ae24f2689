// Checks of activations, rotary embedding, dropout and embedding.
#pragma once

#include <optirs/kernel_pointwise.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

// Each checks the arguments and returns a tensor whose device is that of the call.
Operand checkTensors(const optirs_gelu_args& args);
Operand checkTensors(const optirs_gelu_backward_args& args);
Operand checkTensors(const optirs_swiglu_args& args);
Operand checkTensors(const optirs_swiglu_backward_args& args);
Operand checkTensors(const optirs_rope_args& args);
Operand checkTensors(const optirs_dropout_args& args);
Operand checkTensors(const optirs_embedding_args& args);
Operand checkTensors(const optirs_embedding_backward_args& args);

}  // namespace optirs::kernels
