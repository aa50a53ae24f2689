// Completions of a stream: a thread that waits for its events, in order.
#pragma once

#include <optirs/operation.h>

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

#include "src/core/device/stream.h"

namespace optirs::core {

/// Thread-safe. The thread starts with the first completion and ends, some time after the stream, once all of
/// them are done: it waits for events only, which outlive their stream.
class StreamNotifier : public std::enable_shared_from_this<StreamNotifier> {
 public:
    explicit StreamNotifier(const DeviceCalls& calls) : calls_(calls) {}

    /// Calls `done` once the work given to the stream so far is over.
    void add(void* stream, optirs_completion done, void* context);
    /// No completion will be added any more.
    void close() noexcept;

 private:
    struct Waiting {
        Waiting(const DeviceCalls& calls, optirs_completion callback, void* callback_context)
            : event(calls, false), done(callback), context(callback_context) {}
        NativeEvent event;
        optirs_completion done;
        void* context;
    };

    void run() noexcept;
    void finish(const Waiting& waiting) noexcept;

    DeviceCalls calls_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Waiting> waiting_;
    bool is_running_ = false;
    bool is_closed_ = false;
};

}  // namespace optirs::core
