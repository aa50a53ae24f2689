// What the hyper-parameters of each optimizer may be.
#include <cmath>
#include <string>

#include "src/kernels/optimizer.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

void check(bool holds, const char* name, double value, const char* wanted) {
    if (!holds) {
        throw Error(Code::kInvalidArgument,
                    concat(name, " is ", std::to_string(value), "; it must be ", wanted));
    }
}

void checkFinite(double value, const char* name) { check(std::isfinite(value), name, value, "finite"); }

void checkFraction(double value, const char* name) {
    check(value >= 0 && value < 1, name, value, "at least 0 and below 1");
}

void checkAtLeastZero(double value, const char* name) {
    check(value >= 0 && std::isfinite(value), name, value, "at least 0 and finite");
}

void checkPositive(double value, const char* name) {
    check(value > 0 && std::isfinite(value), name, value, "above 0 and finite");
}

/// What all relatives of Adam share.
template <class Args>
OptimizerForm checkAdam(const Args& args) {
    if (args.step < 1) {
        throw Error(Code::kInvalidArgument, concat("step is ", args.step, "; steps are counted from 1"));
    }
    checkFinite(args.learning_rate, "learning_rate");
    checkFraction(args.beta1, "beta1");
    checkFraction(args.beta2, "beta2");
    checkAtLeastZero(args.epsilon, "epsilon");
    checkFinite(args.weight_decay, "weight_decay");
    return {.states = 2};
}

}  // namespace

OptimizerForm checkHyperparameters(const optirs_sgd_args& args) {
    checkFinite(args.learning_rate, "learning_rate");
    checkFraction(args.momentum, "momentum");
    checkFinite(args.weight_decay, "weight_decay");
    return {.states = args.momentum == 0 ? 0 : 1};
}

OptimizerForm checkHyperparameters(const optirs_adam_args& args) { return checkAdam(args); }

void checkAdamHyperparameters(const optirs_sparse_adam_args& args) { checkAdam(args); }

OptimizerForm checkHyperparameters(const optirs_adamw_args& args) { return checkAdam(args); }

OptimizerForm checkHyperparameters(const optirs_radam_args& args) { return checkAdam(args); }

OptimizerForm checkHyperparameters(const optirs_adabound_args& args) {
    checkPositive(args.final_lr, "final_lr");
    checkPositive(args.gamma, "gamma");
    return checkAdam(args);
}

OptimizerForm checkHyperparameters(const optirs_lamb_args& args) { return checkAdam(args); }

OptimizerForm checkHyperparameters(const optirs_lars_args& args) {
    checkFinite(args.learning_rate, "learning_rate");
    checkFraction(args.momentum, "momentum");
    checkPositive(args.trust_coefficient, "trust_coefficient");
    checkAtLeastZero(args.epsilon, "epsilon");
    checkAtLeastZero(args.weight_decay, "weight_decay");
    return {.states = 1};
}

OptimizerForm checkHyperparameters(const optirs_lion_args& args) {
    checkAtLeastZero(args.learning_rate, "learning_rate");
    checkFraction(args.beta1, "beta1");
    checkFraction(args.beta2, "beta2");
    checkFinite(args.weight_decay, "weight_decay");
    return {.states = 1};
}

OptimizerForm checkHyperparameters(const optirs_adagrad_args& args) {
    checkFinite(args.learning_rate, "learning_rate");
    checkAtLeastZero(args.epsilon, "epsilon");
    checkFinite(args.weight_decay, "weight_decay");
    return {.states = 1};
}

OptimizerForm checkHyperparameters(const optirs_adadelta_args& args) {
    checkFinite(args.learning_rate, "learning_rate");
    checkFraction(args.rho, "rho");
    checkPositive(args.epsilon, "epsilon");
    return {.states = 2};
}

OptimizerForm checkHyperparameters(const optirs_rmsprop_args& args) {
    checkFinite(args.learning_rate, "learning_rate");
    checkFraction(args.rho, "rho");
    checkAtLeastZero(args.epsilon, "epsilon");
    checkFinite(args.weight_decay, "weight_decay");
    return {.states = 1};
}

OptimizerForm checkHyperparameters(const optirs_lookahead_args& args) {
    check(args.alpha > 0 && args.alpha <= 1, "alpha", args.alpha, "above 0 and at most 1");
    return {.states = 1, .has_grads = false};
}

}  // namespace optirs::kernels
