#include "pjrt_cpu/capi/device_queue.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace optirs::plugin {

struct DeviceQueue::State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> tasks;
    bool stopping = false;
    std::thread thread;

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return stopping || !tasks.empty(); });
            if (tasks.empty()) return;
            std::function<void()> task = std::move(tasks.front());
            tasks.pop_front();
            lock.unlock();
            task();
            task = nullptr;  // what it holds is released outside the lock
            lock.lock();
        }
    }
};

DeviceQueue::DeviceQueue(std::string name) : state_(std::make_shared<State>()) {
    state_->thread = std::thread([state = state_] { state->work(); });
    name.resize(std::min<size_t>(name.size(), 15));  // the kernel's limit
    pthread_setname_np(state_->thread.native_handle(), name.c_str());
}

DeviceQueue::~DeviceQueue() {
    {
        std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        state_->changed.notify_all();
    }
    if (state_->thread.get_id() == std::this_thread::get_id()) {
        state_->thread.detach();
    } else {
        state_->thread.join();
    }
}

void DeviceQueue::post(std::function<void()> task) {
    std::lock_guard lock(state_->mutex);
    state_->tasks.push_back(std::move(task));
    state_->changed.notify_one();
}

}  // namespace optirs::plugin
