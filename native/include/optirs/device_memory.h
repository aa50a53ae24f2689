/**
 * @file
 * Memory of a device, from an allocator that keeps what is freed for the next allocation.
 *
 * The allocator asks the driver for segments and hands out blocks of them. Requests up to 1 MiB come from
 * segments of 2 MiB, up to 10 MiB from segments of 20 MiB, larger ones from segments of their own size,
 * rounded up to 2 MiB. A freed block joins its free neighbours, and is reused in the order of its stream
 * without waiting. When the driver has no more memory, other streams' work on released blocks is waited
 * for, then segments without a block in use are given back to the driver, then the pressure handler
 * (memory.h) is called, and the allocation is tried again each time.
 */
#ifndef OPTIRS_DEVICE_MEMORY_H_
#define OPTIRS_DEVICE_MEMORY_H_

#include <optirs/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Alignment of device memory in bytes. */
#define OPTIRS_DEVICE_MEMORY_ALIGNMENT 512

/**
 * A block of device memory. Kernels and copies use its address; the host must not touch it.
 *
 * Thread-safe, except for the bytes themselves.
 */
typedef struct optirs_device_memory optirs_device_memory;

/**
 * Allocates memory for work of a stream. Does not block, unless the driver has to be asked.
 * While the stream is captured: see graph.h.
 * @fallible RESOURCE_EXHAUSTED with what is in use, kept and free.
 * @param[in] stream The stream whose work uses it first.
 * @param[in] size Bytes wanted; 0 is allowed and gives a valid address.
 * @param[in] tag What it is for, for instance `optimizer`; counted per tag. UTF-8.
 * @param[in] tag_size @size_of{tag} Length in bytes; 0 for no tag.
 * @param[out] out_memory @owned Aligned to OPTIRS_DEVICE_MEMORY_ALIGNMENT, not initialised; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_create(optirs_stream* stream, uint64_t size, const char* tag,
                                                        uint64_t tag_size, optirs_device_memory** out_memory);

/**
 * The address on the device.
 * @fast
 * @param[in] memory The memory.
 * @return @borrowed Valid until the last reference is released.
 */
OPTIRS_EXPORT void* optirs_device_memory_data(const optirs_device_memory* memory);

/**
 * Number of usable bytes, as asked for.
 * @fast
 * @param[in] memory The memory.
 * @return Bytes.
 */
OPTIRS_EXPORT uint64_t optirs_device_memory_size(const optirs_device_memory* memory);

/**
 * The device whose memory it is.
 * @fast
 * @param[in] memory The memory.
 * @return @borrowed Valid for ever.
 */
OPTIRS_EXPORT optirs_device* optirs_device_memory_device(const optirs_device_memory* memory);

/**
 * Says that work of another stream uses the memory: once released, it is reused only after that work is done.
 * @fallible INVALID_ARGUMENT if the stream is of another backend.
 * @param[in] memory The memory.
 * @param[in] stream The stream, other than the one that it was created for.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_use(optirs_device_memory* memory, optirs_stream* stream);

/**
 * Copies host memory to the device, in the order of the stream. Pageable memory is read before the function
 * returns; pinned memory (optirs_buffer_create_pinned) must stay unchanged until the copy is done.
 * @fallible OUT_OF_RANGE if the bytes do not fit into the memory; INVALID_ARGUMENT for a stream of another
 * device; UNAVAILABLE.
 * @param[in] memory Copied to.
 * @param[in] offset Where, in bytes.
 * @param[in] source Copied from.
 * @param[in] size @size_of{source} Bytes.
 * @param[in] stream A stream of the memory's device.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_write(optirs_device_memory* memory, uint64_t offset,
                                                       const void* source, uint64_t size,
                                                       optirs_stream* stream);

/**
 * Copies device memory to the host, in the order of the stream. The bytes are there once the stream is done.
 * @fallible OUT_OF_RANGE if the memory has fewer bytes; INVALID_ARGUMENT for a stream of another device;
 * UNAVAILABLE.
 * @param[in] memory Copied from.
 * @param[in] offset Where, in bytes.
 * @param[out] destination Copied to; must stay valid until the copy is done.
 * @param[in] size @size_of{destination} Bytes.
 * @param[in] stream A stream of the memory's device.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_read(optirs_device_memory* memory, uint64_t offset,
                                                      void* destination, uint64_t size,
                                                      optirs_stream* stream);

/**
 * Copies between device memories, of one device or of two of the same backend, in the order of the stream.
 * @fallible OUT_OF_RANGE if the bytes do not fit; INVALID_ARGUMENT if the memories are of different backends;
 * UNAVAILABLE.
 * @param[in] destination Copied to.
 * @param[in] destination_offset Where, in bytes.
 * @param[in] source Copied from; must not overlap.
 * @param[in] source_offset Where, in bytes.
 * @param[in] size Bytes.
 * @param[in] stream A stream of the destination's device.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_copy(optirs_device_memory* destination,
                                                      uint64_t destination_offset,
                                                      optirs_device_memory* source, uint64_t source_offset,
                                                      uint64_t size, optirs_stream* stream);

/**
 * Sets bytes to a value, in the order of the stream.
 * @fallible OUT_OF_RANGE if the memory has fewer bytes; INVALID_ARGUMENT for a stream of another device;
 * UNAVAILABLE.
 * @param[in] memory The memory.
 * @param[in] offset Where, in bytes.
 * @param[in] value The byte.
 * @param[in] size Bytes.
 * @param[in] stream A stream of the memory's device.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_fill(optirs_device_memory* memory, uint64_t offset,
                                                      uint8_t value, uint64_t size, optirs_stream* stream);

/**
 * Exports a dense row-major tensor that shares the memory, as kDLCUDA. No stream is handed over: work on the
 * memory must be done, or the consumer must be told to wait.
 * @fallible As optirs_buffer_to_dlpack.
 * @param[in] memory The memory.
 * @param[in] byte_offset Where the first element is; a multiple of the element size.
 * @param[in] dtype Element type, of whole bytes.
 * @param[in] dims The dimensions; may be NULL if rank is 0.
 * @param[in] rank @size_of{dims} Number of dimensions.
 * @param[out] out_tensor @owned The tensor; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_to_dlpack(optirs_device_memory* memory, uint64_t byte_offset,
                                                           optirs_dtype dtype, const int64_t* dims,
                                                           int32_t rank,
                                                           optirs_dl_managed_tensor** out_tensor);

/**
 * Imports a dense row-major tensor of this device; its memory is shared, never copied. Work of the producer
 * must be done, or the streams that use the memory must follow it.
 *
 * On success the tensor belongs to the memory, which calls its deleter with its last reference.
 * @fallible INVALID_ARGUMENT for another major version of DLPack, a tensor that is not on this device, or one
 * that is not dense; UNIMPLEMENTED for element types that have no optirs_dtype.
 * @param[in] device The device.
 * @param[in] tensor @owned The tensor; on failure the caller still owns it.
 * @param[out] out_memory @owned The memory; NULL on failure.
 * @param[out] out_view What the tensor was.
 */
OPTIRS_EXPORT optirs_error* optirs_device_memory_from_dlpack(optirs_device* device,
                                                             optirs_dl_managed_tensor* tensor,
                                                             optirs_device_memory** out_memory,
                                                             optirs_dlpack_view* out_view);

/**
 * Adds a reference.
 * @param[in] memory The memory; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_device_memory_retain(optirs_device_memory* memory);

/**
 * Drops a reference. With the last one the memory can be reused by work given to its stream afterwards.
 * @param[in] memory @owned The memory; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_device_memory_release(optirs_device_memory* memory);

/** What the allocator of a device has done. Sizes are in bytes. */
typedef struct optirs_allocator_stats {
    uint64_t used_bytes;          /**< In blocks that are in use. */
    uint64_t used_peak_bytes;     /**< The most at once since the last reset. */
    uint64_t requested_bytes;     /**< Asked for by the blocks in use, before rounding. */
    uint64_t reserved_bytes;      /**< In segments taken from the driver. */
    uint64_t reserved_peak_bytes; /**< The most at once since the last reset. */
    uint64_t pending_bytes;       /**< Released, and waiting for other streams' work. */
    uint64_t largest_free_bytes;  /**< The largest free block. */
    uint64_t segments;            /**< Number of segments. */
    uint64_t blocks;              /**< Number of blocks in use. */
    uint64_t allocations;         /**< Number of allocations so far. */
    uint64_t reuses;              /**< How many of them came without asking the driver. */
    uint64_t recoveries;          /**< How often the driver had no memory and what was kept had to serve. */
} optirs_allocator_stats;

/**
 * What the allocator of a device has done.
 * @fallible INVALID_ARGUMENT if an argument is NULL.
 * @param[in] device The device.
 * @param[out] out_stats The statistics.
 */
OPTIRS_EXPORT optirs_error* optirs_allocator_read_stats(optirs_device* device,
                                                        optirs_allocator_stats* out_stats);

/** What the allocations with one tag take. Sizes are in bytes. */
typedef struct optirs_allocator_tag {
    const char* name;    /**< UTF-8, NUL-terminated; @borrowed, valid for ever. Empty for no tag. */
    uint64_t name_size;  /**< Length in bytes. */
    uint64_t used_bytes; /**< In use. */
    uint64_t peak_bytes; /**< The most at once since the last reset. */
    uint64_t blocks;     /**< Number of blocks in use. */
} optirs_allocator_tag;

/**
 * Number of tags that a device has seen. Only grows.
 * @param[in] device The device.
 * @return The number.
 */
OPTIRS_EXPORT uint64_t optirs_allocator_num_tags(optirs_device* device);

/**
 * What the allocations with one tag take.
 * @fallible OUT_OF_RANGE if index is not below the number of tags.
 * @param[in] device The device.
 * @param[in] index From 0, in the order in which the tags were first used.
 * @param[out] out_tag The tag.
 */
OPTIRS_EXPORT optirs_error* optirs_allocator_read_tag(optirs_device* device, uint64_t index,
                                                      optirs_allocator_tag* out_tag);

/**
 * Starts the peaks anew from what is in use.
 * @fallible INVALID_ARGUMENT if device is NULL.
 * @param[in] device The device.
 */
OPTIRS_EXPORT optirs_error* optirs_allocator_reset_peaks(optirs_device* device);

/**
 * Free blocks larger than this are not split for smaller requests, so that the large ones stay whole.
 * @fallible INVALID_ARGUMENT if limit is below 20 MiB.
 * @param[in] device The device.
 * @param[in] limit Bytes; UINT64_MAX, the default, for no limit.
 */
OPTIRS_EXPORT optirs_error* optirs_allocator_set_split_limit(optirs_device* device, uint64_t limit);

/**
 * Gives segments without a block in use back to the driver; waits for other streams' work on released blocks.
 * @fallible UNAVAILABLE.
 * @param[in] device The device.
 * @param[out] out_bytes Bytes given back.
 */
OPTIRS_EXPORT optirs_error* optirs_allocator_trim_wait(optirs_device* device, uint64_t* out_bytes);

#ifdef __cplusplus
}
#endif

#endif
