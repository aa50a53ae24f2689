// The arithmetic of optimizer steps: what happens to a run of f32 elements.
#pragma once

#include <cstdint>

namespace optirs::cpu {

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

/// A formula with its hyper-parameters, folded into as few constants as it needs: which is which stands at
/// each rule in optimizer_rules.cpp.
struct RuleConstants {
    Rule rule = Rule::kSgd;
    float c[12] = {};
};

/// A run of elements; what the rule does not have is NULL.
struct RuleBlock {
    float* param;
    const float* grad;
    float* state1;
    float* state2;
    int64_t count;
};

void applyRule(const RuleConstants& constants, const RuleBlock& block);

/// Sum of squares of LAMB's r = m c5 / (sqrt(v) c6 + c7) + c4 p, with the constants of Rule::kLamb.
double sumOfLambSquares(const RuleConstants& constants, const RuleBlock& block);

}  // namespace optirs::cpu
