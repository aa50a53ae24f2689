// Norms, softmax and cross entropy over the last dimension.
#pragma once

#include <optirs/kernel_norm.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_layer_norm_args& args, ThreadPool& pool);
void run(const optirs_layer_norm_backward_args& args, ThreadPool& pool);
void run(const optirs_rms_norm_args& args, ThreadPool& pool);
void run(const optirs_rms_norm_backward_args& args, ThreadPool& pool);
void run(const optirs_softmax_args& args, ThreadPool& pool);
void run(const optirs_softmax_backward_args& args, ThreadPool& pool);
void run(const optirs_cross_entropy_args& args, ThreadPool& pool);

}  // namespace optirs::cpu
