// The targets of pointwise kernels, of upkeep and of optimizers, called as XLA does: what the CPU gives with
// the same tensors, and with the defaults written out.
#include <functional>
#include <vector>

#include "ffi_calls.h"

namespace optirs::test {
namespace {

class FfiTargetTest : public FfiCallTest {
 protected:
    /// Runs the target on the device and the kernel on the host, and compares the results.
    template <class Args>
    void expectAsOnHost(const std::string& name, optirs_error* (*kernel)(optirs_stream*, const Args*),
                        FakeXlaCall& called, const std::function<void(Args&)>& fill,
                        const std::vector<Twin*>& results) {
        SCOPED_TRACE(name);
        expectRuns(called, name);
        Args args{};
        args.struct_size = sizeof(args);
        fill(args);
        EXPECT_OK(kernel(nullptr, &args));
        for (Twin* result : results) {
            expectSame(*result, 1e-5, 4e-6);
        }
    }

    /// A result that is updated: on the host it starts as the operand, on the device the call copies that.
    Twin& updated(const Twin& operand) {
        Twin& made = result(operand.type, operand.shape);
        made.host = operand.host;
        made.tensors[0].data = made.host.data();
        return made;
    }

    Twin& squares(const std::vector<int64_t>& shape) {
        Twin& made = normal(kF32, shape);
        std::vector<float> numbers;
        for (int64_t i = 0; i < made.count(); ++i) {
            numbers.push_back(0.125F + std::fabs(numberAt(made.host, kF32, i)));
        }
        return values(kF32, shape, numbers);
    }

    /// A step of an optimizer whose operands are unnamed; `numbers` are those behind the tensors.
    template <class Args>
    void expectStep(const char* name, optirs_error* (*kernel)(optirs_stream*, const Args*), size_t states,
                    const std::vector<Twin*>& numbers, const std::function<void(Args&)>& fill) {
        Twin& param = normal(kF32, {7, 33});
        Twin& grad = normal(kF32, {7, 33});
        std::vector<Twin*> results = {&updated(param)};
        FakeXlaCall step = call();
        step.operand(param).operand(grad).result(*results[0]);
        for (size_t i = 0; i < states; ++i) {
            Twin& state = squares({7, 33});
            results.push_back(&updated(state));
            step.operand(state).result(*results.back());
        }
        for (Twin* number : numbers) {
            step.operand(*number);
        }
        optirs_optimizer_tensors tensors{};
        tensors.struct_size = sizeof(tensors);
        tensors.count = 1;
        tensors.params = &results[0]->tensors[0];
        tensors.grads = &grad.tensors[0];
        tensors.state1 = &results[1]->tensors[0];
        tensors.state2 = states > 1 ? &results[2]->tensors[0] : nullptr;
        expectAsOnHost<Args>(
            name, kernel, step,
            [&](Args& args) {
                args.tensors = &tensors;
                fill(args);
            },
            results);
        EXPECT_EQ(onDevice(param), param.host) << "the operand itself stays";
    }
};

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

TEST_F(FfiTargetTest, StepsWithTwoStates) {
    Twin& seventh = scalar<int32_t>(kS32, 7);
    Twin& rate = scalar<float>(kF32, 0.25F);
    const auto moments = [](auto& args) {
        args.step = 7;
        args.learning_rate = 0.25;
        args.beta1 = 0.9;
        args.beta2 = 0.999;
        args.epsilon = 1e-8;
    };
    expectStep<optirs_radam_args>("radam", optirs_radam, 2, {&seventh, &rate}, moments);
    expectStep<optirs_adabound_args>("adabound", optirs_adabound, 2, {&seventh}, [&](auto& args) {
        moments(args);
        args.learning_rate = 1e-3;
        args.final_lr = 0.1;
        args.gamma = 1e-3;
    });
    expectStep<optirs_lamb_args>("lamb", optirs_lamb, 2, {&seventh, &rate}, [&](auto& args) {
        moments(args);
        args.epsilon = 1e-6;
    });
    expectStep<optirs_adadelta_args>("adadelta", optirs_adadelta, 2, {}, [](auto& args) {
        args.learning_rate = 1;
        args.rho = 0.95;
        args.epsilon = 1e-6;
    });
}

TEST_F(FfiTargetTest, StepsWithOneState) {
    Twin& rate = scalar<float>(kF32, 0.25F);
    expectStep<optirs_lars_args>("lars", optirs_lars, 1, {&rate}, [](auto& args) {
        args.learning_rate = 0.25;
        args.momentum = 0.9;
        args.trust_coefficient = 1e-3;
        args.epsilon = 1e-8;
        args.weight_decay = 1e-4;
    });
    expectStep<optirs_adagrad_args>("adagrad", optirs_adagrad, 1, {&rate}, [](auto& args) {
        args.learning_rate = 0.25;
        args.epsilon = 1e-10;
    });
    expectStep<optirs_rmsprop_args>("rmsprop", optirs_rmsprop, 1, {&rate}, [](auto& args) {
        args.learning_rate = 0.25;
        args.rho = 0.9;
        args.epsilon = 1e-8;
    });
}

TEST_F(FfiTargetTest, LookaheadAndStepsOfRows) {
    Twin& fast = normal(kF32, {5, 8});
    Twin& slow = normal(kF32, {5, 8});
    Twin& new_fast = updated(fast);
    Twin& new_slow = updated(slow);
    FakeXlaCall lookahead = call();
    lookahead.operand(fast).operand(slow).result(new_fast).result(new_slow);
    optirs_optimizer_tensors tensors{};
    tensors.struct_size = sizeof(tensors);
    tensors.count = 1;
    tensors.params = &new_fast.tensors[0];
    tensors.state1 = &new_slow.tensors[0];
    expectAsOnHost<optirs_lookahead_args>("lookahead", optirs_lookahead, lookahead,
                                          [&](auto& args) {
                                              args.tensors = &tensors;
                                              args.alpha = 0.5;
                                          },
                                          {&new_fast, &new_slow});

    Twin& indices = values<int64_t>(kS64, {3}, {3, 0, 3});
    Twin& grads = normal(kF32, {3, 8});
    Twin& square = squares({5, 8});
    Twin* rows[] = {&updated(fast), &updated(slow), &updated(square)};
    FakeXlaCall sparse = call();
    sparse.operand(fast).operand(indices).operand(grads).operand(slow).operand(square);
    sparse.operand(scalar<int64_t>(kS64, 7)).operand(scalar<double>({OPTIRS_DL_FLOAT, 64, 1}, 0.25));
    sparse.result(*rows[0]).result(*rows[1]).result(*rows[2]);
    expectAsOnHost<optirs_sparse_adam_args>("sparse_adam", optirs_sparse_adam, sparse,
                                            [&](auto& args) {
                                                args.param = &rows[0]->tensors[0];
                                                args.indices = &indices.tensors[0];
                                                args.grads = &grads.tensors[0];
                                                args.exp_avg = &rows[1]->tensors[0];
                                                args.exp_avg_sq = &rows[2]->tensors[0];
                                                args.step = 7;
                                                args.learning_rate = 0.25;
                                                args.beta1 = 0.9;
                                                args.beta2 = 0.999;
                                                args.epsilon = 1e-8;
                                            },
                                            {rows[0], rows[1], rows[2]});
    EXPECT_EQ(onDevice(fast), fast.host) << "the operands themselves stay";
}

}  // namespace
}  // namespace optirs::test
