// An extension of this project's plugin: small work that is over when the call returns, in memory that is there
// already. A read needs no event then, an upload or an execution no new buffer. Clients that do not know it lose
// nothing.
//
// None of these functions waits, and each may decline: then `is_done` is false, nothing has happened (but to the bytes
// of results), and the caller goes the usual way, which also tells what is wrong.
#ifndef OPTIRS_PJRT_IN_PLACE_H_
#define OPTIRS_PJRT_IN_PLACE_H_

#include "pjrt_abi/pjrt_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

// Far from the numbers that PJRT's headers give.
#define PJRT_EXTENSION_TYPE_IN_PLACE ((PJRT_Extension_Type)0x4f525049)

// Copies the bytes of a buffer, dense and row-major, to the host.
typedef struct PJRT_InPlace_Read_Args {
    size_t struct_size;
    PJRT_Extension_Base* extension_start;
    PJRT_Buffer* buffer;
    void* data;
    size_t size;   // of the whole buffer
    bool is_done;  // out
} PJRT_InPlace_Read_Args;

// Overwrites the bytes of a buffer that nobody else uses.
typedef struct PJRT_InPlace_Write_Args {
    size_t struct_size;
    PJRT_Extension_Base* extension_start;
    PJRT_Buffer* buffer;
    const void* data;
    size_t size;   // of the whole buffer
    bool is_done;  // out
} PJRT_InPlace_Write_Args;

// Runs a program on its one device. The results are written into buffers that nobody else uses.
typedef struct PJRT_InPlace_Execute_Args {
    size_t struct_size;
    PJRT_Extension_Base* extension_start;
    PJRT_LoadedExecutable* executable;
    PJRT_Buffer* const* arguments;
    size_t num_arguments;
    PJRT_Buffer* const* results;
    size_t num_results;
    bool is_done;   // out
    bool is_never;  // out: this program is not of the kind, there is no use in trying again
} PJRT_InPlace_Execute_Args;

typedef struct PJRT_InPlace_Extension {
    PJRT_Extension_Base base;
    PJRT_Error* (*read)(PJRT_InPlace_Read_Args* args);
    PJRT_Error* (*write)(PJRT_InPlace_Write_Args* args);
    PJRT_Error* (*execute)(PJRT_InPlace_Execute_Args* args);
} PJRT_InPlace_Extension;

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // OPTIRS_PJRT_IN_PLACE_H_
