// Constants of the relatives of Adam.
#pragma once

#include <cmath>

#include "src/cpu/optimizer_rules.h"

namespace optirs::cpu {

inline float f32(double value) { return static_cast<float>(value); }

/// 1 - beta^t; in f32 the difference itself would lose five digits at beta = 0.999, t = 1.
inline double correction(double beta, int64_t step) {
    return beta == 0 ? 1 : -std::expm1(static_cast<double>(step) * std::log(beta));
}

/// The constants that all relatives of Adam share: c[0..7], as optimizer_rules.cpp has them.
template <class Args>
RuleConstants adamConstants(Rule rule, const Args& args, double decay, double rate) {
    return {rule,
            {f32(args.beta1), f32(1 - args.beta1), f32(args.beta2), f32(1 - args.beta2), f32(decay),
             f32(rate / correction(args.beta1, args.step)),
             f32(1 / std::sqrt(correction(args.beta2, args.step))), f32(args.epsilon)}};
}

}  // namespace optirs::cpu
