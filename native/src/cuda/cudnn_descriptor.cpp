#include "src/cuda/cudnn_descriptor.h"

#include <array>
#include <utility>

#include "src/core/text.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;

Code codeOf(cudnnStatus_t status) {
    switch (status) {
        case CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED:
        case CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED:
            return Code::kResourceExhausted;
        case CUDNN_STATUS_INTERNAL_ERROR_COMPILATION_FAILED:
            return Code::kUnimplemented;
        default:
            break;
    }
    switch (status / 1000) {
        case 1:
            return Code::kUnavailable;
        case 2:
            return Code::kInvalidArgument;
        case 3:
            return Code::kUnimplemented;
        default:
            return Code::kInternal;
    }
}

const char* hintOf(cudnnStatus_t status) {
    return status == CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH ||
                   status == CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED
               ? "; all of cuDNN's files must come from one installation"
               : "";
}

}  // namespace

void checkCudnn(cudnnStatus_t status, const char* call, const char* what) {
    if (status == CUDNN_STATUS_SUCCESS) {
        return;
    }
    std::array<char, 512> text{};
    cudnn().getLastErrorString(text.data(), text.size() - 1);
    throw CudaError(codeOf(status), status,
                    concat(call, " of ", what, " failed: ", cudnn().getErrorString(status), " (", text.data(),
                           ")", hintOf(status)));
}

CudnnDescriptor::CudnnDescriptor(int32_t type, const char* what) : what_(what) {
    checkCudnn(cudnn().createDescriptor(type, &handle_), "cudnnBackendCreateDescriptor", what_);
}

CudnnDescriptor::~CudnnDescriptor() {
    if (handle_ != nullptr) {
        cudnn().destroyDescriptor(handle_);
    }
}

CudnnDescriptor::CudnnDescriptor(CudnnDescriptor&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), what_(other.what_) {}

void CudnnDescriptor::set(int32_t name, int32_t type, int64_t count, const void* elements) {
    checkCudnn(cudnn().setAttribute(handle_, name, type, count, elements), "cudnnBackendSetAttribute", what_);
}

int64_t CudnnDescriptor::get(int32_t name, int32_t type, int64_t wanted, void* elements) const {
    int64_t count = 0;
    checkCudnn(cudnn().getAttribute(handle_, name, type, wanted, &count, elements),
               "cudnnBackendGetAttribute", what_);
    return count;
}

bool CudnnDescriptor::tryFinalize() {
    const cudnnStatus_t status = cudnn().finalize(handle_);
    if (status != CUDNN_STATUS_SUCCESS && codeOf(status) == Code::kUnimplemented) {
        return false;
    }
    checkCudnn(status, "cudnnBackendFinalize", what_);
    return true;
}

void CudnnDescriptor::finalize() { checkCudnn(cudnn().finalize(handle_), "cudnnBackendFinalize", what_); }

}  // namespace optirs::cuda
