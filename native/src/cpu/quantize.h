// Casts to 8-bit floats and back.
#pragma once

#include <optirs/kernel_quantize.h>

namespace optirs {
class ThreadPool;
}

namespace optirs::cpu {

void run(const optirs_amax_args& args, ThreadPool& pool);
void run(const optirs_quantize_args& args, ThreadPool& pool);
void run(const optirs_dequantize_args& args, ThreadPool& pool);
void run(const optirs_cast_transpose_args& args, ThreadPool& pool);
void run(const optirs_quantize_blocks_args& args, ThreadPool& pool);
void run(const optirs_dequantize_blocks_args& args, ThreadPool& pool);
void run(const optirs_delayed_scaling_args& args, ThreadPool& pool);

}  // namespace optirs::cpu
