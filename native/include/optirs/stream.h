/**
 * @file
 * Streams: work that a device does in the order in which it was given.
 */
#ifndef OPTIRS_STREAM_H_
#define OPTIRS_STREAM_H_

#include <optirs/device.h>
#include <optirs/operation.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A queue of work of one device. Work of different streams may overlap.
 *
 * Thread-safe; while it is captured (graph.h) only the capturing thread may use it.
 */
typedef struct optirs_stream optirs_stream;

/**
 * Creates a stream.
 * @fallible RESOURCE_EXHAUSTED, UNAVAILABLE.
 * @param[in] device The device.
 * @param[in] priority 0 is normal, higher is more urgent; cut to what the device knows.
 * @param[out] out_stream @owned The stream; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_stream_create(optirs_device* device, int32_t priority,
                                                 optirs_stream** out_stream);

/**
 * The device of a stream.
 * @fast
 * @param[in] stream The stream.
 * @return @borrowed Valid for ever.
 */
OPTIRS_EXPORT optirs_device* optirs_stream_device(const optirs_stream* stream);

/**
 * The backend's own handle (a CUstream), to share the stream with other libraries.
 * @fast
 * @param[in] stream The stream.
 * @return @borrowed Valid until the last reference is released.
 */
OPTIRS_EXPORT void* optirs_stream_native(const optirs_stream* stream);

/**
 * Whether all work given so far is done.
 * @fallible The failure of the work, if it failed; FAILED_PRECONDITION while the stream is captured.
 * @param[in] stream The stream.
 * @param[out] out_is_done 1 or 0.
 */
OPTIRS_EXPORT optirs_error* optirs_stream_query(optirs_stream* stream, uint8_t* out_is_done);

/**
 * Blocks until all work given so far is done.
 * @fallible The failure of the work, if it failed; FAILED_PRECONDITION while the stream is captured.
 * @param[in] stream The stream.
 */
OPTIRS_EXPORT optirs_error* optirs_stream_wait(optirs_stream* stream);

/**
 * Calls back once all work given so far is done.
 * @fallible RESOURCE_EXHAUSTED, UNAVAILABLE; FAILED_PRECONDITION while the stream is captured.
 * @param[in] stream The stream; it may be released before the callback.
 * @param[in] done Called once, with the failure of the work if it failed.
 * @param[in] context Handed to done.
 */
OPTIRS_EXPORT optirs_error* optirs_stream_notify(optirs_stream* stream, optirs_completion done,
                                                 void* context);

/**
 * Adds a reference.
 * @param[in] stream The stream; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_stream_retain(optirs_stream* stream);

/**
 * Drops a reference. Work that was given is still done.
 * @param[in] stream @owned The stream; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_stream_release(optirs_stream* stream);

#ifdef __cplusplus
}
#endif

#endif
