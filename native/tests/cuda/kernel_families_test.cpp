// Norms, activations, casts, products and the rest, each beside the CPU's.
#include <cmath>
#include <vector>

#include "twins.h"

namespace optirs::test {
namespace {

TEST_F(KernelFamilyTest, LayerNorm) {
    for (const auto& [type, weights] :
         {std::pair(kF32, kF32), std::pair(kBF16, kBF16), std::pair(kBF16, kF32)}) {
        Twin& x = normal(type, {3, 5, 40}, 2);
        Twin& gamma = normal(weights, {40});
        Twin& beta = normal(weights, {40});
        Twin& out = result(type, {3, 5, 40});
        Twin& mean = result(kF32, {15});
        Twin& rstd = result(kF32, {15});
        runBoth<optirs_layer_norm_args>(OPTIRS_KERNEL_LAYER_NORM, optirs_layer_norm, [&](auto& args, int at) {
            args.x = &x.tensors[at];
            args.gamma = &gamma.tensors[at];
            args.beta = &beta.tensors[at];
            args.epsilon = 1e-5;
            args.out = &out.tensors[at];
            args.mean = &mean.tensors[at];
            args.rstd = &rstd.tensors[at];
        });
        expectSame(out, unitOf(type), 2e-6);
        expectSame(mean, 1e-5, 1e-6);
        expectSame(rstd, 1e-5, 0);

        Twin& dout = normal(type, {3, 5, 40});
        Twin& dx = result(type, {3, 5, 40});
        Twin& dgamma = result(kF32, {40});
        Twin& dbeta = result(weights, {40});
        runBoth<optirs_layer_norm_backward_args>(OPTIRS_KERNEL_LAYER_NORM_BACKWARD,
                                                 optirs_layer_norm_backward, [&](auto& args, int at) {
                                                     args.dout = &dout.tensors[at];
                                                     args.x = &x.tensors[at];
                                                     args.gamma = &gamma.tensors[at];
                                                     args.mean = &mean.tensors[at];
                                                     args.rstd = &rstd.tensors[at];
                                                     args.dx = &dx.tensors[at];
                                                     args.dgamma = &dgamma.tensors[at];
                                                     args.dbeta = &dbeta.tensors[at];
                                                 });
        expectSame(dx, unitOf(type), 1e-5);
        expectSame(dgamma, 1e-4, 1e-4);
        expectSame(dbeta, unitOf(weights) * 4, 1e-4);
    }
}

TEST_F(KernelFamilyTest, RmsNormWithoutWeights) {
    Twin& x = normal(kBF16, {7, 33});
    Twin& out = result(kBF16, {7, 33});
    Twin& rstd = result(kF32, {7});
    runBoth<optirs_rms_norm_args>(OPTIRS_KERNEL_RMS_NORM, optirs_rms_norm, [&](auto& args, int at) {
        args.x = &x.tensors[at];
        args.epsilon = 1e-6;
        args.out = &out.tensors[at];
        args.rstd = &rstd.tensors[at];
    });
    expectSame(out, unitOf(kBF16), 0);
    Twin& dx = result(kBF16, {7, 33});
    Twin& dgamma = result(kF32, {33});
    runBoth<optirs_rms_norm_backward_args>(OPTIRS_KERNEL_RMS_NORM_BACKWARD, optirs_rms_norm_backward,
                                           [&](auto& args, int at) {
                                               args.dout = &out.tensors[at];
                                               args.x = &x.tensors[at];
                                               args.rstd = &rstd.tensors[at];
                                               args.dx = &dx.tensors[at];
                                               args.dgamma = &dgamma.tensors[at];
                                           });
    expectSame(dx, unitOf(kBF16) * 2, 1e-3);
    expectSame(dgamma, 1e-4, 1e-4);
}

TEST_F(KernelFamilyTest, SoftmaxAndCrossEntropy) {
    Twin& x = normal(kF32, {6, 50}, 3);
    Twin& out = result(kF32, {6, 50});
    runBoth<optirs_softmax_args>(OPTIRS_KERNEL_SOFTMAX, optirs_softmax, [&](auto& args, int at) {
        args.x = &x.tensors[at];
        args.scale = 0.5;
        args.out = &out.tensors[at];
    });
    expectSame(out, 1e-5, 1e-9);
    Twin& dx = result(kF32, {6, 50});
    runBoth<optirs_softmax_backward_args>(OPTIRS_KERNEL_SOFTMAX_BACKWARD, optirs_softmax_backward,
                                          [&](auto& args, int at) {
                                              args.dout = &x.tensors[at];
                                              args.out = &out.tensors[at];
                                              args.scale = 0.5;
                                              args.dx = &dx.tensors[at];
                                          });
    expectSame(dx, 1e-4, 1e-6);

    const std::vector<int32_t> labels = {3, 49, 0, -100, 7, 20};
    Twin& targets = values(kS32, {6}, labels);
    Twin& scale = values(kF32, {1}, std::vector<float>{0.25F});
    Twin& loss = result(kF32, {6});
    Twin& dlogits = result(kF32, {6, 50});
    runBoth<optirs_cross_entropy_args>(OPTIRS_KERNEL_CROSS_ENTROPY, optirs_cross_entropy,
                                       [&](auto& args, int at) {
                                           args.logits = &x.tensors[at];
                                           args.targets = &targets.tensors[at];
                                           args.ignore_index = -100;
                                           args.label_smoothing = 0.1;
                                           args.grad_scale = &scale.tensors[at];
                                           args.loss = &loss.tensors[at];
                                           args.dlogits = &dlogits.tensors[at];
                                       });
    expectSame(loss, 1e-5, 1e-6);
    expectSame(dlogits, 1e-4, 1e-7);
}

TEST_F(KernelFamilyTest, Activations) {
    for (const auto type : {kF32, kBF16}) {
        for (const int32_t form : {OPTIRS_GELU_ERF, OPTIRS_GELU_TANH}) {
            Twin& x = normal(type, {3, 101}, 2);
            Twin& dout = normal(type, {3, 101});
            Twin& out = result(type, {3, 101});
            Twin& dx = result(type, {3, 101});
            runBoth<optirs_gelu_args>(OPTIRS_KERNEL_GELU, optirs_gelu, [&](auto& args, int at) {
                args.x = &x.tensors[at];
                args.approximation = form;
                args.out = &out.tensors[at];
            });
            runBoth<optirs_gelu_backward_args>(OPTIRS_KERNEL_GELU_BACKWARD, optirs_gelu_backward,
                                               [&](auto& args, int at) {
                                                   args.dout = &dout.tensors[at];
                                                   args.x = &x.tensors[at];
                                                   args.approximation = form;
                                                   args.dx = &dx.tensors[at];
                                               });
            expectSame(out, unitOf(type) * 4, 1e-6);
            expectSame(dx, unitOf(type) * 4, 1e-5);
        }
        Twin& x = normal(type, {5, 48});
        Twin& dout = normal(type, {5, 24});
        Twin& out = result(type, {5, 24});
        Twin& dx = result(type, {5, 48});
        runBoth<optirs_swiglu_args>(OPTIRS_KERNEL_SWIGLU, optirs_swiglu, [&](auto& args, int at) {
            args.x = &x.tensors[at];
            args.out = &out.tensors[at];
        });
        runBoth<optirs_swiglu_backward_args>(OPTIRS_KERNEL_SWIGLU_BACKWARD, optirs_swiglu_backward,
                                             [&](auto& args, int at) {
                                                 args.dout = &dout.tensors[at];
                                                 args.x = &x.tensors[at];
                                                 args.dx = &dx.tensors[at];
                                             });
        expectSame(out, unitOf(type) * 2, 1e-6);
        expectSame(dx, unitOf(type) * 2, 1e-5);
    }
}

TEST_F(KernelFamilyTest, RopeDropoutEmbedding) {
    Twin& x = normal(kF32, {2, 3, 4, 6});
    Twin& cosine = normal(kF32, {9, 3});
    Twin& sine = normal(kF32, {9, 3});
    Twin& positions = values(kS64, {2, 3}, std::vector<int64_t>{8, 0, 3, 3, 7, 1});
    for (const bool has_positions : {false, true}) {
        for (const int32_t flag : {0, 1}) {
            Twin& out = result(kF32, {2, 3, 4, 6});
            runBoth<optirs_rope_args>(OPTIRS_KERNEL_ROPE, optirs_rope, [&](auto& args, int at) {
                args.x = &x.tensors[at];
                args.cosine = &cosine.tensors[at];
                args.sine = &sine.tensors[at];
                args.positions = has_positions ? &positions.tensors[at] : nullptr;
                args.interleaved = flag;
                args.inverse = 1 - flag;
                args.out = &out.tensors[at];
            });
            expectSame(out, 1e-6, 1e-6);
        }
    }
    Twin& dropped = result(kF32, {2, 3, 4, 6});
    runBoth<optirs_dropout_args>(OPTIRS_KERNEL_DROPOUT, optirs_dropout, [&](auto& args, int at) {
        args.x = &x.tensors[at];
        args.probability = 0.3;
        args.seed = 11;
        args.offset = 5;
        args.out = &dropped.tensors[at];
    });
    expectSame(dropped, 0, 0);

    Twin& table = normal(kBF16, {10, 17});
    Twin& indices = values(kS32, {2, 2}, std::vector<int32_t>{9, 0, 9, 4});
    Twin& rows = result(kBF16, {2, 2, 17});
    Twin& dtable = result(kF32, {10, 17});
    runBoth<optirs_embedding_args>(OPTIRS_KERNEL_EMBEDDING, optirs_embedding, [&](auto& args, int at) {
        args.table = &table.tensors[at];
        args.indices = &indices.tensors[at];
        args.out = &rows.tensors[at];
    });
    expectSame(rows, 0, 0);
    runBoth<optirs_embedding_backward_args>(OPTIRS_KERNEL_EMBEDDING_BACKWARD, optirs_embedding_backward,
                                            [&](auto& args, int at) {
                                                args.dout = &rows.tensors[at];
                                                args.indices = &indices.tensors[at];
                                                args.dtable = &dtable.tensors[at];
                                            });
    expectSame(dtable, 0, 0);
}

TEST_F(KernelFamilyTest, Matmul) {
    for (const auto& [batches, shared] : {std::pair(1, true), std::pair(3, true), std::pair(3, false)}) {
        for (const int32_t transposes : {0, 1, 2}) {
            const bool of_a = transposes == 1;
            const bool of_b = transposes == 2;
            Twin& a = normal(kF32, {batches, of_a ? 24 : 16, of_a ? 16 : 24});
            std::vector<int64_t> right = {of_b ? 8 : 24, of_b ? 24 : 8};
            if (!shared) {
                right.insert(right.begin(), batches);
            }
            Twin& b = normal(kF32, right);
            Twin& bias = normal(kF32, {8});
            Twin& aux = result(kF32, {batches, 16, 8});
            Twin& out = result(kF32, {batches, 16, 8});
            runBoth<optirs_matmul_args>(OPTIRS_KERNEL_MATMUL, optirs_matmul, [&](auto& args, int at) {
                args.a = &a.tensors[at];
                args.b = &b.tensors[at];
                args.transpose_a = of_a ? 1 : 0;
                args.transpose_b = of_b ? 1 : 0;
                args.alpha = 0.5;
                args.bias = &bias.tensors[at];
                args.epilogue = OPTIRS_EPILOGUE_GELU;
                args.aux = &aux.tensors[at];
                args.out = &out.tensors[at];
            });
            expectSame(aux, 1e-5, 1e-5);
            expectSame(out, 1e-4, 1e-5);
        }
    }
}

TEST_F(KernelFamilyTest, Float8MatmulWithScales) {
    for (const bool has_scales : {false, true}) {
        Twin& a = normal(kE4M3, {32, 48});
        Twin& b = normal(kE4M3, {16, 48});
        Twin& scale_a = values(kF32, {1}, std::vector<float>{0.5F});
        Twin& scale_b = values(kF32, {1}, std::vector<float>{0.25F});
        Twin& out = result(kBF16, {32, 16});
        runBoth<optirs_matmul_args>(OPTIRS_KERNEL_MATMUL, optirs_matmul, [&](auto& args, int at) {
            args.a = &a.tensors[at];
            args.b = &b.tensors[at];
            args.transpose_b = 1;
            args.alpha = 1;
            args.scale_a = has_scales ? &scale_a.tensors[at] : nullptr;
            args.scale_b = has_scales ? &scale_b.tensors[at] : nullptr;
            args.out = &out.tensors[at];
        });
        expectSame(out, unitOf(kBF16), 1e-5);
    }
}

}  // namespace
}  // namespace optirs::test
