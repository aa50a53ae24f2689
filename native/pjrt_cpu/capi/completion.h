#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {

/// Becomes ready once, with success or an error. Thread-safe. Callbacks run on the thread that completes it,
/// or at once on the caller's when it is ready already; they must not throw.
class Completion {
 public:
    using Callback = std::function<void(const std::optional<Error>&)>;

    /// One that is ready and a success, shared by all.
    static const std::shared_ptr<Completion>& done();

    bool isReady() const { return ready_.load(std::memory_order_acquire); }
    /// Blocks; the result is the error, if any.
    const std::optional<Error>& wait();
    /// Only when ready.
    const std::optional<Error>& error() const { return error_; }
    void onReady(Callback callback);
    /// Returns false when it was complete before.
    bool complete(std::optional<Error> error);

 private:
    std::atomic<bool> ready_{false};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Error> error_;
    std::vector<Callback> callbacks_;
};

}  // namespace optirs::plugin

struct PJRT_Event {
    std::shared_ptr<optirs::plugin::Completion> completion;
};
