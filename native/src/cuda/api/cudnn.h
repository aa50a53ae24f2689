// cuDNN's graph ("backend") API as far as this backend uses it: own declarations, one list of functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/cuda/api/driver.h"

namespace optirs::cuda {

using cudnnStatus_t = int32_t;
using cudnnHandle_t = struct cudnnContext*;
using cudnnBackendDescriptor_t = void*;

inline constexpr size_t kOldestCudnn = 90000;  // major * 10000 + minor * 100 + patch

/// X(member, exported symbol, result, parameters).
#define OPTIRS_CUDNN_FUNCTIONS(X)                                                                           \
    X(getVersion, "cudnnGetVersion", size_t, (void))                                                        \
    X(getErrorString, "cudnnGetErrorString", const char*, (cudnnStatus_t status))                           \
    X(getLastErrorString, "cudnnGetLastErrorString", void, (char* message, size_t size))                    \
    X(create, "cudnnCreate", cudnnStatus_t, (cudnnHandle_t * handle))                                       \
    X(destroy, "cudnnDestroy", cudnnStatus_t, (cudnnHandle_t handle))                                       \
    X(setStream, "cudnnSetStream", cudnnStatus_t, (cudnnHandle_t handle, CUstream stream))                  \
    X(createDescriptor, "cudnnBackendCreateDescriptor", cudnnStatus_t,                                      \
      (int32_t type, cudnnBackendDescriptor_t* descriptor))                                                 \
    X(destroyDescriptor, "cudnnBackendDestroyDescriptor", cudnnStatus_t,                                    \
      (cudnnBackendDescriptor_t descriptor))                                                                \
    X(finalize, "cudnnBackendFinalize", cudnnStatus_t, (cudnnBackendDescriptor_t descriptor))               \
    X(setAttribute, "cudnnBackendSetAttribute", cudnnStatus_t,                                              \
      (cudnnBackendDescriptor_t descriptor, int32_t name, int32_t type, int64_t count, const void* values)) \
    X(getAttribute, "cudnnBackendGetAttribute", cudnnStatus_t,                                              \
      (cudnnBackendDescriptor_t descriptor, int32_t name, int32_t type, int64_t wanted, int64_t* count,     \
       void* values))                                                                                       \
    X(execute, "cudnnBackendExecute", cudnnStatus_t,                                                        \
      (cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack))

struct CudnnApi {
#define OPTIRS_X(member, symbol, result, parameters) result(*member) parameters = nullptr;
    OPTIRS_CUDNN_FUNCTIONS(OPTIRS_X)
#undef OPTIRS_X
};

}  // namespace optirs::cuda
