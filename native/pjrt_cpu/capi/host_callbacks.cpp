#include "pjrt_cpu/capi/host_callbacks.h"

#include <cstring>
#include <string>

#include "pjrt_cpu/capi/copy_stream.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

/// What a callback answers with, made of its own code and text.
PJRT_Error* answerOf(PJRT_Error_Code code, const char* message, size_t size) noexcept {
    try {
        return makeError(errorFrom(numberOf(code), message, size));
    } catch (const Error& error) {
        return makeError(error);
    } catch (const std::bad_alloc&) {
        return makeError(Code::kResourceExhausted, {});
    }
}

void deleteBytes(void* data, void* /*arg*/) { delete[] static_cast<std::byte*>(data); }

std::string nameOf(int64_t channel, const char* kind) {
    if (channel == kFeedChannel) return std::string(kind) + " callback for channel -1, which feeds are on";
    return std::string(kind) + " callback for channel " + std::to_string(channel);
}

template <class Info>
std::map<int64_t, Info> readList(Info* const* lists, size_t count, size_t device, const char* field,
                                 const char* kind) {
    std::map<int64_t, Info> result;
    if (count == 0) return result;
    deref(lists, field);
    deref(lists[device], field);
    for (size_t i = 0; i < count; ++i) {
        const Info& info = lists[device][i];
        if (!result.emplace(info.channel_id, info).second)
            throw invalidArgument("more than one " + nameOf(info.channel_id, kind));
    }
    return result;
}

template <class Info>
const Info& infoOf(const std::map<int64_t, Info>& infos, int64_t channel, const char* kind) {
    const auto found = infos.find(channel);
    if (found == infos.end())
        throw Error(Code::kFailedPrecondition, "the execution has no " + nameOf(channel, kind));
    return found->second;
}

}  // namespace

HostCallbacks::HostCallbacks(const PJRT_ExecuteOptions& options, size_t device)
    : sends_(readList(options.send_callbacks, options.num_send_ops, device, "send_callbacks", "send")),
      receives_(readList(options.recv_callbacks, options.num_recv_ops, device, "recv_callbacks", "receive")) {
    for (const auto& [channel, info] : sends_) {
        if (info.send_callback == nullptr) throw invalidArgument("null as " + nameOf(channel, "send"));
    }
    for (const auto& [channel, info] : receives_) {
        if (info.recv_callback == nullptr) throw invalidArgument("null as " + nameOf(channel, "receive"));
    }
}

void HostCallbacks::send(int64_t channel, std::span<const std::span<const std::byte>> tensors) {
    const PJRT_SendCallbackInfo& info = infoOf(sends_, channel, "send");
    size_t total = 0;
    for (const auto& tensor : tensors) total += tensor.size();
    PJRT_CallbackError make_error = answerOf;
    // A token alone is a message too: one empty chunk.
    const size_t chunks = tensors.empty() ? 1 : tensors.size();
    for (size_t i = 0; i < chunks; ++i) {
        const size_t size = tensors.empty() ? 0 : tensors[i].size();
        PJRT_Chunk chunk{};
        auto* data = new std::byte[size];
        if (size > 0) std::memcpy(data, tensors[i].data(), size);
        chunk.data = data;
        chunk.size = size;
        chunk.deleter = deleteBytes;
        PJRT_Error* answer = info.send_callback(&chunk, &make_error, total, i + 1 == chunks, info.user_arg);
        if (answer == nullptr) continue;
        const Error error(errorCode(answer), "the send callback answered: " + errorMessage(answer));
        destroyError(answer);
        throw Error(error);
    }
}

void HostCallbacks::receive(int64_t channel, std::span<const std::span<std::byte>> tensors) {
    const PJRT_RecvCallbackInfo& info = infoOf(receives_, channel, "receive");
    size_t total = 0;
    for (const auto& tensor : tensors) total += tensor.size();
    // Memory of its own: a stream that its owner keeps must not point into a program that has ended.
    auto bytes = std::make_shared<std::vector<std::byte>>(total);
    StreamTarget target{Ref<Storage>::make(bytes->data(), static_cast<int64_t>(total), true, [bytes] {}),
                        static_cast<int64_t>(total), std::make_shared<Completion>()};
    const std::shared_ptr<Completion> ready = target.ready;
    if (total == 0) ready->complete(std::nullopt);
    info.recv_callback(new PJRT_CopyToDeviceStream(std::move(target)), info.user_arg);
    if (const auto& error = ready->wait()) throw *error;
    size_t at = 0;
    for (const auto& tensor : tensors) {
        if (!tensor.empty()) std::memcpy(tensor.data(), bytes->data() + at, tensor.size());
        at += tensor.size();
    }
}

void HostCallbacks::infeed(std::span<const Tensor> results, const Frame& /*frame*/) {
    std::vector<std::span<std::byte>> tensors;
    for (const Tensor& result : results)
        tensors.emplace_back(result.data, static_cast<size_t>(result.type->byteCount()));
    receive(kFeedChannel, tensors);
}

void HostCallbacks::outfeed(std::span<const Tensor> operands, const Frame& /*frame*/) {
    std::vector<std::span<const std::byte>> tensors;
    for (const Tensor& operand : operands)
        tensors.emplace_back(operand.data, static_cast<size_t>(operand.type->byteCount()));
    send(kFeedChannel, tensors);
}

}  // namespace optirs::plugin
