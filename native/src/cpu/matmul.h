// Matrix products.
#pragma once

#include <optirs/kernel_matmul.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_matmul_args& args, ThreadPool& pool);
void run(const optirs_grouped_matmul_args& args, ThreadPool& pool);

// Bytes for the operands as f32, where they are not.
uint64_t workspaceOf(const optirs_matmul_args& args);
uint64_t workspaceOf(const optirs_grouped_matmul_args& args);

}  // namespace optirs::cpu
