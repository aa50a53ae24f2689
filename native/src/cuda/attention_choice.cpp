// What computes a call of attention.
#include "src/cuda/context.h"
#include "src/cuda/cudnn_attention.h"

namespace optirs::cuda {

AttentionChoice chooseAttention(const AttentionCall& call) {
    const int32_t capability = computeCapability(call.queue.device);
    return {chooseCudnn(call, capability), ownKernels(call, capability)};
}

}  // namespace optirs::cuda
