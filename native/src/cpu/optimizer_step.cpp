#include "src/cpu/optimizer_step.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/cpu/optimizer_rules.h"
#include "src/cpu/tensor.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

/// Elements that a thread takes at a time: few enough that small models use all threads, enough to hide the
/// hand-over.
constexpr int64_t kChunk = 16384;

/// Where each tensor's chunks begin in the list of all chunks, which is what the threads share out. The
/// memory is the calling thread's and grows only: steps in steady state allocate nothing.
std::vector<int64_t>& firstChunks(const optirs_optimizer_tensors& tensors) {
    thread_local std::vector<int64_t> first;
    first.resize(static_cast<size_t>(tensors.count) + 1);
    first[0] = 0;
    for (int64_t i = 0; i < tensors.count; ++i) {
        const auto k = static_cast<size_t>(i);
        first[k + 1] = first[k] + (elementCount(tensors.params[i]) + kChunk - 1) / kChunk;
    }
    return first;
}

void runChunk(const RuleConstants& constants, const optirs_optimizer_tensors& tensors, int64_t tensor,
              int64_t begin) {
    const auto at = [&](const optirs_dl_tensor* list) {
        return list != nullptr ? dataOf<float>(list[tensor]) + begin : nullptr;
    };
    const int64_t count = std::min(kChunk, elementCount(tensors.params[tensor]) - begin);
    applyRule(constants,
              {at(tensors.params), at(tensors.grads), at(tensors.state1), at(tensors.state2), count});
}

void runStep(const RuleConstants& constants, const optirs_optimizer_tensors& tensors, ThreadPool& pool) {
    const std::vector<int64_t>& first = firstChunks(tensors);
    pool.parallelFor(first.back(), 1, [&](int64_t begin, int64_t end) {
        auto tensor = std::ranges::upper_bound(first, begin) - first.begin() - 1;
        for (int64_t chunk = begin; chunk < end; ++chunk) {
            while (first[static_cast<size_t>(tensor) + 1] <= chunk) {
                ++tensor;
            }
            runChunk(constants, tensors, tensor, (chunk - first[static_cast<size_t>(tensor)]) * kChunk);
        }
    });
}

}  // namespace

void adamw(const optirs_adamw_args& args, ThreadPool& pool) {
    const auto t = static_cast<double>(args.step);
    const double correction1 = 1 - std::pow(args.beta1, t);
    const double correction2 = 1 - std::pow(args.beta2, t);
    const RuleConstants constants{
        Rule::kAdamW,
        {static_cast<float>(args.beta1), static_cast<float>(1 - args.beta1), static_cast<float>(args.beta2),
         static_cast<float>(1 - args.beta2), static_cast<float>(1 - args.learning_rate * args.weight_decay),
         static_cast<float>(args.learning_rate / correction1), static_cast<float>(1 / std::sqrt(correction2)),
         static_cast<float>(args.epsilon)}};
    runStep(constants, *args.tensors, pool);
}

}  // namespace optirs::cpu
