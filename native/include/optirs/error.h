/**
 * @file
 * Errors. A fallible function returns an owned `optirs_error*`; NULL is success.
 *
 * An error belongs to the call that failed: there is no thread-local "last error" that a later call could
 * overwrite.
 */
#ifndef OPTIRS_ERROR_H_
#define OPTIRS_ERROR_H_

#include <optirs/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What kind of failure an error is; one of the OPTIRS_* codes below. The numbers are those of absl and PJRT.
 */
typedef int32_t optirs_status;

enum {
    OPTIRS_OK = 0,                  /**< Success. No error object has this code. */
    OPTIRS_CANCELLED = 1,           /**< The caller asked for cancellation. */
    OPTIRS_UNKNOWN = 2,             /**< The cause is not known, for instance a foreign exception. */
    OPTIRS_INVALID_ARGUMENT = 3,    /**< An argument is wrong whatever the state of the system. */
    OPTIRS_DEADLINE_EXCEEDED = 4,   /**< The time allowed ran out. */
    OPTIRS_NOT_FOUND = 5,           /**< A file, library, backend, device or name does not exist. */
    OPTIRS_ALREADY_EXISTS = 6,      /**< What was to be created is already there. */
    OPTIRS_PERMISSION_DENIED = 7,   /**< The system refused access. */
    OPTIRS_RESOURCE_EXHAUSTED = 8,  /**< Out of host or device memory; worth a retry once memory is freed. */
    OPTIRS_FAILED_PRECONDITION = 9, /**< The object is in the wrong state, for instance a donated buffer. */
    OPTIRS_ABORTED = 10,            /**< The operation was given up, for instance because a peer failed. */
    OPTIRS_OUT_OF_RANGE = 11,       /**< An index or offset is past the end. */
    OPTIRS_UNIMPLEMENTED = 12,      /**< Valid, but not supported by this backend or version. */
    OPTIRS_INTERNAL = 13,           /**< A defect of this library or of a backend. */
    OPTIRS_UNAVAILABLE = 14,        /**< The backend or device cannot be used at present. */
    OPTIRS_DATA_LOSS = 15,          /**< Data is corrupt or truncated. */
    OPTIRS_UNAUTHENTICATED = 16     /**< Credentials are missing or not valid. */
};

/**
 * One failure: a code, a message, the operation and the backend it came from.
 *
 * Thread-safe: an error never changes after it was created.
 */
typedef struct optirs_error optirs_error;

/**
 * The kind of failure.
 * @fast
 * @param[in] error The error; NULL reads as OPTIRS_OK.
 * @return One of the OPTIRS_* codes.
 */
OPTIRS_EXPORT optirs_status optirs_error_code(const optirs_error* error);

/**
 * The message: operation, shapes and offending values, the backend's own code, and what to do about it.
 * @param[in] error The error; NULL has the empty message.
 * @param[out] out_size Length of the message in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid until the error is released.
 */
OPTIRS_EXPORT const char* optirs_error_message(const optirs_error* error, uint64_t* out_size);

/**
 * The name of the function that failed, for instance `optirs_buffer_create`.
 * @param[in] error The error; NULL has the empty operation.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid until the error is released.
 */
OPTIRS_EXPORT const char* optirs_error_operation(const optirs_error* error, uint64_t* out_size);

/**
 * The backend or plugin that reported the failure; empty if the library itself did.
 * @param[in] error The error; NULL has the empty backend.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid until the error is released.
 */
OPTIRS_EXPORT const char* optirs_error_backend(const optirs_error* error, uint64_t* out_size);

/**
 * How many details the plugin attached to the error.
 * @fast
 * @param[in] error The error; NULL has none.
 */
OPTIRS_EXPORT int64_t optirs_error_num_payloads(const optirs_error* error);

/**
 * Detail `index`: the type URL that names its meaning, and its bytes.
 * @param[in] error The error.
 * @param[in] index 0 <= index < num_payloads
 * @param[out] out_key_size Length of the key in bytes.
 * @param[out] out_value Valid until the error is released.
 * @param[out] out_value_size Bytes.
 * @return @borrowed UTF-8, valid until the error is released; NULL where the index is out of range.
 */
OPTIRS_EXPORT const char* optirs_error_payload(const optirs_error* error, int64_t index,
                                               uint64_t* out_key_size, const uint8_t** out_value,
                                               uint64_t* out_value_size);

/**
 * An error of the caller's own, for callbacks that may fail.
 * @param[in] code Not OPTIRS_OK.
 * @param[in] message UTF-8.
 * @param[in] size @size_of{message}
 * @return @owned Never NULL; without memory for the message it is RESOURCE_EXHAUSTED.
 */
OPTIRS_EXPORT optirs_error* optirs_error_create(optirs_status code, const char* message, uint64_t size);

/**
 * Frees an error and the strings read from it.
 * @param[in] error @owned The error; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_error_release(optirs_error* error);

/**
 * The name of a code, for instance `INVALID_ARGUMENT`; `UNKNOWN` for a number that is not a code.
 * @param[in] code Any number.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed ASCII, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_status_name(optirs_status code, uint64_t* out_size);

#ifdef __cplusplus
}
#endif

#endif
