#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace optirs::plugin {

/// The execution queue of one device: tasks run in order, on one thread of its own. Thread-safe.
/// The destructor runs what is queued, then ends the thread; it may run on that very thread (the last
/// reference to a client can go inside a callback).
class DeviceQueue {
 public:
    explicit DeviceQueue(std::string name);
    ~DeviceQueue();
    DeviceQueue(const DeviceQueue&) = delete;
    DeviceQueue& operator=(const DeviceQueue&) = delete;

    /// Starts the thread, unless it runs. @throws Error RESOURCE_EXHAUSTED
    void start();
    /// `task` must not throw. Starts the thread when start() has not.
    void post(std::function<void()> task);

 private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace optirs::plugin
