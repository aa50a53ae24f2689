/// @file
/// Collective operations: every member of a group brings operands, and gets results made of all members'.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/element_type.h"
#include "pjrt_cpu/runtime/collective_groups.h"
#include "pjrt_cpu/runtime/rendezvous.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

struct CollectiveSpec {
    enum class Kind : uint8_t {
        kAllGather,      ///< operands joined along `dimension`
        kAllReduce,      ///< operands combined, to everybody
        kReduceScatter,  ///< operands combined, to each member its part along `dimension`
        kAllToAll,       ///< part i along `dimension` goes to member i, which joins along `concat_dimension`
        kPermute,        ///< along `pairs`
        kBroadcast,      ///< the root's operand, to everybody
        kReduce          ///< operands combined, to the root
    };
    struct Tensor {
        int32_t operand = -1;  ///< allocation
        int32_t result = -1;   ///< allocation
        std::vector<int64_t> operand_shape;
        std::vector<int64_t> result_shape;
        int64_t operand_width = 1;  ///< bytes of an element
        int64_t result_width = 1;
    };
    Kind kind = Kind::kAllGather;
    CollectiveName name;
    std::vector<Tensor> tensors;
    ParticipantGroups groups;
    /// kPermute: source and target.
    std::vector<std::pair<int32_t, int32_t>> pairs;
    int64_t dimension = 0;
    int64_t concat_dimension = 0;
    /// kBroadcast, kReduce: allocation of an i32 for each tensor, the root's place in the group; -1: the
    /// first member is the root.
    int32_t root = -1;
};

/// Combinations run from the first to the last member of the group, whatever the order of arrival: results
/// are the same bits in every run and on any number of threads. A participant in no group gets zeros from
/// kPermute, kBroadcast and kReduce.
class CollectiveStep final : public Step {
 public:
    /// @throws Error INVALID_ARGUMENT when a group's size does not fit the shapes
    explicit CollectiveStep(CollectiveSpec spec);

    /// `combine`: buffers {accumulated, operand}, adds element i of the operand to accumulated.
    /// `convert`: buffers {result, operand}; null when both have one type.
    struct Reducer {
        KernelFunction combine = nullptr;
        KernelFunction convert = nullptr;
    };
    Reducer& reducer(size_t tensor) { return reducers_[tensor]; }

    void run(const Frame& frame) const override;
    std::string describe() const override { return spec_.name.text; }

 private:
    using Members = std::span<const Contribution>;
    void perform(std::span<const int32_t> members, Members all, ThreadPool& pool) const;
    void gather(size_t k, Members all, ThreadPool& pool) const;
    void reduce(size_t k, Members all, std::span<std::byte* const> results, ThreadPool& pool) const;
    void reduceScatter(size_t k, Members all, ThreadPool& pool) const;
    void exchange(size_t k, Members all, ThreadPool& pool) const;
    void permute(size_t k, std::span<const int32_t> members, Members all, ThreadPool& pool) const;
    void broadcast(size_t k, Members all, ThreadPool& pool) const;
    size_t rootOf(size_t k, Members all) const;
    int64_t operandBytes(size_t k) const;
    int64_t resultBytes(size_t k) const;

    CollectiveSpec spec_;
    std::vector<Reducer> reducers_;
    std::vector<int32_t> group_of_;  // by participant; -1: none
};

/// stablehlo.send and recv: messages between participants on a channel. Without pairs a message is for
/// whoever receives on the channel first.
struct MessageSpec {
    int64_t channel = 0;
    std::vector<std::pair<int32_t, int32_t>> pairs;
    bool has_pairs = false;
    std::vector<std::pair<int32_t, int64_t>> buffers;  ///< allocation and bytes
    std::string text;
};
std::unique_ptr<Step> makeSendStep(MessageSpec spec);
std::unique_ptr<Step> makeReceiveStep(MessageSpec spec);
/// A transfer to or from the host. Where the execution has no host channels (a process of
/// interpreter.run_parallel, whose processes are each other's host), `between_devices` runs in its place.
std::unique_ptr<Step> makeHostSendStep(MessageSpec spec, std::unique_ptr<Step> between_devices);
std::unique_ptr<Step> makeHostReceiveStep(MessageSpec spec, std::unique_ptr<Step> between_devices);

}  // namespace optirs::plugin
