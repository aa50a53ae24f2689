// Optimizer steps over lists of tensors.
#pragma once

#include <optirs/kernel_optimizer.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void adamw(const optirs_adamw_args& args, ThreadPool& pool);

}  // namespace optirs::cpu
