// Checks of optimizer steps.
#pragma once

#include <optirs/kernel_optimizer.h>
#include <optirs/kernel_sparse.h>

#include "src/kernels/launch.h"

namespace optirs::kernels {

/// What the lists of a step must hold.
struct OptimizerForm {
    int states = 1;
    bool has_grads = true;
};

/// Reads and checks the lists of a step.
struct OptimizerLists {
    OptimizerLists(const optirs_optimizer_tensors* given, OptimizerForm form);

    optirs_optimizer_tensors tensors;
    optirs_dl_device device{OPTIRS_DL_CPU, 0};  // the host if the lists are empty
};

// Each checks the hyper-parameters and says what the lists must hold.
OptimizerForm checkHyperparameters(const optirs_sgd_args& args);
OptimizerForm checkHyperparameters(const optirs_adam_args& args);
OptimizerForm checkHyperparameters(const optirs_adamw_args& args);
OptimizerForm checkHyperparameters(const optirs_radam_args& args);
OptimizerForm checkHyperparameters(const optirs_adabound_args& args);
OptimizerForm checkHyperparameters(const optirs_lamb_args& args);
OptimizerForm checkHyperparameters(const optirs_lars_args& args);
OptimizerForm checkHyperparameters(const optirs_lion_args& args);
OptimizerForm checkHyperparameters(const optirs_adagrad_args& args);
OptimizerForm checkHyperparameters(const optirs_adadelta_args& args);
OptimizerForm checkHyperparameters(const optirs_rmsprop_args& args);
OptimizerForm checkHyperparameters(const optirs_lookahead_args& args);

/// Of a step that is not over lists of tensors.
void checkAdamHyperparameters(const optirs_sparse_adam_args& args);

template <class Args>
concept OptimizerArgs = requires(const Args& args) { checkHyperparameters(args); };

template <OptimizerArgs Args>
struct Call<Args> {
    explicit Call(const Args* given)
        : args(readStruct(given, "args")), lists(args.tensors, checkHyperparameters(args)) {
        args.tensors = &lists.tensors;
    }

    Args args;
    OptimizerLists lists;
    optirs_dl_device device = lists.device;
};

template <>
struct Call<optirs_grad_norm_args> {
    explicit Call(const optirs_grad_norm_args* given);

    optirs_grad_norm_args args;
    optirs_dl_device device{OPTIRS_DL_CPU, 0};
};

}  // namespace optirs::kernels
