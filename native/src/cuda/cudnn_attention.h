// Attention by cuDNN's fused kernels, of sixteen-bit types.
#pragma once

#include <cstdint>

#include "src/cuda/attention.h"

namespace optirs::cuda {

/// What cuDNN has made for calls like one.
struct CudnnAttention;

/// What cuDNN has for a call on a device of this compute capability, where it is loaded, nothing keeps the
/// call from it and it has a plan; else NULL.
const CudnnAttention* findCudnn(const AttentionCall& call, int32_t capability);

/// Decides whether cuDNN computes a call: what findCudnn gives, or NULL. The first of these that says
/// something counts: OPTIRS_CUDNN_ATTENTION (0 is never, 1 from sm_80 on); what was measured (preferCudnn),
/// in this process or an earlier one; cuDNN on Hopper and newer devices. The answer for a shape stays the
/// same until the process ends or it is measured.
const CudnnAttention* chooseCudnn(const AttentionCall& call, int32_t capability);

/// For calls of this shape from now on, in the cache of tunings too. Masks and shapes count, strides, scale
/// and log-sum-exp do not.
void preferCudnn(const AttentionCall& call, bool is_preferred);

uint64_t workspaceBytes(const CudnnAttention& attention);
void run(const CudnnAttention& attention, const AttentionCall& call, void* workspace);

}  // namespace optirs::cuda
