#include "src/cpu/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace optirs::plugin {
namespace {

TEST(ThreadPool, CoversTheRangeOnce) {
    ThreadPool pool(4);
    for (const int64_t n : {0, 1, 2, 63, 64, 65, 1000, 100003}) {
        for (const int64_t grain : {1, 7, 64, 5000}) {
            std::vector<std::atomic<int>> seen(static_cast<size_t>(n));
            pool.parallelFor(n, grain, [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) seen[static_cast<size_t>(i)].fetch_add(1);
            });
            for (const auto& count : seen) ASSERT_EQ(count.load(), 1) << n << " by " << grain;
        }
    }
}

TEST(ThreadPool, PartitionDoesNotDependOnTheNumberOfThreads) {
    const auto partition = [](int threads, int64_t n, int64_t grain) {
        ThreadPool pool(threads);
        std::mutex mutex;
        std::set<std::pair<int64_t, int64_t>> ranges;
        pool.parallelFor(n, grain, [&](int64_t begin, int64_t end) {
            std::lock_guard lock(mutex);
            ranges.emplace(begin, end);
        });
        return ranges;
    };
    for (const int64_t n : {10, 1000, 12345}) {
        for (const int64_t grain : {1, 16, 100}) {
            const auto alone = partition(1, n, grain);
            EXPECT_EQ(alone, partition(2, n, grain));
            EXPECT_EQ(alone, partition(5, n, grain));
            for (const auto& range : alone) EXPECT_EQ(range.first % grain, 0);
        }
    }
}

TEST(ThreadPool, NestedCallsRunOnTheirCaller) {
    ThreadPool pool(3);
    std::atomic<int64_t> sum{0};
    pool.parallelFor(20, 1, [&](int64_t begin, int64_t end) {
        const auto outer_thread = std::this_thread::get_id();
        pool.parallelFor(100 * (end - begin), 1, [&](int64_t inner_begin, int64_t inner_end) {
            EXPECT_EQ(std::this_thread::get_id(), outer_thread);
            sum += inner_end - inner_begin;
        });
    });
    EXPECT_EQ(sum.load(), 2000);
}

TEST(ThreadPool, SeveralCallersAtOnce) {
    ThreadPool pool(2);
    std::vector<std::thread> callers;
    std::atomic<int64_t> sum{0};
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (int round = 0; round < 500; ++round) {
                pool.parallelFor(64, 4, [&](int64_t begin, int64_t end) { sum += end - begin; });
            }
        });
    }
    for (auto& thread : callers) thread.join();
    EXPECT_EQ(sum.load(), 4 * 500 * 64);
}

TEST(ThreadPool, ManyShortJobs) {
    ThreadPool pool(4);
    int64_t plain = 0;  // written by the caller between jobs: the join must order it
    std::vector<int64_t> values(256);
    for (int round = 0; round < 20000; ++round) {
        pool.parallelFor(256, 16, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) values[static_cast<size_t>(i)] += plain;
        });
        ++plain;
    }
    const int64_t expected = int64_t{19999} * 20000 / 2;
    for (const int64_t value : values) ASSERT_EQ(value, expected);
}

TEST(ThreadPool, ThrowsWhatTheBodyThrows) {
    ThreadPool pool(3);
    for (int round = 0; round < 50; ++round) {
        EXPECT_THROW(pool.parallelFor(100, 1,
                                      [&](int64_t begin, int64_t) {
                                          if (begin == 37) throw std::runtime_error("37");
                                      }),
                     std::runtime_error);
    }
    std::atomic<int> count{0};
    pool.parallelFor(10, 1, [&](int64_t, int64_t) { ++count; });
    EXPECT_EQ(count.load(), 10);
}

}  // namespace
}  // namespace optirs::plugin
