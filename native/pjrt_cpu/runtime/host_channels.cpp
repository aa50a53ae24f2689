#include "pjrt_cpu/runtime/host_channels.h"

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/collective.h"

namespace optirs::plugin {
namespace {

class HostMessageStep final : public Step {
 public:
    HostMessageStep(MessageSpec spec, bool sends, std::unique_ptr<Step> between_devices)
        : spec_(std::move(spec)), sends_(sends), between_devices_(std::move(between_devices)) {}

    void run(const Frame& frame) const override {
        HostChannels* host = frame.context.host_channels;
        if (host == nullptr) return between_devices_->run(frame);
        try {
            if (sends_)
                host->send(spec_.channel, tensors<const std::byte>(frame));
            else
                host->receive(spec_.channel, tensors<std::byte>(frame));
        } catch (const Error& error) {
            throw Error(error.code(), spec_.text + ": " + error.message());
        }
    }
    std::string describe() const override { return spec_.text; }

 private:
    template <class Byte>
    std::vector<std::span<Byte>> tensors(const Frame& frame) const {
        std::vector<std::span<Byte>> result;
        result.reserve(spec_.buffers.size());
        for (const auto& [allocation, bytes] : spec_.buffers)
            result.emplace_back(frame.buffers[allocation], static_cast<size_t>(bytes));
        return result;
    }

    MessageSpec spec_;
    bool sends_;
    std::unique_ptr<Step> between_devices_;
};

}  // namespace

std::unique_ptr<Step> makeHostSendStep(MessageSpec spec, std::unique_ptr<Step> between_devices) {
    return std::make_unique<HostMessageStep>(std::move(spec), true, std::move(between_devices));
}

std::unique_ptr<Step> makeHostReceiveStep(MessageSpec spec, std::unique_ptr<Step> between_devices) {
    return std::make_unique<HostMessageStep>(std::move(spec), false, std::move(between_devices));
}

}  // namespace optirs::plugin
