#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/optimizer_rules.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <cstring>

#include "src/cpu/optimizer_rules.h"
#include "src/cpu/rule-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

// c: lr, wd
void sgd(const float* c, const RuleBlock& block) {
    const F32 d;
    const Vec rate = hn::Set(d, c[0]), decay = hn::Set(d, c[1]);
    forEachVector<kGrad>(block, [&](Vec& p, Vec g, Vec&, Vec&)
                                    HWY_ATTR { p = hn::NegMulAdd(rate, hn::MulAdd(decay, p, g), p); });
}

// c: lr, wd, momentum
void momentum(const float* c, const RuleBlock& block) {
    const F32 d;
    const Vec rate = hn::Set(d, c[0]), decay = hn::Set(d, c[1]), keep = hn::Set(d, c[2]);
    forEachVector<kGrad | kState1>(block, [&](Vec& p, Vec g, Vec& v, Vec&) HWY_ATTR {
        v = hn::MulAdd(keep, v, hn::Mul(rate, hn::MulAdd(decay, p, g)));
        p = hn::Sub(p, v);
    });
}

/// m and v of Adam. c: b1, 1-b1, b2, 1-b2
struct Moments {
    explicit Moments(const float* c)
        : beta1(hn::Set(F32(), c[0])),
          rest1(hn::Set(F32(), c[1])),
          beta2(hn::Set(F32(), c[2])),
          rest2(hn::Set(F32(), c[3])) {}

    HWY_INLINE void update(Vec g, Vec& m, Vec& v) const {
        m = hn::MulAdd(beta1, m, hn::Mul(rest1, g));
        v = hn::MulAdd(beta2, v, hn::Mul(hn::Mul(rest2, g), g));
    }

    Vec beta1, rest1, beta2, rest2;
};

// c: b1, 1-b1, b2, 1-b2, wd, lr/(1-b1^t), 1/sqrt(1-b2^t), eps
void adam(const float* c, const RuleBlock& block) {
    const F32 d;
    const Moments moments(c);
    const Vec decay = hn::Set(d, c[4]), rate = hn::Set(d, c[5]);
    const Vec correction = hn::Set(d, c[6]), epsilon = hn::Set(d, c[7]);
    forEachVector<kGrad | kState1 | kState2>(block, [&](Vec& p, Vec g, Vec& m, Vec& v) HWY_ATTR {
        moments.update(hn::MulAdd(decay, p, g), m, v);
        p = hn::NegMulAdd(rate, hn::Div(m, hn::MulAdd(hn::Sqrt(v), correction, epsilon)), p);
    });
}

// c: b1, 1-b1, b2, 1-b2, 1-lr*wd, lr/(1-b1^t), 1/sqrt(1-b2^t), eps
void adamW(const float* c, const RuleBlock& block) {
    const F32 d;
    const Moments moments(c);
    const Vec keep = hn::Set(d, c[4]), rate = hn::Set(d, c[5]);
    const Vec correction = hn::Set(d, c[6]), epsilon = hn::Set(d, c[7]);
    forEachVector<kGrad | kState1 | kState2>(block, [&](Vec& p, Vec g, Vec& m, Vec& v) HWY_ATTR {
        moments.update(g, m, v);
        const Vec step = hn::Div(m, hn::MulAdd(hn::Sqrt(v), correction, epsilon));
        p = hn::NegMulAdd(rate, step, hn::Mul(p, keep));
    });
}

// c: b1, 1-b1, b2, 1-b2, wd, lr/(1-b1^t)
void firstMoment(const float* c, const RuleBlock& block) {
    const F32 d;
    const Moments moments(c);
    const Vec decay = hn::Set(d, c[4]), rate = hn::Set(d, c[5]);
    forEachVector<kGrad | kState1 | kState2>(block, [&](Vec& p, Vec g, Vec& m, Vec& v) HWY_ATTR {
        moments.update(hn::MulAdd(decay, p, g), m, v);
        p = hn::NegMulAdd(rate, m, p);
    });
}

// c: b1, 1-b1, b2, 1-b2, wd, lr, 1/sqrt(1-b2^t), eps, 1/(1-b1^t), low, high
void adaBound(const float* c, const RuleBlock& block) {
    const F32 d;
    const Moments moments(c);
    const Vec decay = hn::Set(d, c[4]), rate = hn::Set(d, c[5]);
    const Vec correction = hn::Set(d, c[6]), epsilon = hn::Set(d, c[7]);
    const Vec first = hn::Set(d, c[8]), low = hn::Set(d, c[9]), high = hn::Set(d, c[10]);
    forEachVector<kGrad | kState1 | kState2>(block, [&](Vec& p, Vec g, Vec& m, Vec& v) HWY_ATTR {
        moments.update(hn::MulAdd(decay, p, g), m, v);
        const Vec own = hn::Div(rate, hn::MulAdd(hn::Sqrt(v), correction, epsilon));
        p = hn::NegMulAdd(hn::Min(hn::Max(own, low), high), hn::Mul(m, first), p);
    });
}

// c: b1, 1-b1, b2, 1-b2
void momentsOnly(const float* c, const RuleBlock& block) {
    const Moments moments(c);
    forEachVector<kGrad | kState1 | kState2>(
        block, [&](Vec&, Vec g, Vec& m, Vec& v) HWY_ATTR { moments.update(g, m, v); });
}

/// r of LAMB. c[4]..: wd, 1/(1-b1^t), 1/sqrt(1-b2^t), eps
struct LambDirection {
    explicit LambDirection(const float* c)
        : decay(hn::Set(F32(), c[4])),
          first(hn::Set(F32(), c[5])),
          correction(hn::Set(F32(), c[6])),
          epsilon(hn::Set(F32(), c[7])) {}

    HWY_INLINE Vec of(Vec p, Vec m, Vec v) const {
        const Vec step = hn::Div(hn::Mul(m, first), hn::MulAdd(hn::Sqrt(v), correction, epsilon));
        return hn::MulAdd(decay, p, step);
    }

    Vec decay, first, correction, epsilon;
};

// c[4]..: wd, 1/(1-b1^t), 1/sqrt(1-b2^t), eps, lr |p|/|r|
void lamb(const float* c, const RuleBlock& block) {
    const LambDirection direction(c);
    const Vec rate = hn::Set(F32(), c[8]);
    forEachVector<kState1 | kState2>(block, [&](Vec& p, Vec, Vec& m, Vec& v) HWY_ATTR {
        p = hn::NegMulAdd(rate, direction.of(p, m, v), p);
    });
}

// c: b1, 1-b1, b2, 1-b2, 1-lr*wd, lr
void lion(const float* c, const RuleBlock& block) {
    const F32 d;
    const Vec beta1 = hn::Set(d, c[0]), rest1 = hn::Set(d, c[1]);
    const Vec beta2 = hn::Set(d, c[2]), rest2 = hn::Set(d, c[3]);
    const Vec keep = hn::Set(d, c[4]), rate = hn::Set(d, c[5]);
    forEachVector<kGrad | kState1>(block, [&](Vec& p, Vec g, Vec& m, Vec&) HWY_ATTR {
        const Vec u = hn::MulAdd(beta1, m, hn::Mul(rest1, g));
        // 0 and NaN stand for themselves.
        const Vec step = hn::IfThenElse(hn::Gt(hn::Abs(u), hn::Zero(d)), hn::CopySign(rate, u), u);
        p = hn::MulSub(p, keep, step);
        m = hn::MulAdd(beta2, m, hn::Mul(rest2, g));
    });
}

// c: lr, wd, eps
void adagrad(const float* c, const RuleBlock& block) {
    const F32 d;
    const Vec rate = hn::Set(d, c[0]), decay = hn::Set(d, c[1]), epsilon = hn::Set(d, c[2]);
    forEachVector<kGrad | kState1>(block, [&](Vec& p, Vec plain, Vec& s, Vec&) HWY_ATTR {
        const Vec g = hn::MulAdd(decay, p, plain);
        s = hn::MulAdd(g, g, s);
        p = hn::NegMulAdd(rate, hn::Div(g, hn::Add(hn::Sqrt(s), epsilon)), p);
    });
}

// c: lr, rho, 1-rho, eps
void adaDelta(const float* c, const RuleBlock& block) {
    const F32 d;
    const Vec rate = hn::Set(d, c[0]), rho = hn::Set(d, c[1]), rest = hn::Set(d, c[2]);
    const Vec epsilon = hn::Set(d, c[3]);
    forEachVector<kGrad | kState1 | kState2>(block, [&](Vec& p, Vec g, Vec& s, Vec& delta) HWY_ATTR {
        s = hn::MulAdd(rho, s, hn::Mul(hn::Mul(rest, g), g));
        const Vec ratio = hn::Div(hn::Add(delta, epsilon), hn::Add(s, epsilon));
        const Vec u = hn::Mul(g, hn::Sqrt(ratio));
        delta = hn::MulAdd(rho, delta, hn::Mul(hn::Mul(rest, u), u));
        p = hn::NegMulAdd(rate, u, p);
    });
}

// c: lr, wd, eps, rho, 1-rho
void rmsProp(const float* c, const RuleBlock& block) {
    const F32 d;
    const Vec rate = hn::Set(d, c[0]), decay = hn::Set(d, c[1]), epsilon = hn::Set(d, c[2]);
    const Vec rho = hn::Set(d, c[3]), rest = hn::Set(d, c[4]);
    forEachVector<kGrad | kState1>(block, [&](Vec& p, Vec plain, Vec& s, Vec&) HWY_ATTR {
        const Vec g = hn::MulAdd(decay, p, plain);
        s = hn::MulAdd(rho, s, hn::Mul(hn::Mul(rest, g), g));
        p = hn::NegMulAdd(rate, hn::Div(g, hn::Add(hn::Sqrt(s), epsilon)), p);
    });
}

// c: alpha
void lookahead(const float* c, const RuleBlock& block) {
    const Vec alpha = hn::Set(F32(), c[0]);
    forEachVector<kState1>(block, [&](Vec& p, Vec, Vec& slow, Vec&) HWY_ATTR {
        slow = hn::MulAdd(alpha, hn::Sub(p, slow), slow);
        p = slow;
    });
}

void applyRuleHere(const RuleConstants& constants, const RuleBlock& block) {
    const float* c = constants.c;
    switch (constants.rule) {
        case Rule::kSgd:
            return sgd(c, block);
        case Rule::kMomentum:
            return momentum(c, block);
        case Rule::kAdam:
            return adam(c, block);
        case Rule::kAdamW:
            return adamW(c, block);
        case Rule::kFirstMoment:
            return firstMoment(c, block);
        case Rule::kAdaBound:
            return adaBound(c, block);
        case Rule::kMoments:
            return momentsOnly(c, block);
        case Rule::kLamb:
            return lamb(c, block);
        case Rule::kLion:
            return lion(c, block);
        case Rule::kAdagrad:
            return adagrad(c, block);
        case Rule::kAdaDelta:
            return adaDelta(c, block);
        case Rule::kRmsProp:
            return rmsProp(c, block);
        case Rule::kLookahead:
            return lookahead(c, block);
    }
}

double sumOfLambSquaresHere(const RuleConstants& constants, const RuleBlock& block) {
    const F32 d;
    const LambDirection direction(constants.c);
    Vec sum = hn::Zero(d);
    // Rests are filled with zeros, for which r is 0 too: 0 / eps, unless eps is 0, so they are masked.
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    int64_t i = 0;
    for (; i + lanes <= block.count; i += lanes) {
        const Vec r = direction.of(hn::LoadU(d, block.param + i), hn::LoadU(d, block.state1 + i),
                                   hn::LoadU(d, block.state2 + i));
        sum = hn::MulAdd(r, r, sum);
    }
    if (i < block.count) {
        const auto count = static_cast<size_t>(block.count - i);
        HWY_ALIGN float rest[3][hn::MaxLanes(F32())] = {};
        std::memcpy(rest[0], block.param + i, count * sizeof(float));
        std::memcpy(rest[1], block.state1 + i, count * sizeof(float));
        std::memcpy(rest[2], block.state2 + i, count * sizeof(float));
        const Vec r = direction.of(hn::LoadU(d, rest[0]), hn::LoadU(d, rest[1]), hn::LoadU(d, rest[2]));
        sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, count), hn::Mul(r, r)));
    }
    return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
}

const char* nameHere() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "src/cpu/kernels.h"

namespace optirs::cpu {

HWY_EXPORT(applyRuleHere);
HWY_EXPORT(sumOfLambSquaresHere);
HWY_EXPORT(nameHere);

void applyRule(const RuleConstants& constants, const RuleBlock& block) {
    HWY_DYNAMIC_DISPATCH(applyRuleHere)(constants, block);
}

double sumOfLambSquares(const RuleConstants& constants, const RuleBlock& block) {
    return HWY_DYNAMIC_DISPATCH(sumOfLambSquaresHere)(constants, block);
}

const char* targetName() { return HWY_DYNAMIC_DISPATCH(nameHere)(); }

}  // namespace optirs::cpu
#endif
