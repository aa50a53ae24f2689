#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pjrt_cpu/runtime/recording.h"
#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

/// Writes down when each step of a program's first executions ran, in the trace event format that Chrome's
/// and Perfetto's viewers read. Thread-safe.
class Timeline {
 public:
    /// `file` is written anew after each of the first `executions` executions.
    explicit Timeline(std::string file, int executions = 3) : file_(std::move(file)), left_(executions) {}

    /// Runs the steps. Measures them while executions are left to be recorded.
    void run(const std::vector<std::unique_ptr<Step>>& steps, const Frame& frame);

 private:
    void write() const;

    const std::string file_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    int left_;
    std::vector<StepEvent> events_;
};

}  // namespace optirs::plugin
