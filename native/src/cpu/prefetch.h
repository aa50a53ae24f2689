#pragma once

#include <hwy/cache_control.h>

#include <cstdint>

namespace optirs::cpu {

/// Asks for bytes from memory, a line at a time; addresses behind the end of an array do no harm.
inline void prefetch(const void* from, int64_t bytes) {
    constexpr int64_t kLine = 64;
    for (int64_t i = 0; i < bytes; i += kLine) {
        hwy::Prefetch(static_cast<const char*>(from) + i);
    }
}

}  // namespace optirs::cpu
