// Matrix products through cuBLASLt.
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
#include "src/cuda/cublaslt_problem.h"
#include "src/cuda/gemm_check.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;

constexpr int32_t kCandidates = 8;
constexpr int kTimedRuns = 5;

const DriverApi& driver() { return libraries().driver.api; }

/// The greatest power of two, up to 256, that divides an address: what the heuristic may rely on.
uint32_t alignmentOf(const void* address) {
    const auto bits = reinterpret_cast<uintptr_t>(address) | 256U;
    return static_cast<uint32_t>(bits & (~bits + 1));
}

using Algorithms = std::vector<cublasLtMatmulHeuristicResult_t>;

Algorithms findAlgorithms(cublasLtHandle_t handle, const Gemm& p, const CublasLtProblem& descriptors,
                          uint64_t workspace_bytes) {
    MatmulPreference preference;
    checkCublasLt(cublasLt().preferenceCreate(preference.put()), "cublasLtMatmulPreferenceCreate");
    const auto prefer = [&](int32_t attribute, const auto& value) {
        checkCublasLt(cublasLt().preferenceSetAttribute(preference.get(), attribute, &value, sizeof(value)),
                      "cublasLtMatmulPreferenceSetAttribute");
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes);
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignmentOf(p.b.data));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignmentOf(p.a.data));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignmentOf(p.c == nullptr ? p.d : p.c));
    prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignmentOf(p.d));
    Algorithms results(kCandidates);
    int32_t count = 0;
    const cublasStatus_t status = cublasLt().algoGetHeuristic(
        handle, descriptors.description.get(), descriptors.a.get(), descriptors.b.get(), descriptors.c.get(),
        descriptors.d.get(), preference.get(), kCandidates, results.data(), &count);
    if (status != CUBLAS_STATUS_NOT_SUPPORTED) {
        checkCublasLt(status, "cublasLtMatmulAlgoGetHeuristic");
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
            number(p.bias != nullptr) * 4 + number(p.aux != nullptr) * 2 + number(p.factors != nullptr),
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
            checkCublasLt(cublasLt().create(&handle), "cublasLtCreate");
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

void run(cublasLtHandle_t handle, const Queue& queue, const Gemm& p, const CublasLtProblem& descriptors,
         const cublasLtMatmulAlgo_t& algorithm, void* workspace, uint64_t workspace_bytes) {
    const void* c = p.beta == 0 && !isFloat8(p.d_type) ? p.d : p.c;
    const float* alpha = p.factors != nullptr ? p.factors : &p.alpha;
    const float* beta = p.factors != nullptr ? p.factors + 1 : &p.beta;
    checkCublasLt(
        cublasLt().matmul(handle, descriptors.description.get(), alpha, p.b.data, descriptors.a.get(),
                          p.a.data, descriptors.b.get(), beta, c, descriptors.c.get(), p.d,
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
    const CublasLtProblem descriptors(problem);
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

void gemmCublasLt(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes) {
    prepared(queue, problem, [&](cublasLtHandle_t handle, const CublasLtProblem& descriptors) {
        const cublasLtMatmulAlgo_t algorithm = chosen().find(
            keyOf(queue.device, problem, workspace_bytes),
            [&] { return findAlgorithms(handle, problem, descriptors, workspace_bytes).front().algo; });
        run(handle, queue, problem, descriptors, algorithm, workspace, workspace_bytes);
    });
}

float tuneGemm(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes) {
    return prepared(queue, problem, [&](cublasLtHandle_t handle, const CublasLtProblem& descriptors) {
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
