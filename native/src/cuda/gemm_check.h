// What cuBLASLt's documentation asks of a matrix product.
#pragma once

#include "src/cuda/gemm.h"

namespace optirs::cuda {

inline constexpr int64_t kCublasLtRowScales = 120900;  // cuBLASLt 12.9

bool usesBias(GemmEpilogue epilogue);
bool usesAux(GemmEpilogue epilogue);
bool isFloat8(MatrixType type);
int64_t bytesOf(MatrixType type);
const char* nameOf(MatrixType type);

/// Throws INVALID_ARGUMENT with the offending value and what is allowed, UNIMPLEMENTED for what this version
/// of cuBLASLt or this device lacks.
void checkGemm(const Gemm& problem, int32_t capability, int64_t cublaslt_version);

}  // namespace optirs::cuda
