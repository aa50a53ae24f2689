// Checks of optimizer steps.
#pragma once

#include <optirs/kernel_optimizer.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

/// Reads and checks the lists of a step. `states` is how many states the step has.
struct OptimizerLists {
    OptimizerLists(const optirs_optimizer_tensors* given, int states);

    optirs_optimizer_tensors tensors;
    optirs_dl_device device{OPTIRS_DL_CPU, 0};  // the host if the lists are empty
};

template <>
struct Call<optirs_adamw_args> {
    explicit Call(const optirs_adamw_args* given);

    optirs_adamw_args args;
    OptimizerLists lists;
    optirs_dl_device device = lists.device;
};

}  // namespace optirs::kernels
