#include <optirs/kernel.h>

#include "src/core/guard.h"
#include "src/kernels/launch.h"

using namespace optirs::core;

optirs_error* optirs_kernel_workspace(optirs_kernel kernel, const void* args, uint64_t* out_bytes) {
    return guard("optirs_kernel_workspace", [&] {
        Out out(out_bytes, "out_bytes");
        out = optirs::kernels::workspaceOfKernel(kernel, required(args, "args"));
    });
}
