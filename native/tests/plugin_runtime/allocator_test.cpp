#include "pjrt_cpu/runtime/allocator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

using ::testing::HasSubstr;

std::string nameLabel(const void* owner) { return static_cast<const char*>(owner); }

TEST(DeviceMemory, AlignsRoundsAndCounts) {
    DeviceMemory memory("cpu:0", 0);
    for (const int64_t bytes : {0, 1, 63, 64, 65, 1000, 4097, 1 << 20, (3 << 20) + 5}) {
        MemoryBlock block = memory.allocate(bytes, nullptr, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data()) % 64, 0U);
        EXPECT_GE(block.size(), bytes);
        EXPECT_EQ(block.size() % 64, 0);
        std::memset(block.data(), 0x5A, static_cast<size_t>(block.size()));
        EXPECT_EQ(memory.statistics().bytes_in_use, block.size());
    }
    EXPECT_EQ(memory.statistics().bytes_in_use, 0);
    EXPECT_EQ(memory.statistics().allocations, 9);
    EXPECT_GT(memory.statistics().bytes_cached, 0);
    memory.trim();
    EXPECT_EQ(memory.statistics().bytes_cached, 0);
}

TEST(DeviceMemory, ReusesFreedBlocks) {
    DeviceMemory memory("cpu:0", 0);
    const std::byte* first = memory.allocate(100000, nullptr, nullptr).data();
    EXPECT_EQ(memory.allocate(100000, nullptr, nullptr).data(), first);
    EXPECT_EQ(memory.allocate(99000, nullptr, nullptr).data(), first);  // the same class
}

TEST(DeviceMemory, LimitNamesTheLargestBuffers) {
    DeviceMemory memory("cpu:3", 10000);
    MemoryBlock small = memory.allocate(100, nameLabel, "biases");
    MemoryBlock large = memory.allocate(8000, nameLabel, "weights");
    try {
        memory.allocate(4000, nullptr, nullptr);
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kResourceExhausted);
        EXPECT_THAT(error.message(), HasSubstr("4000 bytes requested"));
        EXPECT_THAT(error.message(), HasSubstr("10000"));
        EXPECT_THAT(error.message(), HasSubstr("cpu:3"));
        EXPECT_LT(error.message().find("weights"), error.message().find("biases"));
    }
    large.reset();
    EXPECT_NO_THROW(memory.allocate(4000, nullptr, nullptr));
    EXPECT_THROW(memory.allocate(INT64_MAX, nullptr, nullptr), Error);
    EXPECT_THROW(memory.allocate(-1, nullptr, nullptr), Error);
}

TEST(DeviceMemory, RandomUseKeepsBlocksApart) {
    DeviceMemory memory("cpu:0", 0);
    std::mt19937_64 random(7);
    struct Held {
        MemoryBlock block;
        unsigned char mark;
    };
    std::vector<Held> held;
    for (int round = 0; round < 4000; ++round) {
        if (held.size() < 50 && random() % 3 != 0) {
            const auto bytes = static_cast<int64_t>(random() % (uint64_t{1} << (random() % 18)));
            Held entry{memory.allocate(bytes, nullptr, nullptr), static_cast<unsigned char>(round)};
            std::memset(entry.block.data(), entry.mark, static_cast<size_t>(entry.block.size()));
            held.push_back(std::move(entry));
        } else if (!held.empty()) {
            const size_t index = random() % held.size();
            const Held& entry = held[index];
            for (int64_t i = 0; i < entry.block.size(); ++i) {
                ASSERT_EQ(static_cast<unsigned char>(entry.block.data()[i]), entry.mark);
            }
            held.erase(held.begin() + static_cast<ptrdiff_t>(index));
        }
    }
    held.clear();
    EXPECT_EQ(memory.statistics().bytes_in_use, 0);
}

TEST(DeviceMemory, ManyThreads) {
    DeviceMemory memory("cpu:0", 0);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&memory, t] {
            for (int i = 0; i < 2000; ++i) {
                MemoryBlock block = memory.allocate(64 * (1 + (i * (t + 1)) % 40), nullptr, nullptr);
                block.data()[0] = std::byte{1};
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(memory.statistics().bytes_in_use, 0);
    EXPECT_EQ(memory.statistics().allocations, 8000);
}

}  // namespace
}  // namespace optirs::plugin
