// The arithmetic of optimizer steps: what happens to a run of f32 elements.
#pragma once

#include <cstdint>

#include "src/core/optimizer_rules.h"

namespace optirs::cpu {

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
