// Sends and receives of a program, answered by the host.
#pragma once

#include <optirs/pjrt_execution.h>

#include <deque>
#include <span>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/client.h"
#include "src/pjrt/owned.h"

struct optirs_pjrt_copy_stream final : optirs::core::Object {
    using Handle = optirs::pjrt::Owned<PJRT_CopyToDeviceStream, &PJRT_Api::PJRT_CopyToDeviceStream_Destroy,
                                       PJRT_CopyToDeviceStream_Destroy_Args,
                                       &PJRT_CopyToDeviceStream_Destroy_Args::stream>;

    optirs_pjrt_copy_stream(optirs::core::Ref<optirs_pjrt_client> client, Handle handle);
    ~optirs_pjrt_copy_stream() override;

    int64_t total() const;
    int64_t granule() const;
    int64_t current() const;
    void add(std::span<const uint8_t> bytes, const char* operation, optirs_completion done, void* context);

 private:
    const optirs::core::Ref<optirs_pjrt_client> client_;  // first, so that it outlives the handle
    const Handle handle_;
};

struct optirs_pjrt_context final : optirs::core::Object {
    explicit optirs_pjrt_context(optirs::core::Ref<optirs_pjrt_client> client);
    ~optirs_pjrt_context() override;

    optirs_pjrt_client& client() const noexcept { return *client_; }
    PJRT_ExecuteContext* handle() const noexcept { return handle_; }

 private:
    const optirs::core::Ref<optirs_pjrt_client> client_;
    PJRT_ExecuteContext* handle_;
};

namespace optirs::pjrt {

/// The channels of one execution, kept until it is over.
class ChannelCalls final : public core::Object {
 public:
    ChannelCalls(core::Ref<optirs_pjrt_client> client, std::span<const optirs_pjrt_channel> channels,
                 std::size_t devices);

    void offerTo(PJRT_ExecuteOptions& options) noexcept;

 private:
    struct Call {
        ChannelCalls* owner;
        optirs_pjrt_channel channel;
        int64_t device_index;
    };

    static PJRT_Error* onSend(PJRT_Chunk* chunk, PJRT_CallbackError* make_error, std::size_t total,
                              bool is_last, void* call) noexcept;
    static void onReceive(PJRT_CopyToDeviceStream* stream, void* call) noexcept;

    const core::Ref<optirs_pjrt_client> client_;
    std::deque<Call> calls_;  // addresses stay
    std::vector<std::vector<PJRT_SendCallbackInfo>> sends_;
    std::vector<std::vector<PJRT_RecvCallbackInfo>> receives_;
    std::vector<PJRT_SendCallbackInfo*> send_lists_;
    std::vector<PJRT_RecvCallbackInfo*> receive_lists_;
};

}  // namespace optirs::pjrt
