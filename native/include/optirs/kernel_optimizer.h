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
 * shape. Memory of different tensors must not overlap. Lists that are not needed are NULL.
 *
 * Arithmetic is in f32. Parameters of 16 bits can have f32 masters, from which they are rounded, or
 * remainders: the lower halves of masters whose upper halves are the parameters (master bits = parameter bits
 * * 65536 + remainder).
 *
 * States are f32, or 8-bit codes (u8) with one f32 scale for each 256 elements in row-major order
 * (ceil(elements / 256) of them): the dynamic map of Dettmers et al., 2022 (8-bit optimizers via block-wise
 * quantization), signed for state1 of the steps that say so and unsigned otherwise. Codes are of the nearest
 * value; in the middle between two, to within rounding, either. A state starts as f32 zeros, or as scales of
 * 0 with any codes.
 */
typedef struct optirs_optimizer_tensors {
    size_t struct_size;             /**< sizeof(optirs_optimizer_tensors) as the caller knows it. */
    int64_t count;                  /**< Tensors in each list; 0 is allowed. */
    const optirs_dl_tensor* params; /**< Parameters, updated in place: f32, bf16 or f16. */
    const optirs_dl_tensor* grads;  /**< Gradients: f32, bf16 or f16, each as it likes. */
    const optirs_dl_tensor*
        state1; /**< First state, updated in place: f32 or u8; what it is, each step says. */
    const optirs_dl_tensor* state2;     /**< Second state, likewise. */
    const optirs_dl_tensor* scales1;    /**< f32, scales of state1 where that is u8. */
    const optirs_dl_tensor* scales2;    /**< f32, scales of state2 where that is u8. */
    const optirs_dl_tensor* masters;    /**< f32, masters of bf16 or f16 parameters, updated in place. */
    const optirs_dl_tensor* remainders; /**< s16, remainders of bf16 parameters, updated in place. */
    const optirs_dl_tensor* casts; /**< Receives the new parameters times cast_scale as f8E4M3FN or f8E5M2. */
    const optirs_dl_tensor* cast_scale; /**< One tensor, f32[count]: scales of casts; NULL for 1. */
    const optirs_dl_tensor* cast_amax;  /**< One tensor, f32[count]: receives max |new parameter|. */
    const optirs_dl_tensor*
        grad_scale; /**< One tensor, f32[1]: gradients are multiplied by it first; NULL for 1. */
    const optirs_dl_tensor*
        skip;           /**< One tensor, f32[1]: if it is not 0 the step changes nothing; NULL for 0. */
    int32_t zero_grads; /**< Not 0: gradients are set to 0 once they are read. */
    int32_t reserved;   /**< 0. */
} optirs_optimizer_tensors;

/** Arguments of optirs_sgd. */
typedef struct optirs_sgd_args {
    size_t struct_size;                      /**< sizeof(optirs_sgd_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: velocity v (signed), absent if momentum is 0. */
    double learning_rate;                    /**< lr */
    double momentum;                         /**< 0 <= momentum < 1 */
    double weight_decay;                     /**< wd, added to the gradient: g = g + wd p. */
} optirs_sgd_args;

/**
 * Stochastic gradient descent: v = momentum v + lr g, p = p - v. The rate is within the velocity; if momentum
 * is 0 there is no velocity, and p = p - lr g.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_sgd(optirs_stream* stream, const optirs_sgd_args* args);

/** Arguments of optirs_adam. */
typedef struct optirs_adam_args {
    size_t struct_size;                      /**< sizeof(optirs_adam_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: m (signed), state2: v. */
    int64_t step;                            /**< t, counted from 1. */
    double learning_rate;                    /**< lr */
    double beta1;                            /**< 0 <= beta1 < 1 */
    double beta2;                            /**< 0 <= beta2 < 1 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, added to the gradient: g = g + wd p. */
} optirs_adam_args;

/**
 * Adam (Kingma and Ba, 2015) with L2 decay: m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2,
 * p = p - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_adam(optirs_stream* stream, const optirs_adam_args* args);

/** Arguments of optirs_adamw. */
typedef struct optirs_adamw_args {
    size_t struct_size;                      /**< sizeof(optirs_adamw_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: m (signed), state2: v. */
    int64_t step;                            /**< t, counted from 1. */
    double learning_rate;                    /**< lr */
    double beta1;                            /**< 0 <= beta1 < 1 */
    double beta2;                            /**< 0 <= beta2 < 1 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, decoupled. */
} optirs_adamw_args;

/**
 * AdamW (Loshchilov and Hutter, 2019): m and v as in optirs_adam,
 * p = p (1 - lr wd) - lr (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_adamw(optirs_stream* stream, const optirs_adamw_args* args);

/** Arguments of optirs_radam. */
typedef struct optirs_radam_args {
    size_t struct_size;                      /**< sizeof(optirs_radam_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: m (signed), state2: v. */
    int64_t step;                            /**< t, counted from 1. */
    double learning_rate;                    /**< lr */
    double beta1;                            /**< 0 <= beta1 < 1 */
    double beta2;                            /**< 0 <= beta2 < 1 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, added to the gradient: g = g + wd p. */
} optirs_radam_args;

/**
 * RAdam (Liu et al., 2020): m and v as in optirs_adam, r = 2/(1-b2) - 1, s = r - 2 t b2^t / (1-b2^t). Where s
 * > 4, p = p - lr c (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps) with c = sqrt((s-4)(s-2)r / ((r-4)(r-2)s));
 * before that p = p - lr m / (1-b1^t).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_radam(optirs_stream* stream, const optirs_radam_args* args);

/** Arguments of optirs_adabound. */
typedef struct optirs_adabound_args {
    size_t struct_size;                      /**< sizeof(optirs_adabound_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: m (signed), state2: v. */
    int64_t step;                            /**< t, counted from 1. */
    double learning_rate;                    /**< lr */
    double final_lr;                         /**< The rate that it ends with. */
    double gamma;                            /**< > 0, speed of convergence to final_lr. */
    double beta1;                            /**< 0 <= beta1 < 1 */
    double beta2;                            /**< 0 <= beta2 < 1 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, added to the gradient: g = g + wd p. */
} optirs_adabound_args;

/**
 * AdaBound (Luo et al., 2019): m and v as in optirs_adam, p = p - clip(lr / (sqrt(v / (1-b2^t)) + eps), low,
 * high) m / (1-b1^t), low = final_lr (1 - 1/(gamma t + 1)), high = final_lr (1 + 1/(gamma t)).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_adabound(optirs_stream* stream, const optirs_adabound_args* args);

/** Arguments of optirs_lamb. */
typedef struct optirs_lamb_args {
    size_t struct_size;                      /**< sizeof(optirs_lamb_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: m (signed), state2: v. */
    int64_t step;                            /**< t, counted from 1. */
    double learning_rate;                    /**< lr */
    double beta1;                            /**< 0 <= beta1 < 1 */
    double beta2;                            /**< 0 <= beta2 < 1 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, as in the formula. */
} optirs_lamb_args;

/**
 * LAMB (You et al., 2020): m and v as in optirs_adam, r = (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + eps) + wd p,
 * p = p - lr (|p| / |r|) r, the norms being those of the whole tensor; their quotient is 1 where either is 0.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_lamb(optirs_stream* stream, const optirs_lamb_args* args);

/** Arguments of optirs_lars. */
typedef struct optirs_lars_args {
    size_t struct_size;                      /**< sizeof(optirs_lars_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: velocity v (signed). */
    double learning_rate;                    /**< lr */
    double momentum;                         /**< 0 <= momentum < 1 */
    double trust_coefficient;                /**< > 0 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, as in the formula. */
} optirs_lars_args;

/**
 * LARS (You et al., 2017): e = lr trust_coefficient |p| / (|g| + wd |p| + eps), v = momentum v + e (g + wd
 * p), p = p - v, the norms being those of the whole tensor; e = lr where either is 0.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_lars(optirs_stream* stream, const optirs_lars_args* args);

/** Arguments of optirs_lion. */
typedef struct optirs_lion_args {
    size_t struct_size;                      /**< sizeof(optirs_lion_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: m (signed). */
    double learning_rate;                    /**< lr */
    double beta1;                            /**< 0 <= beta1 < 1 */
    double beta2;                            /**< 0 <= beta2 < 1 */
    double weight_decay;                     /**< wd, decoupled. */
} optirs_lion_args;

/**
 * Lion (Chen et al., 2023): u = b1 m + (1-b1) g, p = p (1 - lr wd) - lr sign(u), m = b2 m + (1-b2) g.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_lion(optirs_stream* stream, const optirs_lion_args* args);

/** Arguments of optirs_adagrad. */
typedef struct optirs_adagrad_args {
    size_t struct_size;                      /**< sizeof(optirs_adagrad_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: sum of squares s (unsigned). */
    double learning_rate;                    /**< lr */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, added to the gradient: g = g + wd p. */
} optirs_adagrad_args;

/**
 * Adagrad (Duchi et al., 2011): s = s + g^2, p = p - lr g / (sqrt(s) + eps).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_adagrad(optirs_stream* stream, const optirs_adagrad_args* args);

/** Arguments of optirs_adadelta. */
typedef struct optirs_adadelta_args {
    size_t struct_size;                      /**< sizeof(optirs_adadelta_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: s (unsigned), state2: d. */
    double learning_rate;                    /**< lr; 1 in the paper. */
    double rho;                              /**< 0 <= rho < 1 */
    double epsilon;                          /**< eps */
} optirs_adadelta_args;

/**
 * AdaDelta (Zeiler, 2012): s = rho s + (1-rho) g^2, u = g sqrt(d + eps) / sqrt(s + eps), d = rho d + (1-rho)
 * u^2, p = p - lr u.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_adadelta(optirs_stream* stream, const optirs_adadelta_args* args);

/** Arguments of optirs_rmsprop. */
typedef struct optirs_rmsprop_args {
    size_t struct_size;                      /**< sizeof(optirs_rmsprop_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: s (unsigned). */
    double learning_rate;                    /**< lr */
    double rho;                              /**< 0 <= rho < 1 */
    double epsilon;                          /**< eps */
    double weight_decay;                     /**< wd, added to the gradient: g = g + wd p. */
} optirs_rmsprop_args;

/**
 * RMSprop (Tieleman and Hinton, 2012): s = rho s + (1-rho) g^2, p = p - lr g / (sqrt(s) + eps).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_rmsprop(optirs_stream* stream, const optirs_rmsprop_args* args);

/** Arguments of optirs_lookahead. */
typedef struct optirs_lookahead_args {
    size_t struct_size;                      /**< sizeof(optirs_lookahead_args) as the caller knows it. */
    void* workspace;                         /**< See kernel.h. */
    uint64_t workspace_size;                 /**< Bytes. */
    const optirs_optimizer_tensors* tensors; /**< state1: the slow parameters (signed). No grads. */
    double alpha;                            /**< 0 < alpha <= 1 */
} optirs_lookahead_args;

/**
 * Lookahead (Zhang et al., 2019), to be called after every k steps of another optimizer: s = s + alpha (p -
 * s), p = s.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_lookahead(optirs_stream* stream, const optirs_lookahead_args* args);

/** Arguments of optirs_grad_norm. */
typedef struct optirs_grad_norm_args {
    size_t struct_size;            /**< sizeof(optirs_grad_norm_args) as the caller knows it. */
    void* workspace;               /**< See kernel.h. */
    uint64_t workspace_size;       /**< Bytes. */
    int64_t count;                 /**< Gradients; 0 is allowed. */
    const optirs_dl_tensor* grads; /**< @list f32, bf16 or f16. */
    const optirs_dl_tensor* scale; /**< f32[1]: what the gradients are to be multiplied by; NULL for 1. */
    double max_norm;               /**< Clip the norm to this; 0 or infinity: do not. */
    const optirs_dl_tensor* norm;  /**< Receives f32[1]: scale sqrt(sum g^2). */
    const optirs_dl_tensor*
        grad_scale; /**< Receives f32[1]: scale min(1, max_norm / (norm + 1e-6)); may be NULL. */
    const optirs_dl_tensor*
        non_finite; /**< Receives f32[1]: 1 if the norm is infinite or NaN, else 0; may be NULL. */
} optirs_grad_norm_args;

/**
 * The L2 norm of all gradients together, and what follows from it: the outputs are the grad_scale and skip of
 * a step, which thereby clips, takes a loss scale off, and is left out where gradients overflowed. Sums are
 * in f64 on the CPU.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_grad_norm(optirs_stream* stream, const optirs_grad_norm_args* args);

#ifdef __cplusplus
}
#endif

#endif
