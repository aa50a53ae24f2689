// The targets of softmax, pointwise kernels and casts, called as XLA does: what the CPU gives with the same
// tensors, and with the defaults written out.
#include <functional>
#include <vector>

#include "ffi_calls.h"

namespace optirs::test {
namespace {

class FfiTargetTest : public FfiCallTest {};

TEST_F(FfiTargetTest, SoftmaxAndActivations) {
    Twin& x = normal(kF32, {3, 40});
    Twin& dout = normal(kF32, {3, 40});
    Twin& half = normal(kF32, {3, 20});
    const auto run = [&]<class Args>(const char* name, optirs_error* (*kernel)(optirs_stream*, const Args*),
                                     const std::vector<Twin*>& operands, const std::vector<int64_t>& shape,
                                     const std::function<void(Args&, const optirs_dl_tensor*)>& fill) {
        Twin& out = result(kF32, shape);
        FakeXlaCall called = call();
        for (Twin* operand : operands) {
            called.operand(*operand);
        }
        called.result(out);
        expectAsOnHost<Args>(name, kernel, called, [&](Args& args) { fill(args, &out.tensors[0]); }, {&out});
    };
    run.operator()<optirs_softmax_args>("softmax", optirs_softmax, {&x}, x.shape, [&](auto& args, auto* out) {
        args.x = &x.tensors[0];
        args.scale = 1;
        args.out = out;
    });
    run.operator()<optirs_softmax_backward_args>("softmax_backward", optirs_softmax_backward, {&dout, &x},
                                                 x.shape, [&](auto& args, auto* out) {
                                                     args.dout = &dout.tensors[0];
                                                     args.out = &x.tensors[0];
                                                     args.scale = 1;
                                                     args.dx = out;
                                                 });
    run.operator()<optirs_gelu_args>("gelu", optirs_gelu, {&x}, x.shape, [&](auto& args, auto* out) {
        args.x = &x.tensors[0];
        args.approximation = OPTIRS_GELU_TANH;
        args.out = out;
    });
    run.operator()<optirs_gelu_backward_args>("gelu_backward", optirs_gelu_backward, {&dout, &x}, x.shape,
                                              [&](auto& args, auto* out) {
                                                  args.dout = &dout.tensors[0];
                                                  args.x = &x.tensors[0];
                                                  args.approximation = OPTIRS_GELU_TANH;
                                                  args.dx = out;
                                              });
    run.operator()<optirs_swiglu_args>("swiglu", optirs_swiglu, {&x}, half.shape, [&](auto& args, auto* out) {
        args.x = &x.tensors[0];
        args.out = out;
    });
    run.operator()<optirs_swiglu_backward_args>("swiglu_backward", optirs_swiglu_backward, {&half, &x},
                                                x.shape, [&](auto& args, auto* out) {
                                                    args.dout = &half.tensors[0];
                                                    args.x = &x.tensors[0];
                                                    args.dx = out;
                                                });
}

TEST_F(FfiTargetTest, RotationDropoutAndEmbedding) {
    Twin& x = normal(kF32, {2, 3, 2, 8});
    Twin& cosine = normal(kF32, {6, 4});
    Twin& sine = normal(kF32, {6, 4});
    Twin& positions = values<int64_t>(kS64, {2, 3}, {5, 0, 3, 1, 1, 2});
    Twin& rotated = result(kF32, x.shape);
    FakeXlaCall rope = call();
    rope.operand(x).operand(cosine).operand(sine).operand(positions).result(rotated);
    rope.set("interleaved", true).set("inverse", true);
    expectAsOnHost<optirs_rope_args>("rope", optirs_rope, rope,
                                     [&](auto& args) {
                                         args.x = &x.tensors[0];
                                         args.cosine = &cosine.tensors[0];
                                         args.sine = &sine.tensors[0];
                                         args.positions = &positions.tensors[0];
                                         args.interleaved = args.inverse = 1;
                                         args.out = &rotated.tensors[0];
                                     },
                                     {&rotated});

    Twin& dropped = result(kF32, x.shape);
    FakeXlaCall dropout = call();
    dropout.operand(x).operand(scalar<int64_t>(kS64, 77)).operand(scalar<int64_t>(kS64, 5)).result(dropped);
    dropout.set("probability", 0.25);
    control().reset();
    expectAsOnHost<optirs_dropout_args>("dropout", optirs_dropout, dropout,
                                        [&](auto& args) {
                                            args.x = &x.tensors[0];
                                            args.probability = 0.25;
                                            args.seed = 77;
                                            args.offset = 5;
                                            args.out = &dropped.tensors[0];
                                        },
                                        {&dropped});

    Twin& table = normal(kF32, {5, 8});
    Twin& indices = values<int32_t>(kS32, {2, 2}, {4, 0, 4, 2});
    Twin& rows = result(kF32, {2, 2, 8});
    FakeXlaCall embedding = call();
    embedding.operand(table).operand(indices).result(rows);
    expectAsOnHost<optirs_embedding_args>("embedding", optirs_embedding, embedding,
                                          [&](auto& args) {
                                              args.table = &table.tensors[0];
                                              args.indices = &indices.tensors[0];
                                              args.out = &rows.tensors[0];
                                          },
                                          {&rows});
    Twin& dout = normal(kF32, {2, 2, 8});
    Twin& dtable = result(kF32, {5, 8});
    FakeXlaCall backward = call();
    backward.operand(dout).operand(indices).result(dtable);
    expectAsOnHost<optirs_embedding_backward_args>("embedding_backward", optirs_embedding_backward, backward,
                                                   [&](auto& args) {
                                                       args.dout = &dout.tensors[0];
                                                       args.indices = &indices.tensors[0];
                                                       args.dtable = &dtable.tensors[0];
                                                   },
                                                   {&dtable});
}

TEST_F(FfiTargetTest, CastsAndTheirScales) {
    Twin& x = normal(kF32, {6, 40});
    Twin& scale = values<float>(kF32, {1}, {8});
    Twin& largest = result(kF32, {});
    FakeXlaCall amax = call();
    amax.operand(x).result(largest);
    Twin& host_largest = result(kF32, {1});
    expectRuns(amax, "amax");
    Twin* cast[] = {&result(kE4M3, {6, 40}), &result(kE4M3, {40, 6}), &result(kF32, {1}),
                    &result(kF32, {40})};
    FakeXlaCall transpose = call();
    transpose.operand(x).operand(scale);
    for (Twin* one : cast) {
        transpose.result(*one);
    }
    expectAsOnHost<optirs_cast_transpose_args>("cast_transpose", optirs_cast_transpose, transpose,
                                               [&](auto& args) {
                                                   args.x = &x.tensors[0];
                                                   args.scale = &scale.tensors[0];
                                                   args.out = &cast[0]->tensors[0];
                                                   args.out_transposed = &cast[1]->tensors[0];
                                                   args.amax = &cast[2]->tensors[0];
                                                   args.dbias = &cast[3]->tensors[0];
                                               },
                                               {cast[0], cast[1], cast[2], cast[3]});
    EXPECT_EQ(onDevice(largest), onDevice(*cast[2])) << "amax, of tensor<f32>";
    EXPECT_NE(onDevice(largest), host_largest.host);

    Twin& history = squares({4, 3});
    Twin& scales = squares({3});
    Twin& moved = updated(history);
    Twin& set = updated(scales);
    Twin& inverse = result(kF32, {3});
    FakeXlaCall delayed = call();
    delayed.operand(history).operand(scales).result(moved).result(set).result(inverse).set("fp8_max", 448.0);
    expectAsOnHost<optirs_delayed_scaling_args>("delayed_scaling", optirs_delayed_scaling, delayed,
                                                [&](auto& args) {
                                                    args.amax_history = &moved.tensors[0];
                                                    args.scale = &set.tensors[0];
                                                    args.scale_inv = &inverse.tensors[0];
                                                    args.fp8_max = 448;
                                                },
                                                {&moved, &set, &inverse});
    EXPECT_EQ(onDevice(history), history.host) << "the operand itself stays";
    EXPECT_EQ(onDevice(scales), scales.host);
}

}  // namespace
}  // namespace optirs::test
