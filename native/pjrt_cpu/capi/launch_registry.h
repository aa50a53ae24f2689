#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "pjrt_cpu/capi/completion.h"

namespace optirs::plugin {

/// The executions of one device that are under way and that their caller gave a launch id. Thread-safe.
class LaunchRegistry {
 public:
    void add(int32_t launch_id, std::shared_ptr<Completion> outcome);
    /// Ends the earliest execution of this id with the error, for everyone who waits for it; what it still
    /// computes is dropped. @returns false when none of this id is under way.
    bool poison(int32_t launch_id, const Error& error);

 private:
    struct Entry {
        int32_t launch_id;
        std::shared_ptr<Completion> outcome;
    };
    std::mutex mutex_;
    std::vector<Entry> entries_;
};

}  // namespace optirs::plugin
