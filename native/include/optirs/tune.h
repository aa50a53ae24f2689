/**
 * @file
 * Measuring which of several ways computes a shape fastest, once, so that later calls of the shape take it.
 *
 * On GPUs a product may be computed by several algorithms of cuBLASLt and, of 8-bit floats on Hopper, by an
 * own kernel, and attention by cuDNN or by the own kernels. Unmeasured, calls take what a heuristic says:
 * nothing is ever measured inside a call. What these functions find holds for the calls of this process from
 * then on, and is kept in a file for later processes (docs/cuda-kernels.md), for devices of this name, these
 * versions of the libraries and this shape.
 *
 * Operands are made here, random and in several copies that take turns, so that they are not in the cache of
 * the device. The functions wait for the stream. The workspace of a call may change with the choice: measure
 * before asking for it. Unverified on hardware.
 */
#ifndef OPTIRS_TUNE_H_
#define OPTIRS_TUNE_H_

#include <optirs/dtype.h>
#include <optirs/error.h>
#include <optirs/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a candidate is of. */
typedef int32_t optirs_candidate;
enum {
    OPTIRS_CANDIDATE_CUBLASLT =
        0,                      /**< an algorithm of cuBLASLt; rank is its place in the heuristic's order */
    OPTIRS_CANDIDATE_CUDNN = 1, /**< cuDNN's engine for the shape */
    OPTIRS_CANDIDATE_OWN = 2    /**< this library's kernels */
};

/** What was measured of one candidate. */
typedef struct optirs_timing {
    optirs_candidate candidate; /**< OPTIRS_CANDIDATE_* */
    int32_t rank;               /**< 0 is what a call would take unmeasured, of this kind */
    float milliseconds;         /**< of one call; infinite if it failed */
    int32_t is_chosen;          /**< 1 for the fastest, which calls take from then on */
} optirs_timing;

/** The most candidates that a shape has. */
#define OPTIRS_MAX_TIMINGS 16

/** A product out = epilogue(a b + bias) of dense tensors, as optirs_matmul computes it. */
typedef struct optirs_matmul_shape {
    size_t struct_size;        /**< sizeof(optirs_matmul_shape) */
    int64_t batch;             /**< 1: a is [m, k]; more: a, b and out have such a dimension first */
    int64_t m;                 /**< Rows of out. */
    int64_t n;                 /**< Columns of out. */
    int64_t k;                 /**< Length of the sums. */
    optirs_dtype type;         /**< of a and b: f32, bf16, f16, f8E4M3FN or f8E5M2 */
    optirs_dtype out_type;     /**< of out and bias; an 8-bit out has a bias of bf16 */
    int32_t transpose_a;       /**< Not 0: a is [k, m]. */
    int32_t transpose_b;       /**< Not 0: b is [n, k]. */
    int32_t epilogue;          /**< OPTIRS_EPILOGUE_NONE or OPTIRS_EPILOGUE_GELU, without aux */
    int32_t has_bias;          /**< Not 0: with a bias. */
    int32_t fast_accumulation; /**< As in optirs_matmul_args. */
} optirs_matmul_shape;

/** Attention of dense tensors, q [batch, rows, heads, width] to k and v [batch, columns, kv_heads, width]. */
typedef struct optirs_attention_shape {
    size_t struct_size;  /**< sizeof(optirs_attention_shape) */
    int64_t batch;       /**< Sequences. */
    int64_t rows;        /**< of q */
    int64_t columns;     /**< of k and v */
    int64_t heads;       /**< of q */
    int64_t kv_heads;    /**< of k and v; divides heads */
    int64_t width;       /**< Elements of a head. */
    optirs_dtype type;   /**< f32, bf16 or f16 */
    int32_t mask;        /**< OPTIRS_MASK_* */
    int32_t is_backward; /**< Not 0: the gradients, of optirs_attention_backward. */
} optirs_attention_shape;

/**
 * Measures a product.
 * @fallible INVALID_ARGUMENT as optirs_matmul, or if there is no room for the timings; RESOURCE_EXHAUSTED if
 * the operands do not fit; UNIMPLEMENTED for a backend without choices; UNAVAILABLE without cuBLASLt
 * where only that computes it, or if the file cannot be written: the choice holds until the process ends
 * then.
 * @param[in] stream Of the device.
 * @param[in] shape The product.
 * @param[out] timings Room for OPTIRS_MAX_TIMINGS.
 * @param[in] capacity @size_of{timings}
 * @param[out] out_count How many there are.
 */
OPTIRS_EXPORT optirs_error* optirs_tune_matmul(optirs_stream* stream, const optirs_matmul_shape* shape,
                                               optirs_timing* timings, int64_t capacity, int64_t* out_count);

/**
 * Measures attention, cuDNN beside the own kernels. Where OPTIRS_CUDNN_ATTENTION is set, that decides all the
 * same.
 * @fallible As optirs_tune_matmul.
 * @param[in] stream Of the device.
 * @param[in] shape The call.
 * @param[out] timings Room for OPTIRS_MAX_TIMINGS.
 * @param[in] capacity @size_of{timings}
 * @param[out] out_count How many there are.
 */
OPTIRS_EXPORT optirs_error* optirs_tune_attention(optirs_stream* stream, const optirs_attention_shape* shape,
                                                  optirs_timing* timings, int64_t capacity,
                                                  int64_t* out_count);

#ifdef __cplusplus
}
#endif

#endif
