// The one function of oneDNN that the kernels use, found when it is first needed: the backend itself loads
// without oneDNN.
#pragma once

#include <cstdint>

namespace optirs::cpu {

/// c = alpha op(a) op(b) + beta c, row-major, on the calling thread alone: m x k times k x n, leading
/// dimensions in elements. Throws KernelError UNAVAILABLE if there is no oneDNN (2.x or 3.x, which agree on
/// this function).
void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
           int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

/// Finds oneDNN, or throws as above; so that this happens before a parallel region.
void requireSgemm();

}  // namespace optirs::cpu
