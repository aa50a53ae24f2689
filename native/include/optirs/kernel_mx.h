/**
 * @file
 * Microscaled numbers: 8-bit and 4-bit floats with a scale for each short block of a row.
 *
 * | format | elements                               | block | scale of a block | scale of the tensor |
 * |--------|----------------------------------------|-------|------------------|---------------------|
 * | MXFP8  | f8E4M3FN or f8E5M2                     | 32    | f8E8M0FNU        |                     |
 * | MXFP4  | E2M1, two a byte                       | 32    | f8E8M0FNU        |                     |
 * | NVFP4  | E2M1, two a byte                       | 16    | f8E4M3FN         | f32[1]              |
 *
 * (OCP Microscaling Formats 1.0, 2023; NVFP4 of Blackwell.) The types of elements and scales say which. A
 * matrix [m, n] has codes [m, n] and scales [m, ceil(n / block)]; 4-bit codes are a u8 tensor [m, n / 2], n
 * even, the first of two in the low half of the byte. E2M1 has a sign and the magnitudes 0, 0.5, 1, 1.5, 2,
 * 3, 4, 6. E8M0 is 2^(code - 127); code 255 is NaN. A number is code times scale of its block (times scale of
 * the tensor).
 */
#ifndef OPTIRS_KERNEL_MX_H_
#define OPTIRS_KERNEL_MX_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Arguments of optirs_quantize_mx. */
typedef struct optirs_quantize_mx_args {
    size_t struct_size;        /**< sizeof(optirs_quantize_mx_args) as the caller knows it. */
    void* workspace;           /**< See kernel.h. */
    uint64_t workspace_size;   /**< Bytes. */
    const optirs_dl_tensor* x; /**< f32, bf16 or f16 [m, n]. */
    int32_t transpose;         /**< Not 0: what is quantized, in blocks along m, is the transpose [n, m]. */
    int32_t round_up;          /**< Not 0: E8M0 scales are rounded up, so that nothing saturates. */
    const optirs_dl_tensor* amax;         /**< f32[1], NVFP4: the largest magnitude, for instance over several
                                             devices; NULL: that of x. */
    const optirs_dl_tensor* out;          /**< Receives the codes. */
    const optirs_dl_tensor* scales;       /**< Receives the scales of the blocks. */
    const optirs_dl_tensor* tensor_scale; /**< Receives f32[1], NVFP4: the scale of the tensor. */
} optirs_quantize_mx_args;

/**
 * Quantizes a matrix. With a the largest magnitude of a block:
 * - E8M0: scale = 2^(floor(log2 a) - e), e the exponent of the largest code (E4M3 8, E5M2 15, E2M1 2),
 * between 2^-127 and 2^127. With round_up it is the smallest power of two that brings a to at most the
 * largest code (as Transformer Engine has it). Of a block of zeros it is 2^-127.
 * - E4M3: tensor scale t = amax / (448 * 6), 1 if that is 0 or not finite; scale = round(a / 6 / t).
 *
 * out = round(x / scale): to nearest, ties to even, saturated. A NaN makes the scale of its block NaN, an
 * infinity makes it the largest.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_quantize_mx(optirs_stream* stream, const optirs_quantize_mx_args* args);

/** Arguments of optirs_dequantize_mx. */
typedef struct optirs_dequantize_mx_args {
    size_t struct_size;                   /**< sizeof(optirs_dequantize_mx_args) as the caller knows it. */
    void* workspace;                      /**< See kernel.h. */
    uint64_t workspace_size;              /**< Bytes. */
    const optirs_dl_tensor* x;            /**< Codes. */
    const optirs_dl_tensor* scales;       /**< Scales of the blocks. */
    const optirs_dl_tensor* tensor_scale; /**< f32[1], NVFP4: the scale of the tensor; NULL for 1. */
    const optirs_dl_tensor* out;          /**< Receives f32, bf16 or f16 [m, n]. */
} optirs_dequantize_mx_args;

/**
 * out = x scale of its block times scale of the tensor, rounded to the type of out.
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_dequantize_mx(optirs_stream* stream,
                                                 const optirs_dequantize_mx_args* args);

/** Arguments of optirs_matmul_mx. */
typedef struct optirs_matmul_mx_args {
    size_t struct_size;                     /**< sizeof(optirs_matmul_mx_args) as the caller knows it. */
    void* workspace;                        /**< See kernel.h. */
    uint64_t workspace_size;                /**< Bytes. */
    const optirs_dl_tensor* a;              /**< Codes of [m, k]. */
    const optirs_dl_tensor* a_scales;       /**< Scales of the blocks of a. */
    const optirs_dl_tensor* a_tensor_scale; /**< f32[1], NVFP4: the scale of a; NULL for 1. */
    const optirs_dl_tensor* b; /**< Codes of [n, k]: both operands have their blocks along what is summed. */
    const optirs_dl_tensor* b_scales;       /**< Scales of the blocks of b. */
    const optirs_dl_tensor* b_tensor_scale; /**< f32[1], NVFP4: the scale of b; NULL for 1. */
    double alpha;                           /**< Factor of the product, usually 1. */
    double beta; /**< Factor of what out holds already, usually 0, for which out is not read. */
    const optirs_dl_tensor* bias; /**< [n], f32 or the type of out; NULL for none. */
    const optirs_dl_tensor* out;  /**< Receives [m, n]: f32, bf16 or f16. */
} optirs_matmul_mx_args;

/**
 * out = alpha a b^T + bias + beta out, of operands that are decoded; sums are f32. On the CPU a reference.
 * Workspace: both operands as f32; on a device as bf16, which is exact from 2^-126 on, and out is not f16.
 * @workspace
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_matmul_mx(optirs_stream* stream, const optirs_matmul_mx_args* args);

#ifdef __cplusplus
}
#endif

#endif
