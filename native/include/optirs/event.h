/**
 * @file
 * Events: points in the work of a stream, to wait for, to order streams by, and to measure time with.
 */
#ifndef OPTIRS_EVENT_H_
#define OPTIRS_EVENT_H_

#include <optirs/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A point in the work of a stream. Until it is recorded it counts as done; recorded again, it is the newer
 * point.
 *
 * Thread-safe.
 */
typedef struct optirs_event optirs_event;

/**
 * Creates an event.
 * @fallible RESOURCE_EXHAUSTED, UNAVAILABLE.
 * @param[in] device The device whose streams will record it.
 * @param[in] has_timing 1 to measure time, which costs a little; 0 for order alone.
 * @param[out] out_event @owned The event; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_event_create(optirs_device* device, uint8_t has_timing,
                                                optirs_event** out_event);

/**
 * Makes the event the present end of a stream's work.
 * @fallible INVALID_ARGUMENT if the stream is another device's; UNAVAILABLE.
 * @param[in] event The event.
 * @param[in] stream The stream.
 */
OPTIRS_EXPORT optirs_error* optirs_event_record(optirs_event* event, optirs_stream* stream);

/**
 * Whether the work before the event is done.
 * @fallible The failure of the work, if it failed.
 * @param[in] event The event.
 * @param[out] out_is_done 1 or 0.
 */
OPTIRS_EXPORT optirs_error* optirs_event_query(optirs_event* event, uint8_t* out_is_done);

/**
 * Blocks until the work before the event is done.
 * @fallible The failure of the work, if it failed.
 * @param[in] event The event.
 */
OPTIRS_EXPORT optirs_error* optirs_event_wait(optirs_event* event);

/**
 * Makes later work of a stream wait for the event; does not block.
 * @fallible INVALID_ARGUMENT if the stream is of another backend; UNAVAILABLE.
 * @param[in] stream The stream that waits; may be another device's.
 * @param[in] event The event.
 */
OPTIRS_EXPORT optirs_error* optirs_stream_follow(optirs_stream* stream, optirs_event* event);

/**
 * Time between two events that are done, on the device's clock.
 * @fallible FAILED_PRECONDITION if an event has no timing; UNAVAILABLE if one is not done; INVALID_ARGUMENT
 * if one was not recorded, or they are of different devices.
 * @param[in] start The earlier event.
 * @param[in] end The later event, of the same device.
 * @param[out] out_milliseconds Milliseconds, to about half a microsecond.
 */
OPTIRS_EXPORT optirs_error* optirs_event_elapsed(optirs_event* start, optirs_event* end,
                                                 float* out_milliseconds);

/**
 * Adds a reference.
 * @param[in] event The event; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_event_retain(optirs_event* event);

/**
 * Drops a reference.
 * @param[in] event @owned The event; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_event_release(optirs_event* event);

#ifdef __cplusplus
}
#endif

#endif
