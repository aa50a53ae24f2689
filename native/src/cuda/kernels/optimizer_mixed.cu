// Multi-tensor optimizer steps whose tensors are not all f32, or that cast the new parameters to FP8. A block
// works on one chunk of one tensor, whose types it asks for: they are the same for all of its threads.
#include "optimizer_mixed.cuh"

namespace optirs::cuda {
namespace {

/// Before a step that raises them: unless the step is skipped, the greatest magnitudes are 0.
__device__ __forceinline__ void clearAmax(const ClearAmaxArguments& a) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i < a.count && (a.skip == nullptr || *a.skip == 0)) {
        a.amax[i] = 0;
    }
}

}  // namespace

#define OPTIRS_STEP(name, Rule) \
    OPTIRS_KERNEL(step_##name##_mixed, kThreads, MixedStepArguments, stepChunk<Rule, MixedStepArguments>);
OPTIRS_STEP_LIST(OPTIRS_STEP)
OPTIRS_KERNEL(clear_amax, kThreads, ClearAmaxArguments, clearAmax);

}  // namespace optirs::cuda
