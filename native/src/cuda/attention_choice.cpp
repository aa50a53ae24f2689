// What computes a call of attention.
#include "src/cuda/context.h"
#include "src/cuda/cudnn_attention.h"

namespace optirs::cuda {

AttentionChoice chooseAttention(const AttentionCall& call) {
    const int32_t capability = computeCapability(call.queue.device);
    const CudnnAttention* cudnn = chooseCudnn(call, capability);
    return {cudnn, cudnn == nullptr && isForHopper(call, capability)};
}

}  // namespace optirs::cuda
