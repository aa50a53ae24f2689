// The GPU as the check program uses it: memory, and time measured by the device.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "src/cuda/api/driver.h"
#include "src/cuda/context.h"
#include "src/cuda/launch.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::gpu_check {

using namespace optirs::cuda;

inline const DriverApi& driver() { return libraries().driver.api; }

/// Device memory.
class Memory {
 public:
    explicit Memory(size_t bytes) : bytes_(bytes) {
        checkDriver(driver().memAlloc(&address_, std::max<size_t>(bytes, 1)), "cuMemAlloc",
                    std::to_string(bytes));
    }
    ~Memory() {
        if (address_ != 0) {
            driver().memFree(address_);
        }
    }
    Memory(Memory&& other) noexcept : address_(std::exchange(other.address_, 0)), bytes_(other.bytes_) {}
    Memory& operator=(Memory&&) = delete;

    void* data() const { return reinterpret_cast<void*>(address_); }
    size_t bytes() const { return bytes_; }

    void write(const Queue& queue, const void* from) const {
        if (bytes_ != 0) {
            checkDriver(
                driver().memcpyAsync(address_, reinterpret_cast<CUdeviceptr>(from), bytes_, queue.stream),
                "cuMemcpyAsync");
            checkDriver(driver().streamSynchronize(queue.stream), "cuStreamSynchronize");
        }
    }
    void read(const Queue& queue, void* to) const {
        if (bytes_ != 0) {
            checkDriver(
                driver().memcpyAsync(reinterpret_cast<CUdeviceptr>(to), address_, bytes_, queue.stream),
                "cuMemcpyAsync");
        }
        checkDriver(driver().streamSynchronize(queue.stream), "cuStreamSynchronize");
    }

 private:
    CUdeviceptr address_ = 0;
    size_t bytes_;
};

/// The median time of `work(i)` in milliseconds, by the device's clock; `i` counts the calls, so that buffers
/// can take turns.
template <class Work>
double medianMilliseconds(const Queue& queue, int warm, int timed, Work&& work) {
    CUevent events[2];
    for (CUevent& event : events) {
        checkDriver(driver().eventCreate(&event, CU_EVENT_BLOCKING_SYNC), "cuEventCreate");
    }
    std::vector<double> times;
    for (int i = 0; i < warm + timed; ++i) {
        checkDriver(driver().eventRecord(events[0], queue.stream), "cuEventRecord");
        work(i);
        checkDriver(driver().eventRecord(events[1], queue.stream), "cuEventRecord");
        checkDriver(driver().eventSynchronize(events[1]), "cuEventSynchronize");
        float milliseconds = 0;
        checkDriver(driver().eventElapsedTime(&milliseconds, events[0], events[1]), "cuEventElapsedTime");
        if (i >= warm) {
            times.push_back(static_cast<double>(milliseconds));
        }
    }
    for (CUevent event : events) {
        driver().eventDestroy(event);
    }
    std::ranges::nth_element(times, times.begin() + static_cast<ptrdiff_t>(times.size() / 2));
    return times[times.size() / 2];
}

}  // namespace optirs::gpu_check
