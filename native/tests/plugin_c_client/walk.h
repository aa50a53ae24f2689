/* What the walk through the plugin shares. */
#ifndef OPTIRS_TESTS_PLUGIN_C_CLIENT_WALK_H_
#define OPTIRS_TESTS_PLUGIN_C_CLIENT_WALK_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_abi/pjrt_abi_extensions.h"

extern const PJRT_Api* api;

typedef struct {
    PJRT_Client* client;
    PJRT_Device* device;
    PJRT_Device* other_device;
    PJRT_Memory* memory;
    PJRT_LoadedExecutable* loaded;
    PJRT_Executable* executable;
} Walk;

/* An argument struct of zeros that knows its size, as a caller of the C header makes it. */
#define ARGS(type, name)            \
    type name;                      \
    memset(&name, 0, sizeof(name)); \
    name.struct_size = type##_STRUCT_SIZE

#define REQUIRE(condition)                                                          \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                \
        }                                                                           \
    } while (0)

/* Ends the process with the error's message when there is one. */
void requireOk(PJRT_Error* error, const char* file, int line);
#define OK(call) requireOk(call, __FILE__, __LINE__)

/* Takes the error; its code. */
PJRT_Error_Code codeOf(PJRT_Error* error);

/* Waits for the event and destroys it; its error's code. */
PJRT_Error_Code awaitEvent(PJRT_Event* event);

bool sameText(const char* text, size_t size, const char* expected);
PJRT_Extension_Base* findExtension(PJRT_Extension_Type type);

PJRT_Buffer* upload(const Walk* walk, const float* values, int64_t count, PJRT_Device* device);
void download(PJRT_Buffer* buffer, float* values, size_t count);
void destroyBuffer(PJRT_Buffer* buffer);
bool isDeleted(PJRT_Buffer* buffer);

void walkPlugin(void);
void walkClient(Walk* walk);
void walkBuffers(const Walk* walk);
void walkTransfers(const Walk* walk);
void walkCompile(Walk* walk);
void walkExecute(const Walk* walk);
void walkIntrospection(const Walk* walk);
void walkSerialization(const Walk* walk);
void walkAheadOfTime(const Walk* walk);

/* out = a + b, in the memory of a. */
extern const char kAddProgram[];

#endif
