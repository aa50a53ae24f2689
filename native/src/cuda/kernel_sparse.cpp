// optirs/kernel_sparse.h
#include <algorithm>

#include "src/core/optimizer_rules.h"
#include "src/cuda/kernel_calls.h"
#include "src/cuda/sparse_adam.h"
#include "src/cuda/tensor.h"

namespace optirs::cuda {

uint64_t workspaceOf(const optirs_sparse_adam_args& args) { return sparseAdamBytes(args.param->shape[0]); }

void run(const optirs_sparse_adam_args& args, CUstream stream) {
    const RuleConstants rule = adamConstants(Rule::kAdam, args, args.weight_decay, args.learning_rate);
    SparseAdamArguments arguments = {.c = {},
                                     .param = dataOf(args.param),
                                     .indices = indicesOf(args.indices),
                                     .grads = dataOf(args.grads),
                                     .grad_scale = dataOf<float>(args.grad_scale),
                                     .exp_avg = dataOf<float>(args.exp_avg),
                                     .exp_avg_sq = dataOf<float>(args.exp_avg_sq),
                                     .ends = static_cast<uint32_t*>(args.workspace),
                                     .rows = args.param->shape[0],
                                     .width = args.param->shape[1],
                                     .count = args.indices->shape[0],
                                     .param_type = elementOf(*args.param),
                                     .grad_type = elementOf(*args.grads)};
    std::ranges::copy(rule.c, arguments.c);
    sparseAdam(queueOf(*args.param, stream), arguments);
}

}  // namespace optirs::cuda
