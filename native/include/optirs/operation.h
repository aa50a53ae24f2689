/**
 * @file
 * Asynchronous work: the completion callback, and the handle through which cancellation is asked for.
 */
#ifndef OPTIRS_OPERATION_H_
#define OPTIRS_OPERATION_H_

#include <optirs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Told that an operation is over.
 *
 * Called exactly once for each operation that was started successfully, on any thread, and possibly before
 * the starting function returns. Never called if the starting function returns an error. The callback must
 * not throw, and should only hand the result on: the thread belongs to the backend and other work may wait
 * for it. It may call any function of this library whose name does not end in `_wait`.
 * @param[in] error @owned NULL on success; otherwise the callee releases it.
 * @param[in] context The pointer given when the operation was started.
 */
typedef void (*optirs_completion)(optirs_error* error, void* context);

/**
 * An operation in flight. Needed only to cancel it: releasing the handle neither cancels nor waits.
 *
 * Thread-safe.
 */
typedef struct optirs_operation optirs_operation;

/**
 * Asks for the operation to be given up. A request: the operation still ends by its completion, with
 * CANCELLED if it was stopped in time and with its result otherwise, and the memory that it uses must stay
 * valid until then.
 * @param[in] operation The operation; NULL, or an operation that is over, is a no-op.
 */
OPTIRS_EXPORT void optirs_operation_cancel(optirs_operation* operation);

/**
 * Adds a reference.
 * @param[in] operation The operation; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_operation_retain(optirs_operation* operation);

/**
 * Drops a reference.
 * @param[in] operation @owned The operation; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_operation_release(optirs_operation* operation);

#ifdef __cplusplus
}
#endif

#endif
