#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/type.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// The host's side of stablehlo.infeed and outfeed of one execution. Thread-safe.
class HostFeed {
 public:
    struct Tensor {
        const TensorType* type;
        std::byte* data;
    };
    HostFeed() = default;
    HostFeed(const HostFeed&) = delete;
    HostFeed& operator=(const HostFeed&) = delete;
    virtual ~HostFeed() = default;
    /// Fills `results` with the next item.
    /// @throws Error FAILED_PRECONDITION when there is none, or it has other types
    virtual void infeed(std::span<const Tensor> results, const Frame& frame) = 0;
    virtual void outfeed(std::span<const Tensor> operands, const Frame& frame) = 0;
};

struct FeedSpec {
    std::vector<TensorType> types;
    std::vector<int32_t> allocations;
    std::string text;
    bool is_infeed = true;
};
/// @throws Error FAILED_PRECONDITION, at run time, when the execution has no host feed
std::unique_ptr<Step> makeFeedStep(FeedSpec spec);

}  // namespace optirs::plugin
