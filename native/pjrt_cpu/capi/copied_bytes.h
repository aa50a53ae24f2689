#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "src/cpu/thread_pool.h"

namespace optirs::plugin {

/// Bytes of arrays that the process has copied between host and devices, and from device to device. What a
/// zero-copy path is worth shows here: the attribute "copied_bytes" of a device tells it.
inline std::atomic<int64_t>& copiedBytes() {
    static std::atomic<int64_t> bytes{0};
    return bytes;
}

inline void countCopied(int64_t bytes) { copiedBytes().fetch_add(bytes, std::memory_order_relaxed); }

/// From here on several threads copy: one alone uses a third to a half of the memory's bandwidth.
inline constexpr int64_t kLargeCopy = int64_t{1} << 20;

/// memcpy, counted, with the threads of `pool` (null: none) where that is worth it.
inline void copyCounted(void* destination, const void* source, int64_t bytes, ThreadPool* pool) {
    // Above some size the C library writes past the caches, which is slow where pages are small.
    constexpr int64_t kPiece = int64_t{1} << 16;
    auto* const to = static_cast<std::byte*>(destination);
    const auto* const from = static_cast<const std::byte*>(source);
    if (bytes < kLargeCopy || pool == nullptr) {
        std::memcpy(to, from, static_cast<size_t>(bytes));
    } else {
        pool->parallelFor((bytes + kPiece - 1) / kPiece, 1, [&](int64_t begin, int64_t end) {
            for (int64_t at = begin * kPiece; at < std::min(bytes, end * kPiece); at += kPiece)
                std::memcpy(to + at, from + at, static_cast<size_t>(std::min(kPiece, bytes - at)));
        });
    }
    countCopied(bytes);
}

}  // namespace optirs::plugin
