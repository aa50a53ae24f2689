// The arithmetic of softmax and cross entropy on one row, whose operands and results are all of one
// type: f32, bf16 or f16.
#pragma once

#include <cstdint>

#include "src/cpu/element.h"

namespace optirs::cpu {

/// out = softmax(scale x). A row of -infinity alone becomes zeros. out may be x; `powers` is room for n,
/// which may be out if that is f32.
void softmaxRow(Element type, const void* x, float scale, int64_t n, float* powers, void* out);

/// dx = scale y (dy - sum(dy y)). dx may be dy.
void softmaxRowBackward(Element type, const void* y, const void* dy, float scale, int64_t n, void* dx);

/// log(sum(exp(x))) of a row of f32, and the largest x; -infinity for a row of -infinity alone.
struct LogSum {
    float largest = 0;
    float log_sum = 0;
    float sum = 0;  // of x
};
LogSum logSumOf(const float* x, int64_t n);

/// dx = scale exp(x - log_sum) + shift, in f32. dx may be x.
void crossEntropyRowBackward(const float* x, float log_sum, float scale, float shift, int64_t n, float* dx);

}  // namespace optirs::cpu
