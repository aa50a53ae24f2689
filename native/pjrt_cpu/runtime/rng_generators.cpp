#include "pjrt_cpu/runtime/rng_generators.h"

#include <bit>

namespace optirs::plugin {
namespace {

[[gnu::always_inline]] inline void rotateInto(RngLanes& x0, RngLanes& x1, int bits) {
    for (size_t i = 0; i < kRngLanes; ++i) {
        x0[i] += x1[i];
        x1[i] = std::rotl(x1[i], bits) ^ x0[i];
    }
}

/// Threefry-2x32 with 20 rounds: x0 and x1 are the counter's low and high word, then the result.
[[gnu::always_inline]] inline void threefryBody(RngLanes& x0, RngLanes& x1, uint32_t key0, uint32_t key1) {
    constexpr uint32_t kParity = 0x1BD11BDA;
    constexpr std::array<std::array<int, 4>, 2> kRotations = {{{13, 15, 26, 6}, {17, 29, 16, 24}}};
    const std::array<uint32_t, 3> keys = {key0, key1, key0 ^ key1 ^ kParity};
    for (size_t i = 0; i < kRngLanes; ++i) {
        x0[i] += keys[0];
        x1[i] += keys[1];
    }
    for (uint32_t round = 0; round < 5; ++round) {
        for (const int bits : kRotations[round % 2]) rotateInto(x0, x1, bits);
        for (size_t i = 0; i < kRngLanes; ++i) {
            x0[i] += keys[(round + 1) % 3];
            x1[i] += keys[(round + 2) % 3] + round + 1;
        }
    }
}

/// Philox-4x32 with 10 rounds on four counter words.
[[gnu::always_inline]] inline void philoxBody(std::array<RngLanes, 4>& x, uint32_t key0, uint32_t key1) {
    constexpr uint64_t kMultiplier0 = 0xD2511F53;
    constexpr uint64_t kMultiplier1 = 0xCD9E8D57;
    constexpr uint32_t kWeyl0 = 0x9E3779B9;
    constexpr uint32_t kWeyl1 = 0xBB67AE85;
    for (int round = 0; round < 10; ++round) {
        for (size_t i = 0; i < kRngLanes; ++i) {
            const uint64_t product0 = kMultiplier0 * x[0][i];
            const uint64_t product1 = kMultiplier1 * x[2][i];
            const uint32_t second = x[1][i];
            const uint32_t fourth = x[3][i];
            x[0][i] = static_cast<uint32_t>(product1 >> 32) ^ second ^ key0;
            x[1][i] = static_cast<uint32_t>(product1);
            x[2][i] = static_cast<uint32_t>(product0 >> 32) ^ fourth ^ key1;
            x[3][i] = static_cast<uint32_t>(product0);
        }
        key0 += kWeyl0;
        key1 += kWeyl1;
    }
}

void threefryBase(RngLanes& x0, RngLanes& x1, uint32_t key0, uint32_t key1) {
    threefryBody(x0, x1, key0, key1);
}
[[gnu::target("avx2")]] void threefryAvx2(RngLanes& x0, RngLanes& x1, uint32_t key0, uint32_t key1) {
    threefryBody(x0, x1, key0, key1);
}
[[gnu::target("avx512f")]] void threefryAvx512(RngLanes& x0, RngLanes& x1, uint32_t key0, uint32_t key1) {
    threefryBody(x0, x1, key0, key1);
}
void philoxBase(std::array<RngLanes, 4>& x, uint32_t key0, uint32_t key1) { philoxBody(x, key0, key1); }
[[gnu::target("avx2")]] void philoxAvx2(std::array<RngLanes, 4>& x, uint32_t key0, uint32_t key1) {
    philoxBody(x, key0, key1);
}
[[gnu::target("avx512f")]] void philoxAvx512(std::array<RngLanes, 4>& x, uint32_t key0, uint32_t key1) {
    philoxBody(x, key0, key1);
}

}  // namespace

void threefry(RngLanes& x0, RngLanes& x1, uint32_t key0, uint32_t key1) {
    static const auto function = __builtin_cpu_supports("avx512f") ? threefryAvx512
                                 : __builtin_cpu_supports("avx2")  ? threefryAvx2
                                                                   : threefryBase;
    function(x0, x1, key0, key1);
}

void philox(std::array<RngLanes, 4>& x, uint32_t key0, uint32_t key1) {
    static const auto function = __builtin_cpu_supports("avx512f") ? philoxAvx512
                                 : __builtin_cpu_supports("avx2")  ? philoxAvx2
                                                                   : philoxBase;
    function(x, key0, key1);
}

}  // namespace optirs::plugin
