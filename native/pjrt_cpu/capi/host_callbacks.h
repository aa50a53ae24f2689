// The callbacks of PJRT_ExecuteOptions as the other end of a program's transfers to and from the host.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_cpu/runtime/host_channels.h"
#include "pjrt_cpu/runtime/host_feed.h"

namespace optirs::plugin {

/// The channel whose callbacks serve infeed (the receive callback) and outfeed (the send callback): the C API
/// has no call of its own that would feed a program. No send or recv has it, as their handles count from 0.
inline constexpr int64_t kFeedChannel = -1;

/// The callbacks of one device. Send callbacks get one chunk for each tensor, dense and row-major, the last
/// one with `done`, and own it. Receive callbacks get a stream for the bytes of all tensors one after the
/// other, own it, and may fill it on any thread, also after they have returned; the program waits.
class HostCallbacks final : public HostChannels, public HostFeed {
 public:
    /// Copies the lists. Throws INVALID_ARGUMENT for a list or a function that is null, and for two
    /// callbacks on one channel.
    HostCallbacks(const PJRT_ExecuteOptions& options, size_t device);

    void send(int64_t channel, std::span<const std::span<const std::byte>> tensors) override;
    void receive(int64_t channel, std::span<const std::span<std::byte>> tensors) override;
    void infeed(std::span<const Tensor> results, const Frame& frame) override;
    void outfeed(std::span<const Tensor> operands, const Frame& frame) override;

 private:
    std::map<int64_t, PJRT_SendCallbackInfo> sends_;
    std::map<int64_t, PJRT_RecvCallbackInfo> receives_;
};

}  // namespace optirs::plugin
