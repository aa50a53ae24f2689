#include "pjrt_cpu/runtime/rng.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/rng_generators.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

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
        RngLanes x0;
        RngLanes x1;
        int64_t column = begin % layout.inner;
        int64_t half = begin / layout.inner % layout.half();
        int64_t line = begin / layout.inner / layout.half();
        for (int64_t c = begin; c < end; c += kRngLanes) {
            for (int64_t i = 0; i < kRngLanes; ++i) {
                const uint64_t value = counter + static_cast<uint64_t>(c + i);
                x0[static_cast<size_t>(i)] = low(value);
                x1[static_cast<size_t>(i)] = high(value);
            }
            threefry(x0, x1, low(key), high(key));
            const int64_t n = std::min(kRngLanes, end - c);
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
        RngLanes x0;
        RngLanes x1;
        for (int64_t c = begin; c < end; c += kRngLanes) {
            for (int64_t i = 0; i < kRngLanes; ++i) {
                const uint64_t value = counter + static_cast<uint64_t>(c + i);
                x0[static_cast<size_t>(i)] = low(value);
                x1[static_cast<size_t>(i)] = high(value);
            }
            threefry(x0, x1, low(key), high(key));
            const int64_t n = std::min(kRngLanes, end - c);
            for (int64_t i = 0; i < n; ++i) {
                out[c + i] = join(x0[static_cast<size_t>(i)], x1[static_cast<size_t>(i)]);
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
        if (bitWidth(spec_.type) < 8) keepLowBits(out);
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

    /// Types of less than a byte are stored in one: integers as numbers, floats as patterns.
    void keepLowBits(std::byte* out) const {
        const int unused = 8 - bitWidth(spec_.type);
        for (int64_t i = 0; i < count_; ++i) {
            const auto shifted = static_cast<uint8_t>(static_cast<uint8_t>(out[i]) << unused);
            const int bits =
                isSignedInteger(spec_.type) ? static_cast<int8_t>(shifted) >> unused : shifted >> unused;
            out[i] = static_cast<std::byte>(bits);
        }
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
    if (!isInteger(spec.type) && !isFloat(spec.type)) {
        throw invalidArgument(what + ": the result should be of an integer or floating-point type");
    }
    return std::make_unique<RngStep>(spec);
}

}  // namespace optirs::plugin
