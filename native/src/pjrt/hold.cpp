#include "src/pjrt/hold.h"

optirs_pjrt_hold::optirs_pjrt_hold(optirs::core::Ref<optirs_pjrt_client> client,
                                   optirs::core::Ref<optirs::pjrt::DeviceBuffer> buffer)
    : Object(OPTIRS_OBJECT_PJRT_HOLD), client_(std::move(client)), buffer_(std::move(buffer)) {
    const optirs::pjrt::Api& api = client_->api();
    auto increase = api.make<PJRT_Buffer_IncreaseExternalReferenceCount_Args>();
    increase.buffer = buffer_->get();
    api.call<&PJRT_Api::PJRT_Buffer_IncreaseExternalReferenceCount>(increase);
    try {
        auto args = api.make<PJRT_Buffer_OpaqueDeviceMemoryDataPointer_Args>();
        args.buffer = buffer_->get();
        api.call<&PJRT_Api::PJRT_Buffer_OpaqueDeviceMemoryDataPointer>(args);
        data_ = args.device_memory_ptr;
    } catch (...) {
        letGo();
        throw;
    }
}

optirs_pjrt_hold::~optirs_pjrt_hold() { letGo(); }

void optirs_pjrt_hold::letGo() noexcept {
    auto args = client_->api().make<PJRT_Buffer_DecreaseExternalReferenceCount_Args>();
    args.buffer = buffer_->get();
    client_->api().callQuietly<&PJRT_Api::PJRT_Buffer_DecreaseExternalReferenceCount>(args);
}
