// The targets of optimizers, called as XLA does: what the CPU gives with the same tensors, and with the
// defaults written out.
#include <vector>

#include "ffi_calls.h"

namespace optirs::test {
namespace {

class FfiStepTest : public FfiCallTest {
 protected:
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

TEST_F(FfiStepTest, StepsWithTwoStates) {
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

TEST_F(FfiStepTest, StepsWithOneState) {
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

TEST_F(FfiStepTest, LookaheadAndStepsOfRows) {
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
