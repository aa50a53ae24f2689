#include "src/cuda/kernels.h"

#include <optirs/kernel_optimizer.h>

#include <vector>

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/optimizers.h"

namespace optirs::cuda {
namespace {

template <class T>
T* dataOf(const optirs_dl_tensor& tensor) {
    return reinterpret_cast<T*>(static_cast<std::byte*>(tensor.data) + tensor.byte_offset);
}

int64_t countOf(const optirs_dl_tensor& tensor) {
    int64_t count = 1;
    for (int32_t i = 0; i < tensor.ndim; ++i) {
        count *= tensor.shape[i];
    }
    return count;
}

bool isF32(const optirs_dl_tensor& tensor) {
    return tensor.dtype.code == OPTIRS_DL_FLOAT && tensor.dtype.bits == 32;
}

/// The step so far: f32 in, f32 out, nothing besides.
void requirePlain(const optirs_optimizer_tensors& lists, int64_t i) {
    const bool has_more = lists.scales1 != nullptr || lists.scales2 != nullptr || lists.masters != nullptr ||
                          lists.remainders != nullptr || lists.casts != nullptr ||
                          lists.cast_amax != nullptr || lists.grad_scale != nullptr ||
                          lists.skip != nullptr || lists.zero_grads != 0;
    if (has_more || !isF32(lists.params[i]) || !isF32(lists.grads[i])) {
        throw core::Error(core::Code::kUnimplemented,
                          "the CUDA backend steps f32 parameters with f32 gradients and states only, so far",
                          "cuda");
    }
}

/// The memory is the calling thread's and grows only: steps in steady state allocate nothing.
const std::vector<StepTensor>& stepTensors(const optirs_optimizer_tensors& lists) {
    thread_local std::vector<StepTensor> tensors;
    tensors.clear();
    for (int64_t i = 0; i < lists.count; ++i) {
        requirePlain(lists, i);
        tensors.push_back({.param = dataOf<float>(lists.params[i]),
                           .grad = dataOf<float>(lists.grads[i]),
                           .state1 = dataOf<float>(lists.state1[i]),
                           .state2 = lists.state2 == nullptr ? nullptr : dataOf<float>(lists.state2[i]),
                           .count = countOf(lists.params[i])});
    }
    return tensors;
}

void run(const optirs_adamw_args& args, CUstream stream) {
    if (args.tensors->count == 0) {
        return;
    }
    adamw({args.tensors->params[0].device.device_id, stream},
          {.step = args.step,
           .learning_rate = args.learning_rate,
           .beta1 = args.beta1,
           .beta2 = args.beta2,
           .epsilon = args.epsilon,
           .weight_decay = args.weight_decay},
          stepTensors(*args.tensors));
}

}  // namespace

void runKernel(int32_t kernel, const void* args, CUstream stream) {
    switch (kernel) {
        case OPTIRS_KERNEL_ADAMW:
            return run(*static_cast<const optirs_adamw_args*>(args), stream);
        default:
            throw core::Error(core::Code::kUnimplemented,
                              core::concat("the CUDA backend does not have kernel ", kernel, " yet"), "cuda");
    }
}

}  // namespace optirs::cuda
