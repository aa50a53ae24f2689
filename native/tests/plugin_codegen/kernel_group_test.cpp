// Which kernels are joined, and that joined ones do what they did one by one.
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "pjrt_cpu/codegen/lower/kernel_group.h"
#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kExtent = 1000;
/// So that a kernel is some eight pieces.
constexpr double kCost = 500;

/// operand 1 = operand 0 + its index
void addIndex(std::byte* const* buffers, int64_t begin, int64_t end) {
    const auto* in = reinterpret_cast<const int32_t*>(buffers[0]);
    auto* out = reinterpret_cast<int32_t*>(buffers[1]);
    for (int64_t i = begin; i < end; ++i) out[i] = in[i] + static_cast<int32_t>(i);
}

std::unique_ptr<Step> kernel(int32_t from, int32_t to, int64_t extent = kExtent, double cost = kCost) {
    auto step = std::make_unique<KernelStep>(std::vector{from, to}, std::vector{to}, extent, cost, "kernel");
    step->setFunction(addIndex);
    return step;
}

using Kind = Allocation::Kind;

/// Arguments 0 to 2; outputs 3, 4 and 5, which has the memory of argument 2; temporaries 6 and 7, which share
/// bytes, and 8.
std::vector<Allocation> allocations() {
    std::vector<Allocation> all;
    const auto add = [&](Kind kind, int32_t index, int64_t offset, int32_t aliased) {
        Allocation one;
        one.kind = kind;
        one.bytes = kExtent * 4;
        one.index = index;
        one.offset = offset;
        one.aliased_argument = aliased;
        all.push_back(one);
    };
    for (int32_t i = 0; i < 3; ++i) add(Kind::kArgument, i, 0, -1);
    for (int32_t i = 0; i < 3; ++i) add(Kind::kOutput, i, 0, i == 2 ? 2 : -1);
    add(Kind::kTemp, -1, 0, -1);
    add(Kind::kTemp, -1, 3968, -1);
    add(Kind::kTemp, -1, 8064, -1);
    return all;
}

/// How many steps two kernels become.
size_t stepsOf(std::pair<int32_t, int32_t> first, std::pair<int32_t, int32_t> second) {
    Steps steps;
    steps.push_back(kernel(first.first, first.second));
    steps.push_back(kernel(second.first, second.second));
    joinKernels(steps, allocations());
    return steps.size();
}

TEST(KernelGroup, IndependentKernelsAreOneStep) {
    EXPECT_EQ(stepsOf({0, 3}, {1, 4}), 1U);
    EXPECT_EQ(stepsOf({0, 3}, {0, 4}), 1U) << "both may read the same";
    EXPECT_EQ(stepsOf({0, 6}, {1, 8}), 1U) << "temporaries that lie apart";
    EXPECT_EQ(stepsOf({0, 5}, {1, 4}), 1U);
}

TEST(KernelGroup, WhatMustWaitIsNotJoined) {
    EXPECT_EQ(stepsOf({0, 6}, {6, 3}), 2U) << "reads what the first wrote";
    EXPECT_EQ(stepsOf({6, 3}, {0, 6}), 2U) << "writes what the first reads";
    EXPECT_EQ(stepsOf({0, 3}, {1, 3}), 2U) << "writes what the first wrote";
    EXPECT_EQ(stepsOf({0, 6}, {1, 7}), 2U) << "temporaries that share bytes";
    EXPECT_EQ(stepsOf({7, 3}, {1, 6}), 2U) << "temporaries that share bytes, read and written";
    EXPECT_EQ(stepsOf({2, 3}, {0, 5}), 2U) << "writes the argument's memory that the first reads";
    EXPECT_EQ(stepsOf({0, 5}, {2, 3}), 2U) << "reads the argument's memory that the first wrote";
}

TEST(KernelGroup, OneThatWaitsForTheFirstEndsTheGroup) {
    Steps steps;
    steps.push_back(kernel(0, 6));
    steps.push_back(kernel(1, 3));
    steps.push_back(kernel(6, 8));
    steps.push_back(kernel(1, 4));
    joinKernels(steps, allocations());
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0]->describe().substr(0, 9), "2 kernels") << steps[0]->describe();
    EXPECT_EQ(steps[1]->describe().substr(0, 9), "2 kernels") << steps[1]->describe();
}

// As many as update a large model; temporaries 0, 2, 4... and one more that may meet any of them.
TEST(KernelGroup, OneOfThousandsThatMeetsEndsTheGroup) {
    constexpr int32_t kMany = 4000;
    constexpr int64_t kBytes = 64;
    std::vector<Allocation> all;
    const auto add = [&](int64_t offset, int64_t bytes) {
        Allocation one;
        one.kind = Kind::kTemp;
        one.bytes = bytes;
        one.offset = offset;
        all.push_back(one);
        return static_cast<int32_t>(all.size()) - 1;
    };
    for (int32_t i = 0; i < kMany; ++i) add(2 * i * kBytes, kBytes);
    const auto steps_with = [&](int32_t from, int32_t to) {
        Steps steps;
        for (int32_t i = 0; i < kMany; i += 2) steps.push_back(kernel(i, i + 1));
        steps.push_back(kernel(from, to));
        joinKernels(steps, all);
        return steps.size();
    };
    const int32_t apart = add(2 * kMany * kBytes, kBytes);
    const int32_t between = add(1001 * kBytes, kBytes);
    EXPECT_EQ(steps_with(apart, between), 1U);
    EXPECT_EQ(steps_with(0, apart), 1U) << "read twice";
    EXPECT_EQ(steps_with(1, apart), 2U) << "reads what the first wrote";
    EXPECT_EQ(steps_with(apart, kMany - 2), 2U) << "writes what the last but one reads";
    EXPECT_EQ(steps_with(apart, add(1001 * kBytes, kBytes + 1)), 2U) << "one byte of the next";
    EXPECT_EQ(steps_with(apart, add(1000 * kBytes + 63, kBytes)), 2U) << "one byte of the one before";
    EXPECT_EQ(steps_with(apart, add(1001 * kBytes, 0)), 1U) << "no byte at all";
}

TEST(KernelGroup, LargeKernelsStayAlone) {
    Steps steps;
    steps.push_back(kernel(0, 3, kExtent, 65536));
    steps.push_back(kernel(1, 4));
    joinKernels(steps, allocations());
    EXPECT_EQ(steps.size(), 2U);
}

TEST(KernelGroup, LoopsAndBranchesAreJoinedInside) {
    const auto two = [] {
        Steps steps;
        steps.push_back(kernel(0, 3));
        steps.push_back(kernel(1, 4));
        return steps;
    };
    std::vector<Steps> branches;
    branches.push_back(two());
    Steps steps;
    steps.push_back(std::make_unique<WhileStep>(two(), 0, two()));
    steps.push_back(std::make_unique<CaseStep>(0, false, std::move(branches)));
    joinKernels(steps, allocations());
    EXPECT_EQ(dynamic_cast<WhileStep&>(*steps[0]).condition().size(), 1U);
    EXPECT_EQ(dynamic_cast<WhileStep&>(*steps[0]).body().size(), 1U);
    EXPECT_EQ(dynamic_cast<CaseStep&>(*steps[1]).branches()[0].size(), 1U);
}

TEST(KernelGroup, RunsEveryRoundOfEveryKernelOnce) {
    for (const int threads : {1, 3}) {
        ThreadPool pool(threads);
        for (const int64_t extent : {1L, 7L, 130L, 1000L}) {
            std::vector<std::vector<int32_t>> memory(9, std::vector<int32_t>(kExtent, -5));
            std::iota(memory[0].begin(), memory[0].end(), 3);
            std::vector<std::byte*> buffers;
            for (auto& one : memory) buffers.push_back(reinterpret_cast<std::byte*>(one.data()));
            Steps steps;
            steps.push_back(kernel(0, 3, extent));
            steps.push_back(kernel(1, 4, extent, 1));
            steps.push_back(kernel(0, 8, extent, 3000));
            joinKernels(steps, allocations());
            ASSERT_EQ(steps.size(), 1U);
            const RunContext context;
            steps[0]->run({buffers.data(), pool, context});
            for (int64_t i = 0; i < kExtent; ++i) {
                const auto at = static_cast<size_t>(i);
                const auto index = static_cast<int32_t>(i);
                EXPECT_EQ(memory[3][at], i < extent ? 2 * index + 3 : -5);
                EXPECT_EQ(memory[4][at], i < extent ? index - 5 : -5);
                EXPECT_EQ(memory[8][at], i < extent ? 2 * index + 3 : -5);
            }
        }
    }
}

}  // namespace
}  // namespace optirs::plugin
