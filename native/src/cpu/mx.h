// Microscaled numbers.
#pragma once

#include <optirs/kernel_mx.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_quantize_mx_args& args, ThreadPool& pool);
void run(const optirs_dequantize_mx_args& args, ThreadPool& pool);
void run(const optirs_matmul_mx_args& args, ThreadPool& pool);

uint64_t workspaceOf(const optirs_matmul_mx_args& args);

}  // namespace optirs::cpu
