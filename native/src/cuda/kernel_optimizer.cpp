// optirs/kernel_optimizer.h
#include <vector>

#include "src/cuda/kernel_calls.h"
#include "src/cuda/optimizers.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {
namespace {

/// The step so far: f32 in, f32 out, nothing besides.
void requirePlain(const optirs_optimizer_tensors& lists, int64_t i) {
    const bool has_more = lists.scales1 != nullptr || lists.scales2 != nullptr || lists.masters != nullptr ||
                          lists.remainders != nullptr || lists.casts != nullptr ||
                          lists.cast_amax != nullptr || lists.grad_scale != nullptr ||
                          lists.skip != nullptr || lists.zero_grads != 0;
    require(!has_more && isF32(lists.params[i]) && isF32(lists.grads[i]),
            "optimizer step but for f32 parameters with f32 gradients and states, without extras");
}

/// The memory is the calling thread's and grows only: steps in steady state allocate nothing.
const std::vector<StepTensor>& stepTensors(const optirs_optimizer_tensors& lists) {
    thread_local std::vector<StepTensor> tensors;
    tensors.clear();
    for (int64_t i = 0; i < lists.count; ++i) {
        requirePlain(lists, i);
        tensors.push_back({.param = dataOf<float>(&lists.params[i]),
                           .grad = dataOf<float>(&lists.grads[i]),
                           .state1 = dataOf<float>(&lists.state1[i]),
                           .state2 = lists.state2 == nullptr ? nullptr : dataOf<float>(&lists.state2[i]),
                           .count = countOf(lists.params[i])});
    }
    return tensors;
}

}  // namespace

void run(const optirs_adamw_args& args, CUstream stream) {
    if (args.tensors->count == 0) {
        return;
    }
    adamw(queueOf(args.tensors->params[0], stream),
          {.step = args.step,
           .learning_rate = args.learning_rate,
           .beta1 = args.beta1,
           .beta2 = args.beta2,
           .epsilon = args.epsilon,
           .weight_decay = args.weight_decay},
          stepTensors(*args.tensors));
}

}  // namespace optirs::cuda
