// The arithmetic of norms, softmax and cross entropy on one row of f32.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// Mean and 1/sqrt(variance + epsilon) of a row; for RMS norms the mean is 0 and the variance is the mean
/// square.
struct RowStatistics {
    float mean = 0;
    float rstd = 0;
};

RowStatistics statisticsOf(const float* x, int64_t n, float epsilon, bool centers);

/// out = (x - mean) rstd gamma + beta; gamma and beta may be NULL. out may be x.
void normalizeRow(const float* x, RowStatistics statistics, const float* gamma, const float* beta, int64_t n,
                  float* out);

/// dx of the above, and dgamma += dout (x - mean) rstd, dbeta += dout where those are not NULL.
void normalizeRowBackward(const float* x, const float* dout, RowStatistics statistics, const float* gamma,
                          int64_t n, bool centers, float* dx, float* dgamma, float* dbeta);

/// out = softmax(scale x). A row of -infinity alone becomes zeros. out may be x.
void softmaxRow(const float* x, float scale, int64_t n, float* out);

/// dx = scale y (dy - sum(dy y)). dx may be dy.
void softmaxRowBackward(const float* y, const float* dy, float scale, int64_t n, float* dx);

/// log(sum(exp(x))), and the largest x; -infinity for a row of -infinity alone.
struct LogSum {
    float largest = 0;
    float log_sum = 0;
    float sum = 0;  // of x
};
LogSum logSumOf(const float* x, int64_t n);

/// dx = scale exp(x - log_sum) + shift. dx may be x.
void crossEntropyRowBackward(const float* x, float log_sum, float scale, float shift, int64_t n, float* dx);

}  // namespace optirs::cpu
