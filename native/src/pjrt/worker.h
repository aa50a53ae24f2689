// A thread of our own, for what must not run on a thread of the plugin or of the caller.
#pragma once

#include <condition_variable>
#include <mutex>

namespace optirs::pjrt {

/// Runs tasks one after the other on one thread, which starts with the first task and lives as long as the
/// process. Thread-safe.
class Worker {
 public:
    /// Work with its own place in the queue, so that handing it over needs no memory.
    struct Task {
        void (*run)(Task* self) = nullptr;
        Task* next = nullptr;
    };

    /// False where no thread could be started; the task was not taken over then.
    bool post(Task* task) noexcept;

    /// For clients whose last reference was dropped inside one of their own callbacks.
    static Worker& destroyer();
    /// For events of plugins that cannot call back.
    static Worker& waiter();

 private:
    void loop();

    std::mutex mutex_;
    std::condition_variable posted_;
    Task* first_ = nullptr;
    Task* last_ = nullptr;
    bool is_running_ = false;
};

}  // namespace optirs::pjrt
