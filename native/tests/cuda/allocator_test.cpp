#include <map>
#include <random>
#include <vector>

#include "machine.h"

namespace optirs::test {
namespace {

constexpr uint64_t kMiB = 1024 * 1024;

using AllocatorTest = MachineTest;

TEST_F(AllocatorTest, SizesHaveClasses) {
    const auto owner = stream();
    const auto tiny = memory(owner, 1);
    EXPECT_EQ(stats().used_bytes, 512U);
    EXPECT_EQ(stats().requested_bytes, 1U);
    EXPECT_EQ(stats().reserved_bytes, 2 * kMiB);
    const auto small = memory(owner, kMiB);  // the same segment
    EXPECT_EQ(stats().reserved_bytes, 2 * kMiB);
    const auto middle = memory(owner, kMiB + 1);
    EXPECT_EQ(stats().reserved_bytes, 22 * kMiB);
    const auto large = memory(owner, 10 * kMiB + 1);
    EXPECT_EQ(stats().reserved_bytes, 22 * kMiB);  // the rest of the 20 MiB
    const auto huge = memory(owner, 11 * kMiB + 1);
    EXPECT_EQ(stats().reserved_bytes, 34 * kMiB);
    EXPECT_EQ(stats().segments, 3U);
    EXPECT_EQ(stats().blocks, 5U);
    const auto empty = memory(owner, 0);
    EXPECT_NE(optirs_device_memory_data(empty.get()), nullptr);
    for (const auto* block : {&tiny, &small, &middle, &large, &huge, &empty}) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(optirs_device_memory_data(block->get())) %
                      OPTIRS_DEVICE_MEMORY_ALIGNMENT,
                  0U);
    }
}

TEST_F(AllocatorTest, FreedBlocksAreReusedWithoutTheDriver) {
    const auto owner = stream();
    auto block = memory(owner, 5 * kMiB);
    void* address = optirs_device_memory_data(block.get());
    const uint64_t reuses = stats().reuses;
    block.reset();
    control().reset();
    block = memory(owner, 5 * kMiB);
    EXPECT_EQ(optirs_device_memory_data(block.get()), address);
    EXPECT_STREQ(control().calls(), "");
    EXPECT_EQ(stats().reuses, reuses + 1);
}

TEST_F(AllocatorTest, NeighboursJoin) {
    const auto owner = stream();
    auto a = memory(owner, 4 * kMiB);
    auto b = memory(owner, 4 * kMiB);
    auto c = memory(owner, 4 * kMiB);
    EXPECT_EQ(stats().largest_free_bytes, 8 * kMiB);
    a.reset();
    c.reset();  // with the free rest
    EXPECT_EQ(stats().largest_free_bytes, 12 * kMiB);
    b.reset();  // with both sides
    EXPECT_EQ(stats().largest_free_bytes, 20 * kMiB);
    EXPECT_EQ(stats().segments, 1U);
}

TEST_F(AllocatorTest, StreamsDoNotTakeEachOthersBlocks) {
    auto first = stream();
    const auto second = stream();
    auto block = memory(first, 3 * kMiB);
    void* address = optirs_device_memory_data(block.get());
    block.reset();
    auto other = memory(second, 3 * kMiB);
    EXPECT_NE(optirs_device_memory_data(other.get()), address);
    // Once the stream is gone and its work done, its blocks are everybody's.
    driver().hold(1);
    const auto pending = memory(first, 1);
    EXPECT_OK(optirs_device_memory_fill(pending.get(), 0, 0, 1, first.get()));
    driver().hold(0);
}

TEST_F(AllocatorTest, ADeadStreamsBlocksAreEverybodys) {
    auto first = stream();
    const auto second = stream();
    auto block = memory(first, 3 * kMiB);
    void* address = optirs_device_memory_data(block.get());
    auto rest = memory(first, 3 * kMiB);
    driver().hold(1);
    EXPECT_OK(optirs_device_memory_fill(block.get(), 0, 0, 1, first.get()));
    block.reset();
    rest.reset();
    first.reset();
    auto other = memory(second, 3 * kMiB);
    EXPECT_NE(optirs_device_memory_data(other.get()), address);  // work still uses it
    other.reset();
    driver().hold(0);
    // Exactly the size that only the dead stream's segment has whole.
    uint64_t trimmed = 0;
    EXPECT_OK(optirs_allocator_trim_wait(device, &trimmed));
    EXPECT_EQ(trimmed, 40 * kMiB);
}

TEST_F(AllocatorTest, UseByAnotherStreamDelaysReuse) {
    const auto owner = stream();
    const auto user = stream();
    auto block = memory(owner, 3 * kMiB);
    void* address = optirs_device_memory_data(block.get());
    EXPECT_OK(optirs_device_memory_use(block.get(), user.get()));
    EXPECT_OK(optirs_device_memory_use(block.get(), user.get()));   // once is enough
    EXPECT_OK(optirs_device_memory_use(block.get(), owner.get()));  // needs nothing
    driver().hold(1);
    EXPECT_OK(optirs_device_memory_fill(block.get(), 0, 0, 1, user.get()));
    block.reset();
    EXPECT_EQ(stats().pending_bytes, 3 * kMiB);
    auto next = memory(owner, 3 * kMiB);
    EXPECT_NE(optirs_device_memory_data(next.get()), address);
    EXPECT_OK(optirs_stream_wait(user.get()));
    auto after = memory(owner, 3 * kMiB);
    EXPECT_EQ(optirs_device_memory_data(after.get()), address);
    EXPECT_EQ(stats().pending_bytes, 0U);
}

TEST_F(AllocatorTest, SplitLimitKeepsLargeBlocksWhole) {
    EXPECT_EQ(take(optirs_allocator_set_split_limit(device, kMiB)).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_OK(optirs_allocator_set_split_limit(device, 32 * kMiB));
    const auto owner = stream();
    auto large = memory(owner, 100 * kMiB);
    void* address = optirs_device_memory_data(large.get());
    large.reset();
    auto small = memory(owner, 20 * kMiB);
    EXPECT_NE(optirs_device_memory_data(small.get()), address);
    auto similar = memory(owner, 90 * kMiB);
    EXPECT_EQ(optirs_device_memory_data(similar.get()), address);
    EXPECT_EQ(stats().used_bytes, 120 * kMiB);  // whole
    EXPECT_OK(optirs_allocator_set_split_limit(device, UINT64_MAX));
}

TEST_F(AllocatorTest, TagsAreCounted) {
    const auto owner = stream();
    const auto weights = memory(owner, 4 * kMiB, "test weights");
    auto state = memory(owner, 8 * kMiB, "test state");
    state.reset();
    std::map<std::string, optirs_allocator_tag> tags;
    for (uint64_t i = 0; i < optirs_allocator_num_tags(device); ++i) {
        optirs_allocator_tag tag{};
        EXPECT_OK(optirs_allocator_read_tag(device, i, &tag));
        tags[std::string(tag.name, tag.name_size)] = tag;
    }
    EXPECT_EQ(tags["test weights"].used_bytes, 4 * kMiB);
    EXPECT_EQ(tags["test weights"].blocks, 1U);
    EXPECT_EQ(tags["test state"].used_bytes, 0U);
    EXPECT_EQ(tags["test state"].peak_bytes, 8 * kMiB);
    EXPECT_EQ(stats().used_peak_bytes, 12 * kMiB);
    EXPECT_OK(optirs_allocator_reset_peaks(device));
    EXPECT_EQ(stats().used_peak_bytes, 4 * kMiB);
    optirs_allocator_tag none{};
    EXPECT_EQ(take(optirs_allocator_read_tag(device, 1000, &none)).code, OPTIRS_OUT_OF_RANGE);
}

TEST_F(AllocatorTest, ExhaustionGivesSegmentsBackFirst) {
    driver().set_memory(64 * kMiB);
    const auto owner = stream();
    const auto other = stream();
    auto first = memory(owner, 30 * kMiB);
    auto second = memory(other, 30 * kMiB);
    first.reset();
    second.reset();
    const uint64_t recoveries = stats().recoveries;
    const auto whole = memory(owner, 60 * kMiB);  // neither piece is large enough
    EXPECT_EQ(stats().recoveries, recoveries + 1);
    EXPECT_EQ(stats().reserved_bytes, 60 * kMiB);
}

TEST_F(AllocatorTest, ExhaustionWaitsForOtherStreams) {
    driver().set_memory(64 * kMiB);
    const auto owner = stream();
    const auto user = stream();
    auto first = memory(owner, 40 * kMiB);
    EXPECT_OK(optirs_device_memory_use(first.get(), user.get()));
    driver().hold(1);
    EXPECT_OK(optirs_device_memory_fill(first.get(), 0, 0, 1, user.get()));
    first.reset();
    const auto second = memory(owner, 40 * kMiB);
    EXPECT_EQ(stats().reserved_bytes, 40 * kMiB);
}

TEST_F(AllocatorTest, ExhaustionSaysWhatIsTaken) {
    driver().set_memory(64 * kMiB);
    const auto owner = stream();
    const auto first = memory(owner, 40 * kMiB, "activations");
    optirs_device_memory* none = nullptr;
    const Failure failure = take(optirs_device_memory_create(owner.get(), 30 * kMiB, nullptr, 0, &none));
    EXPECT_EQ(failure.code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_EQ(
        failure.message,
        "no device memory for 31457280 bytes on device 0: 41943040 bytes in use, 0 kept in pieces, 25165824 "
        "of "
        "67108864 free; the tag 'activations' has most, 41943040; release memory or use smaller batches "
        "(cuMemAlloc of "
        "31457280 bytes on device 0 failed: CUDA_ERROR_OUT_OF_MEMORY (as the test wanted) (cuda code 2))");
    EXPECT_EQ(take(optirs_device_memory_create(owner.get(), UINT64_MAX, nullptr, 0, &none)).code,
              OPTIRS_INVALID_ARGUMENT);
}

TEST_F(AllocatorTest, ExhaustionAsksThePressureHandler) {
    driver().set_memory(64 * kMiB);
    const auto owner = stream();
    static Held<optirs_device_memory> cached;
    cached = memory(owner, 40 * kMiB);
    optirs_memory_set_pressure_handler(
        [](uint64_t, void*) -> uint8_t {
            cached.reset();  // no lock is held
            return 1;
        },
        nullptr);
    const auto block = memory(owner, 30 * kMiB);
    optirs_memory_set_pressure_handler(nullptr, nullptr);
    EXPECT_EQ(cached, nullptr);
}

TEST_F(AllocatorTest, RandomUseKeepsBlocksApart) {
    std::mt19937 random(5);
    std::array<Held<optirs_stream>, 3> streams = {stream(), stream(), stream()};
    std::vector<Held<optirs_device_memory>> blocks;
    for (int step = 0; step < 3000; ++step) {
        if (step % 100 == 0) {
            driver().hold(step / 100 % 2);
        }
        if (blocks.size() > 40 || (!blocks.empty() && random() % 3 == 0)) {
            blocks.erase(blocks.begin() + static_cast<ptrdiff_t>(random() % blocks.size()));
            continue;
        }
        if (random() % 200 == 0) {
            streams[random() % 3] = stream();
        }
        const uint64_t size = uint64_t{1} << (random() % 23);
        blocks.push_back(memory(streams[random() % 3], size + random() % size));
        if (random() % 4 == 0) {
            EXPECT_OK(optirs_device_memory_use(blocks.back().get(), streams[random() % 3].get()));
        }
        uint64_t used = 0;
        std::map<std::byte*, uint64_t> ranges;
        for (const auto& block : blocks) {
            ranges[static_cast<std::byte*>(optirs_device_memory_data(block.get()))] =
                optirs_device_memory_size(block.get());
            used += optirs_device_memory_size(block.get());
        }
        ASSERT_EQ(ranges.size(), blocks.size());
        std::byte* end = nullptr;
        for (const auto& [address, bytes] : ranges) {
            ASSERT_GE(address, end);
            end = address + bytes;
        }
        ASSERT_EQ(stats().requested_bytes, used);
        ASSERT_EQ(stats().blocks, blocks.size());
    }
}

}  // namespace
}  // namespace optirs::test
