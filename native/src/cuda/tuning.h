// Measuring several ways to compute one thing, by the device's clock.
#pragma once

#include <optirs/tune.h>

#include <functional>
#include <span>
#include <vector>

#include "src/cuda/launch.h"

namespace optirs::cuda {

/// One way; `run(i)` queues the computation on the i-th set of operands.
struct TuningCandidate {
    optirs_candidate kind;
    int32_t rank;  // among those of its kind
    std::function<void(size_t set)> run;
};

/// Times every candidate, going round the sets of operands: with several, none is in the cache when its turn
/// comes. A time is the least of several, each that of a few calls in a row. The fastest is marked; a
/// candidate that fails has an infinite time, and its error is thrown if all do. Waits for the queue.
std::vector<optirs_timing> measure(const Queue& queue, std::span<const TuningCandidate> candidates,
                                   size_t sets);

/// The index of the one that is marked.
size_t chosenOf(std::span<const optirs_timing> timings);

/// Memory of the device for as long as something is measured.
class TuningMemory {
 public:
    TuningMemory(int32_t device, uint64_t bytes);
    ~TuningMemory();
    TuningMemory(const TuningMemory&) = delete;
    TuningMemory& operator=(const TuningMemory&) = delete;

    void* data() const noexcept;

 private:
    int32_t device_;
    CUdeviceptr memory_ = 0;
};

}  // namespace optirs::cuda
