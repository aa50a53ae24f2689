// Attention, forward and backward.
#pragma once

#include <optirs/kernel_attention.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_attention_args& args, ThreadPool& pool);
void run(const optirs_attention_backward_args& args, ThreadPool& pool);

}  // namespace optirs::cpu
