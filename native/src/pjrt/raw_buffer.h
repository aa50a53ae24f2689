// The memory beneath buffers, and the platform's streams.
#pragma once

#include <optirs/pjrt_raw_buffer.h>

#include "src/core/object.h"
#include "src/pjrt/buffer.h"
#include "src/pjrt/extension.h"

struct optirs_pjrt_raw_buffer final : optirs::core::Object {
    explicit optirs_pjrt_raw_buffer(const optirs_pjrt_buffer& buffer);
    ~optirs_pjrt_raw_buffer() override;

    uint64_t size() const;
    optirs_pjrt_memory& memory() const;
    void* hostAddress() const;
    void read(uint64_t offset, void* destination, uint64_t size, const char* operation,
              optirs_completion done, void* context);
    void write(uint64_t offset, const void* source, uint64_t size, const char* operation,
               optirs_completion done, void* context);

 private:
    void checkRange(uint64_t offset, uint64_t size) const;
    optirs::core::Ref<Object> self() noexcept { return optirs::core::Ref<Object>::share(this); }

    optirs::core::Ref<optirs_pjrt_client> client_;  // first, so that it outlives the handle
    optirs::pjrt::Extension<PJRT_RawBuffer_Extension> extension_;
    PJRT_RawBuffer* handle_ = nullptr;
};

namespace optirs::pjrt {

int64_t streamOf(const optirs_pjrt_device& device);
void waitOnStream(const optirs_pjrt_buffer& buffer, int64_t stream);

}  // namespace optirs::pjrt
