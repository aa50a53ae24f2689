#include "src/core/device/notifier.h"

#include <thread>

#include "src/core/error.h"
#include "src/core/guard.h"

namespace optirs::core {

void StreamNotifier::add(void* stream, optirs_completion done, void* context) {
    std::list<Waiting> added;
    added.emplace_back(calls_, done, context);
    const std::scoped_lock lock(mutex_);
    if (!is_running_) {
        // Detached: a callback may drop the stream's last reference on this very thread.
        std::thread([self = shared_from_this()] { self->run(); }).detach();
        is_running_ = true;
    }
    calls_(&optirs_device_table::event_record, added.front().event.get(), stream);
    waiting_.splice(waiting_.end(), added);
    changed_.notify_one();
}

void StreamNotifier::close() noexcept {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
    changed_.notify_one();
}

void StreamNotifier::run() noexcept {
    while (true) {
        std::list<Waiting> next;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return is_closed_ || !waiting_.empty(); });
            if (waiting_.empty()) {
                return;
            }
            next.splice(next.end(), waiting_, waiting_.begin());
        }
        finish(next.front());
    }
}

void StreamNotifier::finish(const Waiting& waiting) noexcept {
    optirs_error* error =
        guard("optirs_stream_notify", [&] { calls_(&optirs_device_table::event_wait, waiting.event.get()); });
    waiting.done(error, waiting.context);
}

}  // namespace optirs::core
