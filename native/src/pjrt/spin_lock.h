// A lock for sections of a few instructions.
#pragma once

#include <atomic>
#include <thread>

namespace optirs::pjrt {

/// Never held across a call that may block; two uncontended instructions.
class SpinLock {
 public:
    void lock() noexcept {
        for (int spins = 0; flag_.test_and_set(std::memory_order_acquire);) {
            while (flag_.test(std::memory_order_relaxed)) {
                // With more threads than processors the holder may wait for this one's.
                if (++spins % kPatience == 0) {
                    std::this_thread::yield();
                }
            }
        }
    }
    void unlock() noexcept { flag_.clear(std::memory_order_release); }

 private:
    static constexpr int kPatience = 64;

    std::atomic_flag flag_;
};

}  // namespace optirs::pjrt
