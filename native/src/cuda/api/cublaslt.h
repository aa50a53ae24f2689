// cuBLASLt as far as this backend uses it: own declarations, one list of functions.
//
// Descriptors are made by the library's own Create functions only: their sizes differ between versions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/cuda/api/driver.h"

namespace optirs::cuda {

using cublasStatus_t = int32_t;
using cublasLtHandle_t = struct cublasLtContext*;
using cublasLtMatmulDesc_t = struct cublasLtMatmulDescOpaque*;
using cublasLtMatrixLayout_t = struct cublasLtMatrixLayoutOpaque*;
using cublasLtMatmulPreference_t = struct cublasLtMatmulPreferenceOpaque*;

inline constexpr size_t kOldestCublasLt = 120000;  // major * 10000 + minor * 100 + patch

/// An algorithm may be copied, and used again with the same version of the library only.
struct cublasLtMatmulAlgo_t {
    uint64_t data[8];
};
struct cublasLtMatmulHeuristicResult_t {
    cublasLtMatmulAlgo_t algo;
    size_t workspaceSize;
    cublasStatus_t state;
    float wavesCount;
    int32_t reserved[4];
};
static_assert(sizeof(cublasLtMatmulHeuristicResult_t) == 96);
static_assert(offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize) == 64);
static_assert(offsetof(cublasLtMatmulHeuristicResult_t, state) == 72);
static_assert(offsetof(cublasLtMatmulHeuristicResult_t, wavesCount) == 76);

enum : cublasStatus_t {
    CUBLAS_STATUS_SUCCESS = 0,
    CUBLAS_STATUS_NOT_INITIALIZED = 1,
    CUBLAS_STATUS_ALLOC_FAILED = 3,
    CUBLAS_STATUS_INVALID_VALUE = 7,
    CUBLAS_STATUS_ARCH_MISMATCH = 8,
    CUBLAS_STATUS_MAPPING_ERROR = 11,
    CUBLAS_STATUS_EXECUTION_FAILED = 13,
    CUBLAS_STATUS_INTERNAL_ERROR = 14,
    CUBLAS_STATUS_NOT_SUPPORTED = 15,
    CUBLAS_STATUS_LICENSE_ERROR = 16,
};

enum : int32_t {  // cudaDataType_t
    CUDA_R_32F = 0,
    CUDA_R_16F = 2,
    CUDA_R_16BF = 14,
    CUDA_R_8F_E4M3 = 28,
    CUDA_R_8F_E5M2 = 29,
};

enum : int32_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 };
enum : int32_t { CUBLAS_COMPUTE_32F = 68, CUBLAS_COMPUTE_32F_FAST_TF32 = 77 };

enum : int32_t { CUBLASLT_POINTER_MODE_HOST = 0, CUBLASLT_POINTER_MODE_DEVICE = 1 };

enum : int32_t {  // cublasLtMatmulDescAttributes_t
    CUBLASLT_MATMUL_DESC_POINTER_MODE = 2,
    CUBLASLT_MATMUL_DESC_TRANSA = 3,
    CUBLASLT_MATMUL_DESC_TRANSB = 4,
    CUBLASLT_MATMUL_DESC_EPILOGUE = 7,
    CUBLASLT_MATMUL_DESC_BIAS_POINTER = 8,
    CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE = 10,
    CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER = 11,
    CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD = 12,
    CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE = 13,
    CUBLASLT_MATMUL_DESC_A_SCALE_POINTER = 17,
    CUBLASLT_MATMUL_DESC_B_SCALE_POINTER = 18,
    CUBLASLT_MATMUL_DESC_D_SCALE_POINTER = 20,
    CUBLASLT_MATMUL_DESC_AMAX_D_POINTER = 21,
    CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_DATA_TYPE = 22,
    CUBLASLT_MATMUL_DESC_FAST_ACCUM = 25,
    CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE = 26,
    CUBLASLT_MATMUL_DESC_A_SCALE_MODE = 31,
    CUBLASLT_MATMUL_DESC_B_SCALE_MODE = 32,
};

enum : int32_t {  // cublasLtEpilogue_t
    CUBLASLT_EPILOGUE_DEFAULT = 1,
    CUBLASLT_EPILOGUE_BIAS = 4,
    CUBLASLT_EPILOGUE_GELU = 32,
    CUBLASLT_EPILOGUE_GELU_BIAS = 36,
    CUBLASLT_EPILOGUE_GELU_AUX = 160,
    CUBLASLT_EPILOGUE_GELU_AUX_BIAS = 164,
    CUBLASLT_EPILOGUE_DGELU = 192,
    CUBLASLT_EPILOGUE_DGELU_BGRAD = 208,
    CUBLASLT_EPILOGUE_BGRADA = 256,
    CUBLASLT_EPILOGUE_BGRADB = 512,
};

enum : int32_t {  // cublasLtMatmulMatrixScale_t; the last since 12.9
    CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F = 0,
    CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F = 3,
};

enum : int32_t {  // cublasLtMatrixLayoutAttribute_t
    CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT = 5,
    CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET = 6,
};
enum : int32_t {  // cublasLtMatmulPreferenceAttributes_t
    CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES = 5,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES = 6,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES = 7,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES = 8,
};

/// X(member, exported symbol, result, parameters).
#define OPTIRS_CUBLASLT_FUNCTIONS(X)                                                                       \
    X(getVersion, "cublasLtGetVersion", size_t, (void))                                                    \
    X(getStatusName, "cublasLtGetStatusName", const char*, (cublasStatus_t status))                        \
    X(getStatusString, "cublasLtGetStatusString", const char*, (cublasStatus_t status))                    \
    X(create, "cublasLtCreate", cublasStatus_t, (cublasLtHandle_t * handle))                               \
    X(destroy, "cublasLtDestroy", cublasStatus_t, (cublasLtHandle_t handle))                               \
    X(matmulDescCreate, "cublasLtMatmulDescCreate", cublasStatus_t,                                        \
      (cublasLtMatmulDesc_t * desc, int32_t compute_type, int32_t scale_type))                             \
    X(matmulDescDestroy, "cublasLtMatmulDescDestroy", cublasStatus_t, (cublasLtMatmulDesc_t desc))         \
    X(matmulDescSetAttribute, "cublasLtMatmulDescSetAttribute", cublasStatus_t,                            \
      (cublasLtMatmulDesc_t desc, int32_t attribute, const void* value, size_t bytes))                     \
    X(matrixLayoutCreate, "cublasLtMatrixLayoutCreate", cublasStatus_t,                                    \
      (cublasLtMatrixLayout_t * layout, int32_t type, uint64_t rows, uint64_t cols, int64_t ld))           \
    X(matrixLayoutDestroy, "cublasLtMatrixLayoutDestroy", cublasStatus_t, (cublasLtMatrixLayout_t layout)) \
    X(matrixLayoutSetAttribute, "cublasLtMatrixLayoutSetAttribute", cublasStatus_t,                        \
      (cublasLtMatrixLayout_t layout, int32_t attribute, const void* value, size_t bytes))                 \
    X(preferenceCreate, "cublasLtMatmulPreferenceCreate", cublasStatus_t,                                  \
      (cublasLtMatmulPreference_t * preference))                                                           \
    X(preferenceDestroy, "cublasLtMatmulPreferenceDestroy", cublasStatus_t,                                \
      (cublasLtMatmulPreference_t preference))                                                             \
    X(preferenceSetAttribute, "cublasLtMatmulPreferenceSetAttribute", cublasStatus_t,                      \
      (cublasLtMatmulPreference_t preference, int32_t attribute, const void* value, size_t bytes))         \
    X(algoGetHeuristic, "cublasLtMatmulAlgoGetHeuristic", cublasStatus_t,                                  \
      (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,                       \
       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,                       \
       cublasLtMatmulPreference_t preference, int32_t wanted, cublasLtMatmulHeuristicResult_t* results,    \
       int32_t* count))                                                                                    \
    X(algoCheck, "cublasLtMatmulAlgoCheck", cublasStatus_t,                                                \
      (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,                       \
       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,                       \
       const cublasLtMatmulAlgo_t* algo, cublasLtMatmulHeuristicResult_t* result))                         \
    X(matmul, "cublasLtMatmul", cublasStatus_t,                                                            \
      (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void* alpha, const void* a,               \
       cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout, const void* beta,  \
       const void* c, cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,           \
       const cublasLtMatmulAlgo_t* algo, void* workspace, size_t workspace_bytes, CUstream stream))

struct CublasLtApi {
// NOLINTNEXTLINE(bugprone-macro-parentheses): parameters of a declarator
#define OPTIRS_X(member, symbol, result, parameters) result(*member) parameters = nullptr;
    OPTIRS_CUBLASLT_FUNCTIONS(OPTIRS_X)
#undef OPTIRS_X
};

}  // namespace optirs::cuda
