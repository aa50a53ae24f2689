// Multi-tensor optimizer steps: one launch updates many tensors. A block works on one chunk of one tensor.
#include "optimizer.cuh"

namespace optirs::cuda {
namespace {

template <class Rule>
__device__ __forceinline__ void stepChunk(const StepArguments& a) {
    if (isSkipped(a)) {
        return;
    }
    const int index = tensorOfBlock(a);
    float c[12];
#pragma unroll
    for (int i = 0; i < 12; ++i) {
        c[i] = i == Rule::kRate && a.rates != nullptr ? a.rates[index] : a.c[i];
    }
    const float scale = gradScale(a);
    Pass<Rule::kStreams, Rule::kStreams, true>::over(
        a.tensors[index], a.zero_grads != 0,
        [&](float& p, float g, float& s1, float& s2) { Rule::step(c, p, g * scale, s1, s2); });
}

}  // namespace

#define OPTIRS_STEP(name, Rule) OPTIRS_KERNEL(step_##name##_f32, kThreads, StepArguments, stepChunk<Rule>)

OPTIRS_STEP(sgd, SgdRule);
OPTIRS_STEP(momentum, MomentumRule);
OPTIRS_STEP(adam, AdamRule);
OPTIRS_STEP(adamw, AdamWRule);
OPTIRS_STEP(first_moment, FirstMomentRule);
OPTIRS_STEP(adabound, AdaBoundRule);
OPTIRS_STEP(lamb, LambRule);
OPTIRS_STEP(lion, LionRule);
OPTIRS_STEP(adagrad, AdagradRule);
OPTIRS_STEP(adadelta, AdaDeltaRule);
OPTIRS_STEP(rmsprop, RmsPropRule);
OPTIRS_STEP(lookahead, LookaheadRule);

}  // namespace optirs::cuda
