/**
 * @file
 * Matrix products.
 */
#ifndef OPTIRS_KERNEL_MATMUL_H_
#define OPTIRS_KERNEL_MATMUL_H_

#include <optirs/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What happens to the product before it is stored. */
enum {
    OPTIRS_EPILOGUE_NONE = 0,         /**< Nothing. */
    OPTIRS_EPILOGUE_GELU = 1,         /**< GELU in its tanh form; aux, if given, receives its argument. */
    OPTIRS_EPILOGUE_GELU_BACKWARD = 2 /**< Multiplied by the derivative of that GELU at aux. */
};

/** Arguments of optirs_matmul. */
typedef struct optirs_matmul_args {
    size_t struct_size;      /**< sizeof(optirs_matmul_args) as the caller knows it. */
    void* workspace;         /**< See kernel.h. */
    uint64_t workspace_size; /**< Bytes. */
    const optirs_dl_tensor*
        a; /**< [..., m, k], or [..., k, m] if transposed: f32, bf16, f16, f8E4M3FN or f8E5M2. */
    const optirs_dl_tensor* b; /**< [..., k, n], or [..., n, k] if transposed: the type of a; or either 8-bit
                                  type if a has one. */
    int32_t transpose_a;       /**< Not 0: a is given transposed. */
    int32_t transpose_b;       /**< Not 0: b is given transposed. */
    double alpha;              /**< Factor of the product, usually 1. */
    double beta; /**< Factor of what out holds already, usually 0, for which out is not read; 0 if
                    out has 8 bits. */
    const optirs_dl_tensor* bias; /**< [n], f32 or the type of out (bf16 if that has 8 bits), added before the
                                     epilogue; NULL for none. */
    int32_t epilogue;             /**< OPTIRS_EPILOGUE_* */
    int32_t fast_accumulation; /**< Not 0: 8-bit operands may be summed with fewer bits (CUDA; the CPU sums in
                                  f32). */
    const optirs_dl_tensor* aux; /**< [..., m, n], f32 or the type of out (bf16 if that has 8 bits): see the
                                    epilogue. */
    const optirs_dl_tensor* scale_a; /**< f32 scales of a for 8-bit types, one for each block of the matrix as
                                        it is stored; NULL for 1. */
    const optirs_dl_tensor* scale_b; /**< Likewise of b. */
    int64_t scale_a_rows;            /**< Rows of such a block; 0: scale_a is f32[1], for all of a. */
    int64_t scale_a_columns; /**< Columns of such a block: with r rows and c columns scale_a is [ceil(rows/r),
                                ceil(columns/c)]. */
    int64_t scale_b_rows;    /**< Likewise of b. */
    int64_t scale_b_columns; /**< Likewise of b. */
    const optirs_dl_tensor* scale_out; /**< f32[1], what an 8-bit out is multiplied by; NULL for 1. */
    const optirs_dl_tensor*
        amax_out; /**< Receives f32[1], the largest magnitude of an 8-bit out before scaling; may be NULL. */
    const optirs_dl_tensor* out; /**< Receives [..., m, n]: f32, bf16, f16, f8E4M3FN or f8E5M2. */
} optirs_matmul_args;

/**
 * out = epilogue(alpha a b + bias) + beta out. Leading dimensions are batches: equal in a and out, and in b
 * either equal or absent, one b for all. Sums are f32: for 16-bit and 8-bit operands without block scales
 * every product is exact, so the error is that of the summation alone. With scales of more than one block, b
 * and a have no batches. Workspace: 16-bit and 8-bit operands as f32.
 * @workspace
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_matmul(optirs_stream* stream, const optirs_matmul_args* args);

/** Arguments of optirs_grouped_matmul. */
typedef struct optirs_grouped_matmul_args {
    size_t struct_size;                  /**< sizeof(optirs_grouped_matmul_args) as the caller knows it. */
    void* workspace;                     /**< See kernel.h. */
    uint64_t workspace_size;             /**< Bytes. */
    const optirs_dl_tensor* a;           /**< [rows, k]: f32, bf16, f16, f8E4M3FN or f8E5M2. */
    const optirs_dl_tensor* b;           /**< [groups, k, n], or [groups, n, k] if transpose_b; [rows, n] if
                                            transpose_a: the type of a; or either 8-bit type if a has one. */
    const optirs_dl_tensor* group_sizes; /**< s32 [groups]: rows of each group, one group after the other;
                                            together at most `rows`. */
    int32_t transpose_a; /**< Not 0: rows are what is summed, and out has a matrix for each group. */
    int32_t transpose_b; /**< Not 0: the matrices of b are given transposed; not together with transpose_a. */
    double alpha;        /**< Factor of the products, usually 1. */
    double beta;         /**< Factor of what out holds already, usually 0, for which out is not read; 0 if
                                  out has 8 bits. */
    const optirs_dl_tensor*
        bias; /**< [groups, n], f32 or the type of out, not together with transpose_a; NULL for none. */
    const optirs_dl_tensor* scale_a; /**< f32 [1] or [groups], of an 8-bit a; NULL for 1. */
    const optirs_dl_tensor* scale_b; /**< f32 [1] or [groups], of an 8-bit b; NULL for 1. */
    const optirs_dl_tensor*
        out; /**< Receives [rows, n], or [groups, k, n] if transpose_a: f32, bf16 or f16. */
} optirs_grouped_matmul_args;

/**
 * Products of consecutive groups of rows, as mixtures of experts need them: out_g = alpha a_g b_g + bias_g +
 * beta out_g, with a_g and out_g the rows of group g; the rows behind all groups are 0 (beta out with a
 * beta). With transpose_a out_g = alpha a_g^T b_g + beta out_g, where b_g are rows too; an empty group gives
 * 0. So of y = grouped(a, w) the gradients are da = grouped(dy, w, transpose_b) and dw = grouped(a, dy,
 * transpose_a). Sums are f32. Sizes below 0, or that add up to more than `rows`, are an error on the CPU; on
 * a device nothing waits for them, and they count as 0 and are cut off. Workspace: 16-bit and 8-bit operands
 * as f32; on a device 8-bit operands as bf16.
 * @workspace
 * @fallible INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED: see kernel.h.
 * @param[in] stream The queue of a device, or NULL on host memory.
 * @param[in] args The arguments.
 */
OPTIRS_EXPORT optirs_error* optirs_grouped_matmul(optirs_stream* stream,
                                                  const optirs_grouped_matmul_args* args);

#ifdef __cplusplus
}
#endif

#endif
