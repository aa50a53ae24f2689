// A libcublasLt.so.13 that computes on the host, slowly, and checks how it is called.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "emulation/emulation.h"
#include "recorder.h"
#include "src/cuda/api/cublaslt.h"
#include "src/cuda/kernels/numbers.cuh"

namespace optirs::cuda {

struct cublasLtMatmulDescOpaque {
    int32_t compute_type;
    std::map<int32_t, std::vector<char>> attributes;
};
struct cublasLtMatrixLayoutOpaque {
    int32_t type;
    uint64_t rows;
    uint64_t cols;
    int64_t ld;
    int32_t batch = 1;
    int64_t batch_stride = 0;
};
struct cublasLtMatmulPreferenceOpaque {
    uint64_t workspace = 0;
};
struct cublasLtContext {};

}  // namespace optirs::cuda

using namespace optirs::cuda;
using optirs::mock::Named;
using optirs::mock::Recorder;

namespace {

#define CALL(...) OPTIRS_MOCK_CALL(__VA_ARGS__)
#define REQUIRE(condition) OPTIRS_MOCK_REQUIRE(condition, CUBLAS_STATUS_INVALID_VALUE)

std::set<void*>& alive() {
    static std::set<void*>& objects = *new std::set<void*>;
    return objects;
}

bool isFloat8(int32_t type) { return type == CUDA_R_8F_E4M3 || type == CUDA_R_8F_E5M2; }

float read(const void* data, int32_t type, int64_t i) {
    switch (type) {
        case CUDA_R_32F:
            return static_cast<const float*>(data)[i];
        case CUDA_R_16F:
            return toFloat(static_cast<const F16*>(data)[i]);
        case CUDA_R_16BF:
            return toFloat(static_cast<const BF16*>(data)[i]);
        case CUDA_R_8F_E4M3:
            return toFloat(static_cast<const E4M3*>(data)[i]);
        default:
            return toFloat(static_cast<const E5M2*>(data)[i]);
    }
}

void write(void* data, int32_t type, int64_t i, float x) {
    switch (type) {
        case CUDA_R_32F:
            static_cast<float*>(data)[i] = x;
            break;
        case CUDA_R_16F:
            static_cast<F16*>(data)[i] = rounded<F16>(x);
            break;
        case CUDA_R_16BF:
            static_cast<BF16*>(data)[i] = rounded<BF16>(x);
            break;
        case CUDA_R_8F_E4M3:
            static_cast<E4M3*>(data)[i] = rounded<E4M3>(x);
            break;
        default:
            static_cast<E5M2*>(data)[i] = rounded<E5M2>(x);
    }
}

template <class T>
T attribute(const cublasLtMatmulDescOpaque& description, int32_t which, T otherwise) {
    const auto found = description.attributes.find(which);
    if (found == description.attributes.end()) {
        return otherwise;
    }
    T value;
    std::memcpy(&value, found->second.data(), sizeof(T));
    return value;
}

double geluSlope(double x) {
    const double a = std::sqrt(2 / M_PI);
    const double t = std::tanh(a * (x + 0.044715 * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * a * (1 + 3 * 0.044715 * x * x);
}
double gelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

/// The dequantisation factor of row i of an operand.
float scaleAt(const float* scale, int32_t mode, int64_t i) {
    return scale == nullptr ? 1 : scale[mode == CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F ? i : 0];
}

}  // namespace

OPTIRS_MOCK_EXPORT size_t cublasLtGetVersion() {
    const char* wanted = std::getenv("OPTIRS_MOCK_CUBLASLT_VERSION");
    return wanted == nullptr ? 130001 : static_cast<size_t>(std::atoi(wanted));
}
OPTIRS_MOCK_EXPORT const char* cublasLtGetStatusName(cublasStatus_t) { return "CUBLAS_STATUS_MOCK"; }
OPTIRS_MOCK_EXPORT const char* cublasLtGetStatusString(cublasStatus_t) { return "as the test wanted"; }

OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    CALL("cublasLtCreate")
    *handle = new cublasLtContext;
    return CUBLAS_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    CALL("cublasLtDestroy")
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* description,
                                                           int32_t compute_type, int32_t scale_type) {
    CALL("cublasLtMatmulDescCreate", Named{"compute", compute_type}, Named{"scale", scale_type})
    REQUIRE(compute_type == CUBLAS_COMPUTE_32F || compute_type == CUBLAS_COMPUTE_32F_FAST_TF32)
    REQUIRE(scale_type == CUDA_R_32F)
    *description = new cublasLtMatmulDescOpaque{compute_type, {}};
    alive().insert(*description);
    return CUBLAS_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
    CALL("cublasLtMatmulDescDestroy")
    REQUIRE(alive().erase(description) == 1)
    delete description;
    return CUBLAS_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                                                                 int32_t which, const void* value,
                                                                 size_t bytes) {
    CALL("cublasLtMatmulDescSetAttribute", Named{"attribute", which}, Named{"bytes", bytes})
    REQUIRE(alive().contains(description) && value != nullptr)
    static const std::map<int32_t, size_t> sizes = {
        {CUBLASLT_MATMUL_DESC_POINTER_MODE, 4},    {CUBLASLT_MATMUL_DESC_TRANSA, 4},
        {CUBLASLT_MATMUL_DESC_TRANSB, 4},          {CUBLASLT_MATMUL_DESC_EPILOGUE, 4},
        {CUBLASLT_MATMUL_DESC_BIAS_POINTER, 8},    {CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, 8},
        {CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, 8}, {CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, 8},
        {CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, 8}, {CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, 8},
        {CUBLASLT_MATMUL_DESC_D_SCALE_POINTER, 8}, {CUBLASLT_MATMUL_DESC_AMAX_D_POINTER, 8},
        {CUBLASLT_MATMUL_DESC_FAST_ACCUM, 1},      {CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, 4},
        {CUBLASLT_MATMUL_DESC_A_SCALE_MODE, 4},    {CUBLASLT_MATMUL_DESC_B_SCALE_MODE, 4}};
    const auto size = sizes.find(which);
    REQUIRE(size != sizes.end() && size->second == bytes)
    const bool is_scale_mode =
        which == CUBLASLT_MATMUL_DESC_A_SCALE_MODE || which == CUBLASLT_MATMUL_DESC_B_SCALE_MODE;
    REQUIRE(!is_scale_mode || cublasLtGetVersion() >= 120900)
    description->attributes[which].assign(static_cast<const char*>(value),
                                          static_cast<const char*>(value) + bytes);
    return CUBLAS_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, int32_t type,
                                                             uint64_t rows, uint64_t cols, int64_t ld) {
    CALL("cublasLtMatrixLayoutCreate", Named{"type", type}, Named{"rows", rows}, Named{"cols", cols},
         Named{"ld", ld})
    REQUIRE(rows > 0 && cols > 0 && ld >= static_cast<int64_t>(rows))
    *layout = new cublasLtMatrixLayoutOpaque{type, rows, cols, ld};
    alive().insert(*layout);
    return CUBLAS_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    CALL("cublasLtMatrixLayoutDestroy")
    REQUIRE(alive().erase(layout) == 1)
    delete layout;
    return CUBLAS_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                                   int32_t which, const void* value,
                                                                   size_t bytes) {
    CALL("cublasLtMatrixLayoutSetAttribute", Named{"attribute", which}, Named{"bytes", bytes})
    REQUIRE(alive().contains(layout))
    if (which == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT) {
        REQUIRE(bytes == 4)
        std::memcpy(&layout->batch, value, bytes);
    } else {
        REQUIRE(which == CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET && bytes == 8)
        std::memcpy(&layout->batch_stride, value, bytes);
    }
    return CUBLAS_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
    CALL("cublasLtMatmulPreferenceCreate")
    *preference = new cublasLtMatmulPreferenceOpaque;
    alive().insert(*preference);
    return CUBLAS_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    CALL("cublasLtMatmulPreferenceDestroy")
    REQUIRE(alive().erase(preference) == 1)
    delete preference;
    return CUBLAS_STATUS_SUCCESS;
}
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                                       int32_t which, const void* value,
                                                                       size_t bytes) {
    CALL("cublasLtMatmulPreferenceSetAttribute", Named{"attribute", which}, Named{"bytes", bytes})
    REQUIRE(alive().contains(preference))
    if (which == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) {
        REQUIRE(bytes == 8)
        std::memcpy(&preference->workspace, value, bytes);
        return CUBLAS_STATUS_SUCCESS;
    }
    REQUIRE(which >= CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES &&
            which <= CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES && bytes == 4)
    uint32_t alignment = 0;
    std::memcpy(&alignment, value, bytes);
    REQUIRE(alignment > 0 && (alignment & (alignment - 1)) == 0)
    return CUBLAS_STATUS_SUCCESS;
}

// Two algorithms, told apart by their first word; a third that is no good.
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulAlgoGetHeuristic(
    cublasLtHandle_t, cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
    cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference, int32_t wanted,
    cublasLtMatmulHeuristicResult_t* results, int32_t* count) {
    CALL("cublasLtMatmulAlgoGetHeuristic", Named{"wanted", wanted})
    REQUIRE(alive().contains(description) && alive().contains(a) && alive().contains(b) &&
            alive().contains(c) && alive().contains(d) && alive().contains(preference) && wanted >= 3)
    std::memset(results, 0, 3 * sizeof(*results));
    results[0].state = CUBLAS_STATUS_NOT_SUPPORTED;
    results[1].algo.data[0] = 7;
    results[2].algo.data[0] = 8;
    results[2].workspaceSize = preference->workspace;
    *count = 3;
    return CUBLAS_STATUS_SUCCESS;
}

/// The algorithms above are good; number 8 needs 1 KiB of workspace.
OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t handle,
                                                          cublasLtMatmulDesc_t description,
                                                          cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                                          cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                                          const cublasLtMatmulAlgo_t* algo,
                                                          cublasLtMatmulHeuristicResult_t* result) {
    CALL("cublasLtMatmulAlgoCheck", Named{"algo", algo->data[0]})
    REQUIRE(handle != nullptr && alive().contains(description) && alive().contains(a) &&
            alive().contains(b) && alive().contains(c) && alive().contains(d))
    if (algo->data[0] != 7 && algo->data[0] != 8) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    *result = {};
    result->algo = *algo;
    result->workspaceSize = algo->data[0] == 8 ? 1024 : 0;
    return CUBLAS_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT cublasStatus_t cublasLtMatmul(
    cublasLtHandle_t handle, cublasLtMatmulDesc_t description, const void* alpha, const void* a,
    cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout, const void* beta,
    const void* c, cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,
    const cublasLtMatmulAlgo_t* algo, void* workspace, size_t workspace_bytes, CUstream stream) {
    CALL("cublasLtMatmul", Named{"algo", algo->data[0]}, Named{"workspace", workspace_bytes})
    REQUIRE(handle != nullptr && stream != nullptr && d != nullptr)
    REQUIRE(workspace_bytes == 0 || reinterpret_cast<uintptr_t>(workspace) % 256 == 0)
    const auto& desc = *description;
    const bool a_transposed = attribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, int32_t{0}) == CUBLAS_OP_T;
    const bool b_transposed = attribute(desc, CUBLASLT_MATMUL_DESC_TRANSB, int32_t{0}) == CUBLAS_OP_T;
    const auto m = static_cast<int64_t>(a_transposed ? a_layout->cols : a_layout->rows);
    const auto k = static_cast<int64_t>(a_transposed ? a_layout->rows : a_layout->cols);
    const auto n = static_cast<int64_t>(b_transposed ? b_layout->rows : b_layout->cols);
    REQUIRE(k == static_cast<int64_t>(b_transposed ? b_layout->cols : b_layout->rows))
    REQUIRE(m == static_cast<int64_t>(d_layout->rows) && n == static_cast<int64_t>(d_layout->cols))
    REQUIRE(c_layout->rows == d_layout->rows && c_layout->cols == d_layout->cols)
    REQUIRE(a_layout->batch == d_layout->batch && b_layout->batch == d_layout->batch)
    const bool is_float8 = isFloat8(a_layout->type);
    if (is_float8) {  // the rules of Hopper
        REQUIRE(a_transposed && !b_transposed)
        REQUIRE(isFloat8(b_layout->type) &&
                !(a_layout->type == CUDA_R_8F_E5M2 && b_layout->type == CUDA_R_8F_E5M2))
        REQUIRE(m % 16 == 0 && n % 16 == 0 && k % 16 == 0 && a_layout->ld % 16 == 0 && b_layout->ld % 16 == 0)
        for (const void* address : {a, b, static_cast<const void*>(d)}) {
            REQUIRE(reinterpret_cast<uintptr_t>(address) % 16 == 0)
        }
        REQUIRE(!isFloat8(d_layout->type) || c_layout->type == CUDA_R_16BF || c_layout->type == CUDA_R_16F)
    } else {
        REQUIRE(a_layout->type == b_layout->type && c_layout->type == d_layout->type)
    }
    const auto epilogue = attribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, int32_t{CUBLASLT_EPILOGUE_DEFAULT});
    auto* bias = attribute<void*>(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr);
    const auto bias_type = attribute(desc, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, d_layout->type);
    auto* aux = attribute<void*>(desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, nullptr);
    const auto aux_ld = attribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, int64_t{0});
    const auto aux_stride = attribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, int64_t{0});
    const bool has_gelu = (epilogue & CUBLASLT_EPILOGUE_GELU) != 0;
    const bool has_bias = epilogue == CUBLASLT_EPILOGUE_BIAS || epilogue == CUBLASLT_EPILOGUE_GELU_BIAS ||
                          epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
    const bool writes_aux =
        epilogue == CUBLASLT_EPILOGUE_GELU_AUX || epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS;
    const bool has_slope = epilogue == CUBLASLT_EPILOGUE_DGELU || epilogue == CUBLASLT_EPILOGUE_DGELU_BGRAD;
    const bool sums_rows = epilogue == CUBLASLT_EPILOGUE_DGELU_BGRAD;
    const bool sums_a = epilogue == CUBLASLT_EPILOGUE_BGRADA;
    REQUIRE(!(has_bias || sums_rows || sums_a) || bias != nullptr)
    REQUIRE(!(writes_aux || has_slope) || (aux != nullptr && aux_ld >= m && aux_ld % 8 == 0))
    const auto* a_scale = attribute<const float*>(desc, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, nullptr);
    const auto* b_scale = attribute<const float*>(desc, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, nullptr);
    const auto* d_scale = attribute<const float*>(desc, CUBLASLT_MATMUL_DESC_D_SCALE_POINTER, nullptr);
    auto* amax = attribute<float*>(desc, CUBLASLT_MATMUL_DESC_AMAX_D_POINTER, nullptr);
    const auto a_mode = attribute(desc, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, int32_t{0});
    const auto b_mode = attribute(desc, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, int32_t{0});
    const double factor = static_cast<double>(*static_cast<const float*>(alpha));
    const double c_factor = static_cast<double>(*static_cast<const float*>(beta));
    std::vector<double> sums(static_cast<size_t>(m));
    double greatest = 0;
    for (int64_t batch = 0; batch < d_layout->batch; ++batch) {
        const auto a_at = [&](int64_t i, int64_t p) {
            const int64_t at =
                batch * a_layout->batch_stride + (a_transposed ? i * a_layout->ld + p : p * a_layout->ld + i);
            return static_cast<double>(read(a, a_layout->type, at) * scaleAt(a_scale, a_mode, i));
        };
        const auto b_at = [&](int64_t p, int64_t j) {
            const int64_t at =
                batch * b_layout->batch_stride + (b_transposed ? p * b_layout->ld + j : j * b_layout->ld + p);
            return static_cast<double>(read(b, b_layout->type, at) * scaleAt(b_scale, b_mode, j));
        };
        for (int64_t j = 0; j < n; ++j) {
            for (int64_t i = 0; i < m; ++i) {
                double x = 0;
                for (int64_t p = 0; p < k; ++p) {
                    x += a_at(i, p) * b_at(p, j);
                }
                const int64_t at = batch * d_layout->batch_stride + j * d_layout->ld + i;
                const int64_t aux_at = batch * aux_stride + j * aux_ld + i;
                x = factor * x +
                    (c_factor == 0 ? 0 : c_factor * static_cast<double>(read(c, c_layout->type, at)));
                x += has_bias ? static_cast<double>(read(bias, bias_type, i)) : 0;
                if (writes_aux) {
                    write(aux, d_layout->type, aux_at, static_cast<float>(x));
                }
                x = has_slope  ? x * geluSlope(static_cast<double>(read(aux, d_layout->type, aux_at)))
                    : has_gelu ? gelu(x)
                               : x;
                sums[static_cast<size_t>(i)] += x;
                greatest = std::fmax(greatest, std::fabs(x));
                x *= d_scale == nullptr ? 1 : static_cast<double>(*d_scale);
                write(d, d_layout->type, at, static_cast<float>(x));
            }
        }
        for (int64_t i = 0; sums_a && i < m; ++i) {
            sums[static_cast<size_t>(i)] = 0;
            for (int64_t p = 0; p < k; ++p) {
                sums[static_cast<size_t>(i)] += a_at(i, p);
            }
        }
    }
    for (int64_t i = 0; (sums_rows || sums_a) && i < m; ++i) {
        write(bias, bias_type, i, static_cast<float>(sums[static_cast<size_t>(i)]));
    }
    if (amax != nullptr) {
        *amax = static_cast<float>(greatest);
    }
    return CUBLAS_STATUS_SUCCESS;
}

OPTIRS_MOCK_EXPORT const optirs::mock::Control* optirs_mock_control() { return &optirs::mock::control(); }
OPTIRS_MOCK_EXPORT int64_t optirs_mock_alive() { return static_cast<int64_t>(alive().size()); }
