#include "src/cpu/kernels.h"

#include <optirs/kernel_optimizer.h>

#include "src/cpu/optimizer_step.h"

namespace optirs::cpu {

bool runKernel(optirs_kernel kernel, const void* args, ThreadPool& pool) {
    switch (kernel) {
        case OPTIRS_KERNEL_ADAMW:
            adamw(*static_cast<const optirs_adamw_args*>(args), pool);
            return true;
        default:
            return false;
    }
}

}  // namespace optirs::cpu
