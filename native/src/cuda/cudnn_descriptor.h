// Descriptors of cuDNN's, and its failures as errors.
#pragma once

#include <cstdint>

#include "src/cuda/libraries.h"

namespace optirs::cuda {

inline const CudnnApi& cudnn() { return libraries().cudnn.api; }

/// Throws unless `status` is CUDNN_STATUS_SUCCESS, with what cuDNN says about it. `what` is what the call was
/// about. UNIMPLEMENTED means that cuDNN has nothing for the graph.
void checkCudnn(cudnnStatus_t status, const char* call, const char* what);

/// A descriptor: its attributes are set, it is finalized, then others may refer to it.
class CudnnDescriptor {
 public:
    CudnnDescriptor(int32_t type, const char* what);
    ~CudnnDescriptor();
    CudnnDescriptor(CudnnDescriptor&& other) noexcept;
    CudnnDescriptor& operator=(CudnnDescriptor&&) = delete;

    cudnnBackendDescriptor_t get() const { return handle_; }

    void set(int32_t name, int32_t type, int64_t count, const void* elements);
    template <class T>
    void set(int32_t name, int32_t type, const T& value) {
        set(name, type, 1, static_cast<const void*>(&value));
    }
    void set(int32_t name, const CudnnDescriptor& value) {
        set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, value.handle_);
    }

    /// Returns how many elements there are; at most `wanted` are stored.
    int64_t get(int32_t name, int32_t type, int64_t wanted, void* elements) const;

    void finalize();
    /// False where cuDNN does not support what was described.
    bool tryFinalize();

 private:
    cudnnBackendDescriptor_t handle_ = nullptr;
    const char* what_;
};

}  // namespace optirs::cuda
