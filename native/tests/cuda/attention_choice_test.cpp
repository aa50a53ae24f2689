// Which calls Hopper's attention kernels are chosen for.
#include "kernels.h"
#include "src/cuda/attention.h"

namespace optirs::cuda {
namespace {

/// Two sequences of 100 rows, 4 heads of 64 over 2.
AttentionCall plain() {
    AttentionCall call{};
    call.element = Element::kBF16;
    call.parts = 1;
    AttentionScores& s = call.scores;
    s.q = {nullptr, 100 * 4 * 64, 4 * 64, 64, 64, 1};
    s.k = s.v = {nullptr, 100 * 2 * 64, 2 * 64, 64, 64, 1};
    s.batches = 2;
    s.rows = s.columns = 100;
    s.heads = 4;
    s.kv_heads = 2;
    s.window_left = s.window_right = -1;
    s.scale = 0.125F;
    return call;
}

bool isChosen(const std::function<void(AttentionCall&)>& change, int32_t capability = kHopper) {
    testQueue();  // opens the driver
    AttentionCall call = plain();
    change(call);
    return ownKernels(call, capability) != AttentionKernels::kAnywhere;
}
bool isChosenFor(const std::function<void(AttentionScores&)>& change) {
    return isChosen([&](AttentionCall& call) { change(call.scores); });
}

TEST(AttentionChoiceTest, HopperAnd16Bits) {
    for (const int32_t capability : {70, 80, 89, kHopper, 100, 120}) {
        for (const Element element : {Element::kF32, Element::kBF16, Element::kF16}) {
            EXPECT_EQ(isChosen([&](AttentionCall& call) { call.element = element; }, capability),
                      capability == kHopper && element != Element::kF32);
        }
    }
}

TEST(AttentionChoiceTest, CodesOfAnyLayout) {
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) {
        s.v.storage = Storage::kE4M3;
        s.v.width = 63;
        s.v.is_vector = 0;
        s.v.batch_stride = 0;
    }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) {
        s.v.storage = Storage::kE4M3;
        s.k.is_vector = 0;
    }));
}

TEST(AttentionChoiceTest, ProductsOf8Bits) {
    testQueue();
    const auto chosen = [](const std::function<void(AttentionCall&)>& change) {
        AttentionCall call = plain();
        for (HeadOperand* operand : {&call.scores.q, &call.scores.k, &call.scores.v}) {
            operand->storage = Storage::kE4M3;
        }
        change(call);
        return ownKernels(call, kHopper);
    };
    EXPECT_EQ(chosen([](AttentionCall&) {}), AttentionKernels::kHopper8);
    EXPECT_EQ(chosen([](AttentionCall& call) { call.scores.v.is_vector = 0; }), AttentionKernels::kHopper8);
    EXPECT_EQ(chosen([](AttentionCall& call) { call.scores.k.is_vector = 0; }), AttentionKernels::kHopper16);
    EXPECT_EQ(chosen([](AttentionCall& call) { call.scores.v.storage = Storage::kE5M2; }),
              AttentionKernels::kHopper16);
    EXPECT_EQ(chosen([](AttentionCall& call) { call.scores.v.width = 144; }), AttentionKernels::kHopper16);
    const auto chosen_backward = [&](const std::function<void(AttentionCall&)>& change) {
        return chosen([&](AttentionCall& call) {
            call.is_backward = true;
            call.dout = call.scores.q;
            change(call);
        });
    };
    EXPECT_EQ(chosen_backward([](AttentionCall&) {}), AttentionKernels::kHopper8);
    EXPECT_EQ(chosen_backward([](AttentionCall& call) { call.dout.storage = Storage::kE5M2; }),
              AttentionKernels::kHopper8);
    EXPECT_EQ(chosen_backward([](AttentionCall& call) {
                  for (HeadOperand* operand : {&call.scores.q, &call.scores.k, &call.scores.v}) {
                      operand->storage = Storage::kE5M2;
                  }
              }),
              AttentionKernels::kHopper16)
        << "changes of out of E4M3";
    EXPECT_EQ(chosen_backward([](AttentionCall& call) { call.scores.v.is_vector = 0; }),
              AttentionKernels::kHopper16);
    EXPECT_EQ(chosen_backward([](AttentionCall& call) { call.dout.storage = Storage::kOwn; }),
              AttentionKernels::kHopper16);
    EXPECT_EQ(chosen([](AttentionCall& call) { call.scores.drops = 1; }), AttentionKernels::kAnywhere);
    // Each of so many sequences begins with a tile of its own.
    static constexpr int32_t kStarts[2] = {};
    EXPECT_EQ(chosen([](AttentionCall& call) {
                  call.scores.q_starts = call.scores.kv_starts = kStarts;
                  call.scores.batches = int64_t{1} << 24;
              }),
              AttentionKernels::kHopper16);
}

TEST(AttentionChoiceTest, NoPartsAndNoWiderHeads) {
    EXPECT_FALSE(isChosen([](AttentionCall& call) { call.parts = 2; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.v.width = 264; }));
}

TEST(AttentionChoiceTest, WhatHappensToScores) {
    static constexpr int32_t kNumbers[3] = {};
    static constexpr float kSlopes[4] = {};
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) { s.mask = 2; }));
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) { s.scale = -1; }));
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) { s.soft_cap = 1; }));
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) { s.window_left = 0; }));
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) { s.q_lengths = s.kv_lengths = kNumbers; }));
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) { s.q_starts = s.kv_starts = kNumbers; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.drops = 1; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.bias = kSlopes; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.slopes = kSlopes; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.block_table = kNumbers; }));
}

TEST(AttentionChoiceTest, Gradients) {
    const auto isChosenWith = [](const HeadOperand& dout) {
        return isChosen([&](AttentionCall& call) {
            call.is_backward = true;
            call.dout = dout;
        });
    };
    HeadOperand dout = plain().scores.q;
    EXPECT_TRUE(isChosenWith(dout));
    dout.is_vector = 0;
    EXPECT_FALSE(isChosenWith(dout));
    dout.storage = Storage::kE5M2;
    EXPECT_TRUE(isChosenWith(dout));
}

TEST(AttentionChoiceTest, StridesThatTensorMapsHave) {
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.k.is_vector = 0; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.v.row_stride = 0; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.q.head_stride = int64_t{1} << 39; }));
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) { s.q.head_stride = (int64_t{1} << 39) - 8; }));
    EXPECT_FALSE(isChosenFor([](AttentionScores& s) { s.columns = 0; }));
    // Along one head there is nothing to go.
    EXPECT_TRUE(isChosenFor([](AttentionScores& s) {
        s.kv_heads = 1;
        s.k.head_stride = s.v.head_stride = 0;
    }));
}

}  // namespace
}  // namespace optirs::cuda
