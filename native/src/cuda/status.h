// Failures of NVIDIA's libraries as errors with a code, the call, and what to do; and errors as the status
// that a backend reports.
#pragma once

#include <string>
#include <utility>

#include "src/core/backend_table.h"
#include "src/core/error.h"
#include "src/cuda/api/driver.h"

namespace optirs::cuda {

/// An error of this backend, with the vendor's own number.
class CudaError : public core::Error {
 public:
    CudaError(core::Code code, int32_t vendor_code, std::string message)
        : Error(code, std::move(message), "cuda"), vendor_code_(vendor_code) {}

    int32_t vendorCode() const noexcept { return vendor_code_; }

 private:
    int32_t vendor_code_;
};

/// Throws unless `result` is CUDA_SUCCESS. `call` is the function's name; `detail` (optional) its arguments.
void checkDriver(CUresult result, const char* call, const std::string& detail = {});

/// Fills in the status from the exception being handled; returns its code. In a catch block only.
int32_t reportCurrentException(optirs_backend_status* status) noexcept;

/// Runs the body of a table's function and turns what it throws into a status.
template <class Body>
int32_t reported(optirs_backend_status* status, Body&& body) noexcept {
    try {
        std::forward<Body>(body)();
        return OPTIRS_OK;
    } catch (...) {
        return reportCurrentException(status);
    }
}

}  // namespace optirs::cuda
