/**
 * @file
 * Version of the ABI and of the library, and the table of struct layouts that bindings compare themselves
 * with.
 */
#ifndef OPTIRS_VERSION_H_
#define OPTIRS_VERSION_H_

#include <optirs/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Changes when an existing program could break. A binding must find exactly its own major version. */
#define OPTIRS_ABI_MAJOR 1

/** Changes when functions, constants or trailing option fields are added. */
#define OPTIRS_ABI_MINOR 1

/** Both parts in one number: major * 65536 + minor. */
#define OPTIRS_ABI_VERSION (OPTIRS_ABI_MAJOR * 65536u + OPTIRS_ABI_MINOR)

/**
 * The ABI version of the library that was loaded, to be compared with OPTIRS_ABI_VERSION before anything else
 * is called.
 * @fast
 * @return major * 65536 + minor.
 */
OPTIRS_EXPORT uint32_t optirs_abi_version(void);

/**
 * A line for bug reports: library version, source revision and compiler.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid for ever.
 */
OPTIRS_EXPORT const char* optirs_version(uint64_t* out_size);

/** One public struct, or one field of it, as the compiler of the library laid it out. */
typedef struct optirs_layout_row {
    const char* type_name;  /**< Name of the struct, NUL-terminated. */
    const char* field_name; /**< Name of the field, or the empty string for the struct itself. */
    uint64_t offset;        /**< Offset of the field in bytes; for the struct itself its alignment. */
    uint64_t size;          /**< Size of the field, or of the struct, in bytes. */
} optirs_layout_row;

/**
 * The layout of every public struct: a binding compares it with its own, row by row.
 * @param[out] out_rows @borrowed The first row; valid for ever.
 * @return Number of rows.
 */
OPTIRS_EXPORT uint64_t optirs_abi_layout(const optirs_layout_row** out_rows);

#ifdef __cplusplus
}
#endif

#endif
