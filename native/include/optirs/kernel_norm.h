/**
 * @file
 * Norms, softmax and cross entropy. Arithmetic is in f32 whatever the type of the tensors; sums over rows are
 * f32 too.
 */
#ifndef OPTIRS_KERNEL_NORM_H_
#define OPTIRS_KERNEL_NORM_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Arguments of optirs_layer_norm. */
typedef struct optirs_layer_norm_args {
    size_t struct_size;            /**< sizeof(optirs_layer_norm_args) as the caller knows it. */
    void* workspace;               /**< See kernel.h. */
    uint64_t workspace_size;       /**< Bytes. */
    const optirs_dl_tensor* x;     /**< f32, bf16 or f16 [..., n]. */
    const optirs_dl_tensor* gamma; /**< f32, bf16 or f16 [n]; NULL for 1. */
    const optirs_dl_tensor* beta;  /**< Likewise; NULL for 0. */
    double epsilon;                /**< Added to the variance. */
    const optirs_dl_tensor*
        out; /**< Receives the shape of x: the type of x, or f8E4M3FN or f8E5M2. May be x. */
    const optirs_dl_tensor* mean;  /**< Receives f32 [rows]; may be NULL. */
    const optirs_dl_tensor* rstd;  /**< Receives f32 [rows], 1 / sqrt(variance + epsilon); may be NULL. */
    const optirs_dl_tensor* scale; /**< f32[1], what an 8-bit out is multiplied by; NULL for 1. */
    const optirs_dl_tensor* amax;  /**< Receives f32[1], the largest magnitude of the result before scaling;
                                      8-bit out only; may be NULL. */
} optirs_layer_norm_args;

/**
 * out = (x - mean) / sqrt(variance + epsilon) gamma + beta, over the last dimension (Ba et al., 2016). The
 * variance is that of the population, computed in two passes.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_layer_norm(optirs_stream* stream, const optirs_layer_norm_args* args);

/** Arguments of optirs_layer_norm_backward. */
typedef struct optirs_layer_norm_backward_args {
    size_t struct_size;             /**< sizeof(optirs_layer_norm_backward_args) as the caller knows it. */
    void* workspace;                /**< See kernel.h. */
    uint64_t workspace_size;        /**< Bytes. */
    const optirs_dl_tensor* dout;   /**< f32, bf16 or f16 [..., n]. */
    const optirs_dl_tensor* x;      /**< As in the forward pass. */
    const optirs_dl_tensor* gamma;  /**< As in the forward pass; NULL for 1. */
    const optirs_dl_tensor* mean;   /**< f32 [rows], of the forward pass. */
    const optirs_dl_tensor* rstd;   /**< f32 [rows], of the forward pass. */
    const optirs_dl_tensor* dx;     /**< Receives the gradient of x, of its type. May be dout. */
    const optirs_dl_tensor* dgamma; /**< Receives f32, bf16 or f16 [n]; may be NULL. */
    const optirs_dl_tensor* dbeta;  /**< Likewise; may be NULL. */
} optirs_layer_norm_backward_args;

/**
 * Gradients of optirs_layer_norm. Sums over rows do not depend on the number of threads.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_layer_norm_backward(optirs_stream* stream,
                                                       const optirs_layer_norm_backward_args* args);

/** Arguments of optirs_rms_norm. */
typedef struct optirs_rms_norm_args {
    size_t struct_size;            /**< sizeof(optirs_rms_norm_args) as the caller knows it. */
    void* workspace;               /**< See kernel.h. */
    uint64_t workspace_size;       /**< Bytes. */
    const optirs_dl_tensor* x;     /**< f32, bf16 or f16 [..., n]. */
    const optirs_dl_tensor* gamma; /**< f32, bf16 or f16 [n]; NULL for 1. */
    double epsilon;                /**< Added to the mean square. */
    const optirs_dl_tensor*
        out; /**< Receives the shape of x: the type of x, or f8E4M3FN or f8E5M2. May be x. */
    const optirs_dl_tensor* rstd;  /**< Receives f32 [rows], 1 / sqrt(mean square + epsilon); may be NULL. */
    const optirs_dl_tensor* scale; /**< f32[1], what an 8-bit out is multiplied by; NULL for 1. */
    const optirs_dl_tensor* amax;  /**< Receives f32[1], the largest magnitude of the result before scaling;
                                      8-bit out only; may be NULL. */
} optirs_rms_norm_args;

/**
 * out = x / sqrt(mean(x^2) + epsilon) gamma, over the last dimension (Zhang and Sennrich, 2019).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_rms_norm(optirs_stream* stream, const optirs_rms_norm_args* args);

/** Arguments of optirs_rms_norm_backward. */
typedef struct optirs_rms_norm_backward_args {
    size_t struct_size;             /**< sizeof(optirs_rms_norm_backward_args) as the caller knows it. */
    void* workspace;                /**< See kernel.h. */
    uint64_t workspace_size;        /**< Bytes. */
    const optirs_dl_tensor* dout;   /**< f32, bf16 or f16 [..., n]. */
    const optirs_dl_tensor* x;      /**< As in the forward pass. */
    const optirs_dl_tensor* gamma;  /**< As in the forward pass; NULL for 1. */
    const optirs_dl_tensor* rstd;   /**< f32 [rows], of the forward pass. */
    const optirs_dl_tensor* dx;     /**< Receives the gradient of x, of its type. May be dout. */
    const optirs_dl_tensor* dgamma; /**< Receives f32, bf16 or f16 [n]; may be NULL. */
} optirs_rms_norm_backward_args;

/**
 * Gradients of optirs_rms_norm.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_rms_norm_backward(optirs_stream* stream,
                                                     const optirs_rms_norm_backward_args* args);

/** Arguments of optirs_softmax. */
typedef struct optirs_softmax_args {
    size_t struct_size;          /**< sizeof(optirs_softmax_args) as the caller knows it. */
    void* workspace;             /**< See kernel.h. */
    uint64_t workspace_size;     /**< Bytes. */
    const optirs_dl_tensor* x;   /**< f32, bf16 or f16 [..., n]. */
    double scale;                /**< Above 0. */
    const optirs_dl_tensor* out; /**< Receives the shape and type of x. May be x. */
} optirs_softmax_args;

/**
 * out = softmax(scale x) over the last dimension. A row of -infinity alone, all masked, becomes zeros; a row
 * with NaN or infinity becomes NaN.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_softmax(optirs_stream* stream, const optirs_softmax_args* args);

/** Arguments of optirs_softmax_backward. */
typedef struct optirs_softmax_backward_args {
    size_t struct_size;           /**< sizeof(optirs_softmax_backward_args) as the caller knows it. */
    void* workspace;              /**< See kernel.h. */
    uint64_t workspace_size;      /**< Bytes. */
    const optirs_dl_tensor* dout; /**< f32, bf16 or f16 [..., n]. */
    const optirs_dl_tensor* out;  /**< Result of the forward pass. */
    double scale;                 /**< As in the forward pass. */
    const optirs_dl_tensor* dx;   /**< Receives the gradient of x. May be dout. */
} optirs_softmax_backward_args;

/**
 * dx = scale out (dout - sum(dout out)).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_softmax_backward(optirs_stream* stream,
                                                    const optirs_softmax_backward_args* args);

/** Arguments of optirs_cross_entropy. */
typedef struct optirs_cross_entropy_args {
    size_t struct_size;              /**< sizeof(optirs_cross_entropy_args) as the caller knows it. */
    void* workspace;                 /**< See kernel.h. */
    uint64_t workspace_size;         /**< Bytes. */
    const optirs_dl_tensor* logits;  /**< f32, bf16 or f16 [rows, n]. */
    const optirs_dl_tensor* targets; /**< s32 or s64 [rows]: 0 <= target < n, or ignore_index. */
    int64_t ignore_index;            /**< Rows with this target have no loss and no gradient. */
    double label_smoothing;          /**< 0 <= e < 1. */
    const optirs_dl_tensor*
        grad_scale; /**< f32[1], what gradients are multiplied by, for instance 1 / rows; NULL for 1. */
    const optirs_dl_tensor* loss; /**< Receives f32 [rows]. */
    const optirs_dl_tensor*
        dlogits; /**< Receives the gradient of the logits, of their type. May be logits; may be NULL. */
} optirs_cross_entropy_args;

/**
 * loss = log(sum(exp(x))) - (1-e) x[target] - e mean(x), and dlogits = grad_scale (softmax(x) - (1-e)
 * onehot(target) - e/n), in one pass over the logits. On host memory a target out of range is OUT_OF_RANGE,
 * before anything is written; on a device its loss is NaN.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_cross_entropy(optirs_stream* stream,
                                                 const optirs_cross_entropy_args* args);

#ifdef __cplusplus
}
#endif

#endif
