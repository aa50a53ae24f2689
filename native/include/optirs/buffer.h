/**
 * @file
 * Host memory that outlives a call: reference-counted, aligned for vector units, exchanged with others
 * through DLPack.
 */
#ifndef OPTIRS_BUFFER_H_
#define OPTIRS_BUFFER_H_

#include <optirs/dlpack.h>
#include <optirs/dtype.h>
#include <optirs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Alignment of the memory of a created buffer, in bytes: a cache line, and the widest vector of today's
 * CPUs. */
#define OPTIRS_BUFFER_ALIGNMENT 64

/**
 * A block of host memory.
 *
 * Thread-safe, except for the bytes themselves: whoever writes them must keep readers away.
 */
typedef struct optirs_buffer optirs_buffer;

/**
 * Allocates host memory, aligned to OPTIRS_BUFFER_ALIGNMENT. The bytes are not initialised.
 *
 * The allocation is rounded up to a multiple of the alignment and the extra bytes are zero: kernels may read,
 * never write, that far past the end. If memory is short, the pressure handler (memory.h) is called once and
 * the allocation tried again.
 * @fallible RESOURCE_EXHAUSTED if there is no memory, INVALID_ARGUMENT if size is above 2^62.
 * @param[in] size Bytes wanted; 0 is allowed and still gives a valid, aligned pointer.
 * @param[out] out_buffer @owned The new buffer; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_buffer_create(uint64_t size, optirs_buffer** out_buffer);

/**
 * The first byte.
 * @fast
 * @param[in] buffer The buffer.
 * @return @borrowed Valid until the last reference is released.
 */
OPTIRS_EXPORT void* optirs_buffer_data(const optirs_buffer* buffer);

/**
 * Number of usable bytes, as given to optirs_buffer_create.
 * @fast
 * @param[in] buffer The buffer.
 * @return Bytes.
 */
OPTIRS_EXPORT uint64_t optirs_buffer_size(const optirs_buffer* buffer);

/**
 * Whether the bytes may not be written: 1 for memory imported from a producer that said so, else 0.
 * @fast
 * @param[in] buffer The buffer.
 * @return 1 or 0.
 */
OPTIRS_EXPORT uint8_t optirs_buffer_is_read_only(const optirs_buffer* buffer);

/**
 * Adds a reference.
 * @param[in] buffer The buffer; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_buffer_retain(optirs_buffer* buffer);

/**
 * Drops a reference; the last one frees the memory, or hands imported memory back to its producer.
 * @param[in] buffer @owned The buffer; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_buffer_release(optirs_buffer* buffer);

/**
 * Exports a dense row-major tensor that shares the buffer's memory, without a copy.
 *
 * The exported tensor holds a reference to the buffer. Its deleter may be called on any thread, once.
 * @fallible INVALID_ARGUMENT for an unknown or sub-byte dtype, a negative rank or dimension; OUT_OF_RANGE if
 * the tensor does not fit into the buffer; RESOURCE_EXHAUSTED.
 * @param[in] buffer The memory.
 * @param[in] byte_offset Where the first element is; a multiple of the element size.
 * @param[in] dtype Element type, of whole bytes.
 * @param[in] dims The dimensions; may be NULL if rank is 0.
 * @param[in] rank @size_of{dims} Number of dimensions.
 * @param[out] out_tensor @owned The tensor, to be handed to a consumer, or to
 * optirs_dl_managed_tensor_release; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_buffer_to_dlpack(optirs_buffer* buffer, uint64_t byte_offset,
                                                    optirs_dtype dtype, const int64_t* dims, int32_t rank,
                                                    optirs_dl_managed_tensor** out_tensor);

/** What optirs_buffer_from_dlpack read from the tensor. Pointers are valid as long as the buffer. */
typedef struct optirs_dlpack_view {
    const int64_t* dims; /**< The dimensions; @borrowed from the buffer. */
    int32_t rank;        /**< Number of dimensions. */
    optirs_dtype dtype;  /**< Element type. */
    uint8_t is_copied;   /**< 1 if the memory was copied, 0 if it is shared with the producer. */
    uint8_t reserved[7]; /**< Zero. */
} optirs_dlpack_view;

/**
 * Imports a host tensor. The memory is shared if it is dense, row-major and aligned to `alignment`, and
 * copied otherwise.
 *
 * On success the tensor belongs to the buffer, which calls its deleter when it is done with the memory; the
 * caller must not touch it again. On failure the caller still owns it and calls
 * optirs_dl_managed_tensor_release.
 * @fallible INVALID_ARGUMENT for another major version of DLPack, a tensor that is not in host memory, or one
 * whose shape is malformed; UNIMPLEMENTED for element types that have no optirs_dtype or are vectors;
 * RESOURCE_EXHAUSTED.
 * @param[in] tensor @owned The tensor; its memory must be ready to be read (no pending device work).
 * @param[in] alignment Alignment that sharing needs, a power of two up to 64; 0 stands for the size of an
 * element (of a real part, for complex ones).
 * @param[out] out_buffer @owned The memory; NULL on failure.
 * @param[out] out_view What the tensor was.
 */
OPTIRS_EXPORT optirs_error* optirs_buffer_from_dlpack(optirs_dl_managed_tensor* tensor, uint64_t alignment,
                                                      optirs_buffer** out_buffer,
                                                      optirs_dlpack_view* out_view);

#ifdef __cplusplus
}
#endif

#endif
