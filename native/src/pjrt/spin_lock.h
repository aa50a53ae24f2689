// A lock for sections of a few instructions.
#pragma once

#include <atomic>

namespace optirs::pjrt {

/// Never held across a call that may block; two uncontended instructions.
class SpinLock {
 public:
    void lock() noexcept {
        while (flag_.test_and_set(std::memory_order_acquire)) {
            while (flag_.test(std::memory_order_relaxed)) {
            }
        }
    }
    void unlock() noexcept { flag_.clear(std::memory_order_release); }

 private:
    std::atomic_flag flag_;
};

}  // namespace optirs::pjrt
