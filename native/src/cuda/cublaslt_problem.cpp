#include "src/cuda/cublaslt_problem.h"

#include <array>

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/gemm_check.h"
#include "src/cuda/status.h"

namespace optirs::cuda {

using core::Code;
using core::concat;

namespace {

int32_t typeOf(MatrixType type) {
    constexpr std::array<int32_t, 5> kTypes = {CUDA_R_32F, CUDA_R_16F, CUDA_R_16BF, CUDA_R_8F_E4M3,
                                               CUDA_R_8F_E5M2};
    return kTypes[static_cast<size_t>(type)];
}

int32_t epilogueOf(GemmEpilogue epilogue) {
    constexpr std::array<int32_t, 9> kEpilogues = {
        CUBLASLT_EPILOGUE_DEFAULT,  CUBLASLT_EPILOGUE_BIAS,
        CUBLASLT_EPILOGUE_GELU,     CUBLASLT_EPILOGUE_GELU_BIAS,
        CUBLASLT_EPILOGUE_GELU_AUX, CUBLASLT_EPILOGUE_GELU_AUX_BIAS,
        CUBLASLT_EPILOGUE_DGELU,    CUBLASLT_EPILOGUE_DGELU_BGRAD,
        CUBLASLT_EPILOGUE_BGRADA};  // our B is cuBLASLt's A
    return kEpilogues[static_cast<size_t>(epilogue)];
}

int32_t scaleModeOf(ScaleMode mode) {
    return mode == ScaleMode::kRow ? CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F
                                   : CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F;
}

template <class T>
void set(const MatmulDescription& description, int32_t attribute, const T& value) {
    checkCublasLt(cublasLt().matmulDescSetAttribute(description.get(), attribute,
                                                    static_cast<const void*>(&value), sizeof(value)),
                  "cublasLtMatmulDescSetAttribute");
}

void makeLayout(MatrixLayout& layout, MatrixType type, int64_t rows, int64_t columns, int64_t stride,
                int64_t batch, int64_t batch_stride) {
    checkCublasLt(cublasLt().matrixLayoutCreate(layout.put(), typeOf(type), static_cast<uint64_t>(rows),
                                                static_cast<uint64_t>(columns), stride),
                  "cublasLtMatrixLayoutCreate");
    if (batch > 1) {
        const auto count = static_cast<int32_t>(batch);
        checkCublasLt(cublasLt().matrixLayoutSetAttribute(layout.get(), CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT,
                                                          &count, sizeof(count)),
                      "cublasLtMatrixLayoutSetAttribute");
        checkCublasLt(
            cublasLt().matrixLayoutSetAttribute(layout.get(), CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                                &batch_stride, sizeof(batch_stride)),
            "cublasLtMatrixLayoutSetAttribute");
    }
}

}  // namespace

void checkCublasLt(cublasStatus_t status, const char* call) {
    if (status == CUBLAS_STATUS_SUCCESS) {
        return;
    }
    const Code code = status == CUBLAS_STATUS_ALLOC_FAILED      ? Code::kResourceExhausted
                      : status == CUBLAS_STATUS_INVALID_VALUE   ? Code::kInvalidArgument
                      : status == CUBLAS_STATUS_NOT_SUPPORTED   ? Code::kUnimplemented
                      : status == CUBLAS_STATUS_ARCH_MISMATCH   ? Code::kUnimplemented
                      : status == CUBLAS_STATUS_NOT_INITIALIZED ? Code::kUnavailable
                                                                : Code::kInternal;
    throw CudaError(code, status,
                    concat(call, " failed: ", cublasLt().getStatusName(status), " (",
                           cublasLt().getStatusString(status), ")"));
}

CublasLtProblem::CublasLtProblem(const Gemm& p) {
    const bool is_tf32 = p.has_tf32 && p.a.type == MatrixType::kF32;
    checkCublasLt(
        cublasLt().matmulDescCreate(description.put(),
                                    is_tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F),
        "cublasLtMatmulDescCreate");
    set(description, CUBLASLT_MATMUL_DESC_TRANSA, int32_t{p.b.is_transposed ? CUBLAS_OP_T : CUBLAS_OP_N});
    set(description, CUBLASLT_MATMUL_DESC_TRANSB, int32_t{p.a.is_transposed ? CUBLAS_OP_T : CUBLAS_OP_N});
    set(description, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogueOf(p.epilogue));
    if (p.factors != nullptr) {
        set(description, CUBLASLT_MATMUL_DESC_POINTER_MODE, int32_t{CUBLASLT_POINTER_MODE_DEVICE});
    }
    setEpilogue(p);
    if (isFloat8(p.a.type)) {
        setScales(p);
    }
    makeLayout(a, p.b.type, p.b.is_transposed ? p.k : p.n, p.b.is_transposed ? p.n : p.k, p.b.stride, p.batch,
               p.b.batch_stride);
    makeLayout(b, p.a.type, p.a.is_transposed ? p.m : p.k, p.a.is_transposed ? p.k : p.m, p.a.stride, p.batch,
               p.a.batch_stride);
    // With an FP8 result C, which is not read, has the bias's type.
    makeLayout(c, isFloat8(p.d_type) ? MatrixType::kBF16 : p.d_type, p.n, p.m, p.d_stride, p.batch,
               p.d_batch_stride);
    makeLayout(d, p.d_type, p.n, p.m, p.d_stride, p.batch, p.d_batch_stride);
}

void CublasLtProblem::setEpilogue(const Gemm& p) {
    if (p.bias != nullptr) {
        set(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.bias);
        set(description, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, typeOf(p.bias_type));
    }
    if (p.aux != nullptr) {
        set(description, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, p.aux);
        set(description, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, p.aux_stride);
        set(description, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, p.aux_batch_stride);
    }
}

void CublasLtProblem::setScales(const Gemm& p) {
    set(description, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, p.b.scale);
    set(description, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, p.a.scale);
    if (p.a.scale_mode != ScaleMode::kTensor) {  // older versions do not know the attribute
        set(description, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, scaleModeOf(p.b.scale_mode));
        set(description, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, scaleModeOf(p.a.scale_mode));
    }
    set(description, CUBLASLT_MATMUL_DESC_FAST_ACCUM, static_cast<int8_t>(p.has_fast_accumulation ? 1 : 0));
    if (p.d_scale != nullptr) {
        set(description, CUBLASLT_MATMUL_DESC_D_SCALE_POINTER, p.d_scale);
    }
    if (p.d_amax != nullptr) {
        set(description, CUBLASLT_MATMUL_DESC_AMAX_D_POINTER, p.d_amax);
    }
}

}  // namespace optirs::cuda
