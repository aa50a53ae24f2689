// Attention by cuDNN's fused kernels, of sixteen-bit types.
#pragma once

#include <cstdint>

#include "src/cuda/attention.h"

namespace optirs::cuda {

/// What cuDNN has made for calls like one.
struct CudnnAttention;

/// Decides whether cuDNN computes a call on a device of this compute capability: on Hopper and newer ones,
/// where it is loaded, nothing keeps the call from it, and it has a plan; else NULL. OPTIRS_CUDNN_ATTENTION
/// moves the border: 0 is never, 1 from sm_80 on. The answer for a shape stays the same until the process
/// ends.
const CudnnAttention* chooseCudnn(const AttentionCall& call, int32_t capability);

uint64_t workspaceBytes(const CudnnAttention& attention);
void run(const CudnnAttention& attention, const AttentionCall& call, void* workspace);

}  // namespace optirs::cuda
