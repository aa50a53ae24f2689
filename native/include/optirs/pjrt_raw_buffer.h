/**
 * @file
 * The memory beneath buffers, and the streams that devices work on: the extensions RawBuffer and Stream.
 * Every function here answers UNIMPLEMENTED, naming the extension, where the plugin lacks it.
 */
#ifndef OPTIRS_PJRT_RAW_BUFFER_H_
#define OPTIRS_PJRT_RAW_BUFFER_H_

#include <optirs/operation.h>
#include <optirs/pjrt_buffer.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The bytes of a buffer, which it keeps alive, without type and extents. Thread-safe. */
typedef struct optirs_pjrt_raw_buffer optirs_pjrt_raw_buffer;

/**
 * The bytes of a buffer. Errors: FAILED_PRECONDITION (deleted or donated).
 * @fallible
 * @param[in] buffer
 * @param[out] out_raw @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_raw_buffer_create(optirs_pjrt_buffer* buffer,
                                                          optirs_pjrt_raw_buffer** out_raw);

/**
 * Adds a reference.
 * @param[in] raw NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_raw_buffer_retain(optirs_pjrt_raw_buffer* raw);

/**
 * Drops a reference.
 * @param[in] raw @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_raw_buffer_release(optirs_pjrt_raw_buffer* raw);

/**
 * Bytes on the device, padding included.
 * @fallible
 * @param[in] raw
 * @param[out] out_size
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_raw_buffer_size(const optirs_pjrt_raw_buffer* raw,
                                                        uint64_t* out_size);

/**
 * The memory that the bytes are in.
 * @fallible
 * @param[in] raw
 * @param[out] out_memory @borrowed
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_raw_buffer_memory(const optirs_pjrt_raw_buffer* raw,
                                                          optirs_pjrt_memory** out_memory);

/**
 * Address of the bytes in this process. Errors: what the plugin reports of memory that the host cannot read.
 * @fallible
 * @param[in] raw
 * @param[out] out_address NULL where the host cannot read them
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_raw_buffer_host_address(const optirs_pjrt_raw_buffer* raw,
                                                                uint64_t* out_address);

/**
 * Copies bytes to the host. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] raw
 * @param[in] offset first byte
 * @param[out] destination stays valid until `done`
 * @param[in] size @size_of{destination}
 * @param[in] done NULL where nobody waits
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_raw_buffer_read(optirs_pjrt_raw_buffer* raw, uint64_t offset,
                                                        void* destination, uint64_t size,
                                                        optirs_completion done, void* context);

/**
 * Copies bytes from the host into the buffer, which whoever reads it meanwhile may see. Errors: OUT_OF_RANGE.
 * @fallible
 * @param[in] raw
 * @param[in] offset first byte
 * @param[in] source stays valid until `done`
 * @param[in] size @size_of{source}
 * @param[in] done NULL where nobody waits
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_raw_buffer_write(optirs_pjrt_raw_buffer* raw, uint64_t offset,
                                                         const void* source, uint64_t size,
                                                         optirs_completion done, void* context);

/**
 * A stream of the platform (a CUstream for CUDA) that waits for what others do to buffers of the device.
 * @fallible
 * @param[in] device
 * @param[out] out_stream the platform's handle, valid as long as the client
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_device_stream(const optirs_pjrt_device* device, int64_t* out_stream);

/**
 * Makes a stream of the platform wait, without the host, until the buffer is computed.
 * @fallible
 * @param[in] buffer
 * @param[in] stream the platform's handle
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_buffer_wait_on_stream(const optirs_pjrt_buffer* buffer,
                                                              int64_t stream);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_RAW_BUFFER_H_ */
