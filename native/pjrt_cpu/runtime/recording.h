#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// One step of a program, or a whole program, that has run.
struct StepEvent {
    std::string name;
    int32_t device;
    int64_t run;
    std::chrono::steady_clock::time_point begin;
    std::chrono::nanoseconds length;
};

/// Runs the steps and measures each.
std::vector<StepEvent> runMeasured(const std::vector<std::unique_ptr<Step>>& steps, const Frame& frame);

/// What all programs of the process do while somebody records. One recording at a time. Thread-safe.
class Recording {
 public:
    static Recording& instance();

    /// Asked before each execution: a load when nobody records.
    bool isOn() const noexcept { return is_on_.load(std::memory_order_relaxed); }

    /// Begins anew. Throws FAILED_PRECONDITION while another recording is on.
    void start();
    void stop() noexcept { is_on_.store(false, std::memory_order_relaxed); }

    /// Runs the steps of a program and keeps their times.
    void run(const std::string& program, const std::vector<std::unique_ptr<Step>>& steps, const Frame& frame);

    struct Events {
        std::vector<StepEvent> programs;
        std::vector<StepEvent> steps;
        std::chrono::steady_clock::time_point start;
        /// The same moment, in nanoseconds since 1970.
        int64_t start_unix_ns = 0;
        /// Steps that came after there were too many.
        int64_t dropped = 0;
    };
    /// What was recorded since start.
    Events take();

 private:
    std::atomic<bool> is_on_{false};
    std::mutex mutex_;
    Events events_;
};

}  // namespace optirs::plugin
