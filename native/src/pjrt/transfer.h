// Buffers whose contents arrive in parts.
#pragma once

#include <optirs/pjrt_transfer.h>

#include <span>
#include <string_view>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/array.h"
#include "src/pjrt/owned.h"

struct optirs_pjrt_transfer final : optirs::core::Object {
    optirs_pjrt_transfer(optirs::core::Ref<optirs_pjrt_client> client,
                         std::span<const optirs_pjrt_array> arrays);
    ~optirs_pjrt_transfer() override;

    int64_t count() const;
    uint64_t size(int64_t index) const;
    optirs_pjrt_device& device() const;
    void takeBuffer(int64_t index, optirs_pjrt_buffer** inout);

    struct Part {
        uint64_t offset;
        const void* data;
        uint64_t size;
        bool is_last;
    };
    void write(int64_t index, const Part& part, const char* operation, optirs_completion done, void* context);
    void writeAll(int64_t index, const optirs_pjrt_array& array, std::span<const std::byte> data,
                  const char* operation, optirs_completion done, void* context);
    void fail(int64_t index, optirs_status code, std::string_view message);
    void describe(std::span<const optirs_pjrt_named_value> values);

 private:
    using Manager =
        optirs::pjrt::Owned<PJRT_AsyncHostToDeviceTransferManager,
                            &PJRT_Api::PJRT_AsyncHostToDeviceTransferManager_Destroy,
                            PJRT_AsyncHostToDeviceTransferManager_Destroy_Args,
                            &PJRT_AsyncHostToDeviceTransferManager_Destroy_Args::transfer_manager>;

    static Manager create(optirs_pjrt_client& client, std::vector<optirs::pjrt::ArrayArgument>& arrays);
    optirs::core::Ref<optirs::core::Object> self() noexcept;
    int checked(int64_t index) const;

    const optirs::core::Ref<optirs_pjrt_client> client_;  // first, so that it outlives the manager
    std::vector<const optirs::pjrt::TensorType*> types_;
    optirs_pjrt_device* place_;
    Manager manager_;
};
