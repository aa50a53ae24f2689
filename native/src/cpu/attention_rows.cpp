#include "src/cpu/attention_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/attention_rows.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <cmath>

#include "hwy/contrib/math/math-inl.h"
#include "src/cpu/exp-inl.h"
#include "src/cpu/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

void softCapRowHere(float* scores, float cap, int64_t n) {
    const F32 d;
    const Vec limit = hn::Set(d, cap);
    const Vec inverse = hn::Set(d, 1.0F / cap);
    mapParts<float>(n, scores, [&](auto part) HWY_ATTR {
        return hn::Mul(limit, hn::Tanh(d, hn::Mul(part.get(scores), inverse)));
    });
}

/// The largest of a row so far becomes that of its new part, too.
void raiseLargest(SoftmaxRow& row) {
    const F32 d;
    const float former = row.state->largest;
    Vec top = hn::Set(d, former);
    forVectors(
        d, row.columns, [&](int64_t i) HWY_ATTR { top = hn::Max(hn::LoadU(d, row.scores + i), top); },
        [&](int64_t i, size_t rest) HWY_ATTR {
            const Vec value = hn::IfThenElse(hn::FirstN(d, rest), loadSome(d, row.scores + i, rest), top);
            top = hn::Max(value, top);
        });
    const float largest = hn::GetLane(hn::MaxOfLanes(d, top));
    row.state->largest = largest;
    // Mostly the maximum was seen before; where all is masked so far there is nothing to take away from.
    row.former = largest == former || largest == kNone ? 1.0F : std::exp(former - largest);
}

/// weights = exp(scores - shift), one vector at a time: two with all constants are too many for the
/// registers. Returns a vector whose lanes add up to their sum.
Vec weighRow(const float* scores, Vec shift, int64_t n, float* weights) {
    const F32 d;
    Vec sum = hn::Zero(d);
    forVectors(
        d, n,
        [&](int64_t i) HWY_ATTR {
            const Vec weight = weightOfNegative(d, hn::Sub(hn::LoadU(d, scores + i), shift));
            hn::StoreU(weight, d, weights + i);
            sum = hn::Add(sum, weight);
        },
        [&](int64_t i, size_t rest) HWY_ATTR {
            const Vec weight = weightOfNegative(d, hn::Sub(loadSome(d, scores + i, rest), shift));
            storeSome(weight, d, weights + i, rest);
            sum = hn::Add(sum, hn::IfThenElse(hn::FirstN(d, rest), weight, hn::Zero(d)));
        });
    return sum;
}

void softmaxPartsHere(SoftmaxRow* rows, int64_t count) {
    const F32 d;
    for (int64_t i = 0; i < count; ++i) {
        raiseLargest(rows[i]);
    }
    for (int64_t i = 0; i < count; ++i) {
        float* scores = rows[i].scores;
        RunningSoftmax& state = *rows[i].state;
        const Vec shift = hn::Set(d, state.largest == kNone ? 0.0F : state.largest);
        const Vec sum = weighRow(scores, shift, rows[i].columns, scores);
        state.sum = state.sum * rows[i].former + hn::GetLane(hn::SumOfLanes(d, sum));
    }
}

void scaleRowHere(float* to, float factor, int64_t n) {
    const F32 d;
    const Vec by = hn::Set(d, factor);
    mapParts<float>(n, to, [&](auto part) HWY_ATTR { return hn::Mul(part.get(to), by); });
}

void probabilitiesRowHere(const float* scores, float lse, int64_t n, float* probabilities) {
    const F32 d;
    weighRow(scores, hn::Set(d, lse), n, probabilities);
}

void scoreGradientRowHere(const float* probabilities, const float* scores, float mean, float cap, int64_t n,
                          float* gradients) {
    const F32 d;
    const Vec shift = hn::Set(d, mean);
    const Vec one = hn::Set(d, 1.0F);
    const Vec inverse = hn::Set(d, cap > 0 ? 1.0F / cap : 0.0F);
    mapParts<float>(n, gradients, [&](auto part) HWY_ATTR {
        const Vec bent = hn::Mul(part.get(scores), inverse);
        const Vec change = hn::Sub(part.get(gradients), shift);
        return hn::Mul(hn::Mul(part.get(probabilities), change), hn::NegMulAdd(bent, bent, one));
    });
}

float dotRowHere(const float* a, const float* b, int64_t n) {
    const F32 d;
    Vec sum = hn::Zero(d);
    forVectors(
        d, n, [&](int64_t i) HWY_ATTR { sum = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum); },
        [&](int64_t i, size_t rest)
            HWY_ATTR { sum = hn::MulAdd(loadSome(d, a + i, rest), loadSome(d, b + i, rest), sum); });
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

void dotRowsHere(const float* rows, int64_t stride, int64_t count, const float* by, int64_t n, float* to,
                 int64_t to_stride) {
    for (int64_t i = 0; i < count; ++i) {
        to[i * to_stride] = dotRowHere(rows + i * stride, by, n);
    }
}

void addScaledRowHere(const float* factors, int64_t factor_stride, int64_t count, const float* row, int64_t n,
                      float* to, int64_t to_stride) {
    const F32 d;
    for (int64_t r = 0; r < count; ++r, to += to_stride) {
        if (factors[r * factor_stride] == 0) {
            continue;
        }
        const Vec by = hn::Set(d, factors[r * factor_stride]);
        forVectors(
            d, n,
            [&](int64_t i) HWY_ATTR {
                hn::StoreU(hn::MulAdd(by, hn::LoadU(d, row + i), hn::LoadU(d, to + i)), d, to + i);
            },
            [&](int64_t i, size_t rest) HWY_ATTR {
                storeSome(hn::MulAdd(by, loadSome(d, row + i, rest), loadSome(d, to + i, rest)), d, to + i,
                          rest);
            });
    }
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(softCapRowHere);
HWY_EXPORT(softmaxPartsHere);
HWY_EXPORT(scaleRowHere);
HWY_EXPORT(probabilitiesRowHere);
HWY_EXPORT(scoreGradientRowHere);
HWY_EXPORT(dotRowHere);
HWY_EXPORT(dotRowsHere);
HWY_EXPORT(addScaledRowHere);

void softCapRow(float* scores, float cap, int64_t n) { HWY_DYNAMIC_DISPATCH(softCapRowHere)(scores, cap, n); }

void softmaxParts(SoftmaxRow* rows, int64_t count) { HWY_DYNAMIC_DISPATCH(softmaxPartsHere)(rows, count); }

void scaleRow(float* to, float factor, int64_t n) { HWY_DYNAMIC_DISPATCH(scaleRowHere)(to, factor, n); }

void probabilitiesRow(const float* scores, float lse, int64_t n, float* probabilities) {
    HWY_DYNAMIC_DISPATCH(probabilitiesRowHere)(scores, lse, n, probabilities);
}

void scoreGradientRow(const float* probabilities, const float* scores, float mean, float cap, int64_t n,
                      float* gradients) {
    HWY_DYNAMIC_DISPATCH(scoreGradientRowHere)(probabilities, scores, mean, cap, n, gradients);
}

float dotRow(const float* a, const float* b, int64_t n) { return HWY_DYNAMIC_DISPATCH(dotRowHere)(a, b, n); }

void dotRows(const float* rows, int64_t stride, int64_t count, const float* by, int64_t n, float* to,
             int64_t to_stride) {
    HWY_DYNAMIC_DISPATCH(dotRowsHere)(rows, stride, count, by, n, to, to_stride);
}

void addScaledRow(const float* factors, int64_t factor_stride, int64_t count, const float* row, int64_t n,
                  float* to, int64_t to_stride) {
    HWY_DYNAMIC_DISPATCH(addScaledRowHere)(factors, factor_stride, count, row, n, to, to_stride);
}

}  // namespace optirs::cpu
#endif
