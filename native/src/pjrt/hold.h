// External uses of device memory.
#pragma once

#include <optirs/pjrt_buffer.h>

#include "src/core/object.h"
#include "src/pjrt/client.h"
#include "src/pjrt/device_buffer.h"

/// Keeps the memory of a device buffer where it is.
struct optirs_pjrt_hold final : optirs::core::Object {
    optirs_pjrt_hold(optirs::core::Ref<optirs_pjrt_client> client,
                     optirs::core::Ref<optirs::pjrt::DeviceBuffer> buffer);
    ~optirs_pjrt_hold() override;

    void* data() const noexcept { return data_; }

 private:
    void letGo() noexcept;

    const optirs::core::Ref<optirs_pjrt_client> client_;  // first, so that it outlives the buffer
    const optirs::core::Ref<optirs::pjrt::DeviceBuffer> buffer_;
    void* data_ = nullptr;
};
