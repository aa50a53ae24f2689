#include "pjrt_cpu/runtime/remote_messages.h"

#include <array>
#include <cstring>

#include "src/core/fnv.h"

namespace optirs::plugin {
namespace {

/// Ahead of a message: the number of its parts, and bytes of what follows: their sizes, then the parts.
using Header = std::array<uint64_t, 2>;

std::span<std::byte> bytesOf(Header& header) { return std::as_writable_bytes(std::span(header)); }

std::vector<std::byte> packed(const RemoteMessages::Payload& payload) {
    std::vector<std::byte> bytes(payload.size() * sizeof(uint64_t));
    for (size_t i = 0; i < payload.size(); ++i) {
        const uint64_t size = payload[i].size();
        std::memcpy(bytes.data() + i * sizeof size, &size, sizeof size);
    }
    for (const auto& part : payload) bytes.insert(bytes.end(), part.begin(), part.end());
    return bytes;
}

RemoteMessages::Payload unpacked(std::span<const std::byte> bytes, size_t parts) {
    RemoteMessages::Payload payload(parts);
    size_t at = parts * sizeof(uint64_t);
    for (size_t i = 0; i < parts; ++i) {
        uint64_t size = 0;
        std::memcpy(&size, bytes.data() + i * sizeof size, sizeof size);
        const auto part = bytes.subspan(at, size);
        payload[i].assign(part.begin(), part.end());
        at += size;
    }
    return payload;
}

}  // namespace

RemoteMessages::~RemoteMessages() {
    for (auto& [source, post] : posts_) {
        if (post.thread.joinable()) post.thread.join();
    }
}

uint64_t RemoteMessages::nextTag(const MessageRoute& route) {
    const std::lock_guard lock(mutex_);
    const std::array<int64_t, 5> words = {run_id_, route.channel, route.source, route.target,
                                          counts_[route]++};
    return core::fnv1a(words.data(), sizeof words);
}

void RemoteMessages::post(int process, const MessageRoute& route, Payload payload) {
    const uint64_t tag = nextTag(route);
    const std::lock_guard lock(mutex_);
    Post& post = posts_.emplace(route.source, Post{})->second;
    // A thread for each: the other side takes the message when it comes to it, and both may send first.
    post.thread = std::thread([this, process, tag, &post, payload = std::move(payload)] {
        std::vector<std::byte> bytes = packed(payload);
        Header header = {payload.size(), bytes.size()};
        try {
            group_.exchange(tag, std::array{ProcessGroup::Transfer{process, bytesOf(header)}}, {});
            group_.exchange(tag, std::array{ProcessGroup::Transfer{process, bytes}}, {});
        } catch (const Error& error) {
            post.failure = error;
        }
    });
}

void RemoteMessages::flush(int32_t source) {
    std::vector<Post*> own;
    {
        const std::lock_guard lock(mutex_);
        const auto [begin, end] = posts_.equal_range(source);
        for (auto at = begin; at != end; ++at) own.push_back(&at->second);
    }
    std::optional<Error> failure;
    for (Post* post : own) {
        if (post->thread.joinable()) post->thread.join();
        if (post->failure && !failure) failure = post->failure;
    }
    const std::lock_guard lock(mutex_);
    posts_.erase(source);
    if (failure) throw *failure;
}

RemoteMessages::Payload RemoteMessages::receive(int process, const MessageRoute& route) {
    const uint64_t tag = nextTag(route);
    Header header{};
    group_.exchange(tag, {}, std::array{ProcessGroup::Transfer{process, bytesOf(header)}});
    std::vector<std::byte> bytes(header[1]);
    group_.exchange(tag, {}, std::array{ProcessGroup::Transfer{process, bytes}});
    return unpacked(bytes, header[0]);
}

}  // namespace optirs::plugin
