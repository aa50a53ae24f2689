// Steps of optimizers as targets of custom calls.
#include <optirs/kernel_optimizer.h>
#include <optirs/kernel_sparse.h>

#include "src/kernels/call_families.h"
#include "src/kernels/call_target_maker.h"

namespace optirs::kernels {
namespace {

struct SgdFields {
    using Args = optirs_sgd_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(learning_rate),   OPTIRS_READ(momentum),
                                           OPTIRS_READ(weight_decay),    OPTIRS_LIST_UPDATED(params),
                                           OPTIRS_LIST_READ(grads),      OPTIRS_LIST_UPDATED(state1),
                                           OPTIRS_LIST_READ(grad_scale), OPTIRS_LIST_READ(skip)};
};

/// Adam, AdamW, RAdam and LAMB.
template <class Struct>
struct AdamFields {
    using Args = Struct;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(step),           OPTIRS_READ(learning_rate),   OPTIRS_READ(beta1),
        OPTIRS_READ(beta2),          OPTIRS_READ(epsilon),         OPTIRS_READ(weight_decay),
        OPTIRS_LIST_UPDATED(params), OPTIRS_LIST_READ(grads),      OPTIRS_LIST_UPDATED(state1),
        OPTIRS_LIST_UPDATED(state2), OPTIRS_LIST_READ(grad_scale), OPTIRS_LIST_READ(skip)};
};

struct AdaBoundFields {
    using Args = optirs_adabound_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(step),
                                           OPTIRS_READ(learning_rate),
                                           OPTIRS_READ(final_lr),
                                           OPTIRS_READ(gamma),
                                           OPTIRS_READ(beta1),
                                           OPTIRS_READ(beta2),
                                           OPTIRS_READ(epsilon),
                                           OPTIRS_READ(weight_decay),
                                           OPTIRS_LIST_UPDATED(params),
                                           OPTIRS_LIST_READ(grads),
                                           OPTIRS_LIST_UPDATED(state1),
                                           OPTIRS_LIST_UPDATED(state2),
                                           OPTIRS_LIST_READ(grad_scale),
                                           OPTIRS_LIST_READ(skip)};
};

struct LarsFields {
    using Args = optirs_lars_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(learning_rate),     OPTIRS_READ(momentum),
                                           OPTIRS_READ(trust_coefficient), OPTIRS_READ(epsilon),
                                           OPTIRS_READ(weight_decay),      OPTIRS_LIST_UPDATED(params),
                                           OPTIRS_LIST_READ(grads),        OPTIRS_LIST_UPDATED(state1),
                                           OPTIRS_LIST_READ(grad_scale),   OPTIRS_LIST_READ(skip)};
};

struct LionFields {
    using Args = optirs_lion_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_READ(learning_rate),  OPTIRS_READ(beta1),           OPTIRS_READ(beta2),
        OPTIRS_READ(weight_decay),   OPTIRS_LIST_UPDATED(params),  OPTIRS_LIST_READ(grads),
        OPTIRS_LIST_UPDATED(state1), OPTIRS_LIST_READ(grad_scale), OPTIRS_LIST_READ(skip)};
};

struct AdagradFields {
    using Args = optirs_adagrad_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(learning_rate),   OPTIRS_READ(epsilon),
                                           OPTIRS_READ(weight_decay),    OPTIRS_LIST_UPDATED(params),
                                           OPTIRS_LIST_READ(grads),      OPTIRS_LIST_UPDATED(state1),
                                           OPTIRS_LIST_READ(grad_scale), OPTIRS_LIST_READ(skip)};
};

struct AdaDeltaFields {
    using Args = optirs_adadelta_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(learning_rate),  OPTIRS_READ(rho),
                                           OPTIRS_READ(epsilon),        OPTIRS_LIST_UPDATED(params),
                                           OPTIRS_LIST_READ(grads),     OPTIRS_LIST_UPDATED(state1),
                                           OPTIRS_LIST_UPDATED(state2), OPTIRS_LIST_READ(grad_scale),
                                           OPTIRS_LIST_READ(skip)};
};

struct RmsPropFields {
    using Args = optirs_rmsprop_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(learning_rate),  OPTIRS_READ(rho),
                                           OPTIRS_READ(epsilon),        OPTIRS_READ(weight_decay),
                                           OPTIRS_LIST_UPDATED(params), OPTIRS_LIST_READ(grads),
                                           OPTIRS_LIST_UPDATED(state1), OPTIRS_LIST_READ(grad_scale),
                                           OPTIRS_LIST_READ(skip)};
};

struct LookaheadFields {
    using Args = optirs_lookahead_args;
    static constexpr KernelField kAll[] = {OPTIRS_READ(alpha), OPTIRS_LIST_UPDATED(params),
                                           OPTIRS_LIST_UPDATED(state1), OPTIRS_LIST_READ(skip)};
};

struct SparseAdamFields {
    using Args = optirs_sparse_adam_args;
    static constexpr KernelField kAll[] = {
        OPTIRS_UPDATED(param),   OPTIRS_READ(indices),       OPTIRS_READ(grads),   OPTIRS_READ(grad_scale),
        OPTIRS_UPDATED(exp_avg), OPTIRS_UPDATED(exp_avg_sq), OPTIRS_READ(step),    OPTIRS_READ(learning_rate),
        OPTIRS_READ(beta1),      OPTIRS_READ(beta2),         OPTIRS_READ(epsilon), OPTIRS_READ(weight_decay)};
};

constexpr auto adam = [](auto& args) {
    args.learning_rate = kMissing;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
};
constexpr auto rate = [](auto& args) { args.learning_rate = kMissing; };
constexpr auto lion = [](auto& args) {
    args.learning_rate = kMissing;
    args.beta1 = 0.9;
    args.beta2 = 0.99;
};
constexpr auto ada_bound = [](auto& args) {
    adam(args);
    args.learning_rate = 1e-3;
    args.final_lr = 0.1;
    args.gamma = 1e-3;
};
constexpr auto lamb = [](auto& args) {
    adam(args);
    args.epsilon = 1e-6;
};
constexpr auto lars = [](auto& args) {
    args.learning_rate = kMissing;
    args.momentum = 0.9;
    args.trust_coefficient = 1e-3;
    args.epsilon = 1e-8;
    args.weight_decay = 1e-4;
};
constexpr auto adagrad = [](auto& args) {
    args.learning_rate = kMissing;
    args.epsilon = 1e-10;
};
constexpr auto ada_delta = [](auto& args) {
    args.learning_rate = 1;
    args.rho = 0.95;
    args.epsilon = 1e-6;
};
constexpr auto rms_prop = [](auto& args) {
    args.learning_rate = kMissing;
    args.rho = 0.9;
    args.epsilon = 1e-8;
};
constexpr auto lookahead = [](auto& args) { args.alpha = 0.5; };

}  // namespace

std::array<KernelTarget, 13> optimizerTargets() {
    return {{
        target<SgdFields, OPTIRS_KERNEL_SGD, rate>("sgd", {"params", "grads", "state1"},
                                                   {"params", "state1"}),
        target<AdamFields<optirs_adam_args>, OPTIRS_KERNEL_ADAM, adam>(
            "adam", {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<AdamFields<optirs_adamw_args>, OPTIRS_KERNEL_ADAMW, adam>(
            "adamw", {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<AdamFields<optirs_radam_args>, OPTIRS_KERNEL_RADAM, adam>(
            "radam", {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<AdaBoundFields, OPTIRS_KERNEL_ADABOUND, ada_bound>(
            "adabound", {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<AdamFields<optirs_lamb_args>, OPTIRS_KERNEL_LAMB, lamb>(
            "lamb", {"params", "grads", "state1", "state2", "step", "learning_rate"},
            {"params", "state1", "state2"}),
        target<LarsFields, OPTIRS_KERNEL_LARS, lars>("lars", {"params", "grads", "state1", "learning_rate"},
                                                     {"params", "state1"}),
        target<LionFields, OPTIRS_KERNEL_LION, lion>("lion", {"params", "grads", "state1", "learning_rate"},
                                                     {"params", "state1"}),
        target<AdagradFields, OPTIRS_KERNEL_ADAGRAD, adagrad>(
            "adagrad", {"params", "grads", "state1", "learning_rate"}, {"params", "state1"}),
        target<AdaDeltaFields, OPTIRS_KERNEL_ADADELTA, ada_delta>(
            "adadelta", {"params", "grads", "state1", "state2", "learning_rate"},
            {"params", "state1", "state2"}),
        target<RmsPropFields, OPTIRS_KERNEL_RMSPROP, rms_prop>(
            "rmsprop", {"params", "grads", "state1", "learning_rate"}, {"params", "state1"}),
        target<LookaheadFields, OPTIRS_KERNEL_LOOKAHEAD, lookahead>("lookahead", {"params", "state1"},
                                                                    {"params", "state1"}),
        target<SparseAdamFields, OPTIRS_KERNEL_SPARSE_ADAM, adam>(
            "sparse_adam", {"param", "indices", "grads", "exp_avg", "exp_avg_sq", "step", "learning_rate"},
            {"param", "exp_avg", "exp_avg_sq"}),
    }};
}

}  // namespace optirs::kernels
