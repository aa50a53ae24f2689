// The arithmetic of norms on one row, whose operands and results are all of one
// type: f32, bf16 or f16.
#pragma once

#include <cstdint>

#include "src/cpu/element.h"

namespace optirs::cpu {

/// Mean and 1/sqrt(variance + epsilon) of a row; for RMS norms the mean is 0 and the variance is the mean
/// square.
struct RowStatistics {
    float mean = 0;
    float rstd = 0;
};

RowStatistics statisticsOf(Element type, const void* x, int64_t n, float epsilon, bool centers);

/// A row of f32 in the order in which the functions below read and write gamma, beta, dgamma and dbeta beside
/// a row of `type`, and back. The order is that of vectors, and another one for each instruction set.
void arrangeRow(Element type, const float* row, int64_t n, float* arranged);
void restoreRow(Element type, const float* arranged, int64_t n, float* row);

/// out = (x - mean) rstd gamma + beta; gamma and beta, arranged, may be NULL. out may be x.
void normalizeRow(Element type, const void* x, RowStatistics statistics, const float* gamma,
                  const float* beta, int64_t n, void* out);

/// dx of the above, and dgamma += dout (x - mean) rstd, dbeta += dout where those are not NULL; gamma and the
/// sums are arranged. dx may be dout.
void normalizeRowBackward(Element type, const void* x, const void* dout, RowStatistics statistics,
                          const float* gamma, int64_t n, bool centers, void* dx, float* dgamma, float* dbeta);

}  // namespace optirs::cpu
