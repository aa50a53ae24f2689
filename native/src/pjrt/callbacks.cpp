#include "src/pjrt/callbacks.h"

#include <cstring>
#include <memory>

#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;

optirs_pjrt_copy_stream::optirs_pjrt_copy_stream(Ref<optirs_pjrt_client> client, Handle handle)
    : Object(OPTIRS_OBJECT_PJRT_COPY_STREAM), client_(std::move(client)), handle_(std::move(handle)) {}

optirs_pjrt_copy_stream::~optirs_pjrt_copy_stream() = default;

int64_t optirs_pjrt_copy_stream::total() const {
    auto args = client_->api().make<PJRT_CopyToDeviceStream_TotalBytes_Args>();
    args.stream = handle_.get();
    client_->api().call<&PJRT_Api::PJRT_CopyToDeviceStream_TotalBytes>(args);
    return args.total_bytes;
}

int64_t optirs_pjrt_copy_stream::granule() const {
    auto args = client_->api().make<PJRT_CopyToDeviceStream_GranuleSize_Args>();
    args.stream = handle_.get();
    client_->api().call<&PJRT_Api::PJRT_CopyToDeviceStream_GranuleSize>(args);
    return args.granule_size_in_bytes;
}

int64_t optirs_pjrt_copy_stream::current() const {
    auto args = client_->api().make<PJRT_CopyToDeviceStream_CurrentBytes_Args>();
    args.stream = handle_.get();
    client_->api().call<&PJRT_Api::PJRT_CopyToDeviceStream_CurrentBytes>(args);
    return args.current_bytes;
}

void optirs_pjrt_copy_stream::add(std::span<const uint8_t> bytes, const char* operation,
                                  optirs_completion done, void* context) {
    client_->startOperation(operation, done, context, Ref<Object>::share(this), [&] {
        auto copy = std::make_unique<uint8_t[]>(bytes.empty() ? 1 : bytes.size());
        if (!bytes.empty()) {
            std::memcpy(copy.get(), bytes.data(), bytes.size());
        }
        PJRT_Chunk chunk{};
        chunk.size = bytes.size();
        chunk.deleter = [](void* data, void*) noexcept {
            std::default_delete<uint8_t[]>()(static_cast<uint8_t*>(data));
        };
        auto args = client_->api().make<PJRT_CopyToDeviceStream_AddChunk_Args>();
        args.stream = handle_.get();
        args.chunk = &chunk;
        // The plugin owns the chunk from here on, whatever it answers.
        chunk.data = copy.release();
        client_->api().call<&PJRT_Api::PJRT_CopyToDeviceStream_AddChunk>(args);
        return args.transfer_complete;
    });
}

optirs_pjrt_context::optirs_pjrt_context(Ref<optirs_pjrt_client> client)
    : Object(OPTIRS_OBJECT_PJRT_CONTEXT), client_(std::move(client)) {
    auto args = client_->api().make<PJRT_ExecuteContext_Create_Args>();
    client_->api().call<&PJRT_Api::PJRT_ExecuteContext_Create>(args);
    handle_ = args.context;
}

optirs_pjrt_context::~optirs_pjrt_context() {
    auto args = client_->api().make<PJRT_ExecuteContext_Destroy_Args>();
    args.context = handle_;
    client_->api().callQuietly<&PJRT_Api::PJRT_ExecuteContext_Destroy>(args);
}

namespace optirs::pjrt {

ChannelCalls::ChannelCalls(Ref<optirs_pjrt_client> client, std::span<const optirs_pjrt_channel> channels,
                           std::size_t devices)
    : Object(OPTIRS_OBJECT_OPERATION), client_(std::move(client)), sends_(devices), receives_(devices) {
    for (std::size_t device = 0; device < devices; ++device) {
        for (const optirs_pjrt_channel& channel : channels) {
            if ((channel.send == nullptr) == (channel.recv == nullptr)) {
                throw Error(Code::kInvalidArgument, concat("channel ", channel.channel_id,
                                                           " must have a send or a recv, and not both"));
            }
            Call& call = calls_.emplace_back(Call{this, channel, static_cast<int64_t>(device)});
            if (channel.send != nullptr) {
                sends_[device].push_back({channel.channel_id, &call, onSend});
            } else {
                receives_[device].push_back({channel.channel_id, &call, onReceive});
            }
        }
        send_lists_.push_back(sends_[device].data());
        receive_lists_.push_back(receives_[device].data());
    }
}

void ChannelCalls::offerTo(PJRT_ExecuteOptions& options) noexcept {
    options.send_callbacks = send_lists_.data();
    options.num_send_ops = sends_.front().size();
    options.recv_callbacks = receive_lists_.data();
    options.num_recv_ops = receives_.front().size();
}

PJRT_Error* ChannelCalls::onSend(PJRT_Chunk* chunk, PJRT_CallbackError* make_error, std::size_t total,
                                 bool is_last, void* call) noexcept {
    const Call& self = *static_cast<const Call*>(call);
    const CallbackScope scope;
    optirs_error* error = self.channel.send(static_cast<const uint8_t*>(chunk->data), chunk->size, total,
                                            is_last ? 1 : 0, self.device_index, self.channel.context);
    if (chunk->deleter != nullptr) {
        chunk->deleter(chunk->data, chunk->deleter_arg);
    }
    if (error == nullptr) {
        return nullptr;
    }
    PJRT_Error* reported = (*make_error)(static_cast<PJRT_Error_Code>(error->code), error->message.data(),
                                         error->message.size());
    core::releaseError(error);
    return reported;
}

void ChannelCalls::onReceive(PJRT_CopyToDeviceStream* stream, void* call) noexcept {
    const Call& self = *static_cast<const Call*>(call);
    const CallbackScope scope;
    optirs_pjrt_copy_stream::Handle handle(self.owner->client_->api(), stream);
    try {
        self.channel.recv(
            core::makeObject<optirs_pjrt_copy_stream>(self.owner->client_, std::move(handle)).detach(),
            self.device_index, self.channel.context);
    } catch (const std::exception&) {
        return;  // no memory: the stream is destroyed unfilled, which the plugin reports
    }
}

}  // namespace optirs::pjrt
