#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace optirs::plugin {

/// Processes that together form one client. Thread-safe.
class ProcessGroup {
 public:
    ProcessGroup() = default;
    ProcessGroup(const ProcessGroup&) = delete;
    ProcessGroup& operator=(const ProcessGroup&) = delete;
    virtual ~ProcessGroup() = default;

    virtual int rank() const = 0;
    virtual int size() const = 0;

    /// Bytes for or from one other process.
    struct Transfer {
        int process = 0;
        std::span<std::byte> bytes;
    };
    /// Sends and receives at the same time and returns when all is done. `tag` tells exchanges apart that go
    /// on at once; both sides name the same one.
    /// @throws Error DEADLINE_EXCEEDED, or UNAVAILABLE when the connection broke, naming the process
    virtual void exchange(uint64_t tag, std::span<const Transfer> send,
                          std::span<const Transfer> receive) = 0;
};

}  // namespace optirs::plugin
