/**
 * @file
 * Transfers: the parts of large host arrays, sent to a device as they come.
 */
#ifndef OPTIRS_PJRT_TRANSFER_H_
#define OPTIRS_PJRT_TRANSFER_H_

#include <optirs/operation.h>
#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Buffers of one device whose contents arrive in parts. Thread-safe. */
typedef struct optirs_pjrt_transfer optirs_pjrt_transfer;

/**
 * Makes the buffers. They can be arguments of programs at once (optirs_pjrt_transfer_buffer); programs wait
 * for the data. Buffers whose last part never comes fail when the transfer is released.
 * Errors: INVALID_ARGUMENT (no arrays, or arrays in different places), UNIMPLEMENTED.
 * @fallible
 * @param[in] client
 * @param[in] arrays type, extents and layout of each; all in the place of the first one
 * @param[in] num_arrays @size_of{arrays}
 * @param[out] out_transfer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_create(optirs_pjrt_client* client,
                                                        const optirs_pjrt_array* arrays, int64_t num_arrays,
                                                        optirs_pjrt_transfer** out_transfer);

/**
 * Adds a reference.
 * @param[in] transfer NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_transfer_retain(optirs_pjrt_transfer* transfer);

/**
 * Drops a reference.
 * @param[in] transfer @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_transfer_release(optirs_pjrt_transfer* transfer);

/**
 * Number of buffers.
 * @fallible
 * @param[in] transfer
 * @param[out] out_count
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_count(const optirs_pjrt_transfer* transfer,
                                                       int64_t* out_count);

/**
 * Bytes that buffer `index` takes on the device.
 * @fallible
 * @param[in] transfer
 * @param[in] index 0 <= index < count
 * @param[out] out_size
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_size(const optirs_pjrt_transfer* transfer, int64_t index,
                                                      uint64_t* out_size);

/**
 * Device that the buffers are on.
 * @fallible
 * @param[in] transfer
 * @param[out] out_device @borrowed valid as long as the client
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_device(const optirs_pjrt_transfer* transfer,
                                                        optirs_pjrt_device** out_device);

/**
 * Buffer `index`; each can be taken once.
 * @fallible
 * @param[in] transfer
 * @param[in] index 0 <= index < count
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_buffer(optirs_pjrt_transfer* transfer, int64_t index,
                                                        optirs_pjrt_buffer** inout_buffer);

/**
 * Sends bytes of buffer `index`, in the layout of the device.
 * Errors: OUT_OF_RANGE (index, or past the end), or what the plugin reports.
 * @fallible
 * @param[in] transfer
 * @param[in] index 0 <= index < count
 * @param[in] offset where in the buffer, in bytes
 * @param[in] data host memory, unchanged until `done`
 * @param[in] size @size_of{data} bytes
 * @param[in] is_last 1: nothing follows for this buffer
 * @param[in] done called when `data` is free again
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_write(optirs_pjrt_transfer* transfer, int64_t index,
                                                       uint64_t offset, const void* data, uint64_t size,
                                                       uint8_t is_last, optirs_completion done,
                                                       void* context);

/**
 * Sends the whole of buffer `index` from dense host elements.
 * @fallible
 * @param[in] transfer
 * @param[in] index 0 <= index < count
 * @param[in] array type, extents, and `layout` of the host elements (NULL: row-major); its place must be left
 * out
 * @param[in] data host memory, unchanged until `done`
 * @param[in] size @size_of{data} bytes
 * @param[in] done called when `data` is free again
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_write_all(optirs_pjrt_transfer* transfer, int64_t index,
                                                           const optirs_pjrt_array* array, const void* data,
                                                           uint64_t size, optirs_completion done,
                                                           void* context);

/**
 * Ends buffer `index` with an error.
 * @fallible
 * @param[in] transfer
 * @param[in] index 0 <= index < count
 * @param[in] code not OPTIRS_OK
 * @param[in] message UTF-8
 * @param[in] message_size @size_of{message}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_fail(optirs_pjrt_transfer* transfer, int64_t index,
                                                      optirs_status code, const char* message,
                                                      uint64_t message_size);

/**
 * Tells the plugin more about the transfer, in its own terms.
 * @fallible
 * @param[in] transfer
 * @param[in] values
 * @param[in] num_values @size_of{values}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_transfer_describe(optirs_pjrt_transfer* transfer,
                                                          const optirs_pjrt_named_value* values,
                                                          int64_t num_values);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_TRANSFER_H_ */
