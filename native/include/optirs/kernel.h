/**
 * @file
 * What all kernels have in common. A kernel is one fused operation on memory that the caller owns; each is
 * one function `optirs_<kernel>(stream, args)` in a header of its family (kernel_optimizer.h, ...).
 *
 * - **Arguments.** A struct that starts with its size, so that it can grow at its end. Tensors are lent
 *   (`const optirs_dl_tensor*`) and only their elements are written. NULL leaves out a tensor that is
 * optional. `strides` may be NULL; unless a kernel says otherwise, tensors are dense and row-major, and
 * elements aligned to their own size.
 * - **Backend.** The device of the tensors chooses it: OPTIRS_DL_CPU and OPTIRS_DL_CUDA_HOST the backend
 * `cpu`, OPTIRS_DL_CUDA the backend `cuda`. All tensors of a call are on one device.
 * - **Streams.** On host memory `stream` is NULL, and the work is over when the function returns. On a device
 *   the work is queued, and tensors and workspace must stay valid until the stream has come to its end.
 * - **Workspace.** Memory on the same device for the time of the call. optirs_kernel_workspace says how much;
 * most kernels need none.
 * - **Errors.** INVALID_ARGUMENT, before anything is written, for what is wrong with the arguments: it names
 * the tensor, its type and shape, and what was expected. NOT_FOUND if there is no backend for the device,
 * UNAVAILABLE with the reason if it cannot be used. UNIMPLEMENTED if the backend lacks the kernel.
 *
 * Thread-safe: any number of kernels may run at once on different outputs.
 */
#ifndef OPTIRS_KERNEL_H_
#define OPTIRS_KERNEL_H_

#include <optirs/dlpack.h>
#include <optirs/error.h>
#include <optirs/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A kernel; one of the OPTIRS_KERNEL_* constants. */
typedef int32_t optirs_kernel;

enum {
    OPTIRS_KERNEL_SGD = 1,                  /**< optirs_sgd */
    OPTIRS_KERNEL_ADAM = 2,                 /**< optirs_adam */
    OPTIRS_KERNEL_ADAMW = 3,                /**< optirs_adamw */
    OPTIRS_KERNEL_RADAM = 4,                /**< optirs_radam */
    OPTIRS_KERNEL_ADABOUND = 5,             /**< optirs_adabound */
    OPTIRS_KERNEL_LAMB = 6,                 /**< optirs_lamb */
    OPTIRS_KERNEL_LARS = 7,                 /**< optirs_lars */
    OPTIRS_KERNEL_LION = 8,                 /**< optirs_lion */
    OPTIRS_KERNEL_ADAGRAD = 9,              /**< optirs_adagrad */
    OPTIRS_KERNEL_ADADELTA = 10,            /**< optirs_adadelta */
    OPTIRS_KERNEL_RMSPROP = 11,             /**< optirs_rmsprop */
    OPTIRS_KERNEL_LOOKAHEAD = 12,           /**< optirs_lookahead */
    OPTIRS_KERNEL_GRAD_NORM = 13,           /**< optirs_grad_norm */
    OPTIRS_KERNEL_AMAX = 14,                /**< optirs_amax */
    OPTIRS_KERNEL_QUANTIZE = 15,            /**< optirs_quantize */
    OPTIRS_KERNEL_DEQUANTIZE = 16,          /**< optirs_dequantize */
    OPTIRS_KERNEL_CAST_TRANSPOSE = 17,      /**< optirs_cast_transpose */
    OPTIRS_KERNEL_QUANTIZE_BLOCKS = 18,     /**< optirs_quantize_blocks */
    OPTIRS_KERNEL_DEQUANTIZE_BLOCKS = 19,   /**< optirs_dequantize_blocks */
    OPTIRS_KERNEL_DELAYED_SCALING = 20,     /**< optirs_delayed_scaling */
    OPTIRS_KERNEL_LAYER_NORM = 21,          /**< optirs_layer_norm */
    OPTIRS_KERNEL_LAYER_NORM_BACKWARD = 22, /**< optirs_layer_norm_backward */
    OPTIRS_KERNEL_RMS_NORM = 23,            /**< optirs_rms_norm */
    OPTIRS_KERNEL_RMS_NORM_BACKWARD = 24,   /**< optirs_rms_norm_backward */
    OPTIRS_KERNEL_SOFTMAX = 25,             /**< optirs_softmax */
    OPTIRS_KERNEL_SOFTMAX_BACKWARD = 26,    /**< optirs_softmax_backward */
    OPTIRS_KERNEL_CROSS_ENTROPY = 27,       /**< optirs_cross_entropy */
    OPTIRS_KERNEL_GELU = 28,                /**< optirs_gelu */
    OPTIRS_KERNEL_GELU_BACKWARD = 29,       /**< optirs_gelu_backward */
    OPTIRS_KERNEL_SWIGLU = 30,              /**< optirs_swiglu */
    OPTIRS_KERNEL_SWIGLU_BACKWARD = 31,     /**< optirs_swiglu_backward */
    OPTIRS_KERNEL_ROPE = 32,                /**< optirs_rope */
    OPTIRS_KERNEL_DROPOUT = 33,             /**< optirs_dropout */
    OPTIRS_KERNEL_EMBEDDING = 34,           /**< optirs_embedding */
    OPTIRS_KERNEL_EMBEDDING_BACKWARD = 35,  /**< optirs_embedding_backward */
    OPTIRS_KERNEL_MATMUL = 36,              /**< optirs_matmul */
    OPTIRS_KERNEL_ATTENTION = 37,           /**< optirs_attention */
    OPTIRS_KERNEL_ATTENTION_BACKWARD = 38,  /**< optirs_attention_backward */
    OPTIRS_KERNEL_GROUPED_MATMUL = 39,      /**< optirs_grouped_matmul */
    OPTIRS_KERNEL_QUANTIZE_MX = 40,         /**< optirs_quantize_mx */
    OPTIRS_KERNEL_DEQUANTIZE_MX = 41,       /**< optirs_dequantize_mx */
    OPTIRS_KERNEL_MATMUL_MX = 42,           /**< optirs_matmul_mx */
    OPTIRS_KERNEL_SPARSE_ADAM = 43          /**< optirs_sparse_adam */
};

/**
 * Bytes of workspace that a call with these arguments needs, on the device of their tensors.
 * @fallible INVALID_ARGUMENT as the kernel itself; UNAVAILABLE.
 * @param[in] kernel Which kernel.
 * @param[in] args Its args struct; workspace and workspace_size are not read.
 * @param[out] out_bytes The size; 0 if it needs none.
 */
OPTIRS_EXPORT optirs_error* optirs_kernel_workspace(optirs_kernel kernel, const void* args,
                                                    uint64_t* out_bytes);

#ifdef __cplusplus
}
#endif

#endif
