// stablehlo.rng: moments and frequencies against the distributions asked for.
#include "pjrt_cpu/runtime/random_numbers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/ir/float_format.h"
#include "pjrt_cpu/runtime/rng.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

using testing::bytes;

struct Stream {
    std::vector<uint64_t> state = {0, 0};

    explicit Stream(int64_t run_id, int32_t replica = 0, int32_t partition = 0) {
        RunContext context;
        context.run_id = run_id;
        context.replica_id = replica;
        context.partition_id = partition;
        std::byte* buffer = bytes(state);
        makeRandomStateStep(0)->run(Frame{&buffer, testing::pool(), context});
    }

    template <class T>
    std::vector<T> draw(ElementType type, int64_t count, bool normal, T a, T b,
                        ThreadPool& pool = testing::pool()) {
        std::vector<T> out(static_cast<size_t>(count));
        testing::runStep(
            *makeRandomNumbersStep({type, count, normal, 0, 1, 2, 3}),
            {reinterpret_cast<std::byte*>(&a), reinterpret_cast<std::byte*>(&b), bytes(state), bytes(out)},
            pool);
        return out;
    }
};

constexpr int64_t kCount = 200000;

TEST(RandomNumbers, NormalMoments) {
    const auto x = Stream(1).draw<double>(ElementType::kF64, kCount, true, 3.0, 2.0);
    double moments[5] = {};
    for (const double value : x) {
        const double z = (value - 3) / 2;
        for (int k = 1; k <= 4; ++k) moments[k] += std::pow(z, k) / static_cast<double>(kCount);
    }
    // Five standard deviations of the means of z, z^2, z^3 and z^4: the roots of 1, 2, 15 and 96 over the
    // count.
    const double root = std::sqrt(static_cast<double>(kCount));
    EXPECT_NEAR(moments[1], 0, 5 * 1 / root);
    EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2) / root);
    EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15) / root);
    EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96) / root);
}

TEST(RandomNumbers, UniformFillsItsInterval) {
    const auto x = Stream(2).draw<float>(ElementType::kF32, kCount, false, -1.0F, 3.0F);
    int64_t counts[64] = {};
    double product = 0;
    for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_GE(x[i], -1.0F);
        ASSERT_LT(x[i], 3.0F);
        ++counts[static_cast<size_t>((x[i] + 1) * 16)];
        if (i > 0) product += (static_cast<double>(x[i]) - 1) * (static_cast<double>(x[i - 1]) - 1);
    }
    double chi = 0;
    for (const int64_t count : counts)
        chi += std::pow(static_cast<double>(count) - kCount / 64.0, 2) / (kCount / 64.0);
    // 63 degrees of freedom: mean 63, standard deviation 11.
    EXPECT_GT(chi, 20);
    EXPECT_LT(chi, 120);
    // Neighbours are not correlated; the variance of one is 4/3.
    EXPECT_NEAR(product / kCount, 0, 5 * (4.0 / 3) / std::sqrt(static_cast<double>(kCount)));
}

TEST(RandomNumbers, UniformIntegersReachBothEnds) {
    const auto x = Stream(3).draw<int32_t>(ElementType::kI32, 10000, false, -3, 4);
    EXPECT_EQ(std::set<int32_t>(x.begin(), x.end()), (std::set<int32_t>{-3, -2, -1, 0, 1, 2, 3}));
    const auto wide = Stream(3).draw<uint64_t>(ElementType::kUi64, 10000, false, 0, ~uint64_t{0});
    uint64_t all = 0;
    for (const uint64_t value : wide) all |= value;
    EXPECT_EQ(all, ~uint64_t{0});
    const auto signs = Stream(3).draw<int64_t>(ElementType::kI64, 1000, false, INT64_MIN, INT64_MAX);
    EXPECT_GT(std::ranges::count_if(signs, [](int64_t v) { return v < 0; }), 400);
    const auto nibbles = Stream(4).draw<int8_t>(ElementType::kI4, 1000, false, -8, 7);
    EXPECT_EQ(std::set<int8_t>(nibbles.begin(), nibbles.end()).size(), 15U);
    EXPECT_EQ(Stream(4).draw<int32_t>(ElementType::kI32, 3, false, 5, 5), (std::vector<int32_t>{5, 5, 5}));
    const auto bits = Stream(5).draw<uint8_t>(ElementType::kI1, 1000, false, 0, 1);
    EXPECT_NEAR(static_cast<double>(std::ranges::count(bits, 1)), 500, 80);
}

TEST(RandomNumbers, NarrowFloatsStayBelowTheEnd) {
    const auto type = ElementType::kF8E4M3FN;
    const auto low = static_cast<uint8_t>(encodeFloat(1, type));
    const auto high = static_cast<uint8_t>(encodeFloat(1.5, type));
    std::set<double> seen;
    for (const uint8_t bits : Stream(6).draw<uint8_t>(type, 4000, false, low, high))
        seen.insert(decodeFloat(bits, type));
    EXPECT_EQ(seen, (std::set<double>{1, 1.125, 1.25, 1.375}));
}

TEST(RandomNumbers, StateAdvancesAndThreadsDoNotMatter) {
    Stream a(7);
    Stream b(7);
    ThreadPool one(1);
    const auto first = a.draw<float>(ElementType::kF32, 100001, true, 0.0F, 1.0F);
    EXPECT_EQ(first, b.draw<float>(ElementType::kF32, 100001, true, 0.0F, 1.0F, one));
    EXPECT_NE(first, a.draw<float>(ElementType::kF32, 100001, true, 0.0F, 1.0F));
    EXPECT_NE(first, Stream(8).draw<float>(ElementType::kF32, 100001, true, 0.0F, 1.0F));
    EXPECT_NE(first, Stream(7, 1).draw<float>(ElementType::kF32, 100001, true, 0.0F, 1.0F));
    EXPECT_EQ(first, Stream(7, 0, 1).draw<float>(ElementType::kF32, 100001, true, 0.0F, 1.0F));
}

TEST(RandomNumbers, RefusesOtherTypes) {
    EXPECT_THROW(makeRandomNumbersStep({ElementType::kI32, 1, true, 0, 1, 2, 3}), Error);
    EXPECT_THROW(makeRandomNumbersStep({ElementType::kC64, 1, false, 0, 1, 2, 3}), Error);
}

template <class T>
std::vector<T> drawBits(ElementType type, int64_t count) {
    std::vector<uint64_t> state = {11, 12, 13};
    std::vector<uint64_t> next(3);
    std::vector<T> out(static_cast<size_t>(count));
    testing::runStep(*makeRngStep({RngGenerator::kPhilox, type, {count}, 0, 24, 1, 2}),
                     {bytes(state), bytes(next), bytes(out)});
    return out;
}

TEST(Rng, TypesOfLessThanAByteKeepTheirBits) {
    const auto octets = drawBits<uint8_t>(ElementType::kUi8, 1000);
    const auto nibbles = drawBits<int8_t>(ElementType::kI4, 1000);
    const auto crumbs = drawBits<uint8_t>(ElementType::kUi2, 1000);
    const auto floats = drawBits<uint8_t>(ElementType::kF6E2M3FN, 1000);
    for (size_t i = 0; i < octets.size(); ++i) {
        EXPECT_EQ(nibbles[i], static_cast<int8_t>(octets[i] << 4) >> 4);
        EXPECT_EQ(crumbs[i], octets[i] & 3);
        EXPECT_EQ(floats[i], octets[i] & 63);
    }
}

}  // namespace
}  // namespace optirs::plugin
