/**
 * @file
 * Steps of optimizers on gradients of a few rows, as embeddings have them.
 */
#ifndef OPTIRS_KERNEL_SPARSE_H_
#define OPTIRS_KERNEL_SPARSE_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Arguments of optirs_sparse_adam. */
typedef struct optirs_sparse_adam_args {
    size_t struct_size;              /**< sizeof(optirs_sparse_adam_args) as the caller knows it. */
    void* workspace;                 /**< See kernel.h. */
    uint64_t workspace_size;         /**< Bytes. */
    const optirs_dl_tensor* param;   /**< f32, bf16 or f16 [rows, width], updated in place. */
    const optirs_dl_tensor* indices; /**< s32 or s64 [count]: 0 <= index < rows, in any order. */
    const optirs_dl_tensor*
        grads; /**< f32, bf16 or f16 [count, width]; those of equal indices are added up, in their order. */
    const optirs_dl_tensor* grad_scale; /**< f32[1], what the gradients are multiplied by; NULL for 1. */
    const optirs_dl_tensor* exp_avg;    /**< m: f32 [rows, width], updated in place. */
    const optirs_dl_tensor* exp_avg_sq; /**< v: f32 [rows, width], updated in place. */
    int64_t step;                       /**< t, counted from 1: of calls, not of updates of a row. */
    double learning_rate;               /**< lr */
    double beta1;                       /**< 0 <= beta1 < 1 */
    double beta2;                       /**< 0 <= beta2 < 1 */
    double epsilon;                     /**< eps */
    double weight_decay; /**< wd, added to the gradient of the rows that have one: g = g + wd p. */
} optirs_sparse_adam_args;

/**
 * Adam (Kingma and Ba, 2015) of the rows that have a gradient, m and v included; all others stay as they are
 * (PyTorch's SparseAdam): m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, p = p - lr (m / (1-b1^t)) / (sqrt(v /
 * (1-b2^t)) + eps).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h. OUT_OF_RANGE: an index; nothing has
 * been written. On a device such an index is passed over.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_sparse_adam(optirs_stream* stream, const optirs_sparse_adam_args* args);

#ifdef __cplusplus
}
#endif

#endif
