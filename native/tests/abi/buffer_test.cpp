#include <cstring>
#include <thread>
#include <vector>

#include "support.h"

namespace optirs::test {
namespace {

TEST(Buffer, IsAlignedAndPaddedWithZeros) {
    for (const uint64_t size : {0, 1, 63, 64, 65, 1000, 4096}) {
        const auto buffer = createBuffer(size);
        const auto* data = static_cast<const uint8_t*>(optirs_buffer_data(buffer.get()));
        EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % OPTIRS_BUFFER_ALIGNMENT, 0u) << size;
        EXPECT_EQ(optirs_buffer_size(buffer.get()), size);
        EXPECT_EQ(optirs_buffer_is_read_only(buffer.get()), 0);
        for (uint64_t i = size; i % OPTIRS_BUFFER_ALIGNMENT != 0; ++i) {
            EXPECT_EQ(data[i], 0) << "byte " << i << " of " << size;
        }
    }
}

TEST(Buffer, ReferencesKeepItAlive) {
    const int64_t before = optirs_live_objects(OPTIRS_OBJECT_BUFFER);
    auto buffer = createBuffer(16);
    optirs_buffer_retain(buffer.get());
    optirs_buffer* second = buffer.get();
    buffer.reset();
    EXPECT_EQ(optirs_live_objects(OPTIRS_OBJECT_BUFFER), before + 1);
    std::memset(optirs_buffer_data(second), 1, 16);
    optirs_buffer_release(second);
    EXPECT_EQ(optirs_live_objects(OPTIRS_OBJECT_BUFFER), before);
    optirs_buffer_retain(nullptr);
    optirs_buffer_release(nullptr);
}

TEST(Buffer, SizesThatCannotBeAreRefused) {
    auto* not_null = reinterpret_cast<optirs_buffer*>(1);
    optirs_buffer* buffer = not_null;
    Failure failure = take(optirs_buffer_create(UINT64_MAX, &buffer));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_NE(failure.message.find("18446744073709551615"), std::string::npos);
    EXPECT_EQ(buffer, nullptr);

    buffer = not_null;
    failure = take(optirs_buffer_create(uint64_t{1} << 60, &buffer));
    EXPECT_EQ(failure.code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_NE(failure.message.find("1152921504606846976 bytes"), std::string::npos) << failure.message;
    EXPECT_EQ(buffer, nullptr);
}

TEST(Buffer, IsSharedByThreads) {
    const auto before = liveObjects();
    auto buffer = createBuffer(64);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        optirs_buffer_retain(buffer.get());
        threads.emplace_back([handle = buffer.get()] {
            for (int i = 0; i < 1000; ++i) {
                optirs_buffer_retain(handle);
                optirs_buffer_release(handle);
            }
            optirs_buffer_release(handle);
        });
    }
    buffer.reset();
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(liveObjects(), before);
}

}  // namespace
}  // namespace optirs::test

// A size that no machine has must come back as NULL from the allocator, not stop the program.
// The names are the sanitizers'. NOLINTBEGIN(bugprone-reserved-identifier)
#define OPTIRS_SANITIZER_OPTIONS(name)                                    \
    extern "C" __attribute__((visibility("default"))) const char* name(); \
    extern "C" const char* name() { return "allocator_may_return_null=1"; }
OPTIRS_SANITIZER_OPTIONS(__asan_default_options)
OPTIRS_SANITIZER_OPTIONS(__tsan_default_options)
// NOLINTEND(bugprone-reserved-identifier)
