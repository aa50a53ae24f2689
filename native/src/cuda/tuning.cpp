#include "src/cuda/tuning.h"

#include <algorithm>
#include <array>
#include <exception>
#include <limits>

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/context.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

constexpr int kRounds = 5;
constexpr int kCallsPerTime = 4;  // the host needs time to queue one, too
constexpr float kInfinity = std::numeric_limits<float>::infinity();

const DriverApi& driver() { return libraries().driver.api; }

/// The two ends of what is timed. With the device's context current.
class TimingEvents {
 public:
    TimingEvents() {
        for (CUevent& event : events_) {
            checkDriver(driver().eventCreate(&event, CU_EVENT_BLOCKING_SYNC), "cuEventCreate");
        }
    }
    TimingEvents(const TimingEvents&) = delete;
    TimingEvents& operator=(const TimingEvents&) = delete;
    ~TimingEvents() {
        for (CUevent event : events_) {
            if (event != nullptr) {
                driver().eventDestroy(event);
            }
        }
    }

    /// Milliseconds of `work`.
    template <class Work>
    float time(CUstream stream, Work&& work) {
        checkDriver(driver().eventRecord(events_[0], stream), "cuEventRecord");
        work();
        checkDriver(driver().eventRecord(events_[1], stream), "cuEventRecord");
        checkDriver(driver().eventSynchronize(events_[1]), "cuEventSynchronize");
        float milliseconds = 0;
        checkDriver(driver().eventElapsedTime(&milliseconds, events_[0], events_[1]), "cuEventElapsedTime");
        return milliseconds;
    }

 private:
    std::array<CUevent, 2> events_{};
};

}  // namespace

std::vector<optirs_timing> measure(const Queue& queue, std::span<const TuningCandidate> candidates,
                                   size_t sets) {
    const ContextScope scope(queue.device);
    TimingEvents events;
    std::vector<optirs_timing> timings;
    std::exception_ptr failure;
    for (const TuningCandidate& candidate : candidates) {
        timings.push_back({candidate.kind, candidate.rank, kInfinity, 0});
        try {
            candidate.run(0);  // what the first call prepares is not timed
        } catch (const core::Error&) {
            failure = std::current_exception();
            timings.back().milliseconds = -kInfinity;  // is not tried again
        }
    }
    // Round by round, so that a clock that changes is fair to all.
    size_t set = 0;
    for (int round = 0; round < kRounds; ++round) {
        for (size_t i = 0; i < candidates.size(); ++i) {
            if (timings[i].milliseconds < 0) {
                continue;
            }
            const float time = events.time(queue.stream, [&] {
                for (int call = 0; call < kCallsPerTime; ++call) {
                    candidates[i].run(set = (set + 1) % sets);
                }
            });
            timings[i].milliseconds = std::min(timings[i].milliseconds, time / kCallsPerTime);
        }
    }
    for (optirs_timing& timing : timings) {
        timing.milliseconds = timing.milliseconds < 0 ? kInfinity : timing.milliseconds;
    }
    const auto least = std::ranges::min_element(timings, {}, &optirs_timing::milliseconds);
    if (least == timings.end() || least->milliseconds == kInfinity) {
        if (failure != nullptr) {
            std::rethrow_exception(failure);
        }
        throw core::Error(core::Code::kUnimplemented, "there is nothing that computes this", "cuda");
    }
    least->is_chosen = 1;
    return timings;
}

size_t chosenOf(std::span<const optirs_timing> timings) {
    return static_cast<size_t>(std::ranges::find(timings, 1, &optirs_timing::is_chosen) - timings.begin());
}

TuningMemory::TuningMemory(int32_t device, uint64_t bytes) : device_(device) {
    if (bytes > 0) {
        const ContextScope scope(device);
        checkDriver(driver().memAlloc(&memory_, bytes), "cuMemAlloc", core::concat(bytes, " bytes"));
    }
}

TuningMemory::~TuningMemory() {
    if (memory_ != 0) {
        const ContextScope scope(device_);
        driver().memFree(memory_);  // waits for the work that uses it
    }
}

void* TuningMemory::data() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the driver's addresses are numbers
    return reinterpret_cast<void*>(memory_);
}

}  // namespace optirs::cuda
