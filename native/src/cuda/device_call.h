// What the functions of the device table have in common.
#pragma once

#include <utility>

#include "src/cuda/context.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {

inline const DriverApi& driver() { return libraries().driver.api; }
inline CUstream streamOf(void* stream) { return static_cast<CUstream>(stream); }

/// Runs the body with the device's context current and reports what it throws.
template <class Body>
int32_t onDevice(int32_t device, optirs_backend_status* status, Body&& body) noexcept {
    return reported(status, [&] {
        const ContextScope scope(device);
        std::forward<Body>(body)();
    });
}

}  // namespace optirs::cuda
