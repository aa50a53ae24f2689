// Devices described without a client.
#pragma once

#include <optirs/pjrt_topology.h>

#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "src/core/object.h"
#include "src/pjrt/blobs.h"
#include "src/pjrt/client.h"
#include "src/pjrt/compile_options.h"
#include "src/pjrt/device.h"
#include "src/pjrt/owned.h"

struct optirs_pjrt_topology final : optirs::core::Object {
    using Handle = optirs::pjrt::Owned<PJRT_TopologyDescription, &PJRT_Api::PJRT_TopologyDescription_Destroy,
                                       PJRT_TopologyDescription_Destroy_Args,
                                       &PJRT_TopologyDescription_Destroy_Args::topology>;

    /// Of its own.
    optirs_pjrt_topology(const optirs::pjrt::PluginLibrary& library, Handle handle);
    /// Of a client, which it keeps.
    optirs_pjrt_topology(optirs::core::Ref<optirs_pjrt_client> client, PJRT_TopologyDescription* handle);
    ~optirs_pjrt_topology() override;

    const optirs::pjrt::PluginLibrary& library() const noexcept { return library_; }
    PJRT_TopologyDescription* handle() const noexcept { return handle_; }
    const std::string& platformName() const noexcept { return platform_name_; }
    const std::string& platformVersion() const noexcept { return platform_version_; }
    const optirs::pjrt::NamedValues& attributes() const noexcept { return attributes_; }
    const std::deque<optirs::pjrt::DeviceDescription>& devices() const noexcept { return devices_; }

    optirs::core::Ref<optirs_pjrt_bytes> serialize() const;
    uint64_t fingerprint() const;
    std::span<const int> memoryKindIds() const;
    optirs::core::Ref<optirs_pjrt_bytes> canonicalShape(int32_t memory_kind_id,
                                                        const optirs_pjrt_array& array) const;

 private:
    const optirs::pjrt::Api& api() const noexcept { return library_.api; }
    void read();

    const optirs::core::Ref<optirs_pjrt_client> client_;
    const optirs::pjrt::PluginLibrary& library_;
    Handle owned_;
    PJRT_TopologyDescription* handle_;
    std::string platform_name_;
    std::string platform_version_;
    optirs::pjrt::NamedValues attributes_;
    std::deque<optirs::pjrt::DeviceDescription> devices_;
};

namespace optirs::pjrt {

core::Ref<optirs_pjrt_topology> createTopology(const PluginLibrary& library, std::string_view name,
                                               std::span<const optirs_pjrt_named_value> options);
core::Ref<optirs_pjrt_topology> topologyOf(optirs_pjrt_client& client);
core::Ref<optirs_pjrt_topology> deserializeTopology(const PluginLibrary& library, std::string_view bytes);

}  // namespace optirs::pjrt
