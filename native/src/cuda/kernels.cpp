#include "src/cuda/kernels.h"

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/kernel_calls.h"

namespace optirs::cuda {

void runKernel(int32_t kernel, const void* args, CUstream stream) {
    switch (kernel) {
#define OPTIRS_RUN(NAME, name) \
    case OPTIRS_KERNEL_##NAME: \
        return run(*static_cast<const optirs_##name##_args*>(args), stream);
        OPTIRS_CUDA_KERNEL_LIST(OPTIRS_RUN)
#undef OPTIRS_RUN
        default:
            throw core::Error(core::Code::kUnimplemented,
                              core::concat("the CUDA backend does not have kernel ", kernel, " yet"), "cuda");
    }
}

uint64_t kernelWorkspace(int32_t kernel, const void* args) {
    switch (kernel) {
        case OPTIRS_KERNEL_LAYER_NORM_BACKWARD:
            return workspaceOf(*static_cast<const optirs_layer_norm_backward_args*>(args));
        case OPTIRS_KERNEL_RMS_NORM_BACKWARD:
            return workspaceOf(*static_cast<const optirs_rms_norm_backward_args*>(args));
        case OPTIRS_KERNEL_MATMUL:
            return workspaceOf(*static_cast<const optirs_matmul_args*>(args));
        default:
            return 0;
    }
}

}  // namespace optirs::cuda
