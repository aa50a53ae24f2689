// Optimizer steps over lists of tensors: what each makes of its hyper-parameters.
#pragma once

#include <optirs/kernel_optimizer.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_sgd_args& args, ThreadPool& pool);
void run(const optirs_adam_args& args, ThreadPool& pool);
void run(const optirs_adamw_args& args, ThreadPool& pool);
void run(const optirs_radam_args& args, ThreadPool& pool);
void run(const optirs_adabound_args& args, ThreadPool& pool);
void run(const optirs_lamb_args& args, ThreadPool& pool);
void run(const optirs_lars_args& args, ThreadPool& pool);
void run(const optirs_lion_args& args, ThreadPool& pool);
void run(const optirs_adagrad_args& args, ThreadPool& pool);
void run(const optirs_adadelta_args& args, ThreadPool& pool);
void run(const optirs_rmsprop_args& args, ThreadPool& pool);
void run(const optirs_lookahead_args& args, ThreadPool& pool);
void run(const optirs_grad_norm_args& args, ThreadPool& pool);

}  // namespace optirs::cpu
