#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

namespace optirs::plugin {

/// Bytes of arrays that the process has copied between host and devices, and from device to device. What a
/// zero-copy path is worth shows here: the attribute "copied_bytes" of a device tells it.
inline std::atomic<int64_t>& copiedBytes() {
    static std::atomic<int64_t> bytes{0};
    return bytes;
}

inline void countCopied(int64_t bytes) { copiedBytes().fetch_add(bytes, std::memory_order_relaxed); }

/// memcpy, counted.
inline void copyCounted(void* destination, const void* source, int64_t bytes) {
    std::memcpy(destination, source, static_cast<size_t>(bytes));
    countCopied(bytes);
}

}  // namespace optirs::plugin
