/**
 * @file
 * The echo: an operation that copies one buffer into another, asynchronously, on a thread of its own. It
 * needs no device, and lets a binding test every path of completion: inline, late, failed, held back and
 * cancelled.
 */
#ifndef OPTIRS_ECHO_H_
#define OPTIRS_ECHO_H_

#include <optirs/backend.h>
#include <optirs/buffer.h>
#include <optirs/operation.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Flags of optirs_echo_options. */
enum {
    OPTIRS_ECHO_INLINE = 1, /**< Complete on the calling thread, before optirs_echo_start returns. */
    OPTIRS_ECHO_HOLD = 2 /**< Do not start until optirs_echo_resume or optirs_operation_cancel is called. */
};

/** How an echo behaves. Initialise it with OPTIRS_ECHO_OPTIONS_INIT. */
typedef struct optirs_echo_options {
    size_t struct_size;      /**< sizeof(optirs_echo_options) as the caller knows it. */
    uint32_t flags;          /**< OPTIRS_ECHO_INLINE or OPTIRS_ECHO_HOLD, or 0. */
    optirs_status fail_with; /**< Complete with an error of this code instead of copying; OPTIRS_OK copies. */
} optirs_echo_options;

#define OPTIRS_ECHO_OPTIONS_INIT {sizeof(optirs_echo_options), 0, OPTIRS_OK}

/**
 * Starts to copy `source` into the beginning of `destination`. Both are retained until the operation is over.
 * @fallible INVALID_ARGUMENT if destination is smaller than source or read-only, if options are malformed, or
 * if a handle is NULL; UNIMPLEMENTED if the backend has no echo; RESOURCE_EXHAUSTED.
 * @param[in] backend The backend `echo`, or `fault`, which does the same and fails where optirs_fault_set
 * says.
 * @param[in] source What to copy.
 * @param[in] destination Where to; may be the source.
 * @param[in] options The options, or NULL for an asynchronous copy.
 * @param[in] done Called once when the operation is over; not if this function returns an error.
 * @param[in] context Handed to done.
 * @param[out] out_operation @owned The operation in flight; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_echo_start(optirs_backend* backend, optirs_buffer* source,
                                              optirs_buffer* destination, const optirs_echo_options* options,
                                              optirs_completion done, void* context,
                                              optirs_operation** out_operation);

/**
 * Lets an echo that was started with OPTIRS_ECHO_HOLD go on.
 * @fallible INVALID_ARGUMENT if the operation is not an echo.
 * @param[in] operation The operation; one that is not held is left alone.
 */
OPTIRS_EXPORT optirs_error* optirs_echo_resume(optirs_operation* operation);

#ifdef __cplusplus
}
#endif

#endif
