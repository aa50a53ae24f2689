/**
 * @file
 * NVIDIA's GPU architectures, Volta to Blackwell, and what each of them supports. A table: no GPU is needed.
 */
#ifndef OPTIRS_ARCHITECTURE_H_
#define OPTIRS_ARCHITECTURE_H_

#include <optirs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What an architecture supports, and what this library has for it; bits of optirs_architecture.features. */
enum {
    OPTIRS_ARCH_TENSOR_F16 = 1,               /**< Matrix units for f16. */
    OPTIRS_ARCH_TENSOR_INT8 = 1 << 1,         /**< Matrix units for 8-bit integers. */
    OPTIRS_ARCH_TENSOR_BF16 = 1 << 2,         /**< Matrix units for bf16. */
    OPTIRS_ARCH_TENSOR_TF32 = 1 << 3,         /**< Matrix units for f32 rounded to TF32. */
    OPTIRS_ARCH_TENSOR_F64 = 1 << 4,          /**< Matrix units for f64. */
    OPTIRS_ARCH_TENSOR_F8 = 1 << 5,           /**< Matrix units for f8E4M3FN and f8E5M2. */
    OPTIRS_ARCH_TENSOR_F4 = 1 << 6,           /**< Matrix units for f4E2M1FN and the 6-bit floats. */
    OPTIRS_ARCH_TENSOR_BLOCK_SCALED = 1 << 7, /**< Matrix units that apply MXFP8 and NVFP4 scales. */
    OPTIRS_ARCH_F8_CONVERT = 1 << 8,          /**< Instructions that convert to and from 8-bit floats. */
    OPTIRS_ARCH_SPARSITY = 1 << 9,            /**< Matrix units that skip 2 of 4 zeros. */
    OPTIRS_ARCH_ASYNC_COPY = 1 << 10,         /**< Copies from global to shared memory beside computation. */
    OPTIRS_ARCH_TMA = 1 << 11,                /**< A unit that copies tiles of tensors. */
    OPTIRS_ARCH_CLUSTERS = 1 << 12,           /**< Thread blocks that share their shared memory. */
    OPTIRS_ARCH_WARP_GROUP_MMA = 1 << 13,     /**< wgmma: Hopper's matrix instructions, and only Hopper's. */
    OPTIRS_ARCH_TENSOR_MEMORY = 1 << 14,      /**< tcgen05: data centre Blackwell's matrix instructions. */
    OPTIRS_ARCH_FP8_TN_ONLY = 1 << 15,        /**< FP8 products need both operands contiguous along K. */
    OPTIRS_ARCH_KERNELS_NATIVE = 1 << 16,     /**< This library's kernels are compiled for it. */
    OPTIRS_ARCH_KERNELS_PTX = 1 << 17         /**< The driver compiles this library's kernels for it. */
};

/** One architecture. */
typedef struct optirs_architecture {
    int32_t major;                 /**< Compute capability, for instance 9 of 9.0. */
    int32_t minor;                 /**< Compute capability, for instance 0 of 9.0. */
    const char* name;              /**< For instance `Hopper`; NUL-terminated, valid for ever. */
    const char* products;          /**< Some products; NUL-terminated, valid for ever. */
    uint32_t features;             /**< OPTIRS_ARCH_* */
    int32_t threads_per_processor; /**< Most threads at once on a multiprocessor. */
    int32_t shared_kib;            /**< Shared memory of a multiprocessor in KiB. */
    int32_t shared_kib_per_block;  /**< Most shared memory of a thread block in KiB. */
    int32_t oldest_toolkit;        /**< First CUDA that compiles for it: major * 1000 + minor * 10. */
    int32_t newest_toolkit;        /**< Last CUDA that compiles for it; 0 if none has dropped it. */
} optirs_architecture;

/**
 * Number of architectures in the table.
 * @fast
 * @return The number.
 */
OPTIRS_EXPORT uint64_t optirs_architecture_count(void);

/**
 * An architecture of the table, in ascending order.
 * @fallible OUT_OF_RANGE if index is not below the count.
 * @param[in] index From 0.
 * @param[out] out_architecture The architecture.
 */
OPTIRS_EXPORT optirs_error* optirs_architecture_at(uint64_t index, optirs_architecture* out_architecture);

/**
 * The architecture of a compute capability.
 * @fallible NOT_FOUND if it is not in the table; the message names those that are.
 * @param[in] major For instance 9 of 9.0.
 * @param[in] minor For instance 0 of 9.0.
 * @param[out] out_architecture The architecture.
 */
OPTIRS_EXPORT optirs_error* optirs_architecture_find(int32_t major, int32_t minor,
                                                     optirs_architecture* out_architecture);

#ifdef __cplusplus
}
#endif

#endif
