#include "src/cpu/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <chrono>

namespace optirs {
namespace {

constexpr uint32_t kOpen = 1U << 16;
constexpr uint32_t kInsideMask = kOpen - 1;
constexpr uint32_t kEpoch = 1U << 17;
constexpr int64_t kMaxRanges = 256;
// Kernels of one program follow each other within microseconds; a worker that slept would pay a wake-up for
// each.
constexpr std::chrono::microseconds kSpinTime{30};

thread_local bool inside_parallel_region = false;

int usableCores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

class RegionGuard {
 public:
    RegionGuard() { inside_parallel_region = true; }
    ~RegionGuard() { inside_parallel_region = false; }
    RegionGuard(const RegionGuard&) = delete;
    RegionGuard& operator=(const RegionGuard&) = delete;
};

}  // namespace

ThreadPool::ThreadPool(int threads) {
    if (threads <= 0) threads = usableCores();
    workers_.reserve(static_cast<size_t>(threads) - 1);
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
    stopping_.store(true);
    state_.fetch_add(kEpoch);
    state_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

int64_t ThreadPool::rangeLength(int64_t n, int64_t grain) {
    grain = std::max<int64_t>(grain, 1);
    const int64_t grains = (n + grain - 1) / grain;
    return grain * std::max<int64_t>(1, (grains + kMaxRanges - 1) / kMaxRanges);
}

void ThreadPool::parallelFor(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> body) {
    if (n <= 0) return;
    const int64_t length = rangeLength(n, grain);
    std::unique_lock lock(owner_, std::defer_lock);
    if (n <= length || workers_.empty() || inside_parallel_region || !lock.try_lock()) {
        for (int64_t begin = 0; begin < n; begin += length) body(begin, std::min(n, begin + length));
        return;
    }
    // No worker is inside: the previous job ended with state closed and nobody in it.
    job_.body = &body;
    job_.n = n;
    job_.length = length;
    job_.next.store(0, std::memory_order_relaxed);
    job_.failed.store(false, std::memory_order_relaxed);
    state_.store((state_.load(std::memory_order_relaxed) & ~(kOpen | kInsideMask)) + kEpoch + kOpen);
    state_.notify_all();
    {
        RegionGuard guard;
        runRanges();
    }
    uint32_t state = state_.fetch_and(~kOpen) & ~kOpen;
    while ((state & kInsideMask) != 0) state = awaitChange(state);
    if (job_.failed.load(std::memory_order_relaxed)) {
        std::exception_ptr failure = std::exchange(job_.failure, nullptr);
        lock.unlock();
        std::rethrow_exception(failure);
    }
}

void ThreadPool::runRanges() {
    while (!job_.failed.load(std::memory_order_relaxed)) {
        const int64_t begin = job_.next.fetch_add(job_.length, std::memory_order_relaxed);
        if (begin >= job_.n) return;
        try {
            (*job_.body)(begin, std::min(job_.n, begin + job_.length));
        } catch (...) {
            if (!job_.failed.exchange(true)) job_.failure = std::current_exception();
        }
    }
}

void ThreadPool::work() {
    inside_parallel_region = true;
    uint32_t done_epoch = state_.load() / kEpoch;
    uint32_t state = state_.load();
    if ((state & kOpen) != 0) --done_epoch;  // a job was published while this thread was starting
    while (!stopping_.load(std::memory_order_relaxed)) {
        if ((state & kOpen) == 0 || state / kEpoch == done_epoch) {
            state = awaitChange(state);
            continue;
        }
        if (!state_.compare_exchange_weak(state, state + 1)) continue;
        done_epoch = state / kEpoch;
        runRanges();
        state = state_.fetch_sub(1) - 1;
        if ((state & (kOpen | kInsideMask)) == 0) state_.notify_all();  // the caller may sleep in parallelFor
    }
}

uint32_t ThreadPool::awaitChange(uint32_t seen) const {
    const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
    do {
        for (int i = 0; i < 64; ++i) {
            const uint32_t state = state_.load();
            if (state != seen) return state;
            pause();
        }
    } while (std::chrono::steady_clock::now() < deadline);
    state_.wait(seen);
    return state_.load();
}

}  // namespace optirs
