#include "machine.h"

namespace optirs::test {
namespace {

optirs_architecture find(int32_t major, int32_t minor) {
    optirs_architecture found{};
    EXPECT_OK(optirs_architecture_find(major, minor, &found));
    return found;
}

bool has(const optirs_architecture& architecture, uint32_t features) {
    return (architecture.features & features) == features;
}

TEST(Architecture, TheTableIsInOrder) {
    ASSERT_EQ(optirs_architecture_count(), 10U);
    int32_t before = 0;
    for (uint64_t i = 0; i < optirs_architecture_count(); ++i) {
        optirs_architecture entry{};
        EXPECT_OK(optirs_architecture_at(i, &entry));
        const int32_t capability = entry.major * 10 + entry.minor;
        EXPECT_GT(capability, before);
        before = capability;
        EXPECT_EQ(find(entry.major, entry.minor).name, entry.name);
        EXPECT_LE(entry.shared_kib_per_block, entry.shared_kib);
        // A block of the kernels' size, four to a multiprocessor, fits everywhere.
        EXPECT_GE(entry.threads_per_processor, 4 * 256);
    }
    optirs_architecture none{};
    EXPECT_EQ(take(optirs_architecture_at(10, &none)).code, OPTIRS_OUT_OF_RANGE);
    const Failure failure = take(optirs_architecture_find(6, 1, &none));
    EXPECT_EQ(failure.code, OPTIRS_NOT_FOUND);
    EXPECT_EQ(failure.message,
              "there is no architecture 6.1 in the table; there are 7.0, 7.5, 8.0, 8.6, 8.9, 9.0, 10.0, "
              "10.3, 12.0, 12.1");
}

TEST(Architecture, GenerationsHaveWhatTheyHave) {
    EXPECT_FALSE(has(find(7, 0), OPTIRS_ARCH_TENSOR_INT8));
    EXPECT_FALSE(has(find(7, 5), OPTIRS_ARCH_TENSOR_BF16));
    EXPECT_TRUE(has(find(8, 0), OPTIRS_ARCH_TENSOR_BF16 | OPTIRS_ARCH_TENSOR_F64 | OPTIRS_ARCH_ASYNC_COPY));
    EXPECT_FALSE(has(find(8, 6), OPTIRS_ARCH_TENSOR_F64));
    EXPECT_FALSE(has(find(8, 6), OPTIRS_ARCH_TENSOR_F8));
    EXPECT_TRUE(has(find(8, 9), OPTIRS_ARCH_TENSOR_F8 | OPTIRS_ARCH_F8_CONVERT | OPTIRS_ARCH_FP8_TN_ONLY));
    EXPECT_FALSE(has(find(8, 9), OPTIRS_ARCH_TMA));
    EXPECT_TRUE(has(find(9, 0), OPTIRS_ARCH_TMA | OPTIRS_ARCH_WARP_GROUP_MMA | OPTIRS_ARCH_KERNELS_NATIVE));
    EXPECT_FALSE(has(find(10, 0), OPTIRS_ARCH_WARP_GROUP_MMA));
    EXPECT_FALSE(has(find(10, 0), OPTIRS_ARCH_FP8_TN_ONLY));
    EXPECT_FALSE(has(find(10, 3), OPTIRS_ARCH_KERNELS_NATIVE));
    EXPECT_TRUE(
        has(find(10, 3), OPTIRS_ARCH_TENSOR_MEMORY | OPTIRS_ARCH_KERNELS_PTX | OPTIRS_ARCH_TENSOR_F4));
    EXPECT_FALSE(has(find(12, 0), OPTIRS_ARCH_TENSOR_MEMORY));
    EXPECT_TRUE(has(find(12, 1), OPTIRS_ARCH_TENSOR_BLOCK_SCALED | OPTIRS_ARCH_CLUSTERS));
    // Kernels are there for Ampere and later, one way or the other.
    for (uint64_t i = 0; i < optirs_architecture_count(); ++i) {
        optirs_architecture entry{};
        EXPECT_OK(optirs_architecture_at(i, &entry));
        const bool has_kernels =
            has(entry, OPTIRS_ARCH_KERNELS_NATIVE) != has(entry, OPTIRS_ARCH_KERNELS_PTX);
        EXPECT_EQ(has_kernels, entry.major >= 8) << entry.name;
    }
}

}  // namespace
}  // namespace optirs::test
