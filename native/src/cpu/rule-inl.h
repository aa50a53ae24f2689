// A walk over the elements that a rule of an optimizer reads and writes together. Compiled once for each
// target: included after hwy/highway.h by files that foreach_target.h includes again.
#if defined(OPTIRS_CPU_RULE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef OPTIRS_CPU_RULE_INL_H
#undef OPTIRS_CPU_RULE_INL_H
#else
#define OPTIRS_CPU_RULE_INL_H
#endif

#include <hwy/highway.h>

#include <cstring>

#include "src/cpu/optimizer_rules.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// What a rule reads besides the parameter, and writes besides it.
enum Streams : unsigned { kGrad = 1, kState1 = 2, kState2 = 4 };

template <unsigned kStreams, class Step>
HWY_INLINE void oneVector(const RuleBlock& block, int64_t i, const Step& step) {
    const F32 d;
    Vec param = hn::LoadU(d, block.param + i);
    Vec first = (kStreams & kState1) != 0 ? hn::LoadU(d, block.state1 + i) : hn::Zero(d);
    Vec second = (kStreams & kState2) != 0 ? hn::LoadU(d, block.state2 + i) : hn::Zero(d);
    const Vec grad = (kStreams & kGrad) != 0 ? hn::LoadU(d, block.grad + i) : hn::Zero(d);
    step(param, grad, first, second);
    hn::StoreU(param, d, block.param + i);
    if ((kStreams & kState1) != 0) {
        hn::StoreU(first, d, block.state1 + i);
    }
    if ((kStreams & kState2) != 0) {
        hn::StoreU(second, d, block.state2 + i);
    }
}

/// Calls step(p, g, s1, s2) for each vector. The last, partial one is worked on in a copy: memory behind the
/// end may be another thread's.
template <unsigned kStreams, class Step>
HWY_INLINE void forEachVector(const RuleBlock& block, const Step& step) {
    const F32 d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    int64_t i = 0;
    for (; i + lanes <= block.count; i += lanes) {
        oneVector<kStreams>(block, i, step);
    }
    if (i == block.count) {
        return;
    }
    HWY_ALIGN float rest[4][hn::MaxLanes(F32())] = {};
    const auto bytes = static_cast<size_t>(block.count - i) * sizeof(float);
    std::memcpy(rest[0], block.param + i, bytes);
    if ((kStreams & kGrad) != 0) {
        std::memcpy(rest[1], block.grad + i, bytes);
    }
    if ((kStreams & kState1) != 0) {
        std::memcpy(rest[2], block.state1 + i, bytes);
    }
    if ((kStreams & kState2) != 0) {
        std::memcpy(rest[3], block.state2 + i, bytes);
    }
    oneVector<kStreams>({rest[0], rest[1], rest[2], rest[3], lanes}, 0, step);
    std::memcpy(block.param + i, rest[0], bytes);
    if ((kStreams & kState1) != 0) {
        std::memcpy(block.state1 + i, rest[2], bytes);
    }
    if ((kStreams & kState2) != 0) {
        std::memcpy(block.state2 + i, rest[3], bytes);
    }
}

}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
