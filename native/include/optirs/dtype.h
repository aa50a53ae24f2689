/**
 * @file
 * Element types.
 */
#ifndef OPTIRS_DTYPE_H_
#define OPTIRS_DTYPE_H_

#include <optirs/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An element type; one of the OPTIRS_DTYPE_* constants. The numbers are those of PJRT_Buffer_Type. */
typedef int32_t optirs_dtype;

enum {
    OPTIRS_DTYPE_INVALID = 0,        /**< Not an element type. */
    OPTIRS_DTYPE_PRED = 1,           /**< Boolean, one byte, 0 or 1. */
    OPTIRS_DTYPE_S8 = 2,             /**< Signed 8-bit integer. */
    OPTIRS_DTYPE_S16 = 3,            /**< Signed 16-bit integer. */
    OPTIRS_DTYPE_S32 = 4,            /**< Signed 32-bit integer. */
    OPTIRS_DTYPE_S64 = 5,            /**< Signed 64-bit integer. */
    OPTIRS_DTYPE_U8 = 6,             /**< Unsigned 8-bit integer. */
    OPTIRS_DTYPE_U16 = 7,            /**< Unsigned 16-bit integer. */
    OPTIRS_DTYPE_U32 = 8,            /**< Unsigned 32-bit integer. */
    OPTIRS_DTYPE_U64 = 9,            /**< Unsigned 64-bit integer. */
    OPTIRS_DTYPE_F16 = 10,           /**< IEEE binary16. */
    OPTIRS_DTYPE_F32 = 11,           /**< IEEE binary32. */
    OPTIRS_DTYPE_F64 = 12,           /**< IEEE binary64. */
    OPTIRS_DTYPE_BF16 = 13,          /**< bfloat16: the upper half of binary32. */
    OPTIRS_DTYPE_C64 = 14,           /**< Complex: two binary32, real part first. */
    OPTIRS_DTYPE_C128 = 15,          /**< Complex: two binary64, real part first. */
    OPTIRS_DTYPE_F8E5M2 = 16,        /**< 8-bit float, 5 exponent bits, with infinities. */
    OPTIRS_DTYPE_F8E4M3FN = 17,      /**< 8-bit float, 4 exponent bits, finite only, one NaN pattern. */
    OPTIRS_DTYPE_F8E4M3B11FNUZ = 18, /**< As F8E4M3FN with bias 11 and one zero. */
    OPTIRS_DTYPE_F8E5M2FNUZ = 19,    /**< As F8E5M2, finite only, one zero. */
    OPTIRS_DTYPE_F8E4M3FNUZ = 20,    /**< As F8E4M3FN with one zero. */
    OPTIRS_DTYPE_S4 = 21,            /**< Signed 4-bit integer. */
    OPTIRS_DTYPE_U4 = 22,            /**< Unsigned 4-bit integer. */
    OPTIRS_DTYPE_TOKEN = 23,         /**< Ordering token; has no bytes. */
    OPTIRS_DTYPE_S2 = 24,            /**< Signed 2-bit integer. */
    OPTIRS_DTYPE_U2 = 25,            /**< Unsigned 2-bit integer. */
    OPTIRS_DTYPE_F8E4M3 = 26,        /**< 8-bit float, 4 exponent bits, IEEE-like with infinities. */
    OPTIRS_DTYPE_F8E3M4 = 27,        /**< 8-bit float, 3 exponent bits, IEEE-like with infinities. */
    OPTIRS_DTYPE_F8E8M0FNU = 28,     /**< 8-bit power-of-two scale: exponent only. */
    OPTIRS_DTYPE_F4E2M1FN = 29,      /**< 4-bit float, 2 exponent bits, finite only. */
    OPTIRS_DTYPE_S1 = 30,            /**< Signed 1-bit integer. */
    OPTIRS_DTYPE_U1 = 31,            /**< Unsigned 1-bit integer. */
    OPTIRS_DTYPE_F6E2M3FN = 32,      /**< 6-bit float, 2 exponent bits, finite only. */
    OPTIRS_DTYPE_F6E3M2FN = 33       /**< 6-bit float, 3 exponent bits, finite only. */
};

/**
 * Bits that one element takes in memory when elements are packed, for instance 32 for F32 and 4 for S4.
 * @fast
 * @param[in] dtype Any number.
 * @return Bits per element; 0 for TOKEN, INVALID and numbers that are not element types.
 */
OPTIRS_EXPORT int32_t optirs_dtype_bits(optirs_dtype dtype);

/**
 * The name as it is written in StableHLO, for instance `f32`, `bf16`, `i1`, `ui8`, `f8E4M3FN`.
 * @param[in] dtype Any number.
 * @param[out] out_size Length in bytes, without the terminating NUL; may be NULL.
 * @return @borrowed ASCII, NUL-terminated, valid for ever; `invalid` for a number that is not an element
 * type.
 */
OPTIRS_EXPORT const char* optirs_dtype_name(optirs_dtype dtype, uint64_t* out_size);

#ifdef __cplusplus
}
#endif

#endif
