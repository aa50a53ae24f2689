#include "src/cuda/kernels.h"

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/kernel_calls.h"

namespace optirs::cuda {
namespace {

/// Most kernels need none.
template <class Args>
uint64_t workspaceOrNone([[maybe_unused]] const void* args) {
    if constexpr (requires(const Args& given) { workspaceOf(given); }) {
        return workspaceOf(*static_cast<const Args*>(args));
    } else {
        return 0;
    }
}

template <class Args>
std::vector<optirs_timing> tuneAs(std::span<const void* const> args, CUstream stream) {
    std::vector<const Args*> typed;
    for (const void* one : args) {
        typed.push_back(static_cast<const Args*>(one));
    }
    return tune(std::span<const Args* const>(typed), stream);
}

}  // namespace

void runKernel(int32_t kernel, const void* args, CUstream stream) {
    switch (kernel) {
#define OPTIRS_RUN(NAME, name) \
    case OPTIRS_KERNEL_##NAME: \
        return run(*static_cast<const optirs_##name##_args*>(args), stream);
        OPTIRS_KERNEL_LIST(OPTIRS_RUN)
#undef OPTIRS_RUN
        default:
            throw core::Error(core::Code::kUnimplemented,
                              core::concat("the CUDA backend does not have kernel ", kernel, " yet"), "cuda");
    }
}

uint64_t kernelWorkspace(int32_t kernel, const void* args) {
    switch (kernel) {
#define OPTIRS_WORKSPACE(NAME, name) \
    case OPTIRS_KERNEL_##NAME:       \
        return workspaceOrNone<optirs_##name##_args>(args);
        OPTIRS_KERNEL_LIST(OPTIRS_WORKSPACE)
#undef OPTIRS_WORKSPACE
        default:
            return 0;
    }
}

std::vector<optirs_timing> tuneKernel(int32_t kernel, std::span<const void* const> args, CUstream stream) {
    switch (kernel) {
        case OPTIRS_KERNEL_MATMUL:
            return tuneAs<optirs_matmul_args>(args, stream);
        case OPTIRS_KERNEL_ATTENTION:
            return tuneAs<optirs_attention_args>(args, stream);
        case OPTIRS_KERNEL_ATTENTION_BACKWARD:
            return tuneAs<optirs_attention_backward_args>(args, stream);
        default:
            throw core::Error(core::Code::kUnimplemented,
                              core::concat("there is one way to compute kernel ", kernel), "cuda");
    }
}

}  // namespace optirs::cuda
