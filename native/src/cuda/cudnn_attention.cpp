#include "src/cuda/cudnn_attention.h"

#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/core/text.h"
#include "src/cuda/context.h"
#include "src/cuda/cudnn_attention_check.h"
#include "src/cuda/cudnn_attention_graph.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"
#include "src/cuda/tuning_cache.h"

namespace optirs::cuda {
namespace {

using core::Code;
using core::concat;

constexpr int64_t kOldestWithCleanWorkspace = 91800;  // before, some kernels read what they did not write
constexpr size_t kMostPlans = 4096;
constexpr uint64_t kAlignment = 256;
constexpr uint64_t kMostWorkspace = uint64_t{1} << 30;  // the backward pass may ask for as much as all scores

HeadLayout layoutOf(const HeadOperand& operand) {
    return {operand.batch_stride, operand.row_stride, operand.head_stride, operand.width};
}

AttentionProblem problemOf(const AttentionCall& call) {
    const AttentionScores& s = call.scores;
    const AttentionBand band(s);
    return {.device = call.queue.device,
            .type = call.element == Element::kBF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_HALF,
            .is_backward = call.is_backward,
            .batches = s.batches,
            .heads = s.heads,
            .kv_heads = s.kv_heads,
            .rows = s.rows,
            .columns = s.columns,
            .left = band.left,
            .right = band.right,
            .is_bottom_right = band.is_bottom_right,
            .has_kv_lengths = s.kv_lengths != nullptr,
            .has_lse = call.lse != nullptr,
            .scale = s.scale,
            .q = layoutOf(s.q),
            .k = layoutOf(s.k),
            .v = layoutOf(s.v),
            .out = layoutOf(call.out),
            .dout = layoutOf(call.dout),
            .dq = layoutOf(call.gradients.q),
            .dk = layoutOf(call.gradients.k),
            .dv = layoutOf(call.gradients.v)};
}

/// For messages.
std::string textOf(const AttentionProblem& p) {
    return concat(p.type == CUDNN_DATA_BFLOAT16 ? "bf16 [" : "f16 [", p.batches, ",", p.rows, ",", p.heads,
                  ",", p.q.width, "] to [", p.batches, ",", p.columns, ",", p.kv_heads, ",", p.v.width, "]");
}

/// Adds to errors of cuDNN what was to be computed.
template <class Body>
auto named(const AttentionProblem& problem, Body&& body) {
    try {
        return body();
    } catch (const CudaError& error) {
        throw CudaError(error.code(), error.vendorCode(), concat(textOf(problem), ": ", error.message()));
    }
}

/// To measure one beside the other, or where cuDNN is wrong.
std::string wantedByUser() {
    const char* value = std::getenv("OPTIRS_CUDNN_ATTENTION");
    return value == nullptr ? "" : value;
}

uint64_t rounded(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

struct CudnnAttention {
    CudnnAttention(const AttentionProblem& given, cudnnHandle_t cudnn_handle)
        : problem(given),
          handle(cudnn_handle),
          tensors(problem.is_backward ? buildBackward(graph, problem) : buildForward(graph, problem)) {
        graph.plan(handle);
        const auto numbers =
            static_cast<uint64_t>(problem.is_backward      ? problem.batches * problem.heads * problem.rows
                                  : problem.has_kv_lengths ? problem.batches
                                                           : 0);
        own_bytes = rounded(numbers * sizeof(float));
    }

    AttentionProblem problem;
    cudnnHandle_t handle;
    CudnnGraph graph;
    AttentionTensors tensors;
    uint64_t own_bytes;  // at the beginning of the workspace: the means, or the lengths of q
};

namespace {

/// Plans by problem; without one where cuDNN has none that fits. They stay for ever, as recorded graphs may
/// hold their kernels: when there are too many, other shapes go to the project's own kernels.
class Plans {
 public:
    const CudnnAttention* find(const AttentionProblem& problem) {
        const std::scoped_lock lock(mutex_);
        const auto known = plans_.find(problem);
        if (known != plans_.end()) {
            return known->second.get();
        }
        if (plans_.size() >= kMostPlans) {
            return nullptr;
        }
        std::unique_ptr<CudnnAttention> made = named(problem, [&] { return make(problem); });
        return plans_.emplace(problem, std::move(made)).first->second.get();
    }

    /// A handle serves one thread at a time.
    template <class Body>
    void exclusively(Body&& body) {
        const std::scoped_lock lock(mutex_);
        body();
    }

 private:
    std::unique_ptr<CudnnAttention> make(const AttentionProblem& problem) {
        try {
            const ContextScope scope(problem.device);
            cudnnHandle_t& handle = handles_[problem.device];
            if (handle == nullptr) {
                checkCudnn(cudnn().create(&handle), "cudnnCreate", "a handle");
            }
            auto made = std::make_unique<CudnnAttention>(problem, handle);
            return workspaceBytes(*made) <= kMostWorkspace ? std::move(made) : nullptr;
        } catch (const CudaError& error) {
            if (error.code() != Code::kUnimplemented) {
                throw;
            }
            return nullptr;
        }
    }

    std::mutex mutex_;
    std::map<int32_t, cudnnHandle_t> handles_;
    std::map<AttentionProblem, std::unique_ptr<CudnnAttention>> plans_;
};

Plans& plans() {
    // Never destroyed: work may still be queued while the process ends.
    static Plans& instance = *std::make_unique<Plans>().release();
    return instance;
}

/// What was measured for a kind of call, by the numbers that name it: read from the cache of tunings once.
class Measured {
 public:
    std::optional<bool> prefersCudnn(const AttentionProblem& problem) {
        const std::scoped_lock lock(mutex_);
        const Numbers numbers = numbersOf(problem);
        const auto known = choices_.find(numbers);
        if (known != choices_.end()) {
            return known->second;
        }
        const std::optional<std::string> text = TuningCache::global().find(keyOf(numbers));
        const std::optional<bool> choice = text == kCudnn ? std::optional(true)
                                           : text == kOwn ? std::optional(false)
                                                          : std::nullopt;
        return choices_.emplace(numbers, choice).first->second;
    }

    void keep(const AttentionProblem& problem, bool is_preferred) {
        const std::scoped_lock lock(mutex_);
        const Numbers numbers = numbersOf(problem);
        choices_[numbers] = is_preferred;
        TuningCache::global().keep(keyOf(numbers), is_preferred ? kCudnn : kOwn);
    }

 private:
    using Numbers = std::array<int64_t, 14>;
    static constexpr const char* kCudnn = "cudnn";
    static constexpr const char* kOwn = "own";

    static Numbers numbersOf(const AttentionProblem& p) {
        return {p.device,
                p.type,
                p.is_backward ? 1 : 0,
                p.batches,
                p.heads,
                p.kv_heads,
                p.rows,
                p.columns,
                p.left,
                p.right,
                p.is_bottom_right ? 1 : 0,
                p.has_kv_lengths ? 1 : 0,
                p.q.width,
                p.v.width};
    }
    static std::string keyOf(const Numbers& numbers) {
        return tuningKey("attention", static_cast<int32_t>(numbers[0]), "cuDNN", libraries().cudnn.version,
                         std::span(numbers).subspan(1));
    }

    std::mutex mutex_;
    std::map<Numbers, std::optional<bool>> choices_;
};

Measured& measured() {
    static Measured& instance = *std::make_unique<Measured>().release();
    return instance;
}

bool canBeCudnn(const AttentionCall& call, int32_t capability) {
    const auto& library = libraries().cudnn;
    return library.is_loaded && capability >= kAmpere &&
           cudnnObstacle(call, library.version, capability).empty();
}

}  // namespace

const CudnnAttention* findCudnn(const AttentionCall& call, int32_t capability) {
    return canBeCudnn(call, capability) ? plans().find(problemOf(call)) : nullptr;
}

const CudnnAttention* chooseCudnn(const AttentionCall& call, int32_t capability) {
    static const std::string wanted = wantedByUser();
    if (wanted == "0" || !canBeCudnn(call, capability)) {
        return nullptr;
    }
    const AttentionProblem problem = problemOf(call);
    const bool is_chosen = wanted == "1" || measured().prefersCudnn(problem).value_or(capability >= kHopper);
    return is_chosen ? plans().find(problem) : nullptr;
}

void preferCudnn(const AttentionCall& call, bool is_preferred) {
    measured().keep(problemOf(call), is_preferred);
}

uint64_t workspaceBytes(const CudnnAttention& attention) {
    return attention.own_bytes + attention.graph.workspaceBytes();
}

void run(const CudnnAttention& attention, const AttentionCall& call, void* workspace) {
    const ContextScope scope(call.queue.device);
    const AttentionTensors& tensors = attention.tensors;
    const AttentionScores& s = call.scores;
    std::byte* rest = static_cast<std::byte*>(workspace) + attention.own_bytes;
    std::vector<CudnnBinding> bindings = {
        {tensors.q, s.q.data}, {tensors.k, s.k.data}, {tensors.v, s.v.data}, {tensors.out, call.out.data}};
    if (call.lse != nullptr) {
        bindings.push_back({tensors.lse, call.lse});
    }
    if (call.is_backward) {
        bindings.insert(bindings.end(), {{tensors.dout, call.dout.data},
                                         {tensors.dq, call.gradients.q.data},
                                         {tensors.dk, call.gradients.k.data},
                                         {tensors.dv, call.gradients.v.data},
                                         {tensors.means, workspace}});
    }
    if (s.kv_lengths != nullptr) {
        checkDriver(libraries().driver.api.memsetD32Async(reinterpret_cast<CUdeviceptr>(workspace),
                                                          static_cast<uint32_t>(s.rows),
                                                          static_cast<size_t>(s.batches), call.queue.stream),
                    "cuMemsetD32Async");
        bindings.push_back({tensors.q_lengths, workspace});
        bindings.push_back({tensors.kv_lengths, const_cast<int32_t*>(s.kv_lengths)});  // only read
    }
    const uint64_t bytes = attention.graph.workspaceBytes();
    if (bytes > 0 && libraries().cudnn.version < kOldestWithCleanWorkspace) {
        clearMemory(call.queue, rest, bytes);
    }
    named(attention.problem, [&] {
        plans().exclusively([&] {
            checkCudnn(cudnn().setStream(attention.handle, call.queue.stream), "cudnnSetStream", "a handle");
            attention.graph.execute(attention.handle, bindings, rest);
        });
    });
}

}  // namespace optirs::cuda
