/**
 * @file
 * Other ways to make a buffer than from host data.
 */
#ifndef OPTIRS_PJRT_CREATION_H_
#define OPTIRS_PJRT_CREATION_H_

#include <optirs/pjrt_buffer.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * As optirs_pjrt_buffer_from_host, into a memory and a layout of the caller's choice.
 * @fallible
 * @param[in] client
 * @param[in] array what the buffer is to be, and where
 * @param[in] data elements in host memory
 * @param[in] data_size @size_of{data} bytes that may be read; must hold the whole shape
 * @param[in] byte_strides NULL (dense, row-major), or `rank` strides in bytes
 * @param[in] semantics OPTIRS_PJRT_HOST_*
 * @param[in] host_released NULL, or called when the plugin is done with `data`
 * @param[in] context passed to host_released
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_place(optirs_pjrt_client* client,
                                                     const optirs_pjrt_array* array, const void* data,
                                                     uint64_t data_size, const int64_t* byte_strides,
                                                     optirs_pjrt_host_semantics semantics,
                                                     optirs_completion host_released, void* context,
                                                     optirs_pjrt_buffer** inout_buffer);

/**
 * Device memory with whatever is in it.
 * @fallible
 * @param[in] client
 * @param[in] array
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_uninitialized(optirs_pjrt_client* client,
                                                             const optirs_pjrt_array* array,
                                                             optirs_pjrt_buffer** inout_buffer);

/**
 * A buffer that was never computed: whoever reads it gets this error.
 * @fallible
 * @param[in] client
 * @param[in] array `memory` or `device` says where it would have been
 * @param[in] code not OPTIRS_OK
 * @param[in] message UTF-8
 * @param[in] message_size @size_of{message}
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_failed(optirs_pjrt_client* client,
                                                      const optirs_pjrt_array* array, optirs_status code,
                                                      const char* message, uint64_t message_size,
                                                      optirs_pjrt_buffer** inout_buffer);

/** Called once, on any thread, when a plugin no longer uses memory that was lent to it. */
typedef void (*optirs_pjrt_released)(void* data, void* context);

/**
 * A buffer over memory of the device that somebody else owns; nothing is copied.
 * @fallible
 * @param[in] client
 * @param[in] array what lies there; `layout` NULL means row-major
 * @param[in] data address in device memory
 * @param[in] stream of the platform whose work on the memory must end first, or 0
 * @param[in] released NULL, or called when the plugin no longer uses the memory; never if this fails
 * @param[in] context passed to released
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_view(optirs_pjrt_client* client,
                                                    const optirs_pjrt_array* array, void* data,
                                                    int64_t stream, optirs_pjrt_released released,
                                                    void* context, optirs_pjrt_buffer** inout_buffer);

/**
 * The same bytes on the same device, read as another type or shape of equal size.
 * @fallible
 * @param[in] buffer
 * @param[in] array type, extents and layout; its place must be left out
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_bitcast(optirs_pjrt_buffer* buffer,
                                                       const optirs_pjrt_array* array,
                                                       optirs_pjrt_buffer** inout_buffer);

/**
 * Copies a buffer to a memory of the same client, e.g. to "pinned_host".
 * @fallible
 * @param[in] buffer
 * @param[in] memory
 * @param[in,out] inout_buffer @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_copy_to_memory(optirs_pjrt_buffer* buffer,
                                                              optirs_pjrt_memory* memory,
                                                              optirs_pjrt_buffer** inout_buffer);

/* ---- Promised buffers ----------------------------------------------------------------------- */

/**
 * A buffer that stands for another one which will exist later (optirs_pjrt_promise_buffer), and can be an
 * argument of programs at once.
 * @fallible
 * @param[in] client
 * @param[in] array
 * @param[in,out] inout_buffer @owned
 * @param[out] out_promise @owned of the buffer
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_alias(optirs_pjrt_client* client,
                                                     const optirs_pjrt_array* array,
                                                     optirs_pjrt_buffer** inout_buffer,
                                                     optirs_pjrt_promise** out_promise);

/**
 * Gives a buffer away for another one that is ready when the promise is kept (optirs_pjrt_promise_done). The
 * given cell reports that it is donated.
 * @fallible
 * @param[in] buffer
 * @param[in,out] inout_buffer @owned
 * @param[out] out_promise @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_donate(optirs_pjrt_buffer* buffer,
                                                      optirs_pjrt_buffer** inout_buffer,
                                                      optirs_pjrt_promise** out_promise);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_CREATION_H_ */
