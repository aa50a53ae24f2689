#include "src/cuda/gemm.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/context.h"
#include "src/cuda/gemm_check.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;

constexpr uint64_t kHopperWorkspace = 32 << 20;
constexpr uint64_t kWorkspace = 4 << 20;
constexpr int32_t kCandidates = 8;
constexpr int kTimedRuns = 5;

const CublasLtApi& lt() { return libraries().cublaslt.api; }
const DriverApi& driver() { return libraries().driver.api; }

void check(cublasStatus_t status, const char* call) {
    if (status == CUBLAS_STATUS_SUCCESS) {
        return;
    }
    const Code code = status == CUBLAS_STATUS_ALLOC_FAILED      ? Code::kResourceExhausted
                      : status == CUBLAS_STATUS_INVALID_VALUE   ? Code::kInvalidArgument
                      : status == CUBLAS_STATUS_NOT_SUPPORTED   ? Code::kUnimplemented
                      : status == CUBLAS_STATUS_ARCH_MISMATCH   ? Code::kUnimplemented
                      : status == CUBLAS_STATUS_NOT_INITIALIZED ? Code::kUnavailable
                                                                : Code::kInternal;
    throw CudaError(
        code, status,
        concat(call, " failed: ", lt().getStatusName(status), " (", lt().getStatusString(status), ")"));
}

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
    constexpr std::array<int32_t, 4> kModes = {
        CUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F, CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F,
        CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F, CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F};
    return kModes[static_cast<size_t>(mode)];
}

/// A descriptor of the library's.
template <class Handle, cublasStatus_t (*CublasLtApi::*kDestroy)(Handle)>
class Owned {
 public:
    Owned() = default;
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() {
        if (handle_ != nullptr) {
            (lt().*kDestroy)(handle_);
        }
    }
    Handle get() const { return handle_; }
    Handle* put() { return &handle_; }

 private:
    Handle handle_ = nullptr;
};
using Description = Owned<cublasLtMatmulDesc_t, &CublasLtApi::matmulDescDestroy>;
using Layout = Owned<cublasLtMatrixLayout_t, &CublasLtApi::matrixLayoutDestroy>;
using Preference = Owned<cublasLtMatmulPreference_t, &CublasLtApi::preferenceDestroy>;

template <class T>
void set(const Description& description, int32_t attribute, const T& value) {
    check(lt().matmulDescSetAttribute(description.get(), attribute, static_cast<const void*>(&value),
                                      sizeof(value)),
          "cublasLtMatmulDescSetAttribute");
}

void makeLayout(Layout& layout, MatrixType type, int64_t rows, int64_t columns, int64_t stride, int64_t batch,
                int64_t batch_stride) {
    check(lt().matrixLayoutCreate(layout.put(), typeOf(type), static_cast<uint64_t>(rows),
                                  static_cast<uint64_t>(columns), stride),
          "cublasLtMatrixLayoutCreate");
    if (batch > 1) {
        const auto count = static_cast<int32_t>(batch);
        check(lt().matrixLayoutSetAttribute(layout.get(), CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                            sizeof(count)),
              "cublasLtMatrixLayoutSetAttribute");
        check(lt().matrixLayoutSetAttribute(layout.get(), CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                            &batch_stride, sizeof(batch_stride)),
              "cublasLtMatrixLayoutSetAttribute");
    }
}

/// A problem in cuBLASLt's terms. `a` is our B and `b` our A.
struct Descriptors {
    explicit Descriptors(const Gemm& p) {
        const bool is_tf32 = p.has_tf32 && p.a.type == MatrixType::kF32;
        check(lt().matmulDescCreate(description.put(),
                                    is_tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F),
              "cublasLtMatmulDescCreate");
        set(description, CUBLASLT_MATMUL_DESC_TRANSA, int32_t{p.b.is_transposed ? CUBLAS_OP_T : CUBLAS_OP_N});
        set(description, CUBLASLT_MATMUL_DESC_TRANSB, int32_t{p.a.is_transposed ? CUBLAS_OP_T : CUBLAS_OP_N});
        set(description, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogueOf(p.epilogue));
        setEpilogue(p);
        if (isFloat8(p.a.type)) {
            setScales(p);
        }
        makeLayout(a, p.b.type, p.b.is_transposed ? p.k : p.n, p.b.is_transposed ? p.n : p.k, p.b.stride,
                   p.batch, p.b.batch_stride);
        makeLayout(b, p.a.type, p.a.is_transposed ? p.m : p.k, p.a.is_transposed ? p.k : p.m, p.a.stride,
                   p.batch, p.a.batch_stride);
        // With an FP8 result C, which is not read, has the bias's type.
        makeLayout(c, isFloat8(p.d_type) ? MatrixType::kBF16 : p.d_type, p.n, p.m, p.d_stride, p.batch,
                   p.d_batch_stride);
        makeLayout(d, p.d_type, p.n, p.m, p.d_stride, p.batch, p.d_batch_stride);
    }

    Description description;
    Layout a;
    Layout b;
    Layout c;
    Layout d;

 private:
    void setEpilogue(const Gemm& p) {
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

    void setScales(const Gemm& p) {
        set(description, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, p.b.scale);
        set(description, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, p.a.scale);
        if (p.a.scale_mode != ScaleMode::kTensor) {  // older versions do not know the attribute
            set(description, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, scaleModeOf(p.b.scale_mode));
            set(description, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, scaleModeOf(p.a.scale_mode));
        }
        set(description, CUBLASLT_MATMUL_DESC_FAST_ACCUM,
            static_cast<int8_t>(p.has_fast_accumulation ? 1 : 0));
        if (p.d_scale != nullptr) {
            set(description, CUBLASLT_MATMUL_DESC_D_SCALE_POINTER, p.d_scale);
        }
        if (p.d_amax != nullptr) {
            set(description, CUBLASLT_MATMUL_DESC_AMAX_D_POINTER, p.d_amax);
        }
    }
};

/// The greatest power of two, up to 256, that divides an address: what the heuristic may rely on.
uint32_t alignmentOf(const void* address) {
    const auto bits = reinterpret_cast<uintptr_t>(address) | 256U;
    return static_cast<uint32_t>(bits & (~bits + 1));
}

using Algorithms = std::vector<cublasLtMatmulHeuristicResult_t>;

Algorithms findAlgorithms(cublasLtHandle_t handle, const Gemm& p, const Descriptors& descriptors,
                          uint64_t workspace_bytes) {
    Preference preference;
    check(lt().preferenceCreate(preference.put()), "cublasLtMatmulPreferenceCreate");
    const auto prefer = [&](int32_t attribute, const auto& value) {
        check(lt().preferenceSetAttribute(preference.get(), attribute, &value, sizeof(value)),
              "cublasLtMatmulPreferenceSetAttribute");
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignmentOf(p.b.data));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignmentOf(p.a.data));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignmentOf(p.c == nullptr ? p.d : p.c));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignmentOf(p.d));
    Algorithms results(kCandidates);
    int32_t count = 0;
    const cublasStatus_t status = lt().algoGetHeuristic(
        handle, descriptors.description.get(), descriptors.a.get(), descriptors.b.get(), descriptors.c.get(),
        descriptors.d.get(), preference.get(), kCandidates, results.data(), &count);
    if (status != CUBLAS_STATUS_NOT_SUPPORTED) {
        check(status, "cublasLtMatmulAlgoGetHeuristic");
    }
    results.resize(static_cast<size_t>(status == CUBLAS_STATUS_SUCCESS ? count : 0));
    std::erase_if(results, [](const auto& result) { return result.state != CUBLAS_STATUS_SUCCESS; });
    if (results.empty()) {
        throw core::Error(Code::kUnimplemented,
                          concat("gemm: cuBLASLt has no algorithm for ", nameOf(p.a.type), " [", p.m, ",",
                                 p.k, "] by ", nameOf(p.b.type), " [", p.k, ",", p.n, "] to ",
                                 nameOf(p.d_type), " with ", workspace_bytes, " bytes of workspace"),
                          "cuda");
    }
    return results;
}

/// All that the choice of an algorithm depends on.
using ShapeKey = std::array<int64_t, 24>;
ShapeKey keyOf(int32_t device, const Gemm& p, uint64_t workspace_bytes) {
    const auto number = [](auto value) { return static_cast<int64_t>(value); };
    return {device,
            p.m,
            p.n,
            p.k,
            p.batch,
            number(p.a.type) * 2 + number(p.a.is_transposed),
            p.a.stride,
            p.a.batch_stride,
            number(p.b.type) * 2 + number(p.b.is_transposed),
            p.b.stride,
            p.b.batch_stride,
            number(p.d_type),
            p.d_stride,
            p.d_batch_stride,
            number(p.epilogue),
            number(p.bias_type),
            p.aux_stride,
            number(p.a.scale_mode) * 8 + number(p.b.scale_mode),
            number(p.d_scale != nullptr) * 2 + number(p.d_amax != nullptr),
            number(p.has_fast_accumulation) * 4 + number(p.has_tf32) * 2 + number(p.beta != 0),
            number(alignmentOf(p.a.data)) * 512 + number(alignmentOf(p.b.data)),
            number(alignmentOf(p.d)),
            number(p.bias != nullptr) * 2 + number(p.aux != nullptr),
            number(workspace_bytes)};
}

/// Handles of the devices, and the algorithms that were chosen.
class Chosen {
 public:
    /// With the device's context current.
    cublasLtHandle_t handle(int32_t device) {
        const std::scoped_lock lock(mutex_);
        cublasLtHandle_t& handle = handles_[device];
        if (handle == nullptr) {
            check(lt().create(&handle), "cublasLtCreate");
        }
        return handle;
    }

    template <class Find>
    cublasLtMatmulAlgo_t find(const ShapeKey& key, Find&& find_algorithm) {
        const std::scoped_lock lock(mutex_);
        const auto known = algorithms_.find(key);
        return known != algorithms_.end() ? known->second
                                          : algorithms_.emplace(key, find_algorithm()).first->second;
    }

    void keep(const ShapeKey& key, const cublasLtMatmulAlgo_t& algorithm) {
        const std::scoped_lock lock(mutex_);
        algorithms_[key] = algorithm;
    }

 private:
    std::mutex mutex_;
    std::map<int32_t, cublasLtHandle_t> handles_;
    std::map<ShapeKey, cublasLtMatmulAlgo_t> algorithms_;
};

Chosen& chosen() {
    // Never destroyed: products may still be computed while the process ends.
    static Chosen& instance = *std::make_unique<Chosen>().release();
    return instance;
}

void run(cublasLtHandle_t handle, const Queue& queue, const Gemm& p, const Descriptors& descriptors,
         const cublasLtMatmulAlgo_t& algorithm, void* workspace, uint64_t workspace_bytes) {
    const void* c = p.beta == 0 && !isFloat8(p.d_type) ? p.d : p.c;
    check(lt().matmul(handle, descriptors.description.get(), &p.alpha, p.b.data, descriptors.a.get(),
                      p.a.data, descriptors.b.get(), &p.beta, c, descriptors.c.get(), p.d,
                      descriptors.d.get(), &algorithm, workspace, workspace_bytes, queue.stream),
          "cublasLtMatmul");
}

/// Checks and prepares; then calls body(handle, descriptors).
template <class Body>
auto prepared(const Queue& queue, const Gemm& problem, Body&& body) {
    if (!libraries().cublaslt.is_loaded) {
        throw core::Error(Code::kUnavailable, "gemm: " + libraries().cublaslt.reason, "cuda");
    }
    checkGemm(problem, computeCapability(queue.device), libraries().cublaslt.version);
    const ContextScope scope(queue.device);
    const Descriptors descriptors(problem);
    return body(chosen().handle(queue.device), descriptors);
}

class TimingEvents {
 public:
    TimingEvents() {
        for (CUevent& event : events_) {
            checkDriver(driver().eventCreate(&event, CU_EVENT_BLOCKING_SYNC), "cuEventCreate");
        }
    }
    TimingEvents(const TimingEvents&) = delete;
    TimingEvents& operator=(const TimingEvents&) = delete;
    ~TimingEvents() {
        for (CUevent event : events_) {
            if (event != nullptr) {
                driver().eventDestroy(event);
            }
        }
    }

    /// Milliseconds of one call of `work`, the least of several.
    template <class Work>
    float time(CUstream stream, Work&& work) {
        float least = std::numeric_limits<float>::infinity();
        work();
        for (int i = 0; i < kTimedRuns; ++i) {
            checkDriver(driver().eventRecord(events_[0], stream), "cuEventRecord");
            work();
            checkDriver(driver().eventRecord(events_[1], stream), "cuEventRecord");
            checkDriver(driver().eventSynchronize(events_[1]), "cuEventSynchronize");
            float milliseconds = 0;
            checkDriver(driver().eventElapsedTime(&milliseconds, events_[0], events_[1]),
                        "cuEventElapsedTime");
            least = std::min(least, milliseconds);
        }
        return least;
    }

 private:
    std::array<CUevent, 2> events_{};
};

}  // namespace

uint64_t gemmWorkspaceBytes(int32_t device) {
    return computeCapability(device) >= 90 ? kHopperWorkspace : kWorkspace;
}

void gemm(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes) {
    prepared(queue, problem, [&](cublasLtHandle_t handle, const Descriptors& descriptors) {
        const cublasLtMatmulAlgo_t algorithm = chosen().find(
            keyOf(queue.device, problem, workspace_bytes),
            [&] { return findAlgorithms(handle, problem, descriptors, workspace_bytes).front().algo; });
        run(handle, queue, problem, descriptors, algorithm, workspace, workspace_bytes);
    });
}

float tuneGemm(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes) {
    return prepared(queue, problem, [&](cublasLtHandle_t handle, const Descriptors& descriptors) {
        TimingEvents events;
        float least = std::numeric_limits<float>::infinity();
        for (const auto& candidate : findAlgorithms(handle, problem, descriptors, workspace_bytes)) {
            const float time = events.time(queue.stream, [&] {
                run(handle, queue, problem, descriptors, candidate.algo, workspace, workspace_bytes);
            });
            if (time < least) {
                least = time;
                chosen().keep(keyOf(queue.device, problem, workspace_bytes), candidate.algo);
            }
        }
        return least;
    });
}

}  // namespace optirs::cuda
