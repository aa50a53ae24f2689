// The kernels of the C ABI, one function for each args struct, in the files kernel_<family>.cpp.
#pragma once

#include <optirs/kernel_attention.h>
#include <optirs/kernel_matmul.h>
#include <optirs/kernel_norm.h>
#include <optirs/kernel_optimizer.h>
#include <optirs/kernel_pointwise.h>
#include <optirs/kernel_quantize.h>

#include "src/cuda/api/driver.h"

/// X(NAME, name) for every kernel OPTIRS_KERNEL_<NAME> that this backend has.
#define OPTIRS_CUDA_KERNEL_LIST(X)              \
    X(ADAMW, adamw)                             \
    X(SGD, sgd)                                 \
    X(ADAM, adam)                               \
    X(RADAM, radam)                             \
    X(ADABOUND, adabound)                       \
    X(LAMB, lamb)                               \
    X(LARS, lars)                               \
    X(LION, lion)                               \
    X(ADAGRAD, adagrad)                         \
    X(ADADELTA, adadelta)                       \
    X(RMSPROP, rmsprop)                         \
    X(LOOKAHEAD, lookahead)                     \
    X(GRAD_NORM, grad_norm)                     \
    X(AMAX, amax)                               \
    X(QUANTIZE, quantize)                       \
    X(DEQUANTIZE, dequantize)                   \
    X(CAST_TRANSPOSE, cast_transpose)           \
    X(QUANTIZE_BLOCKS, quantize_blocks)         \
    X(DEQUANTIZE_BLOCKS, dequantize_blocks)     \
    X(DELAYED_SCALING, delayed_scaling)         \
    X(LAYER_NORM, layer_norm)                   \
    X(LAYER_NORM_BACKWARD, layer_norm_backward) \
    X(RMS_NORM, rms_norm)                       \
    X(RMS_NORM_BACKWARD, rms_norm_backward)     \
    X(SOFTMAX, softmax)                         \
    X(SOFTMAX_BACKWARD, softmax_backward)       \
    X(CROSS_ENTROPY, cross_entropy)             \
    X(GELU, gelu)                               \
    X(GELU_BACKWARD, gelu_backward)             \
    X(SWIGLU, swiglu)                           \
    X(SWIGLU_BACKWARD, swiglu_backward)         \
    X(ROPE, rope)                               \
    X(DROPOUT, dropout)                         \
    X(EMBEDDING, embedding)                     \
    X(EMBEDDING_BACKWARD, embedding_backward)   \
    X(MATMUL, matmul)                           \
    X(ATTENTION, attention)                     \
    X(ATTENTION_BACKWARD, attention_backward)

namespace optirs::cuda {

#define OPTIRS_DECLARE_RUN(NAME, name) void run(const optirs_##name##_args& args, CUstream stream);
OPTIRS_CUDA_KERNEL_LIST(OPTIRS_DECLARE_RUN)
#undef OPTIRS_DECLARE_RUN

/// Bytes of workspace; none of the other kernels needs any.
uint64_t workspaceOf(const optirs_layer_norm_backward_args& args);
uint64_t workspaceOf(const optirs_rms_norm_backward_args& args);
uint64_t workspaceOf(const optirs_matmul_args& args);
uint64_t workspaceOf(const optirs_attention_backward_args& args);
uint64_t workspaceOf(const optirs_lamb_args& args);
uint64_t workspaceOf(const optirs_lars_args& args);
uint64_t workspaceOf(const optirs_grad_norm_args& args);

}  // namespace optirs::cuda
