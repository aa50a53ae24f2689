// What the C API does not tell of a program, learnt from its first call: which arguments it takes, and which
// of its results have another size in every execution.
#include <algorithm>

#include "src/pjrt/execution_call.h"

namespace optirs::pjrt {

bool Execution::isDeleted(const DeviceBuffer& buffer) const {
    const Api& api = executable_.client().api();
    auto args = api.make<PJRT_Buffer_IsDeleted_Args>();
    args.buffer = buffer.get();
    api.call<&PJRT_Api::PJRT_Buffer_IsDeleted>(args);
    return args.is_deleted;
}

bool Execution::isDynamic(PJRT_Buffer* buffer) const {
    const Api& api = executable_.client().api();
    auto args = api.make<PJRT_Buffer_DynamicDimensionIndices_Args>();
    args.buffer = buffer;
    return askIfOffered([&] { api.call<&PJRT_Api::PJRT_Buffer_DynamicDimensionIndices>(args); }) &&
           args.num_dynamic_dims > 0;
}

template <class Ask>
const Execution::Flags* Execution::learn(std::atomic<const Flags*>& lesson, std::size_t count,
                                         Ask&& ask) noexcept {
    try {
        auto learnt = std::make_unique<Flags>();
        for (std::size_t i = 0; i < count; ++i) {
            learnt->push_back(ask(i) ? 1 : 0);
        }
        const Flags* known = nullptr;
        if (lesson.compare_exchange_strong(known, learnt.get())) {
            known = learnt.release();
        }
        return known;
    } catch (const std::exception&) {
        return nullptr;  // the plugin or the memory does not let us learn it now: a later call will
    }
}

const Execution::Flags* Execution::learnDonated(const Call& call, Devices devices,
                                                const ExecuteRequest& request) noexcept {
    const Flags* known = donated_.load(std::memory_order_acquire);
    if (known != nullptr || !request.not_donated.empty()) {
        return known;
    }
    return learn(donated_, call.pinned.size() / devices.size(),
                 [&](std::size_t i) { return isDeleted(*call.pinned[i]); });
}

const Execution::Flags* Execution::learnDynamic(const Call& call) noexcept {
    const Flags* known = dynamic_.load(std::memory_order_acquire);
    return known != nullptr ? known
                            : learn(dynamic_, static_cast<std::size_t>(executable_.numOutputs()),
                                    [&](std::size_t i) { return isDynamic(call.outputs[i]); });
}

void Execution::markDonated(Call& call, Devices devices, const ExecuteRequest& request) noexcept {
    const Flags* donated = learnDonated(call, devices, request);
    if (donated == nullptr || donated->size() * devices.size() != call.pinned.size()) {
        return;
    }
    for (std::size_t i = 0; i < call.pinned.size(); ++i) {
        const std::size_t argument = i % donated->size();
        const bool is_kept = std::ranges::find(request.not_donated, static_cast<int64_t>(argument)) !=
                             request.not_donated.end();
        if ((*donated)[argument] != 0 && !is_kept) {
            call.pinned[i]->markGone(taken_reason_);
        }
    }
}

}  // namespace optirs::pjrt
