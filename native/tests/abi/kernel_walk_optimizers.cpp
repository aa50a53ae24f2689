// Calls of optimizers and what belongs to them.
#include "kernel_walk_call.h"
namespace optirs::test {

namespace {

#define OPTIRS_STEP(NAME, name, ...)                          \
    {                                                         \
        using Args = optirs_##name##_args;                    \
        WalkCall call = OPTIRS_CALL(NAME, name, __VA_ARGS__); \
        call.lists = offsetof(Args, tensors);                 \
        calls.push_back(call);                                \
    }

std::vector<WalkTensor> steps(int states) {
    std::vector<WalkTensor> tensors = {OPTIRS_LIST(params, kF32, "r w", kUpdated)};
    if (states >= 0) {
        tensors.push_back(OPTIRS_LIST(grads, kF32, "r w"));
        tensors.push_back(OPTIRS_LIST(grad_scale, kF32, "1"));
        tensors.push_back(OPTIRS_LIST(skip, kF32, "1", WalkUse::kRead, 0));
    }
    if (states != 0) {
        tensors.push_back(OPTIRS_LIST(state1, kF32, "r w", kUpdated));
    }
    if (states == 2) {
        tensors.push_back(OPTIRS_LIST(state2, kF32, "r w", kUpdated));
    }
    return tensors;
}
/// With everything that a step can have beside its parameters.
std::vector<WalkTensor> mixedStep() {
    return {OPTIRS_LIST(params, kBF16, "256r", kUpdated), OPTIRS_LIST(grads, kBF16, "256r"),
            OPTIRS_LIST(state1, kU8, "256r", kUpdated),   OPTIRS_LIST(state2, kU8, "256r", kUpdated),
            OPTIRS_LIST(scales1, kF32, "r", kUpdated),    OPTIRS_LIST(scales2, kF32, "r", kUpdated),
            OPTIRS_LIST(masters, kF32, "256r", kUpdated), OPTIRS_LIST(casts, kE4M3, "256r", kWritten),
            OPTIRS_LIST(cast_scale, kF32, "1"),           OPTIRS_LIST(cast_amax, kF32, "1", kWritten)};
}

}  // namespace

std::vector<WalkCall> optimizerCalls() {
    std::vector<WalkCall> calls;
    OPTIRS_STEP(SGD, sgd, steps(0), {OPTIRS_NUMBER(learning_rate, 0.5)});
    OPTIRS_STEP(
        SGD, sgd, steps(1),
        {OPTIRS_NUMBER(learning_rate, 0.5), OPTIRS_NUMBER(momentum, 0.5), OPTIRS_NUMBER(weight_decay, 0)});
#define OPTIRS_ADAM(...)                \
    {OPTIRS_NUMBER(step, 1),            \
     OPTIRS_NUMBER(learning_rate, 0.5), \
     OPTIRS_NUMBER(beta1, 0.5),         \
     OPTIRS_NUMBER(beta2, 0.5),         \
     OPTIRS_NUMBER(epsilon, 0.5),       \
     OPTIRS_NUMBER(weight_decay, 0.5),  \
     ##__VA_ARGS__}
    OPTIRS_STEP(ADAM, adam, steps(2), OPTIRS_ADAM());
    OPTIRS_STEP(ADAMW, adamw, steps(2), OPTIRS_ADAM());
    OPTIRS_STEP(ADAMW, adamw, mixedStep(), OPTIRS_ADAM());
    OPTIRS_STEP(RADAM, radam, steps(2), OPTIRS_ADAM());
    OPTIRS_STEP(ADABOUND, adabound, steps(2),
                OPTIRS_ADAM(OPTIRS_NUMBER(final_lr, 0.1), OPTIRS_NUMBER(gamma, 0.1)));
    OPTIRS_STEP(LAMB, lamb, steps(2), OPTIRS_ADAM());
#undef OPTIRS_ADAM
    OPTIRS_STEP(LARS, lars, steps(1),
                {OPTIRS_NUMBER(learning_rate, 0.5), OPTIRS_NUMBER(momentum, 0.5),
                 OPTIRS_NUMBER(trust_coefficient, 0.5), OPTIRS_NUMBER(epsilon, 0.5),
                 OPTIRS_NUMBER(weight_decay, 0.5)});
    OPTIRS_STEP(LION, lion, steps(1),
                {OPTIRS_NUMBER(learning_rate, 0.5), OPTIRS_NUMBER(beta1, 0.5), OPTIRS_NUMBER(beta2, 0.5),
                 OPTIRS_NUMBER(weight_decay, 0.5)});
    OPTIRS_STEP(
        ADAGRAD, adagrad, steps(1),
        {OPTIRS_NUMBER(learning_rate, 0.5), OPTIRS_NUMBER(epsilon, 0.5), OPTIRS_NUMBER(weight_decay, 0.5)});
    OPTIRS_STEP(ADADELTA, adadelta, steps(2),
                {OPTIRS_NUMBER(learning_rate, 0.5), OPTIRS_NUMBER(rho, 0.5), OPTIRS_NUMBER(epsilon, 0.5)});
    OPTIRS_STEP(RMSPROP, rmsprop, steps(1),
                {OPTIRS_NUMBER(learning_rate, 0.5), OPTIRS_NUMBER(rho, 0.5), OPTIRS_NUMBER(epsilon, 0.5),
                 OPTIRS_NUMBER(weight_decay, 0.5)});
    OPTIRS_STEP(LOOKAHEAD, lookahead, steps(-1), {OPTIRS_NUMBER(alpha, 0.5)});
    {
        using Args = optirs_grad_norm_args;
        calls.push_back(OPTIRS_CALL(
            GRAD_NORM, grad_norm,
            {OPTIRS_TENSOR(grads, kF32, "r w"), OPTIRS_TENSOR(scale, kF32, "1"),
             OPTIRS_TENSOR(norm, kF32, "1", kWritten), OPTIRS_TENSOR(grad_scale, kF32, "1", kWritten),
             OPTIRS_TENSOR(non_finite, kF32, "1", kWritten)},
            {OPTIRS_NUMBER(max_norm, 1)}));
    }
    {
        using Args = optirs_sparse_adam_args;
        calls.push_back(OPTIRS_CALL(
            SPARSE_ADAM, sparse_adam,
            {OPTIRS_TENSOR(param, kF32, "v w", kUpdated), OPTIRS_TENSOR(indices, kS64, "r"),
             OPTIRS_TENSOR(grads, kF32, "r w"), OPTIRS_TENSOR(grad_scale, kF32, "1"),
             OPTIRS_TENSOR(exp_avg, kF32, "v w", kUpdated), OPTIRS_TENSOR(exp_avg_sq, kF32, "v w", kUpdated)},
            {OPTIRS_NUMBER(step, 1), OPTIRS_NUMBER(learning_rate, 0.5), OPTIRS_NUMBER(beta1, 0.5),
             OPTIRS_NUMBER(beta2, 0.5), OPTIRS_NUMBER(epsilon, 0.5), OPTIRS_NUMBER(weight_decay, 0.5)}));
    }
    return calls;
}

}  // namespace optirs::test
