#include "pjrt_cpu/capi/launch_registry.h"

#include <algorithm>
#include <utility>

namespace optirs::plugin {

void LaunchRegistry::add(int32_t launch_id, std::shared_ptr<Completion> outcome) {
    std::lock_guard lock(mutex_);
    // What is finished is of no interest: the list stays as long as the device's queue.
    std::erase_if(entries_, [](const Entry& entry) { return entry.outcome->isReady(); });
    entries_.push_back({launch_id, std::move(outcome)});
}

bool LaunchRegistry::poison(int32_t launch_id, const Error& error) {
    std::shared_ptr<Completion> outcome;
    {
        std::lock_guard lock(mutex_);
        const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
            return entry.launch_id == launch_id && !entry.outcome->isReady();
        });
        if (found == entries_.end()) return false;
        outcome = std::move(found->outcome);
        entries_.erase(found);
    }
    return outcome->complete(error);
}

}  // namespace optirs::plugin
