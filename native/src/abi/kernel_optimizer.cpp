#include <optirs/kernel_optimizer.h>

#include "src/core/guard.h"
#include "src/kernels/optimizer.h"

using namespace optirs;

optirs_error* optirs_adamw(optirs_stream* stream, const optirs_adamw_args* args) {
    return core::guard("optirs_adamw", [&] { kernels::run(OPTIRS_KERNEL_ADAMW, stream, args); });
}
