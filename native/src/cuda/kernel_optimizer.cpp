// optirs/kernel_optimizer.h
#include <vector>

#include "src/cuda/kernel_calls.h"
#include "src/cuda/optimizers.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {
namespace {

template <class T = void>
T* dataAt(const optirs_dl_tensor* list, int64_t i) {
    return list == nullptr ? nullptr : dataOf<T>(&list[i]);
}

StepTensor stepTensor(const optirs_optimizer_tensors& lists, int64_t i) {
    StepTensor tensor = {.param = dataAt(lists.params, i),
                         .grad = dataAt(lists.grads, i),
                         .state1 = dataAt(lists.state1, i),
                         .state2 = dataAt(lists.state2, i),
                         .count = countOf(lists.params[i]),
                         .scales1 = dataAt<float>(lists.scales1, i),
                         .scales2 = dataAt<float>(lists.scales2, i),
                         .cast = dataAt(lists.casts, i),
                         .param_type = elementOf(lists.params[i])};
    if (lists.grads != nullptr) {
        tensor.grad_type = elementOf(lists.grads[i]);
    }
    if (lists.casts != nullptr) {
        tensor.cast_type = float8Of(lists.casts[i]);
    }
    if (lists.masters != nullptr) {
        tensor.master = dataAt(lists.masters, i);
        tensor.masters = Masters::kF32;
    } else if (lists.remainders != nullptr) {
        tensor.master = dataAt(lists.remainders, i);
        tensor.masters = Masters::kRemainders;
    }
    return tensor;
}

/// The memory is the calling thread's and grows only: steps in steady state allocate nothing.
const std::vector<StepTensor>& stepTensors(const optirs_optimizer_tensors& lists) {
    thread_local std::vector<StepTensor> tensors;
    tensors.clear();
    for (int64_t i = 0; i < lists.count; ++i) {
        tensors.push_back(stepTensor(lists, i));
    }
    return tensors;
}

StepExtras extrasOf(const optirs_optimizer_tensors& lists) {
    return {.grad_scale = dataOf<float>(lists.grad_scale),
            .skip = dataOf<float>(lists.skip),
            .zero_grads = lists.zero_grads != 0,
            .cast_scale = dataOf<float>(lists.cast_scale),
            .cast_amax = dataOf<uint32_t>(lists.cast_amax)};
}

/// Empty lists are the host's: at least one parameter is here.
Queue queueOfLists(const optirs_optimizer_tensors& lists, CUstream stream) {
    return queueOf(lists.params[0], stream);
}

template <class Args>
void runRule(const Args& args, CUstream stream) {
    const optirs_optimizer_tensors& lists = *args.tensors;
    step(queueOfLists(lists, stream), ruleOf(args), extrasOf(lists), stepTensors(lists));
}

std::vector<Gradient>& gradientsOf(const optirs_grad_norm_args& args) {
    thread_local std::vector<Gradient> gradients;
    gradients.clear();
    for (int64_t i = 0; i < args.count; ++i) {
        gradients.push_back({dataOf(&args.grads[i]), countOf(args.grads[i]), elementOf(args.grads[i])});
    }
    return gradients;
}

}  // namespace

void run(const optirs_sgd_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_adam_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_adamw_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_radam_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_adabound_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_lion_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_adagrad_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_adadelta_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_rmsprop_args& args, CUstream stream) { runRule(args, stream); }
void run(const optirs_lookahead_args& args, CUstream stream) { runRule(args, stream); }

uint64_t workspaceOf(const optirs_lamb_args& args) { return normStepBytes(stepTensors(*args.tensors)); }
uint64_t workspaceOf(const optirs_lars_args& args) { return normStepBytes(stepTensors(*args.tensors)); }
uint64_t workspaceOf(const optirs_grad_norm_args& args) { return gradientNormBytes(gradientsOf(args)); }

void run(const optirs_lamb_args& args, CUstream stream) {
    const optirs_optimizer_tensors& lists = *args.tensors;
    lambStep(queueOfLists(lists, stream), ruleOf(args), args.learning_rate, extrasOf(lists),
             stepTensors(lists), args.workspace);
}

void run(const optirs_lars_args& args, CUstream stream) {
    const optirs_optimizer_tensors& lists = *args.tensors;
    larsStep(queueOfLists(lists, stream), args, extrasOf(lists), stepTensors(lists), args.workspace);
}

void run(const optirs_grad_norm_args& args, CUstream stream) {
    gradientNorm(queueOf(*args.norm, stream), gradientsOf(args),
                 {.scale = dataOf<float>(args.scale),
                  .max_norm = args.max_norm,
                  .norm = dataOf<float>(args.norm),
                  .grad_scale = dataOf<float>(args.grad_scale),
                  .non_finite = dataOf<float>(args.non_finite)},
                 args.workspace);
}

}  // namespace optirs::cuda
