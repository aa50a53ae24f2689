// Every optimizer step over lists, and the norm of gradients, beside the CPU's.
#include <array>
#include <string>

#include "twins.h"

namespace optirs::test {
namespace {

class OptimizerKernelTest : public KernelFamilyTest {
 protected:
    /// A list of tensors in both places.
    struct List {
        std::vector<Twin*> twins;
        std::array<std::vector<optirs_dl_tensor>, 2> tensors;
    };

    List list(const std::vector<int64_t>& counts, bool is_positive) {
        List made;
        for (const int64_t count : counts) {
            Twin* twin = &normal(kF32, {count});
            if (is_positive) {
                std::vector<float> numbers(static_cast<size_t>(count));
                for (int64_t i = 0; i < count; ++i) {
                    numbers[static_cast<size_t>(i)] = std::fabs(numberAt(twin->host, kF32, i));
                }
                twin = &values(kF32, {count}, numbers);
            }
            made.twins.push_back(twin);
            for (const size_t place : {0, 1}) {
                made.tensors[place].push_back(twin->tensors[place]);
            }
        }
        return made;
    }

    void prepare(const std::vector<int64_t>& counts) {
        params = list(counts, false);
        grads = list(counts, false);
        state1 = list(counts, true);
        state2 = list(counts, true);
        for (const size_t place : {0, 1}) {
            lists[place] = {};
            lists[place].struct_size = sizeof(lists[place]);
            lists[place].count = static_cast<int64_t>(counts.size());
            lists[place].params = params.tensors[place].data();
            lists[place].grads = grads.tensors[place].data();
            lists[place].state1 = state1.tensors[place].data();
            lists[place].state2 = state2.tensors[place].data();
        }
    }

    /// Hyper-parameters that a step has.
    template <class Args>
    static void fillNumbers(Args& args) {
        if constexpr (requires { args.step; }) args.step = 3;
        if constexpr (requires { args.learning_rate; }) args.learning_rate = 1e-2;
        if constexpr (requires { args.momentum; }) args.momentum = 0.9;
        if constexpr (requires { args.beta1; }) args.beta1 = 0.9;
        if constexpr (requires { args.beta2; }) args.beta2 = 0.99;
        if constexpr (requires { args.epsilon; }) args.epsilon = 1e-6;
        if constexpr (requires { args.weight_decay; }) args.weight_decay = 0.1;
        if constexpr (requires { args.final_lr; }) args.final_lr = 0.1;
        if constexpr (requires { args.gamma; }) args.gamma = 1e-3;
        if constexpr (requires { args.rho; }) args.rho = 0.9;
        if constexpr (requires { args.trust_coefficient; }) args.trust_coefficient = 1e-2;
        if constexpr (requires { args.alpha; }) args.alpha = 0.5;
    }

    template <class Args>
    void step(
        optirs_kernel kernel, optirs_error* (*call)(optirs_stream*, const Args*), unsigned states,
        const std::function<void(Args&)>& change = [](Args&) {}) {
        for (optirs_optimizer_tensors& place : lists) {
            if (states < 2) {
                place.state2 = nullptr;
            }
            if (states < 1) {
                place.state1 = nullptr;
            }
        }
        runBoth<Args>(kernel, call, [&](Args& args, int place) {
            args.tensors = &lists[static_cast<size_t>(place)];
            fillNumbers(args);
            change(args);
        });
    }

    void expectSameLists(double tolerance) {
        for (const List* compared : {&params, &grads, &state1, &state2}) {
            for (Twin* twin : compared->twins) {
                expectSame(*twin, tolerance, tolerance);
            }
        }
    }

    /// Where the CPU has fused multiply-add, its bits; sums of norms are added in another order.
    static double exact() { return __builtin_cpu_supports("fma") != 0 ? 0 : 1e-6; }

    /// The step, changing something, with what steps can do besides.
    template <class Args>
    void check(
        optirs_kernel kernel, optirs_error* (*call)(optirs_stream*, const Args*), unsigned states,
        double tolerance, const std::function<void(Args&)>& change = [](Args&) {}) {
        SCOPED_TRACE(kernel);
        const std::vector<int64_t> counts = {5000, 0, 1, 4096, 77};
        prepare(counts);
        const std::vector<char> before = params.twins[0]->host;
        step<Args>(kernel, call, states, change);
        EXPECT_NE(params.twins[0]->host, before);
        expectSameLists(tolerance);

        prepare(counts);
        Twin& scale = values(kF32, {1}, std::vector<float>{0.5F});
        Twin& runs = values(kF32, {1}, std::vector<float>{0});
        for (const size_t place : {0, 1}) {
            lists[place].grad_scale = &scale.tensors[place];
            lists[place].skip = &runs.tensors[place];
            lists[place].zero_grads = 1;
        }
        step<Args>(kernel, call, states, change);
        expectSameLists(tolerance);
        EXPECT_EQ(numberAt(grads.twins[0]->host, kF32, 7), 0);

        Twin& skips = values(kF32, {1}, std::vector<float>{1});
        for (const size_t place : {0, 1}) {
            lists[place].skip = &skips.tensors[place];
        }
        const std::vector<char> kept = params.twins[0]->host;
        step<Args>(kernel, call, states, change);
        EXPECT_EQ(params.twins[0]->host, kept);
        expectSameLists(tolerance);
    }

    List params, grads, state1, state2;
    std::array<optirs_optimizer_tensors, 2> lists{};
};

TEST_F(OptimizerKernelTest, ElementwiseSteps) {
    check<optirs_sgd_args>(OPTIRS_KERNEL_SGD, optirs_sgd, 1, exact());
    check<optirs_sgd_args>(OPTIRS_KERNEL_SGD, optirs_sgd, 0, exact(), [](auto& args) { args.momentum = 0; });
    check<optirs_adam_args>(OPTIRS_KERNEL_ADAM, optirs_adam, 2, exact());
    check<optirs_adamw_args>(OPTIRS_KERNEL_ADAMW, optirs_adamw, 2, exact());
    // Before and after the variance is to be relied on.
    check<optirs_radam_args>(OPTIRS_KERNEL_RADAM, optirs_radam, 2, exact());
    check<optirs_radam_args>(OPTIRS_KERNEL_RADAM, optirs_radam, 2, exact(),
                             [](auto& args) { args.step = 50; });
    check<optirs_adabound_args>(OPTIRS_KERNEL_ADABOUND, optirs_adabound, 2, exact());
    check<optirs_lion_args>(OPTIRS_KERNEL_LION, optirs_lion, 1, exact());
    check<optirs_adagrad_args>(OPTIRS_KERNEL_ADAGRAD, optirs_adagrad, 1, exact());
    check<optirs_adadelta_args>(OPTIRS_KERNEL_ADADELTA, optirs_adadelta, 2, exact());
    check<optirs_rmsprop_args>(OPTIRS_KERNEL_RMSPROP, optirs_rmsprop, 1, exact());
}

TEST_F(OptimizerKernelTest, StepsByNorms) {
    check<optirs_lamb_args>(OPTIRS_KERNEL_LAMB, optirs_lamb, 2, 1e-6);
    check<optirs_lars_args>(OPTIRS_KERNEL_LARS, optirs_lars, 1, 1e-6);
    // A norm of 0 leaves the rate as it is.
    prepare({300});
    for (Twin* twin : grads.twins) {
        std::fill(twin->host.begin(), twin->host.end(), 0);
        EXPECT_OK(optirs_device_memory_write(twin->device.get(), 0, twin->host.data(), twin->host.size(),
                                             queue.get()));
    }
    step<optirs_lars_args>(OPTIRS_KERNEL_LARS, optirs_lars, 1);
    expectSameLists(1e-6);
}

TEST_F(OptimizerKernelTest, LookaheadHasNoGradients) {
    prepare({5000, 3});
    for (optirs_optimizer_tensors& place : lists) {
        place.grads = nullptr;
    }
    step<optirs_lookahead_args>(OPTIRS_KERNEL_LOOKAHEAD, optirs_lookahead, 1);
    expectSameLists(exact());
}

TEST_F(OptimizerKernelTest, ManyTensorsTakeSeveralLaunches) {
    std::vector<int64_t> counts(170, 3);
    counts[75] = 9000;
    prepare(counts);
    step<optirs_lamb_args>(OPTIRS_KERNEL_LAMB, optirs_lamb, 2);
    expectSameLists(1e-6);
    prepare(counts);
    step<optirs_lion_args>(OPTIRS_KERNEL_LION, optirs_lion, 1);
    expectSameLists(exact());
}

TEST_F(OptimizerKernelTest, NormOfGradients) {
    // Types in turns, more of them than a launch takes, and a tensor that is not aligned with 16 bytes.
    std::array<std::vector<optirs_dl_tensor>, 2> tensors;
    for (int i = 0; i < 400; ++i) {
        const auto type = i < 200 ? kF32 : i % 2 == 0 ? kBF16 : kF16;
        Twin& twin = normal(type, {i == 3 ? 10000 : i % 7});
        for (const size_t place : {0, 1}) {
            tensors[place].push_back(twin.tensors[place]);
        }
    }
    const auto check = [&](float scale, double max_norm, size_t count) {
        SCOPED_TRACE(testing::Message() << scale << " " << max_norm << " " << count);
        Twin& factor = values(kF32, {1}, std::vector<float>{scale});
        Twin& norm = result(kF32, {1});
        Twin& grad_scale = result(kF32, {1});
        Twin& non_finite = result(kF32, {1});
        runBoth<optirs_grad_norm_args>(OPTIRS_KERNEL_GRAD_NORM, optirs_grad_norm, [&](auto& args, int place) {
            args.count = static_cast<int64_t>(count);
            args.grads = tensors[static_cast<size_t>(place)].data();
            args.scale = &factor.tensors[place];
            args.max_norm = max_norm;
            args.norm = &norm.tensors[place];
            args.grad_scale = &grad_scale.tensors[place];
            args.non_finite = &non_finite.tensors[place];
        });
        expectSame(norm, 1e-6, 0);
        expectSame(grad_scale, 1e-6, 0);
        expectSame(non_finite, 0, 0);
    };
    check(1, 0, tensors[0].size());
    check(-0.25F, 3, tensors[0].size());
    check(1, 1e6, tensors[0].size());
    check(1, 1, 0);
    Twin& spoiled = values(kF32, {2}, std::vector<float>{1, std::numeric_limits<float>::infinity()});
    for (const size_t place : {0, 1}) {
        tensors[place].push_back(spoiled.tensors[place]);
    }
    check(2, 5, tensors[0].size());
}

TEST_F(OptimizerKernelTest, WhatIsNotThereSaysSo) {
    prepare({8});
    Twin& casts = result(kE4M3, {8});
    lists[1].casts = &casts.tensors[1];
    optirs_adam_args args{};
    args.struct_size = sizeof(args);
    args.tensors = lists.data() + 1;
    fillNumbers(args);
    const Failure failure = take(optirs_adam(queue.get(), &args));
    EXPECT_EQ(failure.code, OPTIRS_UNIMPLEMENTED);
    EXPECT_EQ(
        failure.message,
        "adam: the CUDA backend has no optimizer step but for f32 parameters with f32 gradients and states, "
        "without "
        "casts");
}

}  // namespace
}  // namespace optirs::test
