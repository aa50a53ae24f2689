// Casts to 8-bit floats, each beside the CPU's.
#include <limits>
#include <vector>

#include "twins.h"

namespace optirs::test {
namespace {

TEST_F(KernelFamilyTest, Casts) {
    Twin& x = normal(kBF16, {70, 300}, 3);
    Twin& scale = values(kF32, {1}, std::vector<float>{16.0F});
    Twin& amax = result(kF32, {1});
    Twin& out = result(kE4M3, {70, 300});
    Twin& transposed = result(kE4M3, {300, 70});
    Twin& back = result(kBF16, {70, 300});
    runBoth<optirs_amax_args>(OPTIRS_KERNEL_AMAX, optirs_amax, [&](auto& args, int at) {
        args.x = &x.tensors[at];
        args.amax = &amax.tensors[at];
    });
    expectSame(amax, 0, 0);
    runBoth<optirs_quantize_args>(OPTIRS_KERNEL_QUANTIZE, optirs_quantize, [&](auto& args, int at) {
        args.x = &x.tensors[at];
        args.scale = &scale.tensors[at];
        args.out = &out.tensors[at];
        args.amax = &amax.tensors[at];
    });
    expectSame(out, 0, 0);
    expectSame(amax, 0, 0);
    runBoth<optirs_dequantize_args>(OPTIRS_KERNEL_DEQUANTIZE, optirs_dequantize, [&](auto& args, int at) {
        args.x = &out.tensors[at];
        args.out = &back.tensors[at];
    });
    expectSame(back, 0, 0);
    for (const bool has_out : {true, false}) {
        runBoth<optirs_cast_transpose_args>(OPTIRS_KERNEL_CAST_TRANSPOSE, optirs_cast_transpose,
                                            [&](auto& args, int at) {
                                                args.x = &x.tensors[at];
                                                args.scale = has_out ? &scale.tensors[at] : nullptr;
                                                args.out = has_out ? &out.tensors[at] : nullptr;
                                                args.out_transposed = &transposed.tensors[at];
                                                args.amax = &amax.tensors[at];
                                            });
        expectSame(out, 0, 0);
        expectSame(transposed, 0, 0);
    }
}

TEST_F(KernelFamilyTest, CastsInBlocks) {
    for (const auto& [rows, columns] :
         {std::pair(1, 128), std::pair(128, 128), std::pair(1, 32), std::pair(7, 1), std::pair(3, 50),
          std::pair(64, 64), std::pair(1000, 1000)}) {
        for (const auto& [from, to] : {std::pair(kBF16, kE4M3), std::pair(kF32, kE5M2)}) {
            SCOPED_TRACE(testing::Message() << rows << " x " << columns);
            Twin& x = normal(from, {70, 300}, 3);
            Twin& out = result(to, {70, 300});
            Twin& back = result(from, {70, 300});
            Twin& scales = result(kF32, {(70 + rows - 1) / rows, (300 + columns - 1) / columns});
            for (const int32_t is_power_of_two : {0, 1}) {
                runBoth<optirs_quantize_blocks_args>(OPTIRS_KERNEL_QUANTIZE_BLOCKS, optirs_quantize_blocks,
                                                     [&](auto& args, int at) {
                                                         args.x = &x.tensors[at];
                                                         args.block_rows = rows;
                                                         args.block_columns = columns;
                                                         args.power_of_two = is_power_of_two;
                                                         args.out = &out.tensors[at];
                                                         args.scale_inv = &scales.tensors[at];
                                                     });
                expectSame(out, 0, 0);
                expectSame(scales, 0, 0);
            }
            runBoth<optirs_dequantize_blocks_args>(OPTIRS_KERNEL_DEQUANTIZE_BLOCKS, optirs_dequantize_blocks,
                                                   [&](auto& args, int at) {
                                                       args.x = &out.tensors[at];
                                                       args.block_rows = rows;
                                                       args.block_columns = columns;
                                                       args.scale_inv = &scales.tensors[at];
                                                       args.out = &back.tensors[at];
                                                   });
            expectSame(back, 0, 0);
        }
    }
}

/// Nothing, subnormal numbers, NaN and infinity.
TEST_F(KernelFamilyTest, BlocksThatAreNotScaledAsUsual) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    Twin& x = values(kF32, {2, 4}, std::vector<float>{0, 0, 1e-40F, -3e-41F, 1, nan, infinity, 2});
    Twin& out = result(kE4M3, {2, 4});
    Twin& scales = result(kF32, {2, 2});
    for (const int32_t is_power_of_two : {0, 1}) {
        runBoth<optirs_quantize_blocks_args>(OPTIRS_KERNEL_QUANTIZE_BLOCKS, optirs_quantize_blocks,
                                             [&](auto& args, int at) {
                                                 args.x = &x.tensors[at];
                                                 args.block_rows = 1;
                                                 args.block_columns = 2;
                                                 args.power_of_two = is_power_of_two;
                                                 args.out = &out.tensors[at];
                                                 args.scale_inv = &scales.tensors[at];
                                             });
        expectSame(out, 0, 0);
        expectSame(scales, 0, 0);
    }
}

/// The gradient of a bias: sums of columns, which the CPU adds up in another order.
TEST_F(KernelFamilyTest, CastsWithTheGradientOfABias) {
    for (const auto& [rows, columns] :
         {std::pair(1, 1), std::pair(64, 64), std::pair(70, 300), std::pair(500, 33), std::pair(0, 5)}) {
        for (const auto& type : {kF32, kBF16, kF16}) {
            SCOPED_TRACE(testing::Message() << rows << " x " << columns);
            Twin& x = normal(type, {rows, columns}, 3);
            Twin& transposed = result(kE5M2, {columns, rows});
            Twin& amax = result(kF32, {1});
            Twin& dbias = result(kF32, {columns});
            runBoth<optirs_cast_transpose_args>(OPTIRS_KERNEL_CAST_TRANSPOSE, optirs_cast_transpose,
                                                [&](auto& args, int at) {
                                                    args.x = &x.tensors[at];
                                                    args.out_transposed = &transposed.tensors[at];
                                                    args.amax = &amax.tensors[at];
                                                    args.dbias = &dbias.tensors[at];
                                                });
            expectSame(transposed, 0, 0);
            expectSame(amax, 0, 0);
            expectSame(dbias, 1e-5, 1e-4);
        }
    }
}

TEST_F(KernelFamilyTest, CastsOfActivations) {
    for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{70, 130}, {5, 64}}) {
        for (const auto& [from, to] : {std::pair(kBF16, kE4M3), std::pair(kF32, kE5M2)}) {
            for (const int32_t activation : {OPTIRS_ACTIVATION_GELU, OPTIRS_ACTIVATION_GELU_BACKWARD}) {
                const bool is_backward = activation == OPTIRS_ACTIVATION_GELU_BACKWARD;
                Twin& x = normal(from, {rows, columns}, 1);
                Twin& aux = normal(from, {rows, columns}, 2);
                Twin& out = result(to, {rows, columns});
                Twin& transposed = result(to, {columns, rows});
                Twin& amax = result(kF32, {1});
                Twin& dbias = result(kF32, {columns});
                runBoth<optirs_cast_transpose_args>(OPTIRS_KERNEL_CAST_TRANSPOSE, optirs_cast_transpose,
                                                    [&](auto& args, int at) {
                                                        args.x = &x.tensors[at];
                                                        args.aux = is_backward ? &aux.tensors[at] : nullptr;
                                                        args.activation = activation;
                                                        args.out = &out.tensors[at];
                                                        args.out_transposed = &transposed.tensors[at];
                                                        args.amax = &amax.tensors[at];
                                                        args.dbias = &dbias.tensors[at];
                                                    });
                // The functions differ in their last bits, and so by a step of 8 bits where that decides.
                const double step = to.code == kE4M3.code ? 0.125 : 0.25;
                expectSame(out, step, 1e-5);
                expectSame(transposed, step, 1e-5);
                expectSame(amax, 1e-5, 0);
                expectSame(dbias, 1e-4, 1e-4);
            }
        }
    }
}

TEST_F(KernelFamilyTest, DelayedScaling) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const int32_t algorithm : {OPTIRS_AMAX_MAX, OPTIRS_AMAX_MOST_RECENT}) {
        Twin& history =
            values(kF32, {3, 4}, std::vector<float>{2, 0, nan, 1e-38F, 5, 0, 1, 0, 3, 0, 1, 1e-40F});
        Twin& scale = values(kF32, {4}, std::vector<float>{1, 7, 9, 1});
        Twin& inverse = result(kF32, {4});
        runBoth<optirs_delayed_scaling_args>(OPTIRS_KERNEL_DELAYED_SCALING, optirs_delayed_scaling,
                                             [&](auto& args, int at) {
                                                 args.amax_history = &history.tensors[at];
                                                 args.scale = &scale.tensors[at];
                                                 args.scale_inv = &inverse.tensors[at];
                                                 args.fp8_max = 448;
                                                 args.margin = 1;
                                                 args.algorithm = algorithm;
                                             });
        expectSame(history, 0, 0);
        expectSame(scale, 0, 0);
        expectSame(inverse, 0, 0);
    }
}

}  // namespace
}  // namespace optirs::test
