// Multi-tensor optimizer steps of f32: one launch updates many tensors. A block works on one chunk of one
// tensor.
#include "optimizer.cuh"

namespace optirs::cuda {

#define OPTIRS_STEP(name, Rule) \
    OPTIRS_KERNEL(step_##name##_f32, kThreads, StepArguments, stepChunk<Rule, StepArguments>);
OPTIRS_STEP_LIST(OPTIRS_STEP)

}  // namespace optirs::cuda
