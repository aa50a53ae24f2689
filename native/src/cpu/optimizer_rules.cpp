#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/optimizer_rules.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <cstring>

#include "src/cpu/optimizer_rules.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// Calls rule(p, g, s1, s2) for each vector; the last, partial one is worked on in a copy, as memory behind
/// the end may be another thread's.
template <class Step>
void forEachVector(const RuleBlock& block, const Step& step) {
    const F32 d;
    const auto n = static_cast<int64_t>(hn::Lanes(d));
    const auto at = [&](float* p, const float* g, float* s1, float* s2) HWY_ATTR {
        Vec vp = hn::LoadU(d, p);
        Vec v1 = s1 != nullptr ? hn::LoadU(d, s1) : hn::Zero(d);
        Vec v2 = s2 != nullptr ? hn::LoadU(d, s2) : hn::Zero(d);
        step(vp, hn::LoadU(d, g), v1, v2);
        hn::StoreU(vp, d, p);
        if (s1 != nullptr) {
            hn::StoreU(v1, d, s1);
        }
        if (s2 != nullptr) {
            hn::StoreU(v2, d, s2);
        }
    };
    int64_t i = 0;
    for (; i + n <= block.count; i += n) {
        at(block.param + i, block.grad + i, block.state1 != nullptr ? block.state1 + i : nullptr,
           block.state2 != nullptr ? block.state2 + i : nullptr);
    }
    if (i == block.count) {
        return;
    }
    HWY_ALIGN float rest[4][hn::MaxLanes(F32())] = {};
    float* const from[4] = {block.param, const_cast<float*>(block.grad), block.state1, block.state2};
    const auto bytes = static_cast<size_t>(block.count - i) * sizeof(float);
    for (int k = 0; k < 4; ++k) {
        if (from[k] != nullptr) {
            std::memcpy(rest[k], from[k] + i, bytes);
        }
    }
    at(rest[0], rest[1], from[2] != nullptr ? rest[2] : nullptr, from[3] != nullptr ? rest[3] : nullptr);
    for (int k = 0; k < 4; ++k) {
        if (k != 1 && from[k] != nullptr) {
            std::memcpy(from[k] + i, rest[k], bytes);
        }
    }
}

// c: b1, 1-b1, b2, 1-b2, 1-lr*wd, lr/(1-b1^t), 1/sqrt(1-b2^t), eps
void adamW(const float* c, const RuleBlock& block) {
    const F32 d;
    const Vec beta1 = hn::Set(d, c[0]), rest1 = hn::Set(d, c[1]);
    const Vec beta2 = hn::Set(d, c[2]), rest2 = hn::Set(d, c[3]);
    const Vec decay = hn::Set(d, c[4]), rate = hn::Set(d, c[5]);
    const Vec correction = hn::Set(d, c[6]), epsilon = hn::Set(d, c[7]);
    forEachVector(block, [&](Vec& p, Vec g, Vec& m, Vec& v) HWY_ATTR {
        m = hn::MulAdd(beta1, m, hn::Mul(rest1, g));
        v = hn::MulAdd(beta2, v, hn::Mul(hn::Mul(rest2, g), g));
        const Vec denominator = hn::MulAdd(hn::Sqrt(v), correction, epsilon);
        p = hn::NegMulAdd(rate, hn::Div(m, denominator), hn::Mul(p, decay));
    });
}

void applyRuleHere(const RuleConstants& constants, const RuleBlock& block) {
    switch (constants.rule) {
        case Rule::kAdamW:
            return adamW(constants.c, block);
    }
}

const char* nameHere() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "src/cpu/kernels.h"

namespace optirs::cpu {

HWY_EXPORT(applyRuleHere);
HWY_EXPORT(nameHere);

void applyRule(const RuleConstants& constants, const RuleBlock& block) {
    HWY_DYNAMIC_DISPATCH(applyRuleHere)(constants, block);
}

const char* targetName() { return HWY_DYNAMIC_DISPATCH(nameHere)(); }

}  // namespace optirs::cpu
#endif
