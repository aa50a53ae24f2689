#include "pjrt_cpu/runtime/rng.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/thread_pool.h"

// Generators: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

namespace optirs::plugin {
namespace {

/// Counters that are hashed together, so that the compiler makes vectors of them.
constexpr int64_t kLanes = 16;
using Lanes = std::array<uint32_t, kLanes>;
constexpr int64_t kTaskCounters = int64_t{1} << 13;

[[gnu::always_inline]] inline void rotateInto(Lanes& x0, Lanes& x1, int bits) {
    for (size_t i = 0; i < kLanes; ++i) {
        x0[i] += x1[i];
        x1[i] = std::rotl(x1[i], bits) ^ x0[i];
    }
}

/// Threefry-2x32 with 20 rounds: x0 and x1 are the counter's low and high word, then the result.
[[gnu::always_inline]] inline void threefryBody(Lanes& x0, Lanes& x1, uint32_t key0, uint32_t key1) {
    constexpr uint32_t kParity = 0x1BD11BDA;
    constexpr std::array<std::array<int, 4>, 2> kRotations = {{{13, 15, 26, 6}, {17, 29, 16, 24}}};
    const std::array<uint32_t, 3> keys = {key0, key1, key0 ^ key1 ^ kParity};
    for (size_t i = 0; i < kLanes; ++i) {
        x0[i] += keys[0];
        x1[i] += keys[1];
    }
    for (uint32_t round = 0; round < 5; ++round) {
        for (const int bits : kRotations[round % 2]) rotateInto(x0, x1, bits);
        for (size_t i = 0; i < kLanes; ++i) {
            x0[i] += keys[(round + 1) % 3];
            x1[i] += keys[(round + 2) % 3] + round + 1;
        }
    }
}

/// Philox-4x32 with 10 rounds on four counter words.
[[gnu::always_inline]] inline void philoxBody(std::array<Lanes, 4>& x, uint32_t key0, uint32_t key1) {
    constexpr uint64_t kMultiplier0 = 0xD2511F53;
    constexpr uint64_t kMultiplier1 = 0xCD9E8D57;
    constexpr uint32_t kWeyl0 = 0x9E3779B9;
    constexpr uint32_t kWeyl1 = 0xBB67AE85;
    for (int round = 0; round < 10; ++round) {
        for (size_t i = 0; i < kLanes; ++i) {
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

void threefryBase(Lanes& x0, Lanes& x1, uint32_t key0, uint32_t key1) { threefryBody(x0, x1, key0, key1); }
[[gnu::target("avx2")]] void threefryAvx2(Lanes& x0, Lanes& x1, uint32_t key0, uint32_t key1) {
    threefryBody(x0, x1, key0, key1);
}
[[gnu::target("avx512f")]] void threefryAvx512(Lanes& x0, Lanes& x1, uint32_t key0, uint32_t key1) {
    threefryBody(x0, x1, key0, key1);
}
void philoxBase(std::array<Lanes, 4>& x, uint32_t key0, uint32_t key1) { philoxBody(x, key0, key1); }
[[gnu::target("avx2")]] void philoxAvx2(std::array<Lanes, 4>& x, uint32_t key0, uint32_t key1) {
    philoxBody(x, key0, key1);
}
[[gnu::target("avx512f")]] void philoxAvx512(std::array<Lanes, 4>& x, uint32_t key0, uint32_t key1) {
    philoxBody(x, key0, key1);
}

void threefry(Lanes& x0, Lanes& x1, uint32_t key0, uint32_t key1) {
    static const auto function = __builtin_cpu_supports("avx512f") ? threefryAvx512
                                 : __builtin_cpu_supports("avx2")  ? threefryAvx2
                                                                   : threefryBase;
    function(x0, x1, key0, key1);
}

void philox(std::array<Lanes, 4>& x, uint32_t key0, uint32_t key1) {
    static const auto function = __builtin_cpu_supports("avx512f") ? philoxAvx512
                                 : __builtin_cpu_supports("avx2")  ? philoxAvx2
                                                                   : philoxBase;
    function(x, key0, key1);
}

uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }
uint64_t join(uint32_t low_word, uint32_t high_word) {
    return low_word | static_cast<uint64_t>(high_word) << 32;
}

/// 32-bit results come in pairs, one from each output word, that lie side by side along one dimension: the
/// first even one, or the longest when all are odd (then the last word of each line is dropped).
struct PairLayout {
    int64_t outer = 1, size = 1, inner = 1;
    int64_t half() const { return (size + 1) / 2; }
    int64_t counters() const { return outer * half() * inner; }
};

PairLayout pairLayout(const std::vector<int64_t>& shape) {
    PairLayout layout;
    if (shape.empty()) return layout;
    auto split = std::find_if(shape.begin(), shape.end(), [](int64_t size) { return size % 2 == 0; });
    if (split == shape.end()) split = std::max_element(shape.begin(), shape.end());
    for (auto it = shape.begin(); it != split; ++it) layout.outer *= *it;
    layout.size = *split;
    for (auto it = split + 1; it != shape.end(); ++it) layout.inner *= *it;
    return layout;
}

/// Types of less than 32 bits take the low bits of a 32-bit result.
template <class T>
void threefryWords(T* out, const PairLayout& layout, uint64_t key, uint64_t counter, ThreadPool& pool) {
    pool.parallelFor(layout.counters(), kTaskCounters, [&](int64_t begin, int64_t end) {
        Lanes x0;
        Lanes x1;
        int64_t column = begin % layout.inner;
        int64_t half = begin / layout.inner % layout.half();
        int64_t line = begin / layout.inner / layout.half();
        for (int64_t c = begin; c < end; c += kLanes) {
            for (int64_t i = 0; i < kLanes; ++i) {
                const uint64_t value = counter + static_cast<uint64_t>(c + i);
                x0[static_cast<size_t>(i)] = low(value);
                x1[static_cast<size_t>(i)] = high(value);
            }
            threefry(x0, x1, low(key), high(key));
            const int64_t n = std::min(kLanes, end - c);
            for (int64_t i = 0; i < n; ++i) {
                T* const place = out + (line * layout.size + 2 * half) * layout.inner + column;
                place[0] = static_cast<T>(x0[static_cast<size_t>(i)]);
                if (2 * half + 1 < layout.size)
                    place[layout.inner] = static_cast<T>(x1[static_cast<size_t>(i)]);
                if (++column == layout.inner) {
                    column = 0;
                    if (++half == layout.half()) {
                        half = 0;
                        ++line;
                    }
                }
            }
        }
    });
}

void threefryDoubleWords(uint64_t* out, int64_t count, uint64_t key, uint64_t counter, ThreadPool& pool) {
    pool.parallelFor(count, kTaskCounters, [&](int64_t begin, int64_t end) {
        Lanes x0;
        Lanes x1;
        for (int64_t c = begin; c < end; c += kLanes) {
            for (int64_t i = 0; i < kLanes; ++i) {
                const uint64_t value = counter + static_cast<uint64_t>(c + i);
                x0[static_cast<size_t>(i)] = low(value);
                x1[static_cast<size_t>(i)] = high(value);
            }
            threefry(x0, x1, low(key), high(key));
            const int64_t n = std::min(kLanes, end - c);
            for (int64_t i = 0; i < n; ++i) {
                out[c + i] = join(x0[static_cast<size_t>(i)], x1[static_cast<size_t>(i)]);
            }
        }
    });
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
        std::array<Lanes, 4> x;
        for (int64_t c = begin; c < end; c += kLanes) {
            for (size_t i = 0; i < kLanes; ++i) {
                const Counter128 value = counter.plus(static_cast<uint64_t>(c) + i);
                x[0][i] = low(value.low);
                x[1][i] = high(value.low);
                x[2][i] = low(value.high);
                x[3][i] = high(value.high);
            }
            philox(x, low(key), high(key));
            const int64_t n = std::min(kLanes, end - c);
            for (int64_t i = 0; i < n; ++i) {
                const auto lane = static_cast<size_t>(i);
                write(c + i, std::array<uint32_t, 4>{x[0][lane], x[1][lane], x[2][lane], x[3][lane]});
            }
        }
    });
}

template <class T>
void philoxWords(T* out, int64_t count, uint64_t key, Counter128 counter, ThreadPool& pool) {
    philoxBlocks((count + 3) / 4, key, counter, pool,
                 [&](int64_t block, const std::array<uint32_t, 4>& words) {
                     const int64_t n = std::min<int64_t>(4, count - 4 * block);
                     for (int64_t i = 0; i < n; ++i)
                         out[4 * block + i] = static_cast<T>(words[static_cast<size_t>(i)]);
                 });
}

void philoxDoubleWords(uint64_t* out, int64_t count, uint64_t key, Counter128 counter, ThreadPool& pool) {
    philoxBlocks((count + 1) / 2, key, counter, pool,
                 [&](int64_t block, const std::array<uint32_t, 4>& words) {
                     out[2 * block] = join(words[0], words[1]);
                     if (2 * block + 1 < count) out[2 * block + 1] = join(words[2], words[3]);
                 });
}

class RngStep final : public Step {
 public:
    explicit RngStep(RngSpec spec) : spec_(std::move(spec)) {
        for (const int64_t size : spec_.shape) count_ *= size;
    }

    void run(const Frame& frame) const override {
        std::array<uint64_t, 3> state{};
        std::memcpy(state.data(), frame.buffers[static_cast<size_t>(spec_.state_allocation)],
                    static_cast<size_t>(spec_.state_bytes));
        std::byte* out = frame.buffers[static_cast<size_t>(spec_.out_allocation)];
        if (spec_.algorithm == RngGenerator::kThreeFry) {
            runThreefry(state, out, frame.pool);
        } else {
            runPhilox(state, out, frame.pool);
        }
        std::memcpy(frame.buffers[static_cast<size_t>(spec_.out_state_allocation)], state.data(),
                    static_cast<size_t>(spec_.state_bytes));
    }

    std::string describe() const override {
        return std::string("rng_bit_generator ") +
               (spec_.algorithm == RngGenerator::kThreeFry ? "threefry " : "philox ") +
               TensorType(spec_.type, spec_.shape).toString();
    }

 private:
    void runThreefry(std::array<uint64_t, 3>& state, std::byte* out, ThreadPool& pool) const {
        const PairLayout layout = pairLayout(spec_.shape);
        switch (byteWidth(spec_.type)) {
            case 1:
                threefryWords(reinterpret_cast<uint8_t*>(out), layout, state[0], state[1], pool);
                break;
            case 2:
                threefryWords(reinterpret_cast<uint16_t*>(out), layout, state[0], state[1], pool);
                break;
            case 4:
                threefryWords(reinterpret_cast<uint32_t*>(out), layout, state[0], state[1], pool);
                break;
            default:
                threefryDoubleWords(reinterpret_cast<uint64_t*>(out), count_, state[0], state[1], pool);
                state[1] += static_cast<uint64_t>(count_);
                return;
        }
        state[1] += static_cast<uint64_t>(layout.counters());
    }

    void runPhilox(std::array<uint64_t, 3>& state, std::byte* out, ThreadPool& pool) const {
        // With a state of two words the key is the counter's high word as well.
        const bool short_state = spec_.state_bytes == 16;
        const Counter128 counter{state[1], short_state ? state[0] : state[2]};
        int64_t blocks = (count_ + 3) / 4;
        switch (byteWidth(spec_.type)) {
            case 1:
                philoxWords(reinterpret_cast<uint8_t*>(out), count_, state[0], counter, pool);
                break;
            case 2:
                philoxWords(reinterpret_cast<uint16_t*>(out), count_, state[0], counter, pool);
                break;
            case 4:
                philoxWords(reinterpret_cast<uint32_t*>(out), count_, state[0], counter, pool);
                break;
            default:
                philoxDoubleWords(reinterpret_cast<uint64_t*>(out), count_, state[0], counter, pool);
                blocks = (count_ + 1) / 2;
                break;
        }
        const Counter128 next = counter.plus(static_cast<uint64_t>(blocks));
        state[1] = next.low;
        if (!short_state) state[2] = next.high;
    }

    RngSpec spec_;
    int64_t count_ = 1;
};

}  // namespace

std::unique_ptr<Step> makeRngStep(const RngSpec& spec) {
    const std::string what = "rng_bit_generator of " + TensorType(spec.type, spec.shape).toString();
    const bool threefry_state = spec.algorithm == RngGenerator::kThreeFry && spec.state_bytes == 16;
    const bool philox_state =
        spec.algorithm == RngGenerator::kPhilox && (spec.state_bytes == 16 || spec.state_bytes == 24);
    if (!threefry_state && !philox_state) {
        throw invalidArgument(what + ": the state has " + std::to_string(spec.state_bytes) +
                              " bytes; Threefry takes 16, Philox 16 or 24 (as ui64)");
    }
    if (bitWidth(spec.type) < 8 || bitWidth(spec.type) > 64 || isComplex(spec.type)) {
        throw unimplemented(what + ": only types of 8, 16, 32 and 64 bits");
    }
    return std::make_unique<RngStep>(spec);
}

}  // namespace optirs::plugin
