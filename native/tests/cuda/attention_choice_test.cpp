// Which calls Hopper's attention kernel is chosen for.
#include "kernels.h"
#include "src/cuda/attention.h"

namespace optirs::cuda {
namespace {

constexpr int32_t kHopper = 90;

/// Two sequences of 100 rows, 4 heads of 64 over 2.
AttentionArguments plain() {
    AttentionArguments arguments{};
    AttentionScores& s = arguments.scores;
    s.q = {nullptr, 100 * 4 * 64, 4 * 64, 64, 64, 1};
    s.k = s.v = {nullptr, 100 * 2 * 64, 2 * 64, 64, 64, 1};
    s.batches = 2;
    s.rows = s.columns = 100;
    s.heads = 4;
    s.kv_heads = 2;
    s.window_left = s.window_right = -1;
    s.scale = 0.125F;
    return arguments;
}

bool isChosen(const std::function<void(AttentionScores&)>& change) {
    testQueue();  // opens the driver
    AttentionArguments arguments = plain();
    change(arguments.scores);
    return isForHopper(kHopper, Element::kBF16, arguments);
}

TEST(AttentionChoiceTest, PlainCallsOnHopperOf16Bits) {
    testQueue();
    for (const int32_t capability : {70, 80, 89, kHopper, 100, 120}) {
        EXPECT_EQ(isForHopper(capability, Element::kBF16, plain()), capability == kHopper);
        EXPECT_EQ(isForHopper(capability, Element::kF16, plain()), capability == kHopper);
        EXPECT_FALSE(isForHopper(capability, Element::kF32, plain()));
    }
    for (const int32_t mask : {0, 1, 2}) {
        EXPECT_TRUE(isChosen([&](AttentionScores& s) { s.mask = mask; }));
    }
}

TEST(AttentionChoiceTest, NoCodesAndNoParts) {
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.v.storage = Storage::kE4M3; }));
    testQueue();
    AttentionArguments arguments = plain();
    arguments.parts = 2;
    EXPECT_FALSE(isForHopper(kHopper, Element::kBF16, arguments));
    arguments = plain();
    arguments.scores.v.width = 264;
    EXPECT_FALSE(isForHopper(kHopper, Element::kBF16, arguments));
}

TEST(AttentionChoiceTest, NothingThatChangesScores) {
    static constexpr int32_t kNumbers[3] = {};
    static constexpr float kSlopes[4] = {};
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.scale = 0; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.scale = -1; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.soft_cap = 1; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.drops = 1; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.window_left = 0; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.window_right = 0; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.bias = kSlopes; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.slopes = kSlopes; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.q_lengths = kNumbers; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.kv_lengths = kNumbers; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.q_starts = s.kv_starts = kNumbers; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.block_table = kNumbers; }));
}

TEST(AttentionChoiceTest, StridesThatTensorMapsHave) {
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.k.is_vector = 0; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.v.row_stride = 0; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.q.head_stride = int64_t{1} << 39; }));
    EXPECT_TRUE(isChosen([](AttentionScores& s) { s.q.head_stride = (int64_t{1} << 39) - 8; }));
    EXPECT_FALSE(isChosen([](AttentionScores& s) { s.columns = 0; }));
    // Along one head there is nothing to go.
    EXPECT_TRUE(isChosen([](AttentionScores& s) {
        s.kv_heads = 1;
        s.k.head_stride = s.v.head_stride = 0;
    }));
}

}  // namespace
}  // namespace optirs::cuda
