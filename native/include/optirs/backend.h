/**
 * @file
 * The registry of backends: what there is, which can be used, and in one sentence why another cannot.
 *
 * Built-in backends are always listed. Others are files `liboptirs_<name>.so` beside this library or in the
 * directories of the environment variable OPTIRS_BACKEND_PATH (separated by colons), loaded when they are
 * first asked for.
 */
#ifndef OPTIRS_BACKEND_H_
#define OPTIRS_BACKEND_H_

#include <optirs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A loaded backend that can be used. Once loaded, a backend stays loaded until the process ends.
 *
 * Thread-safe.
 */
typedef struct optirs_backend optirs_backend;

/**
 * Number of backends that are built in or whose library is found. Only grows.
 * @fallible RESOURCE_EXHAUSTED.
 * @param[out] out_count The number.
 */
OPTIRS_EXPORT optirs_error* optirs_backend_count(uint64_t* out_count);

/**
 * The name of a backend, usable or not, for instance `echo`.
 * @fallible OUT_OF_RANGE if index is not below the count.
 * @param[in] index From 0 to the count of optirs_backend_count.
 * @param[out] out_name @borrowed UTF-8, NUL-terminated, valid for ever; NULL on failure.
 * @param[out] out_name_size Length in bytes, without the terminating NUL.
 */
OPTIRS_EXPORT optirs_error* optirs_backend_name_at(uint64_t index, const char** out_name,
                                                   uint64_t* out_name_size);

/**
 * How well the backend suits this machine: 0 if it cannot be used, and the higher the better.
 * @fallible INVALID_ARGUMENT for a malformed name; RESOURCE_EXHAUSTED. A backend that does not exist scores
 * 0.
 * @param[in] name Name of the backend: letters, digits and underscores.
 * @param[in] name_size @size_of{name} Length in bytes.
 * @param[out] out_score The score.
 */
OPTIRS_EXPORT optirs_error* optirs_backend_score(const char* name, uint64_t name_size, int32_t* out_score);

/**
 * Why the backend cannot be used, or what it does without: one sentence for each thing that is missing. Empty
 * if nothing is.
 * @fallible INVALID_ARGUMENT for a malformed name; RESOURCE_EXHAUSTED.
 * @param[in] name Name of the backend: letters, digits and underscores.
 * @param[in] name_size @size_of{name} Length in bytes.
 * @param[out] out_reason @borrowed UTF-8, NUL-terminated, valid for ever; NULL on failure.
 * @param[out] out_reason_size Length in bytes, without the terminating NUL.
 */
OPTIRS_EXPORT optirs_error* optirs_backend_reason(const char* name, uint64_t name_size,
                                                  const char** out_reason, uint64_t* out_reason_size);

/**
 * Loads a backend.
 * @fallible INVALID_ARGUMENT for a malformed name, NOT_FOUND if there is no such backend, UNAVAILABLE with
 * the reason if it cannot be used here.
 * @param[in] name Name of the backend: letters, digits and underscores.
 * @param[in] name_size @size_of{name} Length in bytes.
 * @param[out] out_backend @owned The backend; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_backend_load(const char* name, uint64_t name_size,
                                                optirs_backend** out_backend);

/**
 * The name of a loaded backend.
 * @param[in] backend The backend.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_backend_name(const optirs_backend* backend, uint64_t* out_size);

/**
 * A line for bug reports: the backend's version and the versions of the libraries that it found.
 * @param[in] backend The backend.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_backend_version(const optirs_backend* backend, uint64_t* out_size);

/**
 * The file that the backend was loaded from; empty for a built-in one.
 * @param[in] backend The backend.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_backend_path(const optirs_backend* backend, uint64_t* out_size);

/**
 * Adds a reference.
 * @param[in] backend The backend; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_backend_retain(optirs_backend* backend);

/**
 * Drops a reference.
 * @param[in] backend @owned The backend; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_backend_release(optirs_backend* backend);

#ifdef __cplusplus
}
#endif

#endif
