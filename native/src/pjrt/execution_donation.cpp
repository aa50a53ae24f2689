// Which arguments a program has taken. The C API does not tell: it is found out from the first call.
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

const Execution::Donated* Execution::learnDonated(const Call& call, Devices devices,
                                                  const ExecuteRequest& request) noexcept {
    const Donated* known = donated_.load(std::memory_order_acquire);
    if (known != nullptr || !request.not_donated.empty()) {
        return known;
    }
    try {
        auto donated = std::make_unique<Donated>();
        for (std::size_t i = 0; i < call.pinned.size() / devices.size(); ++i) {
            donated->push_back(isDeleted(*call.pinned[i]) ? 1 : 0);
        }
        if (donated_.compare_exchange_strong(known, donated.get())) {
            known = donated.release();
        }
        return known;
    } catch (const std::exception&) {
        return nullptr;  // the plugin or the memory does not let us learn it now: a later call will
    }
}

void Execution::markDonated(Call& call, Devices devices, const ExecuteRequest& request) noexcept {
    const Donated* donated = learnDonated(call, devices, request);
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
