// Steps on gradients of a few rows.
#pragma once

#include <optirs/kernel_sparse.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_sparse_adam_args& args, ThreadPool& pool);

}  // namespace optirs::cpu
