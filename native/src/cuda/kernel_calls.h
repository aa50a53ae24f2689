// The kernels of the C ABI, one function for each args struct, in the files kernel_<family>.cpp.
#pragma once

#include <optirs/kernel_attention.h>
#include <optirs/kernel_matmul.h>
#include <optirs/kernel_mx.h>
#include <optirs/kernel_norm.h>
#include <optirs/kernel_optimizer.h>
#include <optirs/kernel_pointwise.h>
#include <optirs/kernel_quantize.h>
#include <optirs/kernel_sparse.h>
#include <optirs/tune.h>

#include <span>
#include <vector>

#include "src/core/backend_table.h"
#include "src/cuda/api/driver.h"

namespace optirs::cuda {

#define OPTIRS_DECLARE_RUN(NAME, name) void run(const optirs_##name##_args& args, CUstream stream);
OPTIRS_KERNEL_LIST(OPTIRS_DECLARE_RUN)
#undef OPTIRS_DECLARE_RUN

/// Bytes of workspace; none of the other kernels needs any.
uint64_t workspaceOf(const optirs_layer_norm_backward_args& args);
uint64_t workspaceOf(const optirs_rms_norm_backward_args& args);
uint64_t workspaceOf(const optirs_matmul_args& args);
uint64_t workspaceOf(const optirs_grouped_matmul_args& args);
uint64_t workspaceOf(const optirs_matmul_mx_args& args);
uint64_t workspaceOf(const optirs_attention_args& args);
uint64_t workspaceOf(const optirs_attention_backward_args& args);
uint64_t workspaceOf(const optirs_lamb_args& args);
uint64_t workspaceOf(const optirs_lars_args& args);
uint64_t workspaceOf(const optirs_grad_norm_args& args);
uint64_t workspaceOf(const optirs_sparse_adam_args& args);
uint64_t workspaceOf(const optirs_cast_transpose_args& args);

/// For calls that differ in their memory alone: measures what may compute them. No other kernel has a choice.
std::vector<optirs_timing> tune(std::span<const optirs_matmul_args* const> args, CUstream stream);
std::vector<optirs_timing> tune(std::span<const optirs_attention_args* const> args, CUstream stream);
std::vector<optirs_timing> tune(std::span<const optirs_attention_backward_args* const> args, CUstream stream);

}  // namespace optirs::cuda
