// What an optimizer step does to an element, as a formula with a few constants that its hyper-parameters are
// folded into. Every backend has the formulas; the constants are the same for all of them.
#pragma once

#include <optirs/kernel_optimizer.h>

#include <cmath>
#include <cstdint>

namespace optirs {

/// Which formula. The names are those of kernel_optimizer.h; some of its steps share one.
enum class Rule : uint8_t {
    kSgd,          // without velocity
    kMomentum,     // SGD with velocity, LARS
    kAdam,         // Adam, RAdam
    kAdamW,        //
    kFirstMoment,  // RAdam while the variance is not to be relied on
    kAdaBound,
    kMoments,  // LAMB, first half: m and v only
    kLamb,     // LAMB, second half
    kLion,
    kAdagrad,
    kAdaDelta,
    kRmsProp,
    kLookahead,
};

/// A formula with its constants: which is which stands at each rule in cpu/optimizer_rules.cpp.
struct RuleConstants {
    Rule rule = Rule::kSgd;
    float c[12] = {};
};

inline float f32(double value) { return static_cast<float>(value); }

/// 1 - beta^t; in f32 the difference itself would lose five digits at beta = 0.999, t = 1.
inline double correction(double beta, int64_t step) {
    return beta == 0 ? 1 : -std::expm1(static_cast<double>(step) * std::log(beta));
}

/// The constants that all relatives of Adam share: c[0..7].
template <class Args>
RuleConstants adamConstants(Rule rule, const Args& args, double decay, double rate) {
    return {rule,
            {f32(args.beta1), f32(1 - args.beta1), f32(args.beta2), f32(1 - args.beta2), f32(decay),
             f32(rate / correction(args.beta1, args.step)),
             f32(1 / std::sqrt(correction(args.beta2, args.step))), f32(args.epsilon)}};
}

/// SGD with velocity; the rate of LARS is the tensor's own.
inline RuleConstants momentumRule(double rate, double weight_decay, double momentum) {
    return {Rule::kMomentum, {f32(rate), f32(weight_decay), f32(momentum)}};
}

inline RuleConstants ruleOf(const optirs_sgd_args& args) {
    RuleConstants constants = momentumRule(args.learning_rate, args.weight_decay, args.momentum);
    constants.rule = args.momentum == 0 ? Rule::kSgd : Rule::kMomentum;
    return constants;
}

inline RuleConstants ruleOf(const optirs_adam_args& args) {
    return adamConstants(Rule::kAdam, args, args.weight_decay, args.learning_rate);
}

inline RuleConstants ruleOf(const optirs_adamw_args& args) {
    return adamConstants(Rule::kAdamW, args, 1 - args.learning_rate * args.weight_decay, args.learning_rate);
}

inline RuleConstants ruleOf(const optirs_radam_args& args) {
    const auto t = static_cast<double>(args.step);
    const double longest = 2 / (1 - args.beta2) - 1;
    const double power = std::pow(args.beta2, t);
    const double length = longest - 2 * t * power / correction(args.beta2, args.step);
    if (length <= 4) {
        return adamConstants(Rule::kFirstMoment, args, args.weight_decay, args.learning_rate);
    }
    const double rectification =
        std::sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
    return adamConstants(Rule::kAdam, args, args.weight_decay, args.learning_rate * rectification);
}

inline RuleConstants ruleOf(const optirs_adabound_args& args) {
    const double age = args.gamma * static_cast<double>(args.step);
    RuleConstants constants = adamConstants(Rule::kAdaBound, args, args.weight_decay, args.learning_rate);
    constants.c[5] = f32(args.learning_rate);
    constants.c[8] = f32(1 / correction(args.beta1, args.step));
    constants.c[9] = f32(args.final_lr * (1 - 1 / (age + 1)));
    constants.c[10] = f32(args.final_lr * (1 + 1 / age));
    return constants;
}

/// Without the rate, which is the tensor's own: c[8].
inline RuleConstants ruleOf(const optirs_lamb_args& args) {
    return adamConstants(Rule::kLamb, args, args.weight_decay, 1);
}

inline RuleConstants ruleOf(const optirs_lion_args& args) {
    return {Rule::kLion,
            {f32(args.beta1), f32(1 - args.beta1), f32(args.beta2), f32(1 - args.beta2),
             f32(1 - args.learning_rate * args.weight_decay), f32(args.learning_rate)}};
}

inline RuleConstants ruleOf(const optirs_adagrad_args& args) {
    return {Rule::kAdagrad, {f32(args.learning_rate), f32(args.weight_decay), f32(args.epsilon)}};
}

inline RuleConstants ruleOf(const optirs_adadelta_args& args) {
    return {Rule::kAdaDelta, {f32(args.learning_rate), f32(args.rho), f32(1 - args.rho), f32(args.epsilon)}};
}

inline RuleConstants ruleOf(const optirs_rmsprop_args& args) {
    return {Rule::kRmsProp,
            {f32(args.learning_rate), f32(args.weight_decay), f32(args.epsilon), f32(args.rho),
             f32(1 - args.rho)}};
}

inline RuleConstants ruleOf(const optirs_lookahead_args& args) {
    return {Rule::kLookahead, {f32(args.alpha)}};
}

}  // namespace optirs
