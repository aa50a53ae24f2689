// Matrix products through cuBLASLt.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "src/core/error.h"
#include "src/core/text.h"
#include "src/cuda/context.h"
#include "src/cuda/cublaslt_problem.h"
#include "src/cuda/gemm_check.h"
#include "src/cuda/gemm_choice.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"
#include "src/cuda/tuning_cache.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;

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
    Algorithms results(OPTIRS_MAX_TIMINGS);
    int32_t count = 0;
    const cublasStatus_t status = cublasLt().algoGetHeuristic(
        handle, descriptors.description.get(), descriptors.a.get(), descriptors.b.get(), descriptors.c.get(),
        descriptors.d.get(), preference.get(), OPTIRS_MAX_TIMINGS, results.data(), &count);
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
    cublasLtMatmulAlgo_t find(const GemmKey& key, Find&& find_algorithm) {
        const std::scoped_lock lock(mutex_);
        const auto known = algorithms_.find(key);
        return known != algorithms_.end() ? known->second
                                          : algorithms_.emplace(key, find_algorithm()).first->second;
    }

    void keep(const GemmKey& key, const cublasLtMatmulAlgo_t& algorithm) {
        const std::scoped_lock lock(mutex_);
        algorithms_[key] = algorithm;
    }

 private:
    std::mutex mutex_;
    std::map<int32_t, cublasLtHandle_t> handles_;
    std::map<GemmKey, cublasLtMatmulAlgo_t> algorithms_;
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

std::string textOf(const cublasLtMatmulAlgo_t& algorithm) {
    std::string text;
    for (const uint64_t word : algorithm.data) {
        text += concat(text.empty() ? "" : " ", word);
    }
    return text;
}

/// What was measured in an earlier process, if the library agrees to it.
std::optional<cublasLtMatmulAlgo_t> findTuned(cublasLtHandle_t handle, const GemmKey& key,
                                              const CublasLtProblem& descriptors, uint64_t workspace_bytes) {
    const std::optional<std::string> text = TuningCache::global().find(tuningKeyOf(key));
    if (!text) {
        return std::nullopt;
    }
    cublasLtMatmulAlgo_t algorithm{};
    std::istringstream words(*text);
    for (uint64_t& word : algorithm.data) {
        words >> word;
    }
    cublasLtMatmulHeuristicResult_t result{};
    const bool is_good =
        words && cublasLt().algoCheck(handle, descriptors.description.get(), descriptors.a.get(),
                                      descriptors.b.get(), descriptors.c.get(), descriptors.d.get(),
                                      &algorithm, &result) == CUBLAS_STATUS_SUCCESS;
    return is_good && result.workspaceSize <= workspace_bytes ? std::optional(algorithm) : std::nullopt;
}

}  // namespace

void gemmCublasLt(const Queue& queue, const Gemm& problem, void* workspace, uint64_t workspace_bytes) {
    prepared(queue, problem, [&](cublasLtHandle_t handle, const CublasLtProblem& descriptors) {
        const GemmKey key = keyOf(queue.device, problem, workspace_bytes);
        const cublasLtMatmulAlgo_t algorithm = chosen().find(key, [&] {
            const auto tuned = findTuned(handle, key, descriptors, workspace_bytes);
            return tuned ? *tuned
                         : findAlgorithms(handle, problem, descriptors, workspace_bytes).front().algo;
        });
        run(handle, queue, problem, descriptors, algorithm, workspace, workspace_bytes);
    });
}

CublasLtCandidates cublasLtCandidates(const Queue& queue, std::span<const Gemm> problems, void* workspace,
                                      uint64_t workspace_bytes, size_t most) {
    Algorithms algorithms =
        prepared(queue, problems.front(), [&](cublasLtHandle_t handle, const CublasLtProblem& descriptors) {
            return findAlgorithms(handle, problems.front(), descriptors, workspace_bytes);
        });
    algorithms.resize(std::min(algorithms.size(), most));
    CublasLtCandidates found;
    for (const auto& candidate : algorithms) {
        found.candidates.push_back({OPTIRS_CANDIDATE_CUBLASLT, static_cast<int32_t>(found.candidates.size()),
                                    [=, algorithm = candidate.algo](size_t set) {
                                        prepared(
                                            queue, problems[set],
                                            [&](cublasLtHandle_t handle, const CublasLtProblem& descriptors) {
                                                run(handle, queue, problems[set], descriptors, algorithm,
                                                    workspace, workspace_bytes);
                                            });
                                    }});
    }
    found.keep = [key = keyOf(queue.device, problems.front(), workspace_bytes), algorithms](size_t rank) {
        chosen().keep(key, algorithms[rank].algo);
        return textOf(algorithms[rank].algo);
    };
    return found;
}

}  // namespace optirs::cuda
