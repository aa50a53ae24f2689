/**
 * @file
 * Casts to the 8-bit floats f8E4M3FN and f8E5M2 and back, and the upkeep of their scales.
 *
 * A cast multiplies by a scale in f32 and rounds once, to nearest, ties to even. It saturates: what is larger
 * than the largest finite value (448, 57344), infinity included, becomes that value; a NaN stays one. That is
 * cvt.rn.satfinite of CUDA. amax is max |x| before scaling: NaN if there is a NaN, 0 for nothing.
 */
#ifndef OPTIRS_KERNEL_QUANTIZE_H_
#define OPTIRS_KERNEL_QUANTIZE_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Arguments of optirs_amax. */
typedef struct optirs_amax_args {
    size_t struct_size;           /**< sizeof(optirs_amax_args) as the caller knows it. */
    void* workspace;              /**< See kernel.h. */
    uint64_t workspace_size;      /**< Bytes. */
    const optirs_dl_tensor* x;    /**< f32, bf16 or f16, any shape. */
    const optirs_dl_tensor* amax; /**< Receives f32[1]. */
} optirs_amax_args;

/**
 * max |x|.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_amax(optirs_stream* stream, const optirs_amax_args* args);

/** Arguments of optirs_quantize. */
typedef struct optirs_quantize_args {
    size_t struct_size;            /**< sizeof(optirs_quantize_args) as the caller knows it. */
    void* workspace;               /**< See kernel.h. */
    uint64_t workspace_size;       /**< Bytes. */
    const optirs_dl_tensor* x;     /**< f32, bf16 or f16, any shape. */
    const optirs_dl_tensor* scale; /**< f32[1]; NULL for 1. */
    const optirs_dl_tensor* out;   /**< Receives f8E4M3FN or f8E5M2, shape of x. */
    const optirs_dl_tensor* amax;  /**< Receives f32[1], amax of x; may be NULL. */
} optirs_quantize_args;

/**
 * out = cast(x scale).
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_quantize(optirs_stream* stream, const optirs_quantize_args* args);

/** Arguments of optirs_dequantize. */
typedef struct optirs_dequantize_args {
    size_t struct_size;                /**< sizeof(optirs_dequantize_args) as the caller knows it. */
    void* workspace;                   /**< See kernel.h. */
    uint64_t workspace_size;           /**< Bytes. */
    const optirs_dl_tensor* x;         /**< f8E4M3FN or f8E5M2, any shape. */
    const optirs_dl_tensor* scale_inv; /**< f32[1]; NULL for 1. */
    const optirs_dl_tensor* out;       /**< Receives f32, bf16 or f16, shape of x. */
} optirs_dequantize_args;

/**
 * out = x scale_inv, rounded to the type of out. Without a scale this is exact: every 8-bit value is one of
 * f32, bf16 and f16.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_dequantize(optirs_stream* stream, const optirs_dequantize_args* args);

/** What optirs_cast_transpose casts. */
enum {
    OPTIRS_ACTIVATION_NONE = 0,         /**< x. */
    OPTIRS_ACTIVATION_GELU = 1,         /**< GELU of x in its tanh form, as OPTIRS_GELU_TANH. */
    OPTIRS_ACTIVATION_GELU_BACKWARD = 2 /**< x times the derivative of that GELU at aux. */
};

/** Arguments of optirs_cast_transpose. */
typedef struct optirs_cast_transpose_args {
    size_t struct_size;                     /**< sizeof(optirs_cast_transpose_args) as the caller knows it. */
    void* workspace;                        /**< See kernel.h. */
    uint64_t workspace_size;                /**< Bytes. */
    const optirs_dl_tensor* x;              /**< f32, bf16 or f16 [m, n]. */
    const optirs_dl_tensor* scale;          /**< f32[1]; NULL for 1. */
    const optirs_dl_tensor* out;            /**< Receives f8E4M3FN or f8E5M2 [m, n]; may be NULL. */
    const optirs_dl_tensor* out_transposed; /**< Receives the same [n, m], of the type of out. */
    const optirs_dl_tensor* amax;           /**< Receives f32[1], amax of what is cast; may be NULL. */
    const optirs_dl_tensor* dbias; /**< Receives f32[n]: sums over m of what is cast, the gradient of a
                                        bias; may be NULL. */
    int32_t activation;            /**< OPTIRS_ACTIVATION_* */
    int32_t reserved;              /**< 0. */
    const optirs_dl_tensor* aux;   /**< Of OPTIRS_ACTIVATION_GELU_BACKWARD, and NULL otherwise: what
                                        GELU was of, of the type and shape of x. */
} optirs_cast_transpose_args;

/**
 * The cast of x, or of an activation of it, and its transpose in one pass, as FP8 products need both: each
 * operand lies along the summed dimension. Activations are computed in f32 and rounded once.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_cast_transpose(optirs_stream* stream,
                                                  const optirs_cast_transpose_args* args);

/** Arguments of optirs_quantize_blocks. */
typedef struct optirs_quantize_blocks_args {
    size_t struct_size;        /**< sizeof(optirs_quantize_blocks_args) as the caller knows it. */
    void* workspace;           /**< See kernel.h. */
    uint64_t workspace_size;   /**< Bytes. */
    const optirs_dl_tensor* x; /**< f32, bf16 or f16 [m, n]. */
    int64_t block_rows;        /**< Rows of a block, 1 to 2^40: 1 or 128 are usual. */
    int64_t block_columns; /**< Columns of a block, for instance 128. Blocks at the edges may be smaller. */
    int32_t power_of_two;  /**< Not 0: scales are rounded up to a power of two. */
    int32_t reserved;      /**< 0. */
    const optirs_dl_tensor* out;       /**< Receives f8E4M3FN or f8E5M2 [m, n]. */
    const optirs_dl_tensor* scale_inv; /**< Receives f32 [ceil(m/block_rows), ceil(n/block_columns)]: what to
                                          multiply by to get x back. */
} optirs_quantize_blocks_args;

/**
 * Each block with a scale of its own (DeepSeek-V3): scale = largest finite value / amax of the block,
 * scale_inv = 1 / scale, out = cast(x scale). A block of zeros has scale 1; so has one with NaN or infinity.
 * Rounding scale_inv up rounds scale down, so nothing saturates.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_quantize_blocks(optirs_stream* stream,
                                                   const optirs_quantize_blocks_args* args);

/** Arguments of optirs_dequantize_blocks. */
typedef struct optirs_dequantize_blocks_args {
    size_t struct_size;                /**< sizeof(optirs_dequantize_blocks_args) as the caller knows it. */
    void* workspace;                   /**< See kernel.h. */
    uint64_t workspace_size;           /**< Bytes. */
    const optirs_dl_tensor* x;         /**< f8E4M3FN or f8E5M2 [m, n]. */
    int64_t block_rows;                /**< Rows of a block. */
    int64_t block_columns;             /**< Columns of a block. */
    const optirs_dl_tensor* scale_inv; /**< f32 [ceil(m/block_rows), ceil(n/block_columns)]. */
    const optirs_dl_tensor* out;       /**< Receives f32, bf16 or f16 [m, n]. */
} optirs_dequantize_blocks_args;

/**
 * out = x scale_inv of its block, rounded to the type of out.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_dequantize_blocks(optirs_stream* stream,
                                                     const optirs_dequantize_blocks_args* args);

enum {
    OPTIRS_AMAX_MAX = 0,        /**< The largest amax of the history. */
    OPTIRS_AMAX_MOST_RECENT = 1 /**< The amax of the last step. */
};

/** Arguments of optirs_delayed_scaling. */
typedef struct optirs_delayed_scaling_args {
    size_t struct_size;      /**< sizeof(optirs_delayed_scaling_args) as the caller knows it. */
    void* workspace;         /**< See kernel.h. */
    uint64_t workspace_size; /**< Bytes. */
    const optirs_dl_tensor*
        amax_history; /**< f32 [length, n], updated in place: row 0 holds the amax of this step. */
    const optirs_dl_tensor* scale;     /**< f32 [n], updated in place. */
    const optirs_dl_tensor* scale_inv; /**< Receives f32 [n]: 1 / scale; may be NULL. */
    double fp8_max;                    /**< Largest finite value of the type: 448 or 57344. */
    double margin;                     /**< Powers of two to stay below it, usually 0. */
    int32_t algorithm;                 /**< OPTIRS_AMAX_* */
    int32_t reserved;                  /**< 0. */
} optirs_delayed_scaling_args;

/**
 * Delayed scaling, between steps (Transformer Engine): amax is the maximum over the rows of the history or
 * row 0; the history moves on by one row (row i takes row i+1, the last takes row 0, and row 0 becomes 0);
 * scale = fp8_max / amax / 2^margin where amax is finite and above 0, at most the largest f32, and stays as
 * it is otherwise.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_delayed_scaling(optirs_stream* stream,
                                                   const optirs_delayed_scaling_args* args);

#ifdef __cplusplus
}
#endif

#endif
