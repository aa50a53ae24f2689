// The functions of the kernels: all alike, one for each line of OPTIRS_KERNEL_LIST.
#include <optirs/kernel.h>

#include "src/core/backend_table.h"
#include "src/core/guard.h"
#include "src/kernels/all.h"

using namespace optirs;

#define OPTIRS_DEFINE_KERNEL(NAME, name)                                                      \
    optirs_error* optirs_##name(optirs_stream* stream, const optirs_##name##_args* args) {    \
        return core::guard("optirs_" #name, [&] {                                             \
            kernels::named(#name, [&] { kernels::run(OPTIRS_KERNEL_##NAME, stream, args); }); \
        });                                                                                   \
    }
OPTIRS_KERNEL_LIST(OPTIRS_DEFINE_KERNEL)

optirs_error* optirs_kernel_workspace(optirs_kernel kernel, const void* args, uint64_t* out_bytes) {
    return core::guard("optirs_kernel_workspace", [&] {
        core::Out out(out_bytes, "out_bytes");
        out = kernels::workspaceOfKernel(kernel, core::required(args, "args"));
    });
}
