#include "pjrt_cpu/runtime/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "pjrt_cpu/ir/error.h"
#include "step_runner.h"
#include "tests/source_folder.h"

namespace optirs::plugin {
namespace {

using testing::bytes;
using testing::runStep;

template <class T>
struct Drawn {
    std::vector<T> values;
    std::array<uint64_t, 3> state;
};

template <class T>
Drawn<T> draw(RngGenerator algorithm, ElementType type, std::vector<int64_t> shape,
              std::array<uint64_t, 3> state, int64_t state_bytes, ThreadPool& pool = testing::pool()) {
    size_t count = 1;
    for (const int64_t size : shape) count *= static_cast<size_t>(size);
    Drawn<T> drawn{std::vector<T>(count), {}};
    const auto step = makeRngStep({algorithm, type, std::move(shape), 0, state_bytes, 1, 2});
    runStep(*step,
            {reinterpret_cast<std::byte*>(state.data()), reinterpret_cast<std::byte*>(drawn.state.data()),
             bytes(drawn.values)},
            pool);
    return drawn;
}

// Known answers published with the generators (Random123, kat_vectors): counter, key -> result.
TEST(Rng, ThreefryKnownAnswers) {
    const auto zero = draw<uint32_t>(RngGenerator::kThreeFry, ElementType::kUi32, {2}, {0, 0, 0}, 16);
    EXPECT_EQ(zero.values, (std::vector<uint32_t>{0x6b200159, 0x99ba4efe}));
    EXPECT_EQ(zero.state[1], 1U);
    const auto ones = draw<uint64_t>(RngGenerator::kThreeFry, ElementType::kUi64, {1}, {~0ULL, ~0ULL, 0}, 16);
    EXPECT_EQ(ones.values[0], 0xbb002be7'1cb996fcULL);
    const auto pi = draw<uint64_t>(RngGenerator::kThreeFry, ElementType::kUi64, {1},
                                   {0x03707344'13198a2eULL, 0x85a308d3'243f6a88ULL, 0}, 16);
    EXPECT_EQ(pi.values[0], 0x483df7a0'c4923a9cULL);
}

TEST(Rng, PhiloxKnownAnswers) {
    const auto zero = draw<uint32_t>(RngGenerator::kPhilox, ElementType::kUi32, {4}, {0, 0, 0}, 24);
    EXPECT_EQ(zero.values, (std::vector<uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(zero.state[1], 1U);
    const auto ones =
        draw<uint32_t>(RngGenerator::kPhilox, ElementType::kUi32, {4}, {~0ULL, ~0ULL, ~0ULL}, 24);
    EXPECT_EQ(ones.values, (std::vector<uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(ones.state[1], 0U);
    EXPECT_EQ(ones.state[2], 0U);
}

TEST(Rng, ThirtyTwoBitPairsLieAlongTheFirstEvenDimension) {
    const std::array<uint64_t, 3> state = {42, 7, 0};
    const auto words = [&](uint64_t counter) {
        return draw<uint64_t>(RngGenerator::kThreeFry, ElementType::kUi64, {1}, {42, counter, 0}, 16)
            .values[0];
    };
    struct Case {
        std::vector<int64_t> shape;
        int64_t outer, size, inner;
    };
    for (const Case& c : {Case{{}, 1, 1, 1}, Case{{6}, 1, 6, 1}, Case{{7}, 1, 7, 1}, Case{{3, 4, 5}, 3, 4, 5},
                          Case{{3, 5, 7}, 15, 7, 1}, Case{{5, 3}, 1, 5, 3}, Case{{2, 33}, 1, 2, 33}}) {
        const auto drawn = draw<uint32_t>(RngGenerator::kThreeFry, ElementType::kUi32, c.shape, state, 16);
        const int64_t half = (c.size + 1) / 2;
        for (int64_t o = 0; o < c.outer; ++o) {
            for (int64_t s = 0; s < c.size; ++s) {
                for (int64_t i = 0; i < c.inner; ++i) {
                    const uint64_t pair = words(7 + static_cast<uint64_t>((o * half + s / 2) * c.inner + i));
                    const auto expected = static_cast<uint32_t>(s % 2 == 0 ? pair : pair >> 32);
                    ASSERT_EQ(drawn.values[static_cast<size_t>((o * c.size + s) * c.inner + i)], expected);
                }
            }
        }
        EXPECT_EQ(drawn.state[1], 7 + static_cast<uint64_t>(c.outer * half * c.inner));
    }
}

TEST(Rng, NarrowTypesAreTheLowBits) {
    const auto words = draw<uint32_t>(RngGenerator::kPhilox, ElementType::kUi32, {101}, {1, 2, 3}, 24);
    const auto shorts = draw<uint16_t>(RngGenerator::kPhilox, ElementType::kUi16, {101}, {1, 2, 3}, 24);
    const auto octets = draw<uint8_t>(RngGenerator::kPhilox, ElementType::kI8, {101}, {1, 2, 3}, 24);
    for (size_t i = 0; i < words.values.size(); ++i) {
        EXPECT_EQ(shorts.values[i], static_cast<uint16_t>(words.values[i]));
        EXPECT_EQ(octets.values[i], static_cast<uint8_t>(words.values[i]));
    }
    EXPECT_EQ(words.state, shorts.state);
}

TEST(Rng, PhiloxShortStateUsesTheKeyAsHighCounter) {
    const auto short_state = draw<uint64_t>(RngGenerator::kPhilox, ElementType::kUi64, {9}, {5, 6, 0}, 16);
    const auto long_state = draw<uint64_t>(RngGenerator::kPhilox, ElementType::kUi64, {9}, {5, 6, 5}, 24);
    EXPECT_EQ(short_state.values, long_state.values);
    EXPECT_EQ(short_state.state[1], 11U);
}

TEST(Rng, DoesNotDependOnTheNumberOfThreads) {
    ThreadPool one(1);
    ThreadPool three(3);
    for (const RngGenerator algorithm : {RngGenerator::kThreeFry, RngGenerator::kPhilox}) {
        const auto a = draw<uint32_t>(algorithm, ElementType::kF32, {300, 301}, {9, 8, 0}, 16, one);
        const auto b = draw<uint32_t>(algorithm, ElementType::kF32, {300, 301}, {9, 8, 0}, 16, three);
        EXPECT_EQ(a.values, b.values);
    }
}

TEST(Rng, RefusesBadStatesAndTypes) {
    EXPECT_THROW(makeRngStep({RngGenerator::kThreeFry, ElementType::kUi32, {2}, 0, 24, 1, 2}), Error);
    EXPECT_THROW(makeRngStep({RngGenerator::kPhilox, ElementType::kUi32, {2}, 0, 8, 1, 2}), Error);
    EXPECT_THROW(makeRngStep({RngGenerator::kPhilox, ElementType::kC64, {2}, 0, 24, 1, 2}), Error);
}

/// A conformance program, when the folder of facts lies beside the repository.
std::optional<std::string> conformanceProgram(const std::string& name) {
    const std::filesystem::path path = test::sharedFolder() / "conformance/stablehlo/testdata" / name;
    std::ifstream file(path);
    if (!file) return std::nullopt;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Rng, AgreesWithXla) {
    const auto text = conformanceProgram("rng_bit_generator_uint32_4.mlir");
    if (!text) GTEST_SKIP() << "no ../shared/conformance beside the repository";
    const auto drawn = draw<uint64_t>(RngGenerator::kThreeFry, ElementType::kUi64, {100, 100},
                                      {1 | uint64_t{4} << 32, 0 | uint64_t{1} << 32, 0}, 16);
    EXPECT_EQ(drawn.state[1], 10000 | uint64_t{1} << 32);
    size_t at = text->find("dense<\"0x");
    ASSERT_NE(at, std::string::npos);
    at += 9;
    const auto* actual = reinterpret_cast<const unsigned char*>(drawn.values.data());
    for (size_t i = 0; i < drawn.values.size() * 8; ++i) {
        ASSERT_EQ(std::stoi(text->substr(at + 2 * i, 2), nullptr, 16), actual[i]) << "byte " << i;
    }
    const auto scalar = draw<uint64_t>(RngGenerator::kThreeFry, ElementType::kUi64, {}, {3, 3, 0}, 16);
    EXPECT_EQ(scalar.values[0], 3349939604322698703ULL);
}

}  // namespace
}  // namespace optirs::plugin
