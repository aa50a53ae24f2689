// The calls that a PJRT client makes, in plain C and timed: `client_calls PLUGIN scalar` executes x + 1 and
// waits for it, `client_calls PLUGIN transfer BYTES` copies to the device and back. For every line on its
// input it runs one batch and prints a line: the mean of each in nanoseconds. So OptiRs.Benchmarks can have
// it and the C# client take turns of milliseconds, whatever the machine does meanwhile.
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pjrt_abi/pjrt_abi.h"

static const PJRT_Api* api;
static PJRT_Client* client;

static void check(PJRT_Error* error) {
    if (error == NULL) return;
    PJRT_Error_Message_Args message = {.struct_size = PJRT_Error_Message_Args_STRUCT_SIZE, .error = error};
    api->PJRT_Error_Message(&message);
    fprintf(stderr, "%.*s\n", (int)message.message_size, message.message);
    exit(1);
}

static void open(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    const PJRT_Api* (*get)(void);
    *(void**)&get = dlsym(library, "GetPjrtApi");
    api = get();
    PJRT_Plugin_Initialize_Args initialize = {.struct_size = PJRT_Plugin_Initialize_Args_STRUCT_SIZE};
    check(api->PJRT_Plugin_Initialize(&initialize));
    PJRT_Client_Create_Args create = {.struct_size = PJRT_Client_Create_Args_STRUCT_SIZE};
    check(api->PJRT_Client_Create(&create));
    client = create.client;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

// Whether another batch is wanted.
static int next(void) {
    char line[16];
    return fgets(line, sizeof line, stdin) != NULL;
}

static void destroyEvent(PJRT_Event* event) {
    PJRT_Event_Destroy_Args args = {.struct_size = PJRT_Event_Destroy_Args_STRUCT_SIZE, .event = event};
    check(api->PJRT_Event_Destroy(&args));
}

static void await(PJRT_Event* event) {
    PJRT_Event_Await_Args args = {.struct_size = PJRT_Event_Await_Args_STRUCT_SIZE, .event = event};
    check(api->PJRT_Event_Await(&args));
    destroyEvent(event);
}

static void destroyBuffer(PJRT_Buffer* buffer) {
    PJRT_Buffer_Destroy_Args args = {.struct_size = PJRT_Buffer_Destroy_Args_STRUCT_SIZE, .buffer = buffer};
    check(api->PJRT_Buffer_Destroy(&args));
}

static PJRT_Buffer* upload(const void* data, const int64_t* dims, size_t rank) {
    PJRT_Client_BufferFromHostBuffer_Args args = {
        .struct_size = PJRT_Client_BufferFromHostBuffer_Args_STRUCT_SIZE,
        .client = client,
        .data = data,
        .type = PJRT_Buffer_Type_F32,
        .dims = dims,
        .num_dims = rank,
        .host_buffer_semantics = PJRT_HostBufferSemantics_kImmutableOnlyDuringCall,
    };
    check(api->PJRT_Client_BufferFromHostBuffer(&args));
    if (args.done_with_host_buffer != NULL) await(args.done_with_host_buffer);
    return args.buffer;
}

static void download(PJRT_Buffer* buffer, void* data, size_t size) {
    PJRT_Buffer_ToHostBuffer_Args args = {
        .struct_size = PJRT_Buffer_ToHostBuffer_Args_STRUCT_SIZE,
        .src = buffer,
        .dst = data,
        .dst_size = size,
    };
    check(api->PJRT_Buffer_ToHostBuffer(&args));
    await(args.event);
}

static PJRT_LoadedExecutable* compileIncrement(void) {
    static char text[] =
        "module @increment { func.func public @main(%x: tensor<f32>) -> tensor<f32> {\n"
        "  %one = stablehlo.constant dense<1.0> : tensor<f32>\n"
        "  %sum = stablehlo.add %x, %one : tensor<f32>\n"
        "  return %sum : tensor<f32>\n} }\n";
    PJRT_Program program = {
        .struct_size = PJRT_Program_STRUCT_SIZE,
        .code = text,
        .code_size = strlen(text),
        .format = "mlir",
        .format_size = 4,
    };
    // CompileOptionsProto { executable_build_options { num_replicas: 1 num_partitions: 1 } }
    static const char options[] = {0x1a, 0x04, 0x20, 0x01, 0x28, 0x01};
    PJRT_Client_Compile_Args args = {
        .struct_size = PJRT_Client_Compile_Args_STRUCT_SIZE,
        .client = client,
        .program = &program,
        .compile_options = options,
        .compile_options_size = sizeof options,
    };
    check(api->PJRT_Client_Compile(&args));
    return args.executable;
}

static void onReady(PJRT_Error* error, void* flag) {
    check(error);
    atomic_store_explicit((atomic_int*)flag, 1, memory_order_release);
}

// One execution, awaited by a callback as asynchronous clients do; the result replaces the one before.
static void executeOnce(PJRT_LoadedExecutable* executable, PJRT_Buffer* argument, PJRT_Buffer** result) {
    PJRT_ExecuteOptions options = {.struct_size = PJRT_ExecuteOptions_STRUCT_SIZE};
    PJRT_Buffer* const arguments[] = {argument};
    PJRT_Buffer* const* const argument_lists[] = {arguments};
    PJRT_Buffer* outputs[] = {NULL};
    PJRT_Buffer** const output_lists[] = {outputs};
    PJRT_Event* events[] = {NULL};
    PJRT_LoadedExecutable_Execute_Args args = {
        .struct_size = PJRT_LoadedExecutable_Execute_Args_STRUCT_SIZE,
        .executable = executable,
        .options = &options,
        .argument_lists = argument_lists,
        .num_devices = 1,
        .num_args = 1,
        .output_lists = output_lists,
        .device_complete_events = events,
    };
    check(api->PJRT_LoadedExecutable_Execute(&args));
    if (*result != NULL) destroyBuffer(*result);
    *result = outputs[0];
    atomic_int is_done = 0;
    PJRT_Event_OnReady_Args ready = {
        .struct_size = PJRT_Event_OnReady_Args_STRUCT_SIZE,
        .event = events[0],
        .callback = onReady,
        .user_arg = &is_done,
    };
    check(api->PJRT_Event_OnReady(&ready));
    while (atomic_load_explicit(&is_done, memory_order_acquire) == 0) {
    }
    destroyEvent(events[0]);
}

static void scalar(void) {
    enum { kCalls = 5000 };
    PJRT_LoadedExecutable* executable = compileIncrement();
    const float one = 1;
    PJRT_Buffer* argument = upload(&one, NULL, 0);
    PJRT_Buffer* result = NULL;
    while (next()) {
        const double start = now();
        for (int i = 0; i < kCalls; ++i) executeOnce(executable, argument, &result);
        printf("%.1f\n", (now() - start) / kCalls);
        fflush(stdout);
    }
    float value = 0;
    download(result, &value, sizeof value);
    if (value != 2) exit(3);
}

static void transfer(size_t bytes) {
    // Some 16 MB in each batch, and at least one copy.
    const size_t copies = bytes >= (1u << 24) ? 1 : (1u << 24) / bytes;
    const int64_t extent = (int64_t)(bytes / sizeof(float));
    float* out = aligned_alloc(64, bytes);
    float* in = aligned_alloc(64, bytes);
    memset(out, 1, bytes);
    memset(in, 0, bytes);
    PJRT_Buffer* buffer = upload(out, &extent, 1);
    while (next()) {
        double start = now();
        for (size_t i = 0; i < copies; ++i) {
            PJRT_Buffer* fresh = upload(out, &extent, 1);
            destroyBuffer(buffer);
            buffer = fresh;
        }
        const double to_device = (now() - start) / (double)copies;
        start = now();
        for (size_t i = 0; i < copies; ++i) download(buffer, in, bytes);
        printf("%.1f %.1f\n", to_device, (now() - start) / (double)copies);
        fflush(stdout);
    }
    if (memcmp(in, out, bytes) != 0) exit(3);
}

// A process that never had a second thread is spared atomic operations by the C and C++ libraries. Clients
// that await anything have threads, the C# one from its start: so this one has had one, too.
static void* nothing(void* unused) { return unused; }

static void haveThreads(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0) exit(4);
    pthread_join(thread, NULL);
}

int main(int argc, char** argv) {
    haveThreads();
    if (argc == 3 && strcmp(argv[2], "scalar") == 0) {
        open(argv[1]);
        scalar();
        return 0;
    }
    if (argc == 4 && strcmp(argv[2], "transfer") == 0) {
        open(argv[1]);
        transfer(strtoull(argv[3], NULL, 10));
        return 0;
    }
    fprintf(stderr, "usage: %s PLUGIN scalar | PLUGIN transfer BYTES\n", argv[0]);
    return 2;
}
