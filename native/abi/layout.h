/* The table behind optirs_abi_layout. layout.g.c, written by the binding generator, defines it. */
#ifndef OPTIRS_ABI_LAYOUT_H_
#define OPTIRS_ABI_LAYOUT_H_

#include <optirs/version.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const optirs_layout_row optirs_layout_rows[];
extern const uint64_t optirs_layout_row_count;

#ifdef __cplusplus
}
#endif

#endif
