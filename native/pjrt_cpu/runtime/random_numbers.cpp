#include "pjrt_cpu/runtime/random_numbers.h"

#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/runtime/rng_generators.h"

namespace optirs::plugin {
namespace {

using State = std::array<uint64_t, 2>;
__extension__ typedef unsigned __int128 Wide;
static_assert(sizeof(State) == kRandomStateBytes);

class RandomStateStep final : public Step {
 public:
    explicit RandomStateStep(int32_t allocation) : allocation_(allocation) {}

    void run(const Frame& frame) const override {
        const uint64_t replica = static_cast<uint32_t>(frame.context.replica_id);
        // The odd factor spreads neighbouring executions; Philox does the rest.
        const State state = {
            static_cast<uint64_t>(frame.context.run_id) * 0x9E3779B97F4A7C15U ^ replica << 32, 0};
        std::memcpy(frame.buffers[static_cast<size_t>(allocation_)], state.data(), sizeof state);
    }
    std::string describe() const override { return "rng state"; }

 private:
    int32_t allocation_;
};

/// From 64 random bits to (0, 1), 53 of them kept; symmetric, never an end.
double openUnit(uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

class RandomNumbersStep final : public Step {
 public:
    explicit RandomNumbersStep(const RandomNumbersSpec& spec) : spec_(spec) {}

    void run(const Frame& frame) const override {
        std::byte* const out = frame.buffers[static_cast<size_t>(spec_.out_allocation)];
        std::byte* const place = frame.buffers[static_cast<size_t>(spec_.state_allocation)];
        const std::byte* a = frame.buffers[static_cast<size_t>(spec_.a_allocation)];
        const std::byte* b = frame.buffers[static_cast<size_t>(spec_.b_allocation)];
        State state{};
        std::memcpy(state.data(), place, sizeof state);
        // Two numbers of 64 bits from a block.
        const int64_t blocks = (spec_.count + 1) / 2;
        const bool real = isFloat(spec_.type);
        const double real_a = real ? readReal(a) : 0;
        const double real_b = real ? readReal(b) : 0;
        const int64_t integer_a = real ? 0 : readInteger(a);
        const int64_t integer_b = real ? 0 : readInteger(b);
        philoxBlocks(blocks, state[0], {state[1], 0}, frame.pool,
                     [&](int64_t block, const std::array<uint32_t, 4>& words) {
                         const std::array<uint64_t, 2> bits = {join(words[0], words[1]),
                                                               join(words[2], words[3])};
                         const std::array<double, 2> normal =
                             spec_.normal ? normalPair(bits) : std::array<double, 2>{};
                         for (int64_t i = 0; i < 2 && 2 * block + i < spec_.count; ++i) {
                             const auto at = static_cast<size_t>(i);
                             std::byte* to = out + (2 * block + i) * byteWidth(spec_.type);
                             if (!real)
                                 writeInteger(to, uniformInteger(bits[at], integer_a, integer_b));
                             else if (spec_.normal)
                                 writeReal(to, real_a + real_b * normal[at]);
                             else
                                 writeUniform(to, bits[at], real_a, real_b);
                         }
                     });
        state[1] += static_cast<uint64_t>(blocks);
        std::memcpy(place, state.data(), sizeof state);
    }

    std::string describe() const override {
        return std::string("rng ") + (spec_.normal ? "normal" : "uniform") + ", " +
               std::to_string(spec_.count) + " of " + std::string(elementTypeName(spec_.type));
    }

 private:
    /// G. Box, M. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29, 1958.
    static std::array<double, 2> normalPair(std::array<uint64_t, 2> bits) {
        const double radius = std::sqrt(-2 * std::log(openUnit(bits[0])));
        const double angle = 2 * std::numbers::pi * openUnit(bits[1]);
        return {radius * std::cos(angle), radius * std::sin(angle)};
    }

    /// The high half of the product with the size of the interval. An empty interval gives a; i1 has only
    /// the interval of both values.
    int64_t uniformInteger(uint64_t bits, int64_t a, int64_t b) const {
        if (isBoolean(spec_.type)) return a == b ? a : static_cast<int64_t>(bits >> 63);
        const bool is_empty =
            isUnsignedInteger(spec_.type) ? static_cast<uint64_t>(b) <= static_cast<uint64_t>(a) : b <= a;
        const uint64_t size = is_empty ? 0 : static_cast<uint64_t>(b) - static_cast<uint64_t>(a);
        const auto offset = static_cast<uint64_t>(static_cast<Wide>(bits) * size >> 64);
        return static_cast<int64_t>(static_cast<uint64_t>(a) + offset);
    }

    void writeUniform(std::byte* to, uint64_t bits, double a, double b) const {
        const double unit = static_cast<double>(bits >> 11) * 0x1p-53;
        // b - a may overflow where this does not.
        writeReal(to, std::isfinite(b - a) ? a + (b - a) * unit : a * (1 - unit) + b * unit);
        // Rounding may have reached b, which does not belong to the interval.
        if (a < b && readReal(to) >= b) writeReal(to, a);
    }

    double readReal(const std::byte* from) const {
        if (spec_.type == ElementType::kF64) {
            double value = 0;
            std::memcpy(&value, from, sizeof value);
            return value;
        }
        return decodeFloat(readBits(from), spec_.type);
    }
    void writeReal(std::byte* to, double value) const {
        if (spec_.type == ElementType::kF64) {
            std::memcpy(to, &value, sizeof value);
            return;
        }
        const uint64_t bits = encodeFloat(value, spec_.type);
        std::memcpy(to, &bits, static_cast<size_t>(byteWidth(spec_.type)));
    }

    uint64_t readBits(const std::byte* from) const {
        uint64_t bits = 0;
        std::memcpy(&bits, from, static_cast<size_t>(byteWidth(spec_.type)));
        return bits;
    }
    int64_t readInteger(const std::byte* from) const {
        const uint64_t bits = readBits(from);
        if (!isSignedInteger(spec_.type)) return static_cast<int64_t>(bits);
        const int unused = 64 - 8 * byteWidth(spec_.type);
        return static_cast<int64_t>(bits << unused) >> unused;
    }
    void writeInteger(std::byte* to, int64_t value) const {
        std::memcpy(to, &value, static_cast<size_t>(byteWidth(spec_.type)));
    }

    RandomNumbersSpec spec_;
};

}  // namespace

std::unique_ptr<Step> makeRandomStateStep(int32_t state_allocation) {
    return std::make_unique<RandomStateStep>(state_allocation);
}

std::unique_ptr<Step> makeRandomNumbersStep(const RandomNumbersSpec& spec) {
    const std::string type(elementTypeName(spec.type));
    if (!isFloat(spec.type) && !isInteger(spec.type) && !isBoolean(spec.type))
        throw unimplemented("rng of " + type + "; it takes floats, integers and i1");
    if (spec.normal && !isFloat(spec.type))
        throw invalidArgument("rng: normal numbers of " + type + "; they should be of a floating-point type");
    return std::make_unique<RandomNumbersStep>(spec);
}

}  // namespace optirs::plugin
