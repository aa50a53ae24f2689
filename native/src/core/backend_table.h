// What a backend implements: one function, optirs_backend_get, that returns a table of functions.
//
// The layout is C, so that a backend can be built by another compiler, and grows at the end only: a table is
// read up to its struct_size. A backend owns no objects of the library and allocates nothing for it: it
// reports failures into a optirs_backend_status that the caller provides.
#pragma once

#include <optirs/error.h>
#include <optirs/kernel_attention.h>
#include <optirs/kernel_matmul.h>
#include <optirs/kernel_mx.h>
#include <optirs/kernel_norm.h>
#include <optirs/kernel_optimizer.h>
#include <optirs/kernel_pointwise.h>
#include <optirs/kernel_quantize.h>
#include <optirs/kernel_sparse.h>
#include <optirs/tune.h>

#include <cstdint>

extern "C" {

struct optirs_device_table;  // device_table.h

/// Changes when a table of the old form could not be called any more.
inline constexpr uint32_t kOptirsBackendAbi = 1;

/// Outcome of a call, filled in by the backend where it is not OPTIRS_OK.
struct optirs_backend_status {
    int32_t code;          // OPTIRS_*
    int32_t backend_code;  // the backend's or vendor library's own number; 0 if it has none
    char message[504];     // NUL-terminated, cut if longer
};

/// Called once, on any thread, when a started operation is over; the status is valid during the call.
using optirs_backend_done = void (*)(const optirs_backend_status* status, void* context);

/// A copy of host memory, as the echo does it.
struct optirs_backend_copy {
    uint64_t struct_size;
    const void* source;
    void* destination;
    uint64_t size;
    uint32_t flags;     // OPTIRS_ECHO_*
    int32_t fail_with;  // complete with this code instead of copying
    optirs_backend_done done;
    void* context;
};

struct optirs_backend_table {
    uint64_t struct_size;
    uint32_t abi;  // kOptirsBackendAbi
    uint32_t reserved;
    const char* name;     // as in liboptirs_<name>.so
    const char* version;  // one line, with the versions of vendor libraries
    void* self;           // first argument of every function

    /// How well the backend suits this machine; 0 if it cannot be used, with the reason in status.
    /// Thread-safe.
    int32_t (*score)(void* self, optirs_backend_status* status);

    /// (optional) Starts a copy and returns 0, with the operation in out_operation; or returns another code
    /// and never calls done. The three functions below exist where this one does.
    int32_t (*copy_start)(void* self, const optirs_backend_copy* copy, void** out_operation,
                          optirs_backend_status* status);
    /// (optional) Lets a held operation go on.
    void (*operation_resume)(void* self, void* operation);
    /// (optional) Asks for cancellation; done is still called.
    void (*operation_cancel)(void* self, void* operation);
    /// (optional) The handle is not needed any more; the operation itself goes on.
    void (*operation_release)(void* self, void* operation);

    /// (optional) Runs a kernel (OPTIRS_KERNEL_*). `args` is its args struct in full size, NULL and 0 where
    /// the caller's was shorter, and checked: the backend may rely on what kernel.h promises. On host memory
    /// the work is over on return; on a device it is queued in `stream`, the backend's own. UNIMPLEMENTED for
    /// a kernel, or a combination of types, that the backend lacks. Thread-safe.
    int32_t (*kernel)(void* self, int32_t kernel, const void* args, void* stream,
                      optirs_backend_status* status);
    /// (optional) Bytes of workspace that such a call needs; absent if none of the kernels needs any.
    int32_t (*kernel_workspace)(void* self, int32_t kernel, const void* args, uint64_t* out_bytes,
                                optirs_backend_status* status);

    /// (optional) Streams, events, memory and graphs of the backend's own devices. Set once score is above 0.
    const optirs_device_table* devices = nullptr;
    /// (optional) What is missing, one sentence each, also where the backend can be used without it; empty if
    /// nothing is. Valid for ever; to be asked after score.
    const char* (*reason)(void* self) = nullptr;

    /// (optional) Measures the ways to compute a kernel, and takes the fastest from then on. `args` are those
    /// of `kernel` for calls that differ in their memory alone, without workspaces; `timings` has room for
    /// OPTIRS_MAX_TIMINGS. Waits for the stream. UNIMPLEMENTED for a kernel that has one way only.
    int32_t (*kernel_tune)(void* self, int32_t kernel, const void* const* args, int32_t count, void* stream,
                           optirs_timing* timings, int32_t* out_count,
                           optirs_backend_status* status) = nullptr;
};

/// The one export of a backend library. `host_abi` is the library's kOptirsBackendAbi; NULL if the backend
/// cannot serve it.
using optirs_backend_get_function = const optirs_backend_table* (*)(uint32_t host_abi);
inline constexpr const char* kOptirsBackendGet = "optirs_backend_get";

}  // extern "C"

/// X(NAME, name) for the kernels optirs_<name>, number OPTIRS_KERNEL_<NAME>, that backends have: what needs a
/// line for each expands this.
#define OPTIRS_KERNEL_LIST(X)                   \
    X(SGD, sgd)                                 \
    X(ADAM, adam)                               \
    X(ADAMW, adamw)                             \
    X(RADAM, radam)                             \
    X(ADABOUND, adabound)                       \
    X(LAMB, lamb)                               \
    X(LARS, lars)                               \
    X(LION, lion)                               \
    X(ADAGRAD, adagrad)                         \
    X(ADADELTA, adadelta)                       \
    X(RMSPROP, rmsprop)                         \
    X(LOOKAHEAD, lookahead)                     \
    X(GRAD_NORM, grad_norm)                     \
    X(SPARSE_ADAM, sparse_adam)                 \
    X(AMAX, amax)                               \
    X(QUANTIZE, quantize)                       \
    X(DEQUANTIZE, dequantize)                   \
    X(CAST_TRANSPOSE, cast_transpose)           \
    X(QUANTIZE_BLOCKS, quantize_blocks)         \
    X(DEQUANTIZE_BLOCKS, dequantize_blocks)     \
    X(DELAYED_SCALING, delayed_scaling)         \
    X(QUANTIZE_MX, quantize_mx)                 \
    X(DEQUANTIZE_MX, dequantize_mx)             \
    X(LAYER_NORM, layer_norm)                   \
    X(LAYER_NORM_BACKWARD, layer_norm_backward) \
    X(RMS_NORM, rms_norm)                       \
    X(RMS_NORM_BACKWARD, rms_norm_backward)     \
    X(SOFTMAX, softmax)                         \
    X(SOFTMAX_BACKWARD, softmax_backward)       \
    X(CROSS_ENTROPY, cross_entropy)             \
    X(GELU, gelu)                               \
    X(GELU_BACKWARD, gelu_backward)             \
    X(SWIGLU, swiglu)                           \
    X(SWIGLU_BACKWARD, swiglu_backward)         \
    X(ROPE, rope)                               \
    X(DROPOUT, dropout)                         \
    X(EMBEDDING, embedding)                     \
    X(EMBEDDING_BACKWARD, embedding_backward)   \
    X(MATMUL, matmul)                           \
    X(GROUPED_MATMUL, grouped_matmul)           \
    X(MATMUL_MX, matmul_mx)                     \
    X(ATTENTION, attention)                     \
    X(ATTENTION_BACKWARD, attention_backward)
