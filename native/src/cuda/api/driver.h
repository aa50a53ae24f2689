// The CUDA driver API as far as this backend uses it: own declarations, one list of functions.
//
// Exported names carry the suffix that cuda.h hides behind macros (cuMemAlloc is cuMemAlloc_v2). All of them
// exist since driver 12.0 (version 12000), the oldest that the backend accepts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/cuda/api/tensor_map.h"

namespace optirs::cuda {

using CUresult = int32_t;
using CUdevice = int32_t;
using CUdeviceptr = uint64_t;
using CUcontext = struct CUctx_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;

inline constexpr int32_t kOldestDriver = 12000;

enum : CUresult {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NOT_INITIALIZED = 3,
    CUDA_ERROR_DEINITIALIZED = 4,
    CUDA_ERROR_STUB_LIBRARY = 34,
    CUDA_ERROR_DEVICE_UNAVAILABLE = 46,
    CUDA_ERROR_NO_DEVICE = 100,
    CUDA_ERROR_INVALID_DEVICE = 101,
    CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
    CUDA_ERROR_ECC_UNCORRECTABLE = 214,
    CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
    CUDA_ERROR_INVALID_HANDLE = 400,
    CUDA_ERROR_NOT_FOUND = 500,
    CUDA_ERROR_NOT_READY = 600,
    CUDA_ERROR_ILLEGAL_ADDRESS = 700,
    CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
    CUDA_ERROR_LAUNCH_TIMEOUT = 702,
    CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED = 704,
    CUDA_ERROR_LAUNCH_FAILED = 719,
    CUDA_ERROR_NOT_PERMITTED = 800,
    CUDA_ERROR_NOT_SUPPORTED = 801,
    CUDA_ERROR_SYSTEM_NOT_READY = 802,
    CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
    CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD = 908,
};

enum : int32_t {  // CUdevice_attribute
    CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1,
    CU_DEVICE_ATTRIBUTE_CLOCK_RATE = 13,
    CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
    CU_DEVICE_ATTRIBUTE_INTEGRATED = 18,
    CU_DEVICE_ATTRIBUTE_ECC_ENABLED = 32,
    CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE = 36,
    CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH = 37,
    CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38,
    CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR = 39,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
    CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
};

enum : int32_t {  // CUfunction_attribute
    CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
};

enum : uint32_t {
    CU_STREAM_NON_BLOCKING = 1,
    CU_EVENT_BLOCKING_SYNC = 1,
    CU_EVENT_DISABLE_TIMING = 2,
    CU_MEMHOSTALLOC_PORTABLE = 1,
    CU_STREAM_CAPTURE_MODE_RELAXED = 2,
    CU_STREAM_CAPTURE_STATUS_NONE = 0,
};

struct CUuuid {
    char bytes[16];
};

/// X(member, exported symbol, parameters). Every function returns a CUresult.
#define OPTIRS_DRIVER_FUNCTIONS(X)                                                                          \
    X(init, "cuInit", (unsigned flags))                                                                     \
    X(driverGetVersion, "cuDriverGetVersion", (int32_t* version))                                           \
    X(getErrorName, "cuGetErrorName", (CUresult error, const char** text))                                  \
    X(getErrorString, "cuGetErrorString", (CUresult error, const char** text))                              \
    X(deviceGetCount, "cuDeviceGetCount", (int32_t* count))                                                 \
    X(deviceGet, "cuDeviceGet", (CUdevice * device, int32_t ordinal))                                       \
    X(deviceGetName, "cuDeviceGetName", (char* name, int32_t size, CUdevice device))                        \
    X(deviceGetUuid, "cuDeviceGetUuid_v2", (CUuuid * uuid, CUdevice device))                                \
    X(deviceGetPciBusId, "cuDeviceGetPCIBusId", (char* text, int32_t size, CUdevice device))                \
    X(deviceGetAttribute, "cuDeviceGetAttribute", (int32_t* value, int32_t attribute, CUdevice device))     \
    X(deviceTotalMem, "cuDeviceTotalMem_v2", (size_t* bytes, CUdevice device))                              \
    X(deviceCanAccessPeer, "cuDeviceCanAccessPeer", (int32_t* can, CUdevice device, CUdevice peer))         \
    X(primaryCtxRetain, "cuDevicePrimaryCtxRetain", (CUcontext * context, CUdevice device))                 \
    X(ctxPushCurrent, "cuCtxPushCurrent_v2", (CUcontext context))                                           \
    X(ctxPopCurrent, "cuCtxPopCurrent_v2", (CUcontext * context))                                           \
    X(ctxGetDevice, "cuCtxGetDevice", (CUdevice * device))                                                  \
    X(ctxEnablePeerAccess, "cuCtxEnablePeerAccess", (CUcontext peer, unsigned flags))                       \
    X(ctxGetStreamPriorityRange, "cuCtxGetStreamPriorityRange", (int32_t* least, int32_t* greatest))        \
    X(memGetInfo, "cuMemGetInfo_v2", (size_t* free_bytes, size_t* total_bytes))                             \
    X(memAlloc, "cuMemAlloc_v2", (CUdeviceptr * pointer, size_t bytes))                                     \
    X(memFree, "cuMemFree_v2", (CUdeviceptr pointer))                                                       \
    X(memHostAlloc, "cuMemHostAlloc", (void** pointer, size_t bytes, unsigned flags))                       \
    X(memFreeHost, "cuMemFreeHost", (void* pointer))                                                        \
    X(memcpyAsync, "cuMemcpyAsync", (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream))      \
    X(memcpyPeerAsync, "cuMemcpyPeerAsync",                                                                 \
      (CUdeviceptr to, CUcontext to_context, CUdeviceptr from, CUcontext from_context, size_t bytes,        \
       CUstream stream))                                                                                    \
    X(memsetD8Async, "cuMemsetD8Async",                                                                     \
      (CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream))                                 \
    X(memsetD32Async, "cuMemsetD32Async", (CUdeviceptr to, uint32_t value, size_t count, CUstream stream))  \
    X(streamCreateWithPriority, "cuStreamCreateWithPriority",                                               \
      (CUstream * stream, unsigned flags, int32_t priority))                                                \
    X(streamDestroy, "cuStreamDestroy_v2", (CUstream stream))                                               \
    X(streamGetCtx, "cuStreamGetCtx", (CUstream stream, CUcontext * context))                               \
    X(streamQuery, "cuStreamQuery", (CUstream stream))                                                      \
    X(streamSynchronize, "cuStreamSynchronize", (CUstream stream))                                          \
    X(streamWaitEvent, "cuStreamWaitEvent", (CUstream stream, CUevent event, unsigned flags))               \
    X(streamBeginCapture, "cuStreamBeginCapture_v2", (CUstream stream, uint32_t mode))                      \
    X(streamEndCapture, "cuStreamEndCapture", (CUstream stream, CUgraph * graph))                           \
    X(eventCreate, "cuEventCreate", (CUevent * event, unsigned flags))                                      \
    X(eventDestroy, "cuEventDestroy_v2", (CUevent event))                                                   \
    X(eventRecord, "cuEventRecord", (CUevent event, CUstream stream))                                       \
    X(eventQuery, "cuEventQuery", (CUevent event))                                                          \
    X(eventSynchronize, "cuEventSynchronize", (CUevent event))                                              \
    X(eventElapsedTime, "cuEventElapsedTime", (float* milliseconds, CUevent start, CUevent end))            \
    X(graphInstantiate, "cuGraphInstantiateWithFlags",                                                      \
      (CUgraphExec * exec, CUgraph graph, unsigned long long flags))                                        \
    X(graphLaunch, "cuGraphLaunch", (CUgraphExec exec, CUstream stream))                                    \
    X(graphDestroy, "cuGraphDestroy", (CUgraph graph))                                                      \
    X(graphExecDestroy, "cuGraphExecDestroy", (CUgraphExec exec))                                           \
    X(moduleLoadData, "cuModuleLoadData", (CUmodule * module, const void* image))                           \
    X(moduleUnload, "cuModuleUnload", (CUmodule module))                                                    \
    X(moduleGetFunction, "cuModuleGetFunction", (CUfunction * function, CUmodule module, const char* name)) \
    X(funcSetAttribute, "cuFuncSetAttribute", (CUfunction function, int32_t attribute, int value))          \
    X(launchKernel, "cuLaunchKernel",                                                                       \
      (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,            \
       unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream, void** parameters,       \
       void** extra))

/// Those that may be missing: the member is NULL then.
#define OPTIRS_DRIVER_OPTIONAL_FUNCTIONS(X)                                                     \
    X(tensorMapEncodeTiled, "cuTensorMapEncodeTiled",                                           \
      (CUtensorMap * map, int32_t type, uint32_t rank, void* address, const uint64_t* extents,  \
       const uint64_t* strides, const uint32_t* box, const uint32_t* steps, int32_t interleave, \
       int32_t swizzle, int32_t l2_promotion, int32_t fill))

struct DriverApi {
// NOLINTNEXTLINE(bugprone-macro-parentheses): parameters of a declarator
#define OPTIRS_X(member, symbol, parameters) CUresult(*member) parameters = nullptr;
    OPTIRS_DRIVER_FUNCTIONS(OPTIRS_X)
    OPTIRS_DRIVER_OPTIONAL_FUNCTIONS(OPTIRS_X)
#undef OPTIRS_X
};

}  // namespace optirs::cuda
