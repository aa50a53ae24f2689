#include "src/cpu/optimizer_step.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/cpu/convert.h"
#include "src/cpu/optimizer_lists.h"
#include "src/cpu/tensor.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

void runRule(const RuleConstants& constants, const optirs_optimizer_tensors& tensors, ThreadPool& pool,
             bool state1_has_sign = true) {
    if (isSkipped(tensors)) {
        return;
    }
    StepForm form;
    form.state1_has_sign = state1_has_sign;
    forBlocks(tensors, form, Chunks(tensors.params, tensors.count), pool,
              [&](int64_t, int64_t, const RuleBlock& block) { applyRule(constants, block); });
}

/// The norm of a tensor whose chunks have these sums of squares.
double normOf(const double* sums, const Chunks& chunks, int64_t tensor) {
    return std::sqrt(std::accumulate(sums + chunks.first(tensor), sums + chunks.first(tensor + 1), 0.0));
}

}  // namespace

void run(const optirs_sgd_args& args, ThreadPool& pool) { runRule(ruleOf(args), *args.tensors, pool); }
void run(const optirs_adam_args& args, ThreadPool& pool) { runRule(ruleOf(args), *args.tensors, pool); }
void run(const optirs_adamw_args& args, ThreadPool& pool) { runRule(ruleOf(args), *args.tensors, pool); }
void run(const optirs_radam_args& args, ThreadPool& pool) { runRule(ruleOf(args), *args.tensors, pool); }
void run(const optirs_adabound_args& args, ThreadPool& pool) { runRule(ruleOf(args), *args.tensors, pool); }
void run(const optirs_lion_args& args, ThreadPool& pool) { runRule(ruleOf(args), *args.tensors, pool); }
void run(const optirs_adagrad_args& args, ThreadPool& pool) {
    runRule(ruleOf(args), *args.tensors, pool, false);
}
void run(const optirs_adadelta_args& args, ThreadPool& pool) {
    runRule(ruleOf(args), *args.tensors, pool, false);
}
void run(const optirs_rmsprop_args& args, ThreadPool& pool) {
    runRule(ruleOf(args), *args.tensors, pool, false);
}
void run(const optirs_lookahead_args& args, ThreadPool& pool) { runRule(ruleOf(args), *args.tensors, pool); }

void run(const optirs_lamb_args& args, ThreadPool& pool) {
    const optirs_optimizer_tensors& tensors = *args.tensors;
    if (isSkipped(tensors)) {
        return;
    }
    const RuleConstants constants = ruleOf(args);
    RuleConstants moments = constants;
    moments.rule = Rule::kMoments;
    const Chunks chunks(tensors.params, tensors.count);
    double* params = Chunks::numbers(0, chunks.count());
    double* directions = Chunks::numbers(1, chunks.count());
    StepForm first;
    first.writes_params = false;
    forBlocks(tensors, first, chunks, pool, [&](int64_t chunk, int64_t, const RuleBlock& block) {
        applyRule(moments, block);
        params[chunk] += sumOfSquares(Element::kF32, block.param, block.count);
        directions[chunk] += sumOfLambSquares(constants, block);
    });
    double* rates = Chunks::numbers(2, tensors.count);
    for (int64_t i = 0; i < tensors.count; ++i) {
        const double size = normOf(params, chunks, i);
        const double length = normOf(directions, chunks, i);
        rates[i] = args.learning_rate * (size > 0 && length > 0 ? size / length : 1);
    }
    StepForm second;
    second.uses_grads = false;
    second.writes_states = false;  // codes would be rounded once more
    forBlocks(tensors, second, chunks, pool, [&](int64_t, int64_t tensor, const RuleBlock& block) {
        RuleConstants scaled = constants;
        scaled.c[8] = f32(rates[tensor]);
        applyRule(scaled, block);
    });
}

void run(const optirs_lars_args& args, ThreadPool& pool) {
    const optirs_optimizer_tensors& tensors = *args.tensors;
    if (isSkipped(tensors)) {
        return;
    }
    const Chunks chunks(tensors.params, tensors.count);
    double* params = Chunks::numbers(0, chunks.count());
    double* grads = Chunks::numbers(1, chunks.count());
    optirs_optimizer_tensors read = tensors;
    read.state1 = nullptr;  // not needed for the norms
    read.scales1 = nullptr;
    read.zero_grads = 0;
    StepForm first;
    first.writes_params = false;
    forBlocks(read, first, chunks, pool, [&](int64_t chunk, int64_t, const RuleBlock& block) {
        params[chunk] += sumOfSquares(Element::kF32, block.param, block.count);
        grads[chunk] += sumOfSquares(Element::kF32, block.grad, block.count);
    });
    double* rates = Chunks::numbers(2, tensors.count);
    for (int64_t i = 0; i < tensors.count; ++i) {
        const double size = normOf(params, chunks, i);
        const double slope = normOf(grads, chunks, i);
        const double trust =
            args.trust_coefficient * size / (slope + args.weight_decay * size + args.epsilon);
        rates[i] = args.learning_rate * (size > 0 && slope > 0 ? trust : 1);
    }
    forBlocks(tensors, {}, chunks, pool, [&](int64_t, int64_t tensor, const RuleBlock& block) {
        applyRule(momentumRule(rates[tensor], args.weight_decay, args.momentum), block);
    });
}

void run(const optirs_grad_norm_args& args, ThreadPool& pool) {
    constexpr int64_t kRun = 4096;  // summed in f32 lanes
    const Chunks chunks(args.grads, args.count);
    double* sums = Chunks::numbers(0, chunks.count());
    chunks.forEach(pool, [&](int64_t chunk, int64_t tensor, int64_t begin, int64_t count) {
        const Element type = elementOf(args.grads[tensor].dtype);
        const char* data = dataOf<char>(args.grads[tensor]) + begin * byteSize(type);
        double sum = 0;
        for (int64_t done = 0; done < count; done += kRun) {
            sum += sumOfSquares(type, data + done * byteSize(type), std::min(kRun, count - done));
        }
        sums[chunk] = sum;
    });
    const double scale = args.scale != nullptr ? dataOf<float>(*args.scale)[0] : 1.0;
    const double norm = std::abs(scale) * std::sqrt(std::accumulate(sums, sums + chunks.count(), 0.0));
    dataOf<float>(*args.norm)[0] = f32(norm);
    if (args.grad_scale != nullptr) {
        const bool clips = args.max_norm > 0 && std::isfinite(args.max_norm);
        const double factor = clips ? std::min(1.0, args.max_norm / (norm + 1e-6)) : 1.0;
        dataOf<float>(*args.grad_scale)[0] = f32(scale * factor);
    }
    if (args.non_finite != nullptr) {
        dataOf<float>(*args.non_finite)[0] = std::isfinite(norm) ? 0.0F : 1.0F;
    }
}

}  // namespace optirs::cpu
