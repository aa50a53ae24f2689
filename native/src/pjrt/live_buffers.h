// The pool of device buffers of a client, which is also the record of what is alive.
#pragma once

#include <optirs/pjrt.h>

#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/device_buffer.h"
#include "src/pjrt/spin_lock.h"

namespace optirs::pjrt {

/// Thread-safe.
class DeviceBufferPool {
 public:
    explicit DeviceBufferPool(optirs_pjrt_client* client) : client_(client) {}

    /// Appends `count` empty buffers to `out`. May allocate when the pool is short.
    void take(std::size_t count, std::vector<core::Ref<DeviceBuffer>>& out);
    core::Ref<DeviceBuffer> take();

    /// The last reference is gone and the plugin's buffer destroyed.
    void giveBack(DeviceBuffer* buffer) noexcept;

    optirs_pjrt_live_buffers count() const noexcept;

    /// "3 live buffers of 12.0 MiB in all; the largest: f32[1024,1024] (4.0 MiB, 2 of them), ..."
    std::string describeLargest() const;

 private:
    DeviceBuffer* takeFree() noexcept;
    DeviceBuffer* grow();

    optirs_pjrt_client* client_;
    mutable std::mutex mutex_;      // guards all_
    std::deque<DeviceBuffer> all_;  // addresses stay
    SpinLock free_lock_;            // guards the list of the free ones
    DeviceBuffer* free_ = nullptr;
};

}  // namespace optirs::pjrt
