#include "pjrt_cpu/runtime/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "pjrt_cpu/ir/error.h"
#include "step_runner.h"

namespace optirs::plugin {
namespace {

using testing::bytes;
using testing::runStep;

uint8_t lessThan(const std::byte* const* elements, std::byte* const*) {
    float left = 0;
    float right = 0;
    std::memcpy(&left, elements[0], 4);
    std::memcpy(&right, elements[1], 4);
    return left < right ? 1 : 0;
}

uint8_t lessByKeyTimesSign(const std::byte* const* elements, std::byte* const* captured) {
    int32_t left = 0;
    int32_t right = 0;
    float sign = 0;
    std::memcpy(&left, elements[2], 4);
    std::memcpy(&right, elements[3], 4);
    std::memcpy(&sign, captured[0], 4);
    return static_cast<float>(left) * sign < static_cast<float>(right) * sign ? 1 : 0;
}

uint8_t always(const std::byte* const*, std::byte* const*) { return 1; }

TEST(Sort, StableInEveryDimension) {
    std::mt19937 random(1);
    const std::vector<int64_t> shape = {5, 37, 3};
    for (int64_t dimension = 0; dimension < 3; ++dimension) {
        const int64_t count = 5 * 37 * 3;
        std::vector<float> keys(static_cast<size_t>(count)), sorted(keys.size());
        std::vector<int64_t> ids(keys.size()), sorted_ids(keys.size());
        for (float& key : keys) key = static_cast<float>(random() % 6);
        std::iota(ids.begin(), ids.end(), 0);
        SortSpec spec{{{0, 1, 4}, {2, 3, 8}}, shape, dimension, lessThan, {}};
        runStep(*makeSortStep(spec), {bytes(keys), bytes(sorted), bytes(ids), bytes(sorted_ids)});
        int64_t inner = 1;
        for (size_t d = static_cast<size_t>(dimension) + 1; d < 3; ++d) inner *= shape[d];
        const int64_t length = shape[static_cast<size_t>(dimension)];
        for (int64_t line = 0; line < count / length; ++line) {
            const int64_t first = line / inner * length * inner + line % inner;
            std::vector<int64_t> expected;
            for (int64_t i = 0; i < length; ++i) expected.push_back(first + i * inner);
            std::sort(expected.begin(), expected.end(), [&](int64_t a, int64_t b) {
                return std::pair(keys[static_cast<size_t>(a)], a) <
                       std::pair(keys[static_cast<size_t>(b)], b);
            });
            for (int64_t i = 0; i < length; ++i) {
                const auto place = static_cast<size_t>(first + i * inner);
                ASSERT_EQ(sorted_ids[place], expected[static_cast<size_t>(i)]);
                ASSERT_EQ(sorted[place], keys[static_cast<size_t>(expected[static_cast<size_t>(i)])]);
            }
        }
    }
}

TEST(Sort, InPlaceWithCaptures) {
    std::vector<float> values = {1, 2, 3, 4, 5};
    std::vector<int32_t> keys = {3, 1, 2, 5, 4};
    std::vector<float> sign = {-1};
    SortSpec spec{{{0, 0, 4}, {1, 1, 4}}, {5}, 0, lessByKeyTimesSign, {2}};
    runStep(*makeSortStep(spec), {bytes(values), bytes(keys), bytes(sign)});
    EXPECT_EQ(keys, (std::vector<int32_t>{5, 4, 3, 2, 1}));
    EXPECT_EQ(values, (std::vector<float>{4, 5, 1, 3, 2}));
}

TEST(Sort, InconsistentComparatorStillPermutes) {
    std::vector<float> values(1000);
    std::iota(values.begin(), values.end(), 0.0F);
    SortSpec spec{{{0, 0, 4}}, {1000}, 0, always, {}};
    runStep(*makeSortStep(spec), {bytes(values)});
    std::sort(values.begin(), values.end());
    for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], static_cast<float>(i));
}

TEST(Sort, RefusesBadSpecs) {
    EXPECT_THROW(makeSortStep({}), Error);
    EXPECT_THROW(makeSortStep({{{0, 0, 4}}, {3}, 1, lessThan, {}}), Error);
    SortSpec empty{{{0, 0, 4}}, {3, 0}, 1, lessThan, {}};
    EXPECT_NO_THROW(runStep(*makeSortStep(empty), {nullptr}));
}

}  // namespace
}  // namespace optirs::plugin
