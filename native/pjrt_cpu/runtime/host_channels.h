/// @file
/// stablehlo.send to the host and stablehlo.recv from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace optirs::plugin {

/// The host's end of the channels of one execution on one device. Called from the thread that runs the
/// program, one call at a time.
class HostChannels {
 public:
    HostChannels() = default;
    HostChannels(const HostChannels&) = delete;
    HostChannels& operator=(const HostChannels&) = delete;
    virtual ~HostChannels() = default;
    /// Gives the host the tensors of one send. @throws Error when nobody listens on the channel, or what the
    /// host answered
    virtual void send(int64_t channel, std::span<const std::span<const std::byte>> tensors) = 0;
    /// Blocks until the host has filled all tensors of one recv. @throws Error as send()
    virtual void receive(int64_t channel, std::span<const std::span<std::byte>> tensors) = 0;
};

}  // namespace optirs::plugin
