// What computes a call of attention.
#include "src/cuda/context.h"
#include "src/cuda/cudnn_attention.h"

namespace optirs::cuda {

AttentionChoice chooseAttention(const AttentionCall& call) {
    const int32_t capability = computeCapability(call.queue.device);
    const CudnnAttention* cudnn = chooseCudnn(call, capability);
    return {cudnn, cudnn == nullptr && isForHopper(call, capability)};
}

std::string_view fusedObstacle(const AttentionCall& call) {
    const AttentionScores& s = call.scores;
    if (call.element == Element::kF32) {
        return "f32";
    }
    if (call.parts > 1) {
        return "columns in parts";
    }
    if (s.bias != nullptr || s.slopes != nullptr || s.drops != 0) {
        return "bias, ALiBi or dropout";
    }
    if (s.block_table != nullptr) {
        return "paged keys";
    }
    if (s.batches == 0 || s.heads == 0 || s.rows == 0 || s.columns == 0) {
        return "an empty tensor";
    }
    return {};
}

}  // namespace optirs::cuda
