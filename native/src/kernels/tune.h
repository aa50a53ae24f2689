// Shapes to be measured as calls of kernels, on memory that is made for it.
#pragma once

#include <optirs/tune.h>

#include <vector>

#include "src/core/device/stream.h"

namespace optirs::kernels {

/// optirs_tune_matmul and optirs_tune_attention.
std::vector<optirs_timing> tune(optirs_stream& stream, const optirs_matmul_shape& shape);
std::vector<optirs_timing> tune(optirs_stream& stream, const optirs_attention_shape& shape);

}  // namespace optirs::kernels
