#pragma once

#include <cstddef>
#include <cstdint>

namespace optirs::core {

/// FNV-1a of 64 bits; `seed` goes on from a former hash.
inline uint64_t fnv1a(const void* bytes, size_t size, uint64_t seed = 0xCBF29CE484222325) {
    const auto* data = static_cast<const unsigned char*>(bytes);
    for (size_t i = 0; i < size; ++i) seed = (seed ^ data[i]) * 0x100000001B3;
    return seed;
}

}  // namespace optirs::core
