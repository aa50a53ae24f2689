#include "src/kernels/sparse.h"

#include "src/kernels/checker.h"
#include "src/kernels/optimizer.h"

namespace optirs::kernels {

Operand checkTensors(const optirs_sparse_adam_args& args) {
    checkAdamHyperparameters(args);
    Checker check;
    const Operand param = check.output("param", args.param, {kF32, kBF16, kF16});
    checkRank(param, 2);
    const Operand indices = check.input("indices", args.indices, {kS32, kS64});
    checkRank(indices, 1);
    check.input("grads", args.grads, {kF32, kBF16, kF16}, {indices.shape()[0], param.shape()[1]});
    check.optionalInput("grad_scale", args.grad_scale, {kF32}, {1});
    check.output("exp_avg", args.exp_avg, {kF32}, param.shape());
    check.output("exp_avg_sq", args.exp_avg_sq, {kF32}, param.shape());
    return param;
}

}  // namespace optirs::kernels
