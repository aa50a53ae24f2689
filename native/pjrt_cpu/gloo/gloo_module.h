/* The entry of libpjrt_optirs_gloo.so, which alone links libgloo. The plugin loads it when several processes
   form one client, and not otherwise. C, so that no C++ object or exception crosses from one file to the
   other. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A key-value store that all processes see. Functions return 0, or another number when they failed. */
typedef struct OptirsGlooStore {
    void* self;
    int (*put)(void* self, const char* key, size_t key_size, const char* value, size_t value_size);
    /* Waits until the key is there. `*value` is given back with `release`. */
    int (*get)(void* self, const char* key, size_t key_size, int32_t timeout_ms, char** value,
               size_t* value_size);
    void (*release)(void* self, char* value);
} OptirsGlooStore;

typedef struct OptirsGlooTransfer {
    int32_t process;
    void* data;
    size_t size;
} OptirsGlooTransfer;

typedef struct OptirsGlooGroup OptirsGlooGroup;

/* Connects this process with all others; each gives its own rank, 0 to size - 1. Null on failure, with the
   reason in `error` (at most `error_size` bytes with the final 0). */
OptirsGlooGroup* optirsGlooConnect(int32_t rank, int32_t size, double timeout_s, const OptirsGlooStore* store,
                                   char* error, size_t error_size);
/* Sends and receives at once; returns 0 when all is done, -1 with the reason in `error`. Thread-safe for
   different tags. */
int optirsGlooExchange(OptirsGlooGroup* group, uint64_t tag, const OptirsGlooTransfer* send,
                       size_t send_count, const OptirsGlooTransfer* receive, size_t receive_count,
                       char* error, size_t error_size);
void optirsGlooDisconnect(OptirsGlooGroup* group);

#ifdef __cplusplus
}
#endif
