// NCCL as far as this backend uses it: own declarations, one list of functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/cuda/api/driver.h"

namespace optirs::cuda {

using ncclResult_t = int32_t;
using ncclComm_t = struct ncclComm*;

inline constexpr int32_t kOldestNccl = 21800;  // major * 10000 + minor * 100 + patch
inline constexpr int32_t kNcclWithFloat8 = 22400;

/// Passed by value.
struct ncclUniqueId {
    char internal[128];
};

enum : ncclResult_t {
    ncclSuccess = 0,
    ncclUnhandledCudaError = 1,
    ncclSystemError = 2,
    ncclInternalError = 3,
    ncclInvalidArgument = 4,
    ncclInvalidUsage = 5,
    ncclRemoteError = 6,
    ncclInProgress = 7,
    ncclTimeout = 8,
};

enum : int32_t {  // ncclDataType_t
    ncclInt8 = 0,
    ncclUint8 = 1,
    ncclInt32 = 2,
    ncclUint32 = 3,
    ncclInt64 = 4,
    ncclUint64 = 5,
    ncclFloat16 = 6,
    ncclFloat32 = 7,
    ncclFloat64 = 8,
    ncclBfloat16 = 9,
    ncclFloat8e4m3 = 10,
    ncclFloat8e5m2 = 11,
};

/// X(member, exported symbol, result, parameters).
#define OPTIRS_NCCL_FUNCTIONS(X)                                                                            \
    X(getVersion, "ncclGetVersion", ncclResult_t, (int32_t* version))                                       \
    X(getErrorString, "ncclGetErrorString", const char*, (ncclResult_t result))                             \
    X(getLastError, "ncclGetLastError", const char*, (ncclComm_t comm))                                     \
    X(getUniqueId, "ncclGetUniqueId", ncclResult_t, (ncclUniqueId * id))                                    \
    X(commInitRank, "ncclCommInitRank", ncclResult_t,                                                       \
      (ncclComm_t * comm, int32_t ranks, ncclUniqueId id, int32_t rank))                                    \
    X(commDestroy, "ncclCommDestroy", ncclResult_t, (ncclComm_t comm))                                      \
    X(commAbort, "ncclCommAbort", ncclResult_t, (ncclComm_t comm))                                          \
    X(commGetAsyncError, "ncclCommGetAsyncError", ncclResult_t, (ncclComm_t comm, ncclResult_t * error))    \
    X(allReduce, "ncclAllReduce", ncclResult_t,                                                             \
      (const void* send, void* receive, size_t count, int32_t type, int32_t op, ncclComm_t comm,            \
       CUstream stream))                                                                                    \
    X(allGather, "ncclAllGather", ncclResult_t,                                                             \
      (const void* send, void* receive, size_t send_count, int32_t type, ncclComm_t comm, CUstream stream)) \
    X(reduceScatter, "ncclReduceScatter", ncclResult_t,                                                     \
      (const void* send, void* receive, size_t receive_count, int32_t type, int32_t op, ncclComm_t comm,    \
       CUstream stream))                                                                                    \
    X(reduce, "ncclReduce", ncclResult_t,                                                                   \
      (const void* send, void* receive, size_t count, int32_t type, int32_t op, int32_t root,               \
       ncclComm_t comm, CUstream stream))                                                                   \
    X(broadcast, "ncclBroadcast", ncclResult_t,                                                             \
      (const void* send, void* receive, size_t count, int32_t type, int32_t root, ncclComm_t comm,          \
       CUstream stream))                                                                                    \
    X(send, "ncclSend", ncclResult_t,                                                                       \
      (const void* from, size_t count, int32_t type, int32_t peer, ncclComm_t comm, CUstream stream))       \
    X(recv, "ncclRecv", ncclResult_t,                                                                       \
      (void* to, size_t count, int32_t type, int32_t peer, ncclComm_t comm, CUstream stream))               \
    X(groupStart, "ncclGroupStart", ncclResult_t, (void))                                                   \
    X(groupEnd, "ncclGroupEnd", ncclResult_t, (void))

struct NcclApi {
// NOLINTNEXTLINE(bugprone-macro-parentheses): parameters of a declarator
#define OPTIRS_X(member, symbol, result, parameters) result(*member) parameters = nullptr;
    OPTIRS_NCCL_FUNCTIONS(OPTIRS_X)
#undef OPTIRS_X
};

}  // namespace optirs::cuda
