// Results do not depend on the number of threads.
#include <gtest/gtest.h>
#include <optirs/kernel_attention.h>
#include <optirs/kernel_matmul.h>
#include <optirs/kernel_sparse.h>

#include <functional>
#include <random>
#include <vector>

#include "array.h"
#include "src/cpu/kernels.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

/// Calls compute(pool) with several pools; what it returns must be the same.
void onPools(const std::function<std::vector<float>(ThreadPool&)>& compute) {
    std::vector<float> expected;
    for (const int threads : {1, 2, 3, 7}) {
        ThreadPool pool(threads);
        const std::vector<float> result = compute(pool);
        if (threads == 1) {
            expected = result;
        }
        EXPECT_EQ(result, expected) << threads << " threads";
    }
}

class AttentionThreads : public ::testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(AttentionThreads, ForwardAndBackward) {
    const auto [rows, columns] = GetParam();
    Array<float> q({2, rows, 6, 16}), k({2, columns, 3, 16}), v({2, columns, 3, 24});
    Array<float> dout({2, rows, 6, 24}), out({2, rows, 6, 24}), lse({2, 6, rows});
    Array<float> dq({2, rows, 6, 16}), dk({2, columns, 3, 16}), dv({2, columns, 3, 24});
    fill(q, 1);
    fill(k, 2);
    fill(v, 3);
    fill(dout, 4);
    optirs_attention_args args{};
    args.q = q.view();
    args.k = k.view();
    args.v = v.view();
    args.scale = 0.25;
    args.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
    args.window_left = args.window_right = -1;
    args.out = out.view();
    args.lse = lse.view();
    optirs_attention_backward_args back{};
    back.dout = dout.view();
    back.q = args.q;
    back.k = args.k;
    back.v = args.v;
    back.out = args.out;
    back.lse = args.lse;
    back.scale = args.scale;
    back.mask = args.mask;
    back.window_left = back.window_right = -1;
    back.dq = dq.view();
    back.dk = dk.view();
    back.dv = dv.view();
    onPools([&](ThreadPool& pool) {
        EXPECT_TRUE(runKernel(OPTIRS_KERNEL_ATTENTION, &args, pool));
        EXPECT_TRUE(runKernel(OPTIRS_KERNEL_ATTENTION_BACKWARD, &back, pool));
        std::vector<float> all;
        for (const Array<float>* part : {&out, &lse, &dq, &dk, &dv}) {
            all.insert(all.end(), part->values.begin(), part->values.end());
        }
        return all;
    });
}

// Tiles of few rows and of many, whole ones and rests; decoding, whose columns are split.
INSTANTIATE_TEST_SUITE_P(Shapes, AttentionThreads,
                         ::testing::Values(std::pair{1, 5000}, std::pair{3, 700}, std::pair{25, 600},
                                           std::pair{49, 60}, std::pair{500, 500}));

TEST(Threads, GroupedProducts) {
    Array<float> a({1500, 32}), b({3, 32, 40}), out({1500, 40});
    Array<int32_t> sizes({3});
    sizes.values = {700, 0, 790};
    fill(a, 1);
    fill(b, 2);
    optirs_grouped_matmul_args args{};
    args.a = a.view();
    args.b = b.view();
    args.group_sizes = sizes.view();
    args.alpha = 1;
    args.out = out.view();
    onPools([&](ThreadPool& pool) {
        EXPECT_TRUE(runKernel(OPTIRS_KERNEL_GROUPED_MATMUL, &args, pool));
        return out.values;
    });
}

TEST(Threads, SparseSteps) {
    constexpr int64_t kCount = 3000;
    Array<float> param({500, 100}), grads({kCount, 100}), first({500, 100}), second({500, 100});
    Array<int32_t> indices({kCount});
    fill(grads, 1);
    std::mt19937 random(2);
    for (int32_t& index : indices.values) {
        index = static_cast<int32_t>(random() % 500);
    }
    optirs_sparse_adam_args args{};
    args.param = param.view();
    args.indices = indices.view();
    args.grads = grads.view();
    args.exp_avg = first.view();
    args.exp_avg_sq = second.view();
    args.step = 1;
    args.learning_rate = 0.1;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
    onPools([&](ThreadPool& pool) {
        for (Array<float>* state : {&param, &first, &second}) {
            std::fill(state->values.begin(), state->values.end(), 0.0F);
        }
        EXPECT_TRUE(runKernel(OPTIRS_KERNEL_SPARSE_ADAM, &args, pool));
        return param.values;
    });
}

}  // namespace
}  // namespace optirs::cpu
