/**
 * @file
 * StableHLO programs as they are: shown and checked, not run. Reads what the embedded plugin reads: MLIR text
 * in pretty and generic form, and MLIR bytecode, portable artifacts (VHLO 0.9 to 1.20) among it.
 */
#ifndef OPTIRS_STABLEHLO_H_
#define OPTIRS_STABLEHLO_H_

#include <optirs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A text that the reader made. Immutable.
 *
 * Thread-safe.
 */
typedef struct optirs_stablehlo_text optirs_stablehlo_text;

/**
 * Adds a reference.
 * @param[in] text NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_stablehlo_text_retain(optirs_stablehlo_text* text);

/**
 * Drops a reference.
 * @param[in] text @owned NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_stablehlo_text_release(optirs_stablehlo_text* text);

/**
 * The text.
 * @param[in] text
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed UTF-8, NUL-terminated, valid as long as the object
 */
OPTIRS_EXPORT const char* optirs_stablehlo_text_data(const optirs_stablehlo_text* text, uint64_t* out_size);

/**
 * A program as MLIR text, in the pretty form where an operation has one, else in the generic form: operations
 * of older versions upgraded, one spelling for each attribute. The program need not be valid beyond its
 * syntax. Errors: INVALID_ARGUMENT (line and column, or the byte, and what was expected there),
 * UNIMPLEMENTED.
 * @fallible
 * @param[in] program text or bytecode
 * @param[in] program_size @size_of{program}
 * @param[out] out_text @owned
 */
OPTIRS_EXPORT optirs_error* optirs_stablehlo_print(const char* program, uint64_t program_size,
                                                   optirs_stablehlo_text** out_text);

/**
 * Checks a program: syntax, and of each operation the number of operands, types, shapes, attributes and
 * regions. Errors: INVALID_ARGUMENT (operation, line and column or byte, and what is wrong), UNIMPLEMENTED.
 * @fallible
 * @param[in] program text or bytecode
 * @param[in] program_size @size_of{program}
 */
OPTIRS_EXPORT optirs_error* optirs_stablehlo_verify(const char* program, uint64_t program_size);

#ifdef __cplusplus
}
#endif

#endif /* OPTIRS_STABLEHLO_H_ */
