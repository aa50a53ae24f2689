// One device buffer of the plugin, counted, and pooled by its client.
#pragma once

#include <optirs/pjrt.h>

#include <atomic>
#include <string>

#include "pjrt_abi/pjrt_abi.h"
#include "src/pjrt/tensor_type.h"

namespace optirs::pjrt {

/// Shared by the cell that shows it and by operations in flight. All of them hold the client too, whose pool
/// this is in.
class DeviceBuffer {
 public:
    void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    /// Back to the pool with the last reference; the plugin's buffer is destroyed then.
    void release() const noexcept;

    PJRT_Buffer* get() const noexcept { return buffer_; }
    optirs_pjrt_device* device() const noexcept { return device_; }

    /// Element type and extents. Asks the plugin the first time, unless they were told.
    const TensorType& type() const;
    /// As far as it is known without asking the plugin; else NULL.
    const TensorType* knownType() const noexcept { return type_.load(std::memory_order_acquire); }

    /// Why the data is no longer there; NULL as long as it is.
    const std::string* goneReason() const noexcept { return gone_.load(std::memory_order_acquire); }
    /// `reason` must live as long as the client.
    void markGone(const std::string* reason) noexcept { gone_.store(reason, std::memory_order_release); }

    /// Fills a buffer fresh from the pool. `type` may be NULL.
    void fill(PJRT_Buffer* buffer, optirs_pjrt_device* device, const TensorType* type) noexcept {
        buffer_ = buffer;
        device_ = device;
        type_.store(type, std::memory_order_release);
        is_live_.store(true, std::memory_order_release);
    }

 private:
    friend class DeviceBufferPool;

    mutable std::atomic<uint32_t> references_{0};
    std::atomic<bool> is_live_{false};
    PJRT_Buffer* buffer_ = nullptr;
    optirs_pjrt_device* device_ = nullptr;
    mutable std::atomic<const TensorType*> type_{nullptr};
    std::atomic<const std::string*> gone_{nullptr};
    optirs_pjrt_client* client_ = nullptr;
    DeviceBuffer* next_free_ = nullptr;
};

}  // namespace optirs::pjrt
