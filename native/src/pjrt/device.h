// Devices, their descriptions and their memories.
#pragma once

#include <optirs/pjrt_device.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/api.h"
#include "src/pjrt/blobs.h"
#include "src/pjrt/named_values.h"
#include "src/pjrt/owned.h"

namespace optirs::pjrt {

/// What a plugin says of a device once and for all, with or without a client.
struct DeviceDescription {
    void read(const Api& api, PJRT_DeviceDescription* description);

    PJRT_DeviceDescription* handle_of_description = nullptr;  // as long as client or topology
    int32_t id = 0;
    int32_t process_index = 0;
    std::string kind;
    std::string debug_string;
    std::string to_string;
    NamedValues attributes;
};

/// The status of an error that a user makes up for a plugin. Throws INVALID_ARGUMENT unless it is an error.
PJRT_Error_Code requireErrorCode(optirs_status code);

}  // namespace optirs::pjrt

/// Belongs to its client. What never changes is read once.
struct optirs_pjrt_memory {
    void read(optirs_pjrt_client& client, PJRT_Memory* handle);

    optirs_pjrt_client* client = nullptr;
    PJRT_Memory* handle = nullptr;
    int32_t id = 0;
    int32_t kind_id = -1;
    std::string kind;
    std::string debug_string;
    std::string to_string;
    std::vector<optirs_pjrt_device*> devices;
};

/// Belongs to its client. What never changes is read once.
struct optirs_pjrt_device : optirs::pjrt::DeviceDescription {
    void read(optirs_pjrt_client& client, PJRT_Device* handle);
    void readMemories();

    /// Throws UNIMPLEMENTED where the plugin keeps none.
    optirs_pjrt_memory_stats memoryStats() const;
    void clearMemoryStats() const;
    optirs::core::Ref<optirs_pjrt_values> readAttributes() const;
    bool poison(int32_t launch_id, optirs_status code, std::string_view message) const;
    optirs::core::Ref<optirs_pjrt_tracking> track(std::string_view description) const;

    optirs_pjrt_client* client = nullptr;
    PJRT_Device* handle = nullptr;
    int32_t local_hardware_id = -1;
    bool is_addressable = false;
    std::vector<optirs_pjrt_memory*> memories;
    optirs_pjrt_memory* default_memory = nullptr;
};

/// Ends with its last reference.
struct optirs_pjrt_tracking final : optirs::core::Object {
    using Handle = optirs::pjrt::Owned<PJRT_AsyncTrackingEvent, &PJRT_Api::PJRT_AsyncTrackingEvent_Destroy,
                                       PJRT_AsyncTrackingEvent_Destroy_Args,
                                       &PJRT_AsyncTrackingEvent_Destroy_Args::event>;

    optirs_pjrt_tracking(optirs::core::Ref<optirs_pjrt_client> client, Handle handle);
    ~optirs_pjrt_tracking() override;

 private:
    optirs::core::Ref<optirs_pjrt_client> client_;  // first, so that it outlives the handle
    Handle handle_;
};
