/**
 * @file
 * Buffers: host data on its way to a device and back.
 */
#ifndef OPTIRS_PJRT_BUFFER_H_
#define OPTIRS_PJRT_BUFFER_H_

#include <optirs/operation.h>
#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the plugin may do with the host memory of optirs_pjrt_buffer_from_host. */
typedef int32_t optirs_pjrt_host_semantics;
enum {
    /** Read during the call only; the memory is free again when the call returns. */
    OPTIRS_PJRT_HOST_DURING_CALL = 0,
    /** Read until host_released is called; the memory must not change before that. */
    OPTIRS_PJRT_HOST_UNTIL_COPIED = 1,
    /** The buffer may be this memory (no copy); it must not change until host_released. */
    OPTIRS_PJRT_HOST_ZERO_COPY = 2,
    /** As above, and programs may write into it when the buffer is donated. */
    OPTIRS_PJRT_HOST_MUTABLE_ZERO_COPY = 3
};

/**
 * Creates an empty cell, to be filled by a function that produces a buffer.
 * @fallible
 * @param[in] client
 * @param[out] out_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_create(optirs_pjrt_client* client,
                                                      optirs_pjrt_buffer** out_buffer);

/**
 * Adds a reference.
 * @param[in] buffer NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_buffer_retain(optirs_pjrt_buffer* buffer);

/**
 * Drops a reference. Work in flight finishes first.
 * @param[in] buffer @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_buffer_release(optirs_pjrt_buffer* buffer);

/**
 * Copies host memory to a device, or lends it to the device.
 *
 * Errors: INVALID_ARGUMENT (dtype without a host form, negative extent, rank above 64, data_size
 * that does not fit the shape), RESOURCE_EXHAUSTED (names the largest live buffers), or what the
 * plugin reports.
 *
 * @fallible
 * @param[in] client
 * @param[in] data dense row-major elements unless byte_strides says otherwise; sub-byte types one
 *             element a byte
 * @param[in] data_size @size_of{data} bytes that may be read; must hold the whole shape
 * @param[in] dtype OPTIRS_DTYPE_*
 * @param[in] dims extents, each >= 0
 * @param[in] rank @size_of{dims}
 * @param[in] byte_strides NULL, or `rank` strides in bytes
 * @param[in] semantics OPTIRS_PJRT_HOST_*
 * @param[in] device NULL takes the device of what the buffer held, or the first addressable one
 * @param[in] host_released NULL, or called when the plugin is done with `data`
 * @param[in] context passed to host_released
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_from_host(
    optirs_pjrt_client* client, const void* data, uint64_t data_size, optirs_dtype dtype, const int64_t* dims,
    int64_t rank, const int64_t* byte_strides, optirs_pjrt_host_semantics semantics,
    optirs_pjrt_device* device, optirs_completion host_released, void* context,
    optirs_pjrt_buffer** inout_buffer);

/**
 * Starts the copy of a buffer to host memory, dense and row-major. The memory must stay valid
 * until the completion. Errors: INVALID_ARGUMENT (a destination of another size than
 * optirs_pjrt_buffer_size), FAILED_PRECONDITION (empty, deleted or donated; says by which program).
 * @fallible
 * @param[in] buffer
 * @param[in] destination host memory
 * @param[in] destination_size @size_of{destination} bytes
 * @param[in] done called when the data is there
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_to_host(optirs_pjrt_buffer* buffer, void* destination,
                                                       uint64_t destination_size, optirs_completion done,
                                                       void* context);

/**
 * As optirs_pjrt_buffer_to_host, and returns when the data is there.
 * @fallible
 * @param[in] buffer
 * @param[in] destination host memory
 * @param[in] destination_size @size_of{destination} bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_to_host_wait(optirs_pjrt_buffer* buffer, void* destination,
                                                            uint64_t destination_size);

/**
 * Copies a buffer to another device of the same client.
 * @fallible
 * @param[in] buffer
 * @param[in] device
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_copy_to_device(optirs_pjrt_buffer* buffer,
                                                              optirs_pjrt_device* device,
                                                              optirs_pjrt_buffer** inout_buffer);

/**
 * Calls `done` when the data of the buffer exists, or the program that makes it has failed.
 * @fallible
 * @param[in] buffer
 * @param[in] done called when the data is there, with the error of its producer
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_ready(optirs_pjrt_buffer* buffer, optirs_completion done,
                                                     void* context);

/**
 * Returns when the data of the buffer exists, with the error of its producer.
 * @fallible
 * @param[in] buffer
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_wait(optirs_pjrt_buffer* buffer);

/**
 * Element type; OPTIRS_DTYPE_INVALID where the cell is empty.
 * @param[in] buffer
 */
OPTIRS_EXPORT optirs_dtype optirs_pjrt_buffer_dtype(const optirs_pjrt_buffer* buffer);

/**
 * Number of dimensions; 0 for a scalar and for an empty cell.
 * @param[in] buffer
 */
OPTIRS_EXPORT int64_t optirs_pjrt_buffer_rank(const optirs_pjrt_buffer* buffer);

/**
 * Extents; of a dimension whose size the program computes, what is there, for which this waits: then also
 * the error of the program. Errors: FAILED_PRECONDITION (empty cell), INVALID_ARGUMENT (another rank).
 * @fallible
 * @param[in] buffer
 * @param[out] out_dims `rank` extents
 * @param[in] rank @size_of{out_dims}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_dims(const optirs_pjrt_buffer* buffer, int64_t* out_dims,
                                                    int64_t rank);

/**
 * Bytes of the dense host form; 0 where the cell is empty.
 * @param[in] buffer
 */
OPTIRS_EXPORT uint64_t optirs_pjrt_buffer_size(const optirs_pjrt_buffer* buffer);

/**
 * Bytes that the buffer takes on its device, padding included.
 * @fallible
 * @param[in] buffer
 * @param[out] out_size bytes
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_device_size(const optirs_pjrt_buffer* buffer,
                                                           uint64_t* out_size);

/**
 * Device that holds the buffer; NULL where the cell is empty.
 * @param[in] buffer
 * @return @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_pjrt_device* optirs_pjrt_buffer_device(const optirs_pjrt_buffer* buffer);

/**
 * 1 where the cell is empty, or its data was deleted or donated.
 * @param[in] buffer
 */
OPTIRS_EXPORT uint8_t optirs_pjrt_buffer_is_deleted(const optirs_pjrt_buffer* buffer);

/**
 * Frees the device memory now; the cell lives on and reports that it is deleted.
 * @fallible
 * @param[in] buffer
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_delete(optirs_pjrt_buffer* buffer);
/* ---- Other ways to read a buffer ------------------------------------------------------------ */

/**
 * As optirs_pjrt_buffer_to_host, into a layout of the caller's choice.
 * @fallible
 * @param[in] buffer
 * @param[in] layout of the host memory, tiled or strides
 * @param[in] destination host memory
 * @param[in] destination_size @size_of{destination} bytes; must hold the whole shape in that layout
 * @param[in] done called when the data is there
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_to_host_layout(optirs_pjrt_buffer* buffer,
                                                              const optirs_pjrt_layout_view* layout,
                                                              void* destination, uint64_t destination_size,
                                                              optirs_completion done, void* context);

/**
 * Copies bytes as they lie on the device, without regard to type and layout.
 * Errors: OUT_OF_RANGE (past optirs_pjrt_buffer_device_size).
 * @fallible
 * @param[in] buffer
 * @param[in] offset first byte
 * @param[in] destination host memory
 * @param[in] size @size_of{destination} bytes
 * @param[in] done called when the data is there
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_raw_to_host(optirs_pjrt_buffer* buffer, uint64_t offset,
                                                           void* destination, uint64_t size,
                                                           optirs_completion done, void* context);

/**
 * As optirs_pjrt_buffer_raw_to_host, where the destination is named later, by optirs_pjrt_promise_host.
 * @fallible
 * @param[in] buffer
 * @param[in] offset first byte
 * @param[in] size bytes
 * @param[in] done called when the data is there
 * @param[in] context passed to done
 * @param[out] out_promise @owned of the destination
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_raw_to_host_later(optirs_pjrt_buffer* buffer, uint64_t offset,
                                                                 uint64_t size, optirs_completion done,
                                                                 void* context,
                                                                 optirs_pjrt_promise** out_promise);

/* ---- More about a buffer -------------------------------------------------------------------- */

/**
 * Extents without the padding that a dynamic dimension has, as the plugin states them: those of
 * optirs_pjrt_buffer_dims.
 * @fallible
 * @param[in] buffer
 * @param[out] out_dims `rank` extents
 * @param[in] rank @size_of{out_dims}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_unpadded_dims(const optirs_pjrt_buffer* buffer,
                                                             int64_t* out_dims, int64_t rank);

/**
 * Which dimensions are dynamic.
 * @fallible
 * @param[in] buffer
 * @param[out] out_is_dynamic 1 or 0 for each dimension
 * @param[in] rank @size_of{out_is_dynamic}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_dynamic_dims(const optirs_pjrt_buffer* buffer,
                                                            uint8_t* out_is_dynamic, int64_t rank);

/**
 * Layout of the buffer on its device.
 * @fallible
 * @param[in] buffer
 * @param[out] out_layout @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_layout(const optirs_pjrt_buffer* buffer,
                                                      optirs_pjrt_layout** out_layout);

/**
 * Memory that holds the buffer. Errors: UNIMPLEMENTED where the plugin has no notion of memories.
 * @fallible
 * @param[in] buffer
 * @param[out] out_memory @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_memory(const optirs_pjrt_buffer* buffer,
                                                      optirs_pjrt_memory** out_memory);

/**
 * Whether the buffer lies in memory that the host can address.
 * @fallible
 * @param[in] buffer
 * @param[out] out_is_on_cpu 1 or 0
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_is_on_cpu(const optirs_pjrt_buffer* buffer,
                                                         uint8_t* out_is_on_cpu);

/**
 * Address of the buffer as the platform's own tools know it. Nothing keeps the memory alive: see
 * optirs_pjrt_buffer_hold.
 * @fallible
 * @param[in] buffer
 * @param[out] out_address
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_unsafe_pointer(const optirs_pjrt_buffer* buffer,
                                                              uint64_t* out_address);

/** An external use of a buffer's device memory, which stays where it is until the last reference goes.
 * Thread-safe. */
typedef struct optirs_pjrt_hold optirs_pjrt_hold;

/**
 * Keeps the device memory of a buffer alive for use outside PJRT. Work that is in flight should be waited
 * for first (optirs_pjrt_buffer_ready).
 * @fallible
 * @param[in] buffer
 * @param[out] out_hold @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_hold(optirs_pjrt_buffer* buffer, optirs_pjrt_hold** out_hold);

/**
 * First byte of the memory, in the address space of the device.
 * @fast
 * @param[in] hold
 * @return @borrowed
 */
OPTIRS_EXPORT void* optirs_pjrt_hold_data(const optirs_pjrt_hold* hold);

/**
 * Adds a reference.
 * @param[in] hold NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_hold_retain(optirs_pjrt_hold* hold);

/**
 * Drops a reference; the last one ends the use.
 * @param[in] hold @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_hold_release(optirs_pjrt_hold* hold);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_BUFFER_H_ */
