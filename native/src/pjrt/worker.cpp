#include "src/pjrt/worker.h"

#include <exception>
#include <memory>
#include <thread>
#include <utility>

namespace optirs::pjrt {

bool Worker::post(Task* task) noexcept {
    const std::scoped_lock lock(mutex_);
    if (!is_running_) {
        try {
            std::thread([this] { loop(); }).detach();
        } catch (const std::exception&) {
            return false;
        }
        is_running_ = true;
    }
    task->next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = task;
    last_ = task;
    posted_.notify_one();
    return true;
}

void Worker::loop() {
    while (true) {
        Task* task = nullptr;
        {
            std::unique_lock lock(mutex_);
            posted_.wait(lock, [this] { return first_ != nullptr; });
            task = first_;
            first_ = task->next;
            if (first_ == nullptr) {
                last_ = nullptr;
            }
        }
        task->run(task);
    }
}

// The threads outlive every static object, so the workers are never destroyed.
Worker& Worker::destroyer() {
    static Worker& worker = *std::make_unique<Worker>().release();
    return worker;
}

Worker& Worker::waiter() {
    static Worker& worker = *std::make_unique<Worker>().release();
    return worker;
}

}  // namespace optirs::pjrt
