#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/process_group.h"

namespace optirs::plugin {

/// Who sends to whom on which channel: participants of one execution.
struct MessageRoute {
    int64_t channel = 0;
    int32_t source = 0;
    int32_t target = 0;

    auto operator<=>(const MessageRoute&) const = default;
};

/// Messages of one execution to and from other processes. Those on one route arrive in the order they were
/// posted. Thread-safe for different participants.
class RemoteMessages {
 public:
    using Payload = std::vector<std::vector<std::byte>>;

    RemoteMessages(ProcessGroup& group, int64_t run_id) : group_(group), run_id_(run_id) {}
    ~RemoteMessages();
    RemoteMessages(const RemoteMessages&) = delete;
    RemoteMessages& operator=(const RemoteMessages&) = delete;

    /// Goes on at once; the message leaves when the other side receives.
    void post(int process, const MessageRoute& route, Payload payload);
    /// Blocks until all that `source` has posted is received.
    /// @throws Error as ProcessGroup::exchange
    void flush(int32_t source);
    /// Blocks until the next message of the route is here.
    /// @throws Error as ProcessGroup::exchange
    Payload receive(int process, const MessageRoute& route);

 private:
    struct Post {
        std::thread thread;
        std::optional<Error> failure;
    };

    /// Of the next message of a route; both sides count.
    uint64_t nextTag(const MessageRoute& route);

    ProcessGroup& group_;
    const int64_t run_id_;
    std::mutex mutex_;
    std::map<MessageRoute, int64_t> counts_;
    std::multimap<int32_t, Post> posts_;  // by source
};

}  // namespace optirs::plugin
