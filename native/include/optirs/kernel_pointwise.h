/**
 * @file
 * Activations, rotary embedding, dropout and embedding. Arithmetic is in f32 whatever the type of the
 * tensors.
 */
#ifndef OPTIRS_KERNEL_POINTWISE_H_
#define OPTIRS_KERNEL_POINTWISE_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How the normal distribution function in GELU is computed. */
enum {
    OPTIRS_GELU_ERF = 0, /**< By the error function. */
    OPTIRS_GELU_TANH = 1 /**< 0.5 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
};

/** Arguments of optirs_gelu. */
typedef struct optirs_gelu_args {
    size_t struct_size;          /**< sizeof(optirs_gelu_args) as the caller knows it. */
    void* workspace;             /**< See kernel.h. */
    uint64_t workspace_size;     /**< Bytes. */
    const optirs_dl_tensor* x;   /**< f32, bf16 or f16, any shape. */
    int32_t approximation;       /**< OPTIRS_GELU_* */
    int32_t reserved;            /**< 0. */
    const optirs_dl_tensor* out; /**< Receives the shape and type of x. May be x. */
} optirs_gelu_args;

/**
 * out = x Phi(x) (Hendrycks and Gimpel, 2016).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_gelu(optirs_stream* stream, const optirs_gelu_args* args);

/** Arguments of optirs_gelu_backward. */
typedef struct optirs_gelu_backward_args {
    size_t struct_size;           /**< sizeof(optirs_gelu_backward_args) as the caller knows it. */
    void* workspace;              /**< See kernel.h. */
    uint64_t workspace_size;      /**< Bytes. */
    const optirs_dl_tensor* dout; /**< f32, bf16 or f16, any shape. */
    const optirs_dl_tensor* x;    /**< As in the forward pass. */
    int32_t approximation;        /**< OPTIRS_GELU_* */
    int32_t reserved;             /**< 0. */
    const optirs_dl_tensor* dx;   /**< Receives the gradient of x. May be dout. */
} optirs_gelu_backward_args;

/**
 * dx = dout d/dx (x Phi(x)).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_gelu_backward(optirs_stream* stream,
                                                 const optirs_gelu_backward_args* args);

/** Arguments of optirs_swiglu. */
typedef struct optirs_swiglu_args {
    size_t struct_size;          /**< sizeof(optirs_swiglu_args) as the caller knows it. */
    void* workspace;             /**< See kernel.h. */
    uint64_t workspace_size;     /**< Bytes. */
    const optirs_dl_tensor* x;   /**< f32, bf16 or f16 [..., 2 n]: gate, then value. */
    const optirs_dl_tensor* out; /**< Receives [..., n], of the type of x. */
} optirs_swiglu_args;

/**
 * out = gate sigmoid(gate) value (Shazeer, 2020).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_swiglu(optirs_stream* stream, const optirs_swiglu_args* args);

/** Arguments of optirs_swiglu_backward. */
typedef struct optirs_swiglu_backward_args {
    size_t struct_size;           /**< sizeof(optirs_swiglu_backward_args) as the caller knows it. */
    void* workspace;              /**< See kernel.h. */
    uint64_t workspace_size;      /**< Bytes. */
    const optirs_dl_tensor* dout; /**< f32, bf16 or f16 [..., n]. */
    const optirs_dl_tensor* x;    /**< As in the forward pass. */
    const optirs_dl_tensor* dx;   /**< Receives [..., 2 n]. */
} optirs_swiglu_backward_args;

/**
 * Gradient of optirs_swiglu.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_swiglu_backward(optirs_stream* stream,
                                                   const optirs_swiglu_backward_args* args);

/** Arguments of optirs_rope. */
typedef struct optirs_rope_args {
    size_t struct_size;                /**< sizeof(optirs_rope_args) as the caller knows it. */
    void* workspace;                   /**< See kernel.h. */
    uint64_t workspace_size;           /**< Bytes. */
    const optirs_dl_tensor* x;         /**< f32, bf16 or f16 [batch, sequence, heads, d], d even. */
    const optirs_dl_tensor* cosine;    /**< f32 [positions, d/2]. */
    const optirs_dl_tensor* sine;      /**< f32 [positions, d/2]. */
    const optirs_dl_tensor* positions; /**< s32 or s64 [batch, sequence]; NULL for 0, 1, 2, ... */
    int32_t interleaved;               /**< 0: x[i] pairs with x[i + d/2]; else x[2i] with x[2i+1]. */
    int32_t inverse;                   /**< Not 0: rotate back, which is the gradient. */
    const optirs_dl_tensor* out;       /**< Receives the shape and type of x. May be x. */
} optirs_rope_args;

/**
 * Rotary position embedding (Su et al., 2021): (a, b) becomes (a cos - b sin, b cos + a sin).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_rope(optirs_stream* stream, const optirs_rope_args* args);

/** Arguments of optirs_dropout. */
typedef struct optirs_dropout_args {
    size_t struct_size;          /**< sizeof(optirs_dropout_args) as the caller knows it. */
    void* workspace;             /**< See kernel.h. */
    uint64_t workspace_size;     /**< Bytes. */
    const optirs_dl_tensor* x;   /**< f32, bf16 or f16, any shape. */
    double probability;          /**< Of dropping an element: 0 <= p < 1. */
    uint64_t seed;               /**< Key of the generator. */
    uint64_t offset;             /**< First counter: advance it by ceil(elements / 4) between calls. */
    const optirs_dl_tensor* out; /**< Receives the shape and type of x. May be x. */
} optirs_dropout_args;

/**
 * out = x / (1-p) where a random number is at least p, else 0. Element i has word i mod 4 of block offset +
 * i/4 of Philox4x32-10 (Salmon et al., 2011), as 32 bits: the same call on the gradient is the backward pass.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_dropout(optirs_stream* stream, const optirs_dropout_args* args);

/** Arguments of optirs_embedding. */
typedef struct optirs_embedding_args {
    size_t struct_size;              /**< sizeof(optirs_embedding_args) as the caller knows it. */
    void* workspace;                 /**< See kernel.h. */
    uint64_t workspace_size;         /**< Bytes. */
    const optirs_dl_tensor* table;   /**< f32, bf16 or f16 [classes, n]. */
    const optirs_dl_tensor* indices; /**< s32 or s64, any shape. */
    const optirs_dl_tensor* out;     /**< Receives the type of the table [indices..., n]. */
} optirs_embedding_args;

/**
 * out[i] = table[indices[i]]. On host memory an index out of range is OUT_OF_RANGE, before anything is
 * written; on a device its row is zeros.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_embedding(optirs_stream* stream, const optirs_embedding_args* args);

/** Arguments of optirs_embedding_backward. */
typedef struct optirs_embedding_backward_args {
    size_t struct_size;              /**< sizeof(optirs_embedding_backward_args) as the caller knows it. */
    void* workspace;                 /**< See kernel.h. */
    uint64_t workspace_size;         /**< Bytes. */
    const optirs_dl_tensor* dout;    /**< f32, bf16 or f16 [indices..., n]. */
    const optirs_dl_tensor* indices; /**< s32 or s64, any shape. */
    const optirs_dl_tensor* dtable;  /**< Receives f32 [classes, n]. */
} optirs_embedding_backward_args;

/**
 * dtable[k] = sum of dout[i] where indices[i] = k, added in the order of i.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_embedding_backward(optirs_stream* stream,
                                                      const optirs_embedding_backward_args* args);

#ifdef __cplusplus
}
#endif

#endif
