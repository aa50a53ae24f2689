#include "src/cuda/gemm_choice.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "src/core/error.h"
#include "src/cuda/context.h"
#include "src/cuda/gemm_check.h"
#include "src/cuda/libraries.h"
#include "src/cuda/tuning_cache.h"

namespace optirs::cuda {
namespace {

constexpr const char* kOwn = "own";  // in the cache of tunings, where cuBLASLt's algorithms are numbers

/// Shapes that the own kernel could compute, and whether it was measured to be the fastest.
class MeasuredShapes {
 public:
    bool isOwn(const GemmKey& key) {
        const std::scoped_lock lock(mutex_);
        const auto known = shapes_.find(key);
        if (known != shapes_.end()) {
            return known->second;
        }
        return shapes_[key] = TuningCache::global().find(tuningKeyOf(key)) == kOwn;
    }
    void keep(const GemmKey& key, bool is_own) {
        const std::scoped_lock lock(mutex_);
        shapes_[key] = is_own;
    }

 private:
    std::mutex mutex_;
    std::map<GemmKey, bool> shapes_;
};

MeasuredShapes& measured() {
    // Never destroyed: products may still be computed while the process ends.
    static MeasuredShapes& instance = *std::make_unique<MeasuredShapes>().release();
    return instance;
}

}  // namespace

uint32_t alignmentOf(const void* address) {
    const auto bits = reinterpret_cast<uintptr_t>(address) | 256U;
    return static_cast<uint32_t>(bits & (~bits + 1));
}

GemmKey keyOf(int32_t device, const Gemm& p, uint64_t workspace_bytes) {
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

std::string tuningKeyOf(const GemmKey& key) {
    return tuningKey("matmul", static_cast<int32_t>(key[0]), "cuBLASLt", libraries().cublaslt.version,
                     std::span(key).subspan(1));
}

bool isMeasuredOwn(const GemmKey& key) { return measured().isOwn(key); }

std::vector<optirs_timing> tuneGemm(const Queue& queue, std::span<const Gemm> problems, void* workspace,
                                    uint64_t workspace_bytes) {
    const Gemm& first = problems.front();
    const GemmKey key = keyOf(queue.device, first, workspace_bytes);
    if (!std::ranges::all_of(problems, [&](const Gemm& problem) {
            return keyOf(queue.device, problem, workspace_bytes) == key;
        })) {
        throw core::Error(core::Code::kInvalidArgument,
                          "products to be measured differ in more than their memory", "cuda");
    }
    const bool can_be_own = isForHopper(computeCapability(queue.device), first);
    CublasLtCandidates library;
    if (!can_be_own || !prefersHopper(first)) {
        library = cublasLtCandidates(queue, problems, workspace, workspace_bytes,
                                     OPTIRS_MAX_TIMINGS - (can_be_own ? 1 : 0));
    }
    std::vector<TuningCandidate> candidates = library.candidates;
    if (can_be_own) {
        candidates.push_back(
            {OPTIRS_CANDIDATE_OWN, 0, [&](size_t set) { gemmHopper(queue, problems[set]); }});
    }
    std::vector<optirs_timing> timings = measure(queue, candidates, problems.size());
    const size_t fastest = chosenOf(timings);
    const bool is_own = candidates[fastest].kind == OPTIRS_CANDIDATE_OWN;
    measured().keep(key, is_own);
    TuningCache::global().keep(tuningKeyOf(key), is_own ? kOwn : library.keep(fastest));
    return timings;
}

}  // namespace optirs::cuda
