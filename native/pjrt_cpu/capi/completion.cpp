#include "pjrt_cpu/capi/completion.h"

#include <utility>

namespace optirs::plugin {

const std::shared_ptr<Completion>& Completion::done() {
    static const std::shared_ptr<Completion> instance = [] {
        auto completion = std::make_shared<Completion>();
        completion->complete(std::nullopt);
        return completion;
    }();
    return instance;
}

const std::optional<Error>& Completion::wait() {
    if (!isReady()) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return isReady(); });
    }
    return error_;
}

void Completion::onReady(Callback callback) {
    if (!isReady()) {
        std::lock_guard lock(mutex_);
        if (!isReady()) {
            callbacks_.push_back(std::move(callback));
            return;
        }
    }
    callback(error_);
}

bool Completion::complete(std::optional<Error> error) {
    std::vector<Callback> callbacks;
    {
        std::lock_guard lock(mutex_);
        if (isReady()) return false;
        error_ = std::move(error);
        callbacks.swap(callbacks_);
        ready_.store(true, std::memory_order_release);
        changed_.notify_all();
    }
    for (Callback& callback : callbacks) callback(error_);
    return true;
}

}  // namespace optirs::plugin
