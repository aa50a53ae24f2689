#include "src/cuda/context.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include "src/core/text.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

constexpr int32_t kMaxDevices = 64;

const DriverApi& driver() { return libraries().driver.api; }

// Read without a lock on every call; written once per device under the mutex.
constinit std::mutex mutex;
constinit std::atomic<int32_t> device_count{-1};
constinit std::array<std::atomic<CUcontext>, kMaxDevices> contexts{};

}  // namespace

int32_t startDriver() {
    if (const int32_t known = device_count.load(std::memory_order_acquire); known >= 0) {
        return known;
    }
    const std::scoped_lock lock(mutex);
    checkDriver(driver().init(0), "cuInit");
    int32_t count = 0;
    checkDriver(driver().deviceGetCount(&count), "cuDeviceGetCount");
    if (count > 0) {  // a machine whose devices all went away may get one back
        device_count.store(std::min(count, kMaxDevices), std::memory_order_release);
    }
    return std::min(count, kMaxDevices);
}

CUdevice deviceHandle(int32_t device) {
    const int32_t count = startDriver();
    if (device < 0 || device >= count) {
        throw core::Error(core::Code::kNotFound, core::concat("there is no device ", device, "; there are ",
                                                              count, ", numbered from 0"));
    }
    CUdevice handle = 0;
    checkDriver(driver().deviceGet(&handle, device), "cuDeviceGet", core::concat("device ", device));
    return handle;
}

namespace {

int32_t attributeOf(int32_t device, int32_t which) {
    int32_t value = 0;
    checkDriver(driver().deviceGetAttribute(&value, which, deviceHandle(device)), "cuDeviceGetAttribute");
    return value;
}

}  // namespace

int32_t computeCapability(int32_t device) {
    return attributeOf(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) * 10 +
           attributeOf(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
}

int32_t multiprocessorCount(int32_t device) {
    return attributeOf(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
}

CUcontext primaryContext(int32_t device) {
    if (device >= 0 && device < kMaxDevices) {
        if (CUcontext known = contexts[static_cast<size_t>(device)].load(std::memory_order_acquire)) {
            return known;
        }
    }
    const CUdevice handle = deviceHandle(device);
    const std::scoped_lock lock(mutex);
    std::atomic<CUcontext>& slot = contexts[static_cast<size_t>(device)];
    CUcontext context = slot.load(std::memory_order_relaxed);
    if (context == nullptr) {
        checkDriver(driver().primaryCtxRetain(&context, handle), "cuDevicePrimaryCtxRetain",
                    core::concat("device ", device));
        slot.store(context, std::memory_order_release);
    }
    return context;
}

ContextScope::ContextScope(int32_t device) {
    checkDriver(driver().ctxPushCurrent(primaryContext(device)), "cuCtxPushCurrent");
}

ContextScope::~ContextScope() {
    CUcontext popped = nullptr;
    driver().ctxPopCurrent(&popped);  // cannot fail after the push
}

}  // namespace optirs::cuda
