// The primary contexts of the devices: shared with every other user of CUDA in the process.
#pragma once

#include <cstdint>

#include "src/cuda/api/driver.h"

namespace optirs::cuda {

/// Starts the driver, once it succeeds for good, and returns the number of devices. Throws if it fails.
int32_t startDriver();

/// The device's primary context, retained on first use until the process ends. Throws NOT_FOUND for a number
/// that is not a device.
CUcontext primaryContext(int32_t device);

CUdevice deviceHandle(int32_t device);

/// Major times 10 plus minor.
int32_t computeCapability(int32_t device);
/// Those that generations begin with.
inline constexpr int32_t kAmpere = 80;
inline constexpr int32_t kAda = 89;
inline constexpr int32_t kHopper = 90;
inline constexpr int32_t kBlackwell = 100;

int32_t multiprocessorCount(int32_t device);

/// Makes the device's context current on this thread, and what was current before at the end: other users of
/// CUDA on this thread are not disturbed.
class ContextScope {
 public:
    explicit ContextScope(int32_t device);
    ~ContextScope();
    ContextScope(const ContextScope&) = delete;
    ContextScope& operator=(const ContextScope&) = delete;
};

}  // namespace optirs::cuda
