/// @file
/// The counter-based generators under rng_bit_generator and rng: J. Salmon, M. Moraes, R. Dror, D. Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "src/cpu/thread_pool.h"

namespace optirs::plugin {

/// Counters that are hashed together, so that the compiler makes vectors of them.
constexpr int64_t kRngLanes = 16;
using RngLanes = std::array<uint32_t, kRngLanes>;
/// Counters that one task hashes.
constexpr int64_t kTaskCounters = int64_t{1} << 13;

/// Threefry-2x32 with 20 rounds: x0 and x1 are the counters' low and high words, then the results.
void threefry(RngLanes& x0, RngLanes& x1, uint32_t key0, uint32_t key1);
/// Philox-4x32 with 10 rounds on four counter words.
void philox(std::array<RngLanes, 4>& x, uint32_t key0, uint32_t key1);

inline uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
inline uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }
inline uint64_t join(uint32_t low_word, uint32_t high_word) {
    return low_word | static_cast<uint64_t>(high_word) << 32;
}

struct Counter128 {
    uint64_t low = 0;
    uint64_t high = 0;
    Counter128 plus(uint64_t n) const { return {low + n, high + (low + n < low ? 1 : 0)}; }
};

/// Calls write(index of the block of four words, the words) for all blocks of `count`.
template <class Write>
void philoxBlocks(int64_t count, uint64_t key, Counter128 counter, ThreadPool& pool, Write&& write) {
    pool.parallelFor(count, kTaskCounters / 2, [&](int64_t begin, int64_t end) {
        std::array<RngLanes, 4> x;
        for (int64_t c = begin; c < end; c += kRngLanes) {
            for (size_t i = 0; i < kRngLanes; ++i) {
                const Counter128 value = counter.plus(static_cast<uint64_t>(c) + i);
                x[0][i] = low(value.low);
                x[1][i] = high(value.low);
                x[2][i] = low(value.high);
                x[3][i] = high(value.high);
            }
            philox(x, low(key), high(key));
            const int64_t n = std::min(kRngLanes, end - c);
            for (int64_t i = 0; i < n; ++i) {
                const auto lane = static_cast<size_t>(i);
                write(c + i, std::array<uint32_t, 4>{x[0][lane], x[1][lane], x[2][lane], x[3][lane]});
            }
        }
    });
}

}  // namespace optirs::plugin
