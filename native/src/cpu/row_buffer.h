// Scratch memory of a thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace optirs::cpu {

/// Memory that grows only, aligned to a cache line, contents arbitrary.
class Scratch {
 public:
    /// Of at least so many floats.
    float* floats(int64_t count) {
        if (size_ < count) {
            grow(count);
        }
        return data_.get();
    }

 private:
    struct Free {
        void operator()(float* data) const { std::free(data); }
    };

    void grow(int64_t count);

    std::unique_ptr<float, Free> data_;
    int64_t size_ = 0;
};

/// The calling thread's; each slot is one buffer, valid until the slot is asked for more.
inline float* rowBuffer(int slot, int64_t size) {
    thread_local std::array<Scratch, 13> buffers;
    return buffers[static_cast<size_t>(slot)].floats(size);
}

}  // namespace optirs::cpu
