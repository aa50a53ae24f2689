/**
 * @file
 * Events that a host makes, and promises that it has to keep towards a plugin.
 */
#ifndef OPTIRS_PJRT_EVENT_H_
#define OPTIRS_PJRT_EVENT_H_

#include <optirs/operation.h>
#include <optirs/pjrt_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Promises ------------------------------------------------------------------------------- */

/**
 * Adds a reference.
 * @param[in] promise NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_promise_retain(optirs_pjrt_promise* promise);

/**
 * Drops a reference. A promise that is never kept fails with ABORTED.
 * @param[in] promise @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_promise_release(optirs_pjrt_promise* promise);

/**
 * Keeps the promise of a destination: the plugin copies to it. Errors: FAILED_PRECONDITION (kept already, or
 * a promise of something else).
 * @fallible
 * @param[in] promise of optirs_pjrt_buffer_raw_to_host_later
 * @param[in] destination host memory, valid until the copy's completion
 * @param[in] size @size_of{destination} must be the size that was asked for
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_promise_host(optirs_pjrt_promise* promise, void* destination,
                                                     uint64_t size);

/**
 * Keeps the promise of a buffer. Errors: as above, and INVALID_ARGUMENT (a buffer of another client).
 * @fallible
 * @param[in] promise of optirs_pjrt_buffer_alias
 * @param[in] buffer
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_promise_buffer(optirs_pjrt_promise* promise,
                                                       optirs_pjrt_buffer* buffer);

/**
 * Keeps the promise of something that has been done.
 * @fallible
 * @param[in] promise of optirs_pjrt_buffer_donate
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_promise_done(optirs_pjrt_promise* promise);

/**
 * Breaks any promise; who waits for it gets the error. Errors: FAILED_PRECONDITION (kept already).
 * @fallible
 * @param[in] promise
 * @param[in] code not OPTIRS_OK
 * @param[in] message UTF-8
 * @param[in] message_size @size_of{message}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_promise_fail(optirs_pjrt_promise* promise, optirs_status code,
                                                     const char* message, uint64_t message_size);

/* ---- Events --------------------------------------------------------------------------------- */

/** An event of the plugin that the host ends. Thread-safe. */
typedef struct optirs_pjrt_event optirs_pjrt_event;

/**
 * An event that is not over. Errors: UNIMPLEMENTED where the plugin makes none for others.
 * @fallible
 * @param[in] client
 * @param[out] out_event @owned
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_event_create(optirs_pjrt_client* client,
                                                     optirs_pjrt_event** out_event);

/**
 * Adds a reference.
 * @param[in] event NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_event_retain(optirs_pjrt_event* event);

/**
 * Drops a reference.
 * @param[in] event @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_pjrt_event_release(optirs_pjrt_event* event);

/**
 * Ends the event. Errors: FAILED_PRECONDITION (it is over).
 * @fallible
 * @param[in] event
 * @param[in] code OPTIRS_OK, or the error that it ends with
 * @param[in] message UTF-8, of the error
 * @param[in] message_size @size_of{message}
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_event_set(optirs_pjrt_event* event, optirs_status code,
                                                  const char* message, uint64_t message_size);

/**
 * Whether the event is over.
 * @fallible
 * @param[in] event
 * @param[out] out_is_ready 1 or 0
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_event_is_ready(const optirs_pjrt_event* event, uint8_t* out_is_ready);

/**
 * The error of an event that is over, if it ended with one. Errors: FAILED_PRECONDITION (it is not over), or
 * its own.
 * @fallible
 * @param[in] event
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_event_check(const optirs_pjrt_event* event);

/**
 * Calls `done` when the event is over, with its error.
 * @fallible
 * @param[in] event
 * @param[in] done
 * @param[in] context passed to done
 */
OPTIRS_EXPORT optirs_error* optirs_pjrt_event_ready(optirs_pjrt_event* event, optirs_completion done,
                                                    void* context);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_PJRT_EVENT_H_ */
