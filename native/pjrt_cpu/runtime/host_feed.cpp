#include "pjrt_cpu/runtime/host_feed.h"

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

class FeedStep final : public Step {
 public:
    explicit FeedStep(FeedSpec spec) : spec_(std::move(spec)) {}

    void run(const Frame& frame) const override {
        HostFeed* feed = frame.context.host_feed;
        if (feed == nullptr) {
            throw Error(Code::kFailedPrecondition,
                        spec_.text + ": the host feeds nothing in and takes nothing out of this execution");
        }
        std::vector<HostFeed::Tensor> tensors;
        tensors.reserve(spec_.types.size());
        for (size_t i = 0; i < spec_.types.size(); ++i)
            tensors.push_back({&spec_.types[i], frame.buffers[spec_.allocations[i]]});
        try {
            if (spec_.is_infeed)
                feed->infeed(tensors, frame);
            else
                feed->outfeed(tensors, frame);
        } catch (const Error& error) {
            throw Error(error.code(), spec_.text + ": " + error.message());
        }
    }
    std::string describe() const override { return spec_.text; }

 private:
    FeedSpec spec_;
};

}  // namespace

std::unique_ptr<Step> makeFeedStep(FeedSpec spec) { return std::make_unique<FeedStep>(std::move(spec)); }

}  // namespace optirs::plugin
