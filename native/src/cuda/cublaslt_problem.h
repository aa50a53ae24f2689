// A matrix product in cuBLASLt's terms: its descriptors, made of a Gemm and destroyed with it.
#pragma once

#include "src/cuda/api/cublaslt.h"
#include "src/cuda/gemm.h"
#include "src/cuda/libraries.h"

namespace optirs::cuda {

inline const CublasLtApi& cublasLt() { return libraries().cublaslt.api; }

/// Throws for a call of the library's that failed.
void checkCublasLt(cublasStatus_t status, const char* call);

/// A descriptor of the library's.
template <class Handle, cublasStatus_t (*CublasLtApi::*kDestroy)(Handle)>
class CublasLtOwned {
 public:
    CublasLtOwned() = default;
    CublasLtOwned(const CublasLtOwned&) = delete;
    CublasLtOwned& operator=(const CublasLtOwned&) = delete;
    ~CublasLtOwned() {
        if (handle_ != nullptr) {
            (cublasLt().*kDestroy)(handle_);
        }
    }
    Handle get() const { return handle_; }
    Handle* put() { return &handle_; }

 private:
    Handle handle_ = nullptr;
};
using MatmulDescription = CublasLtOwned<cublasLtMatmulDesc_t, &CublasLtApi::matmulDescDestroy>;
using MatrixLayout = CublasLtOwned<cublasLtMatrixLayout_t, &CublasLtApi::matrixLayoutDestroy>;
using MatmulPreference = CublasLtOwned<cublasLtMatmulPreference_t, &CublasLtApi::preferenceDestroy>;

/// Its `a` is our B, `b` our A.
struct CublasLtProblem {
    explicit CublasLtProblem(const Gemm& problem);

    MatmulDescription description;
    MatrixLayout a;
    MatrixLayout b;
    MatrixLayout c;
    MatrixLayout d;

 private:
    void setEpilogue(const Gemm& problem);
    void setScales(const Gemm& problem);
};

}  // namespace optirs::cuda
