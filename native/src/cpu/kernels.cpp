#include "src/cpu/kernels.h"

#include "src/core/backend_table.h"
#include "src/cpu/attention.h"
#include "src/cpu/matmul.h"
#include "src/cpu/mx.h"
#include "src/cpu/norm.h"
#include "src/cpu/optimizer_step.h"
#include "src/cpu/pointwise.h"
#include "src/cpu/quantize.h"
#include "src/cpu/sparse.h"

namespace optirs::cpu {

bool runKernel(optirs_kernel kernel, const void* args, ThreadPool& pool) {
    switch (kernel) {
#define OPTIRS_RUN_CASE(NAME, name)                                 \
    case OPTIRS_KERNEL_##NAME:                                      \
        run(*static_cast<const optirs_##name##_args*>(args), pool); \
        return true;
        OPTIRS_KERNEL_LIST(OPTIRS_RUN_CASE)
#undef OPTIRS_RUN_CASE
        default:
            return false;
    }
}

uint64_t kernelWorkspace(optirs_kernel kernel, const void* args) {
    switch (kernel) {
        case OPTIRS_KERNEL_MATMUL:
            return workspaceOf(*static_cast<const optirs_matmul_args*>(args));
        case OPTIRS_KERNEL_GROUPED_MATMUL:
            return workspaceOf(*static_cast<const optirs_grouped_matmul_args*>(args));
        case OPTIRS_KERNEL_MATMUL_MX:
            return workspaceOf(*static_cast<const optirs_matmul_mx_args*>(args));
        default:
            return 0;
    }
}

}  // namespace optirs::cpu
