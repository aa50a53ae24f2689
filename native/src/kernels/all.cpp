#include "src/kernels/all.h"

#include "src/core/backend_table.h"

namespace optirs::kernels {

uint64_t workspaceOfKernel(optirs_kernel kernel, const void* args) {
    switch (kernel) {
#define OPTIRS_WORKSPACE_CASE(NAME, name) \
    case OPTIRS_KERNEL_##NAME:            \
        return named(#name, [&] { return workspaceOf<optirs_##name##_args>(kernel, args); });
        OPTIRS_KERNEL_LIST(OPTIRS_WORKSPACE_CASE)
#undef OPTIRS_WORKSPACE_CASE
        default:
            throw core::Error(core::Code::kInvalidArgument, core::concat("there is no kernel ", kernel));
    }
}

}  // namespace optirs::kernels
