// Softmax of attention, over rows of scores.
#pragma once

#include <cstdint>
#include <limits>

namespace optirs::cpu {

/// scores = cap tanh(scores / cap).
void softCapRow(float* scores, float cap, int64_t n);

/// The largest score of a row that has seen none.
inline constexpr float kNone = -std::numeric_limits<float>::infinity();

/// Running maximum and sum of a row of which only a part is seen at a time.
struct RunningSoftmax {
    float largest;  // kNone before the first part
    float sum;
};

/// A part of a row: scores[0, columns).
struct SoftmaxRow {
    float* scores;
    int64_t columns;
    RunningSoftmax* state;
    float former;  // out: what former results of the row must be multiplied by
};

/// Scores become exp(scores - largest), with `largest` over everything that the row has seen so far. All rows
/// find their largest first, so that none waits for its own.
void softmaxParts(SoftmaxRow* rows, int64_t count);

/// to *= factor.
void scaleRow(float* to, float factor, int64_t n);

/// probabilities = exp(scores - lse).
void probabilitiesRow(const float* scores, float lse, int64_t n, float* probabilities);

/// gradients = probabilities (gradients - mean), times the slope of the soft cap if cap is above 0.
void scoreGradientRow(const float* probabilities, const float* scores, float mean, float cap, int64_t n,
                      float* gradients);

float dotRow(const float* a, const float* b, int64_t n);

/// to[i to_stride] = rows[i] . by, for `count` rows that are `stride` apart.
void dotRows(const float* rows, int64_t stride, int64_t count, const float* by, int64_t n, float* to,
             int64_t to_stride);

/// to[i] += factors[i factor_stride] row, for `count` rows that are `to_stride` apart. A factor of 0 adds
/// nothing, not even where the row is not finite.
void addScaledRow(const float* factors, int64_t factor_stride, int64_t count, const float* row, int64_t n,
                  float* to, int64_t to_stride);

}  // namespace optirs::cpu
