#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "src/cpu/function_ref.h"

namespace optirs {

/// The one pool of the CPU kernels and of the embedded plugin: fork-join, the caller takes part, the workers
/// spin briefly and then sleep. Thread-safe. A parallelFor inside another one, or while another thread has
/// the pool, runs on its caller alone: so nesting cannot deadlock, and several devices never oversubscribe
/// the cores.
class ThreadPool {
 public:
    /// `threads` counts the caller: 1 makes no worker, 0 takes one thread a core that this process may use.
    explicit ThreadPool(int threads = 0);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int threadCount() const { return static_cast<int>(workers_.size()) + 1; }

    /// Calls body(begin, end) for consecutive ranges that cover [0, n). Boundaries depend on n and grain
    /// only, never on the number of threads: each range starts at a multiple of `grain` and holds a whole
    /// number of grains (the last one may be shorter). The first exception that a body throws is thrown here,
    /// after all have ended.
    void parallelFor(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> body);

    /// The length of the ranges of parallelFor(n, grain, ...), for those who need one slot a range.
    static int64_t rangeLength(int64_t n, int64_t grain);

 private:
    struct Job {
        const FunctionRef<void(int64_t, int64_t)>* body = nullptr;
        int64_t n = 0;
        int64_t length = 0;
        std::atomic<int64_t> next{0};
        std::atomic<bool> failed{false};
        std::exception_ptr failure;
    };

    void work();
    void runRanges();
    /// Spins, then sleeps, until state_ differs from `seen`; returns the new state.
    uint32_t awaitChange(uint32_t seen) const;

    // state_ = epoch << 17 | open << 16 | workers that are inside the job. A worker enters by a
    // compare-exchange on an open state, so a worker that wakes late finds the job closed and does not hold
    // up the caller.
    std::atomic<uint32_t> state_{0};
    std::atomic<bool> stopping_{false};
    std::mutex owner_;
    Job job_;
    std::vector<std::thread> workers_;
};

}  // namespace optirs
