// The arithmetic of optimizer steps: what happens to a run of f32 elements.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// Which formula; the names are those of kernel_optimizer.h.
enum class Rule : uint8_t { kAdamW };

/// A formula with its hyper-parameters, folded into as few constants as it needs; what each is,
/// optimizer_rules.cpp says.
struct RuleConstants {
    Rule rule = Rule::kAdamW;
    float c[8] = {};
};

/// A run of elements; states that the rule does not have are NULL.
struct RuleBlock {
    float* param;
    const float* grad;
    float* state1;
    float* state2;
    int64_t count;
};

void applyRule(const RuleConstants& constants, const RuleBlock& block);

}  // namespace optirs::cpu
