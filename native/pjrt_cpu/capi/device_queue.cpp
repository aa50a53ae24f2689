#include "pjrt_cpu/capi/device_queue.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

/// Threads that could not be joined where they ended, because they ended their own queue. Joined when the
/// library goes. A queue can end even later, while the process exits, so this object itself is never
/// destroyed.
class Leavers {
 public:
    static Leavers& instance() {
        static Leavers& leavers = *std::make_unique<Leavers>().release();
        static const JoinAtExit join_at_exit{leavers};
        return leavers;
    }

    void add(std::thread thread) {
        std::lock_guard lock(mutex_);
        if (closed_) {
            thread.detach();
        } else {
            threads_.push_back(std::move(thread));
        }
    }

 private:
    struct JoinAtExit {
        Leavers& leavers;
        ~JoinAtExit() { leavers.close(); }
    };

    void close() {
        std::vector<std::thread> threads;
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
            threads.swap(threads_);
        }
        for (std::thread& thread : threads) thread.join();
    }

    std::mutex mutex_;
    bool closed_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace

struct DeviceQueue::State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> tasks;
    bool stopping = false;
    std::string name;
    std::thread thread;  // started with the first task

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
    Leavers::instance();                             // made before any thread that may need it
    name.resize(std::min<size_t>(name.size(), 15));  // the kernel's limit
    state_->name = std::move(name);
}

DeviceQueue::~DeviceQueue() {
    {
        std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        state_->changed.notify_all();
    }
    if (!state_->thread.joinable()) return;
    if (state_->thread.get_id() == std::this_thread::get_id()) {
        Leavers::instance().add(std::move(state_->thread));
    } else {
        state_->thread.join();
    }
}

void DeviceQueue::start() {
    std::lock_guard lock(state_->mutex);
    if (state_->thread.joinable()) return;
    try {
        state_->thread = std::thread([state = state_] { state->work(); });
    } catch (const std::system_error& error) {
        throw resourceExhausted("no thread for device " + state_->name + ": " + error.what());
    }
    pthread_setname_np(state_->thread.native_handle(), state_->name.c_str());
}

void DeviceQueue::post(std::function<void()> task) {
    start();
    std::lock_guard lock(state_->mutex);
    state_->tasks.push_back(std::move(task));
    state_->changed.notify_one();
}

}  // namespace optirs::plugin
