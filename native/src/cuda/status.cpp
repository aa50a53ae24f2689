#include "src/cuda/status.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "src/core/text.h"
#include "src/cuda/libraries.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;

struct Meaning {
    Code code;
    const char* hint;  // what to do
};

constexpr const char* kContextLost =
    "; the process's work on this device is lost, and every later call fails: restart the process";

Meaning meaningOf(CUresult result) {
    if (result >= CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED && result <= CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD) {
        return {Code::kFailedPrecondition, "; this cannot be done while the stream is being captured"};
    }
    switch (result) {
        case CUDA_ERROR_INVALID_VALUE:
        case CUDA_ERROR_INVALID_HANDLE:
            return {Code::kInvalidArgument, ""};
        case CUDA_ERROR_OUT_OF_MEMORY:
            return {Code::kResourceExhausted, ""};
        case CUDA_ERROR_NOT_INITIALIZED:
        case CUDA_ERROR_DEINITIALIZED:
            return {Code::kUnavailable, "; the driver is being shut down"};
        case CUDA_ERROR_STUB_LIBRARY:
            return {Code::kUnavailable,
                    "; libcuda.so.1 is the toolkit's stub: remove its folder from the path"};
        case CUDA_ERROR_DEVICE_UNAVAILABLE:
            return {Code::kUnavailable, "; another process uses the device exclusively"};
        case CUDA_ERROR_NO_DEVICE:
            return {Code::kUnavailable, "; no NVIDIA GPU is visible (check CUDA_VISIBLE_DEVICES)"};
        case CUDA_ERROR_INVALID_DEVICE:
            return {Code::kNotFound, ""};
        case CUDA_ERROR_NO_BINARY_FOR_GPU:
        case CUDA_ERROR_UNSUPPORTED_PTX_VERSION:
            return {Code::kUnimplemented, "; a newer driver or a build for this GPU is needed"};
        case CUDA_ERROR_ECC_UNCORRECTABLE:
            return {Code::kDataLoss, kContextLost};
        case CUDA_ERROR_NOT_FOUND:
            return {Code::kNotFound, ""};
        case CUDA_ERROR_NOT_READY:
            return {Code::kUnavailable, "; the work is not done yet: wait for it first"};
        case CUDA_ERROR_ILLEGAL_ADDRESS:
        case CUDA_ERROR_LAUNCH_FAILED:
            return {Code::kInternal, kContextLost};
        case CUDA_ERROR_LAUNCH_TIMEOUT:
            return {Code::kDeadlineExceeded, kContextLost};
        case CUDA_ERROR_NOT_PERMITTED:
            return {Code::kPermissionDenied, ""};
        case CUDA_ERROR_NOT_SUPPORTED:
            return {Code::kUnimplemented, ""};
        case CUDA_ERROR_SYSTEM_NOT_READY:
            return {Code::kUnavailable, "; start nvidia-fabricmanager or nvidia-persistenced"};
        case CUDA_ERROR_SYSTEM_DRIVER_MISMATCH:
            return {Code::kUnavailable,
                    "; the driver's library and kernel module differ in version: reboot or reinstall"};
        default:
            return {Code::kInternal, ""};
    }
}

void fill(optirs_backend_status* status, Code code, int32_t vendor_code, const char* message) noexcept {
    if (status == nullptr) {
        return;
    }
    status->code = static_cast<int32_t>(code);
    status->backend_code = vendor_code;
    const size_t size = std::min(std::strlen(message), sizeof(status->message) - 1);
    std::memcpy(status->message, message, size);
    status->message[size] = '\0';
}

}  // namespace

void checkDriver(CUresult result, const char* call, const std::string& detail) {
    if (result == CUDA_SUCCESS) {
        return;
    }
    const DriverApi& driver = libraries().driver.api;
    const char* name = nullptr;
    const char* text = nullptr;
    if (driver.getErrorName(result, &name) != CUDA_SUCCESS || name == nullptr) {
        name = "unknown error";
    }
    if (driver.getErrorString(result, &text) != CUDA_SUCCESS || text == nullptr) {
        text = "no description";
    }
    const auto [code, hint] = meaningOf(result);
    throw CudaError(
        code, result,
        concat(call, detail.empty() ? "" : " of ", detail, " failed: ", name, " (", text, ")", hint));
}

int32_t reportCurrentException(optirs_backend_status* status) noexcept {
    try {
        throw;
    } catch (const CudaError& error) {
        fill(status, error.code(), error.vendorCode(), error.message().c_str());
        return static_cast<int32_t>(error.code());
    } catch (const core::Error& error) {
        fill(status, error.code(), 0, error.message().c_str());
        return static_cast<int32_t>(error.code());
    } catch (const std::bad_alloc&) {
        fill(status, Code::kResourceExhausted, 0, "out of host memory");
        return OPTIRS_RESOURCE_EXHAUSTED;
    } catch (const std::exception& error) {
        fill(status, Code::kInternal, 0, error.what());
        return OPTIRS_INTERNAL;
    } catch (...) {
        fill(status, Code::kInternal, 0, "unknown exception");
        return OPTIRS_INTERNAL;
    }
}

}  // namespace optirs::cuda
