// A device of a backend, and what belongs to all its streams.
#pragma once

#include <optirs/device.h>

#include <atomic>
#include <string>

#include "src/core/buffer.h"
#include "src/core/device/allocator.h"
#include "src/core/device/calls.h"
#include "src/core/registry.h"

/// Made once per device and never destroyed.
struct optirs_device final {
    optirs_device(const optirs::core::DeviceCalls& device_calls, const optirs_backend_device_info& facts)
        : calls(device_calls), info(facts), allocator(device_calls) {}

    optirs::core::StreamId newStreamId() noexcept {
        return next_stream_id_.fetch_add(1, std::memory_order_relaxed);
    }

    const optirs::core::DeviceCalls calls;
    const optirs_backend_device_info info;
    optirs::core::CachingAllocator allocator;

 private:
    std::atomic<optirs::core::StreamId> next_stream_id_{optirs::core::kAnyStream + 1};
};

namespace optirs::core {

/// Throws UNIMPLEMENTED for a backend without devices of its own.
int32_t deviceCount(const BackendEntry& backend);
optirs_device& findDevice(const BackendEntry& backend, int32_t index);
/// The device of a native stream of the backend's platform, which somebody else has made.
optirs_device& deviceOfStream(const BackendEntry& backend, void* stream);

optirs_device_properties propertiesOf(const optirs_device& device);
bool enablePeer(optirs_device& device, optirs_device& peer);

Ref<optirs_buffer> createPinnedBuffer(optirs_device& device, uint64_t size);

/// Throws INVALID_ARGUMENT unless both are devices of one backend; `what` names the second argument.
void checkSameBackend(const optirs_device& device, const optirs_device& other, const char* what);
/// Throws INVALID_ARGUMENT unless both are one device.
void checkSameDevice(const optirs_device& device, const optirs_device& other, const char* what);

}  // namespace optirs::core
