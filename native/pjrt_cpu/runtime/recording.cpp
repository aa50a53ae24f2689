#include "pjrt_cpu/runtime/recording.h"

#include <iterator>
#include <utility>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

using Clock = std::chrono::steady_clock;

// Some 100 MB: who records longer than that looks at the beginning.
constexpr size_t kMostEvents = 1 << 20;

}  // namespace

std::vector<StepEvent> runMeasured(const std::vector<std::unique_ptr<Step>>& steps, const Frame& frame) {
    std::vector<StepEvent> events;
    events.reserve(steps.size());
    for (const auto& step : steps) {
        const auto begin = Clock::now();
        step->run(frame);
        const auto length = Clock::now() - begin;
        events.push_back({step->describe(), frame.context.device_id, frame.context.run_id, begin, length});
    }
    return events;
}

Recording& Recording::instance() {
    static Recording recording;
    return recording;
}

void Recording::start() {
    const std::lock_guard lock(mutex_);
    if (isOn()) {
        throw Error(Code::kFailedPrecondition, "another profiler records already: one can at a time");
    }
    events_ = {};
    events_.start = Clock::now();
    events_.start_unix_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                std::chrono::system_clock::now().time_since_epoch())
                                .count();
    is_on_.store(true, std::memory_order_relaxed);
}

void Recording::run(const std::string& program, const std::vector<std::unique_ptr<Step>>& steps,
                    const Frame& frame) {
    const auto begin = Clock::now();
    std::vector<StepEvent> events = runMeasured(steps, frame);
    const auto length = Clock::now() - begin;
    const std::lock_guard lock(mutex_);
    if (events_.steps.size() + events.size() > kMostEvents) {
        events_.dropped += static_cast<int64_t>(events.size());
    } else {
        std::move(events.begin(), events.end(), std::back_inserter(events_.steps));
    }
    events_.programs.push_back({program, frame.context.device_id, frame.context.run_id, begin, length});
}

Recording::Events Recording::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
}

}  // namespace optirs::plugin
