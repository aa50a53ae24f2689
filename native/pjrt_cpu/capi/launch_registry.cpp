#include "pjrt_cpu/capi/launch_registry.h"

#include <algorithm>
#include <utility>

namespace optirs::plugin {

void LaunchRegistry::add(int32_t launch_id, std::vector<std::shared_ptr<Completion>> outcomes) {
    std::lock_guard lock(mutex_);
    // What is finished is of no interest: the list stays as long as the device's queue.
    std::erase_if(entries_, [](const Entry& entry) { return entry.outcomes.back()->isReady(); });
    entries_.push_back({launch_id, std::move(outcomes)});
}

bool LaunchRegistry::poison(int32_t launch_id, const Error& error) {
    std::vector<std::shared_ptr<Completion>> outcomes;
    {
        std::lock_guard lock(mutex_);
        const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
            return entry.launch_id == launch_id && !entry.outcomes.back()->isReady();
        });
        if (found == entries_.end()) return false;
        outcomes = std::move(found->outcomes);
        entries_.erase(found);
    }
    bool poisoned = false;
    for (const auto& outcome : outcomes) poisoned = outcome->complete(error);  // the last one decides
    return poisoned;
}

}  // namespace optirs::plugin
