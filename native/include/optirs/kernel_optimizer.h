/**
 * @file
 * Optimizer steps over lists of tensors: one call updates all parameters of a model.
 */
#ifndef OPTIRS_KERNEL_OPTIMIZER_H_
#define OPTIRS_KERNEL_OPTIMIZER_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The tensors of a step: lists of `count`, in which those of the same index belong together and have the same
 * shape. Memory of different tensors must not overlap.
 */
typedef struct optirs_optimizer_tensors {
    size_t struct_size;             /**< sizeof(optirs_optimizer_tensors) as the caller knows it. */
    int64_t count;                  /**< Tensors in each list; 0 is allowed. */
    const optirs_dl_tensor* params; /**< Parameters, updated in place: f32. */
    const optirs_dl_tensor* grads;  /**< Gradients: f32. */
    const optirs_dl_tensor* state1; /**< First state, updated in place: f32; what it is, each step says. */
    const optirs_dl_tensor*
        state2; /**< Second state, updated in place: f32; NULL if the step has one only. */
} optirs_optimizer_tensors;

/** Arguments of optirs_adamw. */
typedef struct optirs_adamw_args {
    size_t struct_size;                      /**< sizeof(optirs_adamw_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: m, state2: v. */
    int64_t step;                            /**< t, counted from 1. */
    double learning_rate;                    /**< lr */
    double beta1;                            /**< 0 <= beta1 < 1 */
    double beta2;                            /**< 0 <= beta2 < 1 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, decoupled. */
} optirs_adamw_args;

/**
 * AdamW (Loshchilov and Hutter, 2019): m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2,
 * p = p (1 - lr wd) - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps). Computed in f32.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_adamw(optirs_stream* stream, const optirs_adamw_args* args);

#ifdef __cplusplus
}
#endif

#endif
