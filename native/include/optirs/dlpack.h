/**
 * @file
 * The tensor exchange structs of DLPack 1.x, declared under our own names so that the original header can be
 * included beside this one. The memory layout is the same: cast a DLManagedTensorVersioned* to
 * optirs_dl_managed_tensor*.
 */
#ifndef OPTIRS_DLPACK_H_
#define OPTIRS_DLPACK_H_

#include <optirs/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The DLPack version that this library writes; it reads every minor version of the same major. */
#define OPTIRS_DL_MAJOR 1
#define OPTIRS_DL_MINOR 1

/** Kinds of memory; the ones this library produces or accepts. */
enum {
    OPTIRS_DL_CPU = 1,      /**< Host memory. */
    OPTIRS_DL_CUDA = 2,     /**< Memory of a CUDA device. */
    OPTIRS_DL_CUDA_HOST = 3 /**< Host memory pinned for CUDA. */
};

/** Families of element types; with the number of bits they give an optirs_dtype. */
enum {
    OPTIRS_DL_INT = 0,           /**< Signed integer. */
    OPTIRS_DL_UINT = 1,          /**< Unsigned integer. */
    OPTIRS_DL_FLOAT = 2,         /**< IEEE binary. */
    OPTIRS_DL_OPAQUE = 3,        /**< Not a number; not accepted. */
    OPTIRS_DL_BFLOAT = 4,        /**< bfloat16. */
    OPTIRS_DL_COMPLEX = 5,       /**< Complex, real part first. */
    OPTIRS_DL_BOOL = 6,          /**< Boolean. */
    OPTIRS_DL_F8E3M4 = 7,        /**< As OPTIRS_DTYPE_F8E3M4. */
    OPTIRS_DL_F8E4M3 = 8,        /**< As OPTIRS_DTYPE_F8E4M3. */
    OPTIRS_DL_F8E4M3B11FNUZ = 9, /**< As OPTIRS_DTYPE_F8E4M3B11FNUZ. */
    OPTIRS_DL_F8E4M3FN = 10,     /**< As OPTIRS_DTYPE_F8E4M3FN. */
    OPTIRS_DL_F8E4M3FNUZ = 11,   /**< As OPTIRS_DTYPE_F8E4M3FNUZ. */
    OPTIRS_DL_F8E5M2 = 12,       /**< As OPTIRS_DTYPE_F8E5M2. */
    OPTIRS_DL_F8E5M2FNUZ = 13,   /**< As OPTIRS_DTYPE_F8E5M2FNUZ. */
    OPTIRS_DL_F8E8M0FNU = 14     /**< As OPTIRS_DTYPE_F8E8M0FNU. */
};

/** Flags of an optirs_dl_managed_tensor. */
enum {
    OPTIRS_DL_READ_ONLY = 1, /**< The consumer must not write. */
    OPTIRS_DL_IS_COPIED = 2  /**< The producer copied: nobody else sees this memory. */
};

/** Version of the structs that a producer filled. */
typedef struct optirs_dl_version {
    uint32_t major; /**< If it differs from OPTIRS_DL_MAJOR, only the deleter may be used. */
    uint32_t minor; /**< Newer minors only add flags and codes. */
} optirs_dl_version;

/** Where the memory is. */
typedef struct optirs_dl_device {
    int32_t device_type; /**< OPTIRS_DL_CPU, ... */
    int32_t device_id;   /**< Ordinal among devices of the type; 0 for the host. */
} optirs_dl_device;

/** An element type. */
typedef struct optirs_dl_data_type {
    uint8_t code;   /**< OPTIRS_DL_INT, ... */
    uint8_t bits;   /**< Bits of one scalar. */
    uint16_t lanes; /**< Scalars per element; 1 unless elements are vectors. */
} optirs_dl_data_type;

/** A view of memory as a tensor; owns nothing. */
typedef struct optirs_dl_tensor {
    void* data;                /**< Start of the memory. */
    optirs_dl_device device;   /**< Where it is. */
    int32_t ndim;              /**< Number of dimensions. */
    optirs_dl_data_type dtype; /**< Element type. */
    int64_t* shape;            /**< `ndim` extents. */
    int64_t* strides;          /**< `ndim` strides in elements, or NULL for dense row-major. */
    uint64_t byte_offset;      /**< First element, in bytes from data. */
} optirs_dl_tensor;

/**
 * A tensor with its owner. Called DLManagedTensorVersioned by others.
 *
 * Any thread, one at a time.
 */
typedef struct optirs_dl_managed_tensor {
    optirs_dl_version version; /**< Version of this struct. */
    void* manager_ctx;         /**< For the producer. */
    void (*deleter)(
        struct optirs_dl_managed_tensor* tensor); /**< Frees the tensor and its memory; may be NULL. */
    uint64_t flags;                               /**< OPTIRS_DL_READ_ONLY, ... */
    optirs_dl_tensor dl_tensor;                   /**< The tensor. */
} optirs_dl_managed_tensor;

/**
 * Calls the deleter of a tensor that nobody consumed. The only call that is allowed on another major version.
 * @param[in] tensor @owned The tensor; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_dl_managed_tensor_release(optirs_dl_managed_tensor* tensor);

#ifdef __cplusplus
}
#endif

#endif
