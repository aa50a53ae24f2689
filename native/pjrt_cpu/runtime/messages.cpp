// stablehlo.send and recv.
#include <algorithm>
#include <cstring>

#include "pjrt_cpu/runtime/collective.h"

namespace optirs::plugin {
namespace {

Rendezvous& rendezvousOf(const Frame& frame, const MessageSpec& spec) {
    if (frame.context.rendezvous == nullptr)
        throw Error(Code::kFailedPrecondition, spec.text +
                                                   ": the program runs on one device, which has "
                                                   "nobody to talk to");
    return *frame.context.rendezvous;
}

class SendStep final : public Step {
 public:
    explicit SendStep(MessageSpec spec) : spec_(std::move(spec)) {}

    void run(const Frame& frame) const override {
        const int32_t self = frame.context.participant();
        int target = -1;
        if (spec_.has_pairs) {
            const auto pair = std::ranges::find(spec_.pairs, self, [](const auto& p) { return p.first; });
            if (pair == spec_.pairs.end()) return;  // others send here
            target = pair->second;
        }
        Rendezvous::Payload payload;
        for (const auto& [allocation, bytes] : spec_.buffers) {
            const std::byte* from = frame.buffers[allocation];
            payload.emplace_back(from, from + bytes);
        }
        rendezvousOf(frame, spec_).send(self, spec_.channel, target, std::move(payload));
    }
    std::string describe() const override { return spec_.text; }

 private:
    MessageSpec spec_;
};

class ReceiveStep final : public Step {
 public:
    explicit ReceiveStep(MessageSpec spec) : spec_(std::move(spec)) {}

    void run(const Frame& frame) const override {
        const int32_t self = frame.context.participant();
        int source = -1;
        if (spec_.has_pairs) {
            const auto pair = std::ranges::find(spec_.pairs, self, [](const auto& p) { return p.second; });
            if (pair == spec_.pairs.end()) {
                for (const auto& [allocation, bytes] : spec_.buffers)
                    std::memset(frame.buffers[allocation], 0, static_cast<size_t>(bytes));
                return;
            }
            source = pair->first;
        }
        const auto payload = rendezvousOf(frame, spec_).receive(self, spec_.channel, source, spec_.text);
        bool fits = payload.size() == spec_.buffers.size();
        for (size_t i = 0; fits && i < payload.size(); ++i)
            fits = static_cast<int64_t>(payload[i].size()) == spec_.buffers[i].second;
        if (!fits) {
            throw Error(Code::kFailedPrecondition, spec_.text + ": what was sent on channel " +
                                                       std::to_string(spec_.channel) + " has other shapes");
        }
        for (size_t i = 0; i < payload.size(); ++i)
            std::memcpy(frame.buffers[spec_.buffers[i].first], payload[i].data(), payload[i].size());
    }
    std::string describe() const override { return spec_.text; }

 private:
    MessageSpec spec_;
};

}  // namespace

std::unique_ptr<Step> makeSendStep(MessageSpec spec) { return std::make_unique<SendStep>(std::move(spec)); }
std::unique_ptr<Step> makeReceiveStep(MessageSpec spec) {
    return std::make_unique<ReceiveStep>(std::move(spec));
}

}  // namespace optirs::plugin
