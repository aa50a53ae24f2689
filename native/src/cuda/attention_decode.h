// Attention's 8-bit operands as numbers of the type of `out`, where kernels do not decode them themselves.
#pragma once

#include "src/cuda/attention.h"

namespace optirs::cuda {

/// Bytes of workspace for them.
uint64_t decodedBytes(AttentionCall call);
/// The call once they are decoded into the workspace. Rows of heads are contiguous there, and as wide as the
/// next multiple of 8, with zeros behind. Scales stay: they are applied to sums.
AttentionCall decodedForm(AttentionCall call, void* workspace);
/// Decodes them, and returns that call.
AttentionCall decode(AttentionCall call, void* workspace);

}  // namespace optirs::cuda
