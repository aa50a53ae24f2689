// Adam of the rows that have gradients, beside the CPU's.
#include <limits>
#include <vector>

#include "twins.h"

namespace optirs::test {
namespace {

class SparseAdamTest : public KernelFamilyTest {
 protected:
    /// A table of `rows` and the gradients of some of them.
    void prepare(optirs_dl_data_type type, optirs_dl_data_type grad_type, int64_t rows, int64_t width,
                 const std::vector<int64_t>& wanted, bool has_wide_indices) {
        param = &normal(type, {rows, width});
        grads = &normal(grad_type, {static_cast<int64_t>(wanted.size()), width});
        exp_avg = &normal(kF32, {rows, width});
        std::vector<float> squares(static_cast<size_t>(rows * width));
        std::normal_distribution<float> distribution;
        for (float& square : squares) {
            square = std::fabs(distribution(random));
        }
        exp_avg_sq = &values(kF32, {rows, width}, squares);
        const std::vector<int64_t> shape = {static_cast<int64_t>(wanted.size())};
        indices = has_wide_indices ? &values(kS64, shape, wanted)
                                   : &values(kS32, shape, std::vector<int32_t>(wanted.begin(), wanted.end()));
    }

    void fill(optirs_sparse_adam_args& args, int at) {
        args.param = &param->tensors[at];
        args.indices = &indices->tensors[at];
        args.grads = &grads->tensors[at];
        args.exp_avg = &exp_avg->tensors[at];
        args.exp_avg_sq = &exp_avg_sq->tensors[at];
        args.step = 3;
        args.learning_rate = 1e-2;
        args.beta1 = 0.9;
        args.beta2 = 0.99;
        args.epsilon = 1e-8;
        args.weight_decay = 0.1;
    }

    void step(const Twin* scale = nullptr) {
        runBoth<optirs_sparse_adam_args>(
            OPTIRS_KERNEL_SPARSE_ADAM, optirs_sparse_adam, [&](auto& args, int at) {
                fill(args, at);
                args.grad_scale = scale == nullptr ? nullptr : &scale->tensors[at];
            });
    }

    /// The bits of the CPU where that has fused multiply-add.
    void expectSameTables() {
        const bool has_fma = __builtin_cpu_supports("fma") != 0;
        for (Twin* twin : {param, exp_avg, exp_avg_sq}) {
            expectSame(*twin, has_fma ? 0 : unitOf(twin->type), has_fma ? 0 : 1e-6);
        }
    }

    Twin* param = nullptr;
    Twin* indices = nullptr;
    Twin* grads = nullptr;
    Twin* exp_avg = nullptr;
    Twin* exp_avg_sq = nullptr;
};

TEST_F(SparseAdamTest, RowsOfAllTypesAndWidths) {
    Twin& scale = values(kF32, {1}, std::vector<float>{0.5F});
    for (const auto& [type, grad_type] :
         {std::pair(kF32, kF32), std::pair(kBF16, kBF16), std::pair(kF16, kF32), std::pair(kF32, kF16)}) {
        for (const int64_t width : {1, 5, 64, 256, 300, 520}) {
            SCOPED_TRACE(width);
            prepare(type, grad_type, 40, width, {7, 39, 0, 7, 12, 7, 0, 38}, width % 2 == 0);
            const std::vector<char> before = param->host;
            step(width == 5 ? nullptr : &scale);
            EXPECT_NE(param->host, before);
            expectSameTables();
        }
    }
}

/// Rows that come back within a warp's round and far behind it; the order of sums is that of positions.
TEST_F(SparseAdamTest, AnyNumberOfGradientsOfARow) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 draw(seed);
        const int64_t rows = 1 + draw() % 50;
        std::vector<int64_t> wanted(draw() % 300);
        for (int64_t& row : wanted) {
            row = draw() % 4 == 0 ? 0 : draw() % rows;
        }
        prepare(seed % 3 == 0 ? kBF16 : kF32, seed % 2 == 0 ? kF16 : kF32, rows, 1 + draw() % 40, wanted,
                seed % 2 != 0);
        step();
        expectSameTables();
        step();
        expectSameTables();
    }
}

TEST_F(SparseAdamTest, NothingToDo) {
    for (const auto& [rows, width] : {std::pair<int64_t, int64_t>{5, 8}, {5, 0}}) {
        prepare(kF32, kF32, rows, width, width == 0 ? std::vector<int64_t>{1, 1} : std::vector<int64_t>{},
                false);
        step();
        expectSameTables();
    }
}

TEST_F(SparseAdamTest, SpecialGradientsStayInTheirRow) {
    prepare(kF32, kF32, 4, 3, {1, 2, 1}, false);
    const float infinity = std::numeric_limits<float>::infinity();
    std::memcpy(grads->host.data(), &infinity, sizeof(infinity));
    const float minus = -infinity;
    std::memcpy(grads->host.data() + 6 * sizeof(minus), &minus, sizeof(minus));
    EXPECT_OK(optirs_device_memory_write(grads->device.get(), 0, grads->host.data(), grads->host.size(),
                                         queue.get()));
    step();
    EXPECT_TRUE(std::isnan(numberAt(onDevice(*param), kF32, 3)));
    EXPECT_FALSE(std::isnan(numberAt(onDevice(*param), kF32, 4)));
    expectSameTables();
}

/// A device waits for nothing, so it has no error for them.
TEST_F(SparseAdamTest, IndicesOutOfRangeArePassedOver) {
    prepare(kF32, kF32, 6, 10, {2, 4, 2}, true);
    Twin& more_indices =
        values(kS64, {6}, std::vector<int64_t>{2, 4, 2, -1, 6, std::numeric_limits<int64_t>::max()});
    std::vector<float> numbers(60, 1);
    std::memcpy(numbers.data(), grads->host.data(), grads->host.size());
    Twin& more_grads = values(kF32, {6, 10}, numbers);
    runBoth<optirs_sparse_adam_args>(OPTIRS_KERNEL_SPARSE_ADAM, optirs_sparse_adam, [&](auto& args, int at) {
        fill(args, at);
        if (at == 1) {
            args.indices = &more_indices.tensors[1];
            args.grads = &more_grads.tensors[1];
        }
    });
    expectSameTables();
}

/// Positions are counted in 32 bits. Nothing looks at the memory before that is known.
TEST_F(SparseAdamTest, MoreGradientsThanCanBeCounted) {
    prepare(kF32, kF32, 4, 1, {1}, false);
    optirs_sparse_adam_args args{};
    args.struct_size = sizeof(args);
    fill(args, 1);
    int64_t shape[] = {int64_t{1} << 32, 1};
    optirs_dl_tensor many_indices = indices->tensors[1];
    many_indices.shape = shape;
    many_indices.data = reinterpret_cast<void*>(uintptr_t{1} << 44);
    optirs_dl_tensor many_grads = grads->tensors[1];
    many_grads.shape = shape;
    many_grads.data = reinterpret_cast<void*>(uintptr_t{1} << 45);
    args.indices = &many_indices;
    args.grads = &many_grads;
    const auto workspace = memory(queue, 64);
    args.workspace = optirs_device_memory_data(workspace.get());
    args.workspace_size = 64;
    const Failure failure = take(optirs_sparse_adam(queue.get(), &args));
    EXPECT_EQ(failure.code, OPTIRS_UNIMPLEMENTED);
    EXPECT_EQ(failure.message,
              "sparse_adam: the CUDA backend has no sparse step on 4294967296 gradients; the most is "
              "4294967295");
}

}  // namespace
}  // namespace optirs::test
