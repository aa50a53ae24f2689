#include "src/cuda/optimizers.h"

#include <algorithm>

#include "src/cuda/kernels/optimizer_arguments.h"

namespace optirs::cuda {
namespace {

constexpr int64_t kMaxBlocks = 0x7fffffff;

int64_t blocksOf(int64_t count) { return (count + kOptimizerChunk - 1) / kOptimizerChunk; }

/// Fills launches with up to `most` tensors and calls launch(blocks) for each of them. A tensor of more
/// blocks than a launch has is cut; add(tensor, first element, elements, first block) puts a piece into the
/// arguments.
template <class Tensor, class Arguments, class Add, class Launch>
void packTensors(Arguments& arguments, int most, std::span<const Tensor> tensors, Add&& add,
                 Launch&& launch) {
    int64_t blocks = 0;
    arguments.tensor_count = 0;
    const auto flush = [&] {
        if (arguments.tensor_count > 0) {
            launch(blocks);
        }
        blocks = 0;
        arguments.tensor_count = 0;
    };
    for (const Tensor& tensor : tensors) {
        for (int64_t done = 0; done < tensor.count;) {
            if (arguments.tensor_count == most || blocks == kMaxBlocks) {
                flush();
            }
            const int64_t count = std::min(tensor.count - done, (kMaxBlocks - blocks) * kOptimizerChunk);
            add(tensor, done, count, blocks);
            ++arguments.tensor_count;
            blocks += blocksOf(count);
            done += count;
        }
    }
    flush();
}

template <class Launch>
void packSteps(StepArguments& arguments, std::span<const StepTensor> tensors, Launch&& launch) {
    const auto behind = [](float* address, int64_t count) {
        return address == nullptr ? nullptr : address + count;
    };
    packTensors<StepTensor>(
        arguments, kOptimizerTensors, tensors,
        [&](const StepTensor& tensor, int64_t done, int64_t count, int64_t first_block) {
            arguments.tensors[arguments.tensor_count] = {.param = tensor.param + done,
                                                         .grad = behind(tensor.grad, done),
                                                         .state1 = behind(tensor.state1, done),
                                                         .state2 = behind(tensor.state2, done),
                                                         .count = count,
                                                         .first_block = first_block};
        },
        launch);
}

StepArguments argumentsOf(const RuleConstants& rule, const StepExtras& extras) {
    StepArguments arguments{};
    std::ranges::copy(rule.c, arguments.c);
    arguments.grad_scale = extras.grad_scale;
    arguments.skip = extras.skip;
    arguments.zero_grads = extras.zero_grads ? 1 : 0;
    return arguments;
}

const char* nameOf(Rule rule) {
    switch (rule) {
        case Rule::kSgd:
            return "step_sgd_f32";
        case Rule::kMomentum:
            return "step_momentum_f32";
        case Rule::kAdam:
            return "step_adam_f32";
        case Rule::kAdamW:
            return "step_adamw_f32";
        case Rule::kFirstMoment:
            return "step_first_moment_f32";
        case Rule::kAdaBound:
            return "step_adabound_f32";
        case Rule::kMoments:
            break;  // a part of LAMB, with sums
        case Rule::kLamb:
            return "step_lamb_f32";
        case Rule::kLion:
            return "step_lion_f32";
        case Rule::kAdagrad:
            return "step_adagrad_f32";
        case Rule::kAdaDelta:
            return "step_adadelta_f32";
        case Rule::kRmsProp:
            return "step_rmsprop_f32";
        case Rule::kLookahead:
            return "step_lookahead_f32";
    }
    return "";
}

void launchStep(const Queue& queue, Rule rule, int64_t blocks, const StepArguments& arguments) {
    launchKernel(queue, {"optimizer", nameOf(rule)}, blocks, &arguments);
}

/// A step whose rate depends on norms of the whole tensor: sums of blocks by `sums_kernel`, rates, and the
/// step. Nobody has a tensor that would be cut.
void normStep(const Queue& queue, const RuleConstants& rule, const char* sums_kernel, RatesArguments rates,
              const StepExtras& extras, std::span<const StepTensor> tensors, void* workspace) {
    StepArguments arguments = argumentsOf(rule, extras);
    // One launch after the other uses the same memory.
    auto* memory = static_cast<float*>(workspace);
    packSteps(arguments, tensors, [&](int64_t blocks) {
        arguments.sums = memory;
        arguments.rates = nullptr;
        launchKernel(queue, {"optimizer_norms", sums_kernel}, blocks, &arguments);
        rates.sums = memory;
        rates.rates = memory + 2 * blocks;
        rates.tensor_count = arguments.tensor_count;
        for (int i = 0; i < arguments.tensor_count; ++i) {
            rates.first_blocks[i] = arguments.tensors[i].first_block;
        }
        rates.first_blocks[arguments.tensor_count] = blocks;
        launchKernel(queue, {"optimizer_norms", "trust_rates"}, arguments.tensor_count, &rates);
        arguments.rates = rates.rates;
        launchStep(queue, rule.rule, blocks, arguments);
    });
}

}  // namespace

void step(const Queue& queue, const RuleConstants& rule, const StepExtras& extras,
          std::span<const StepTensor> tensors) {
    StepArguments arguments = argumentsOf(rule, extras);
    packSteps(arguments, tensors, [&](int64_t blocks) { launchStep(queue, rule.rule, blocks, arguments); });
}

uint64_t normStepBytes(std::span<const StepTensor> tensors) {
    int64_t numbers = 0;
    for (const StepTensor& tensor : tensors) {
        numbers += 2 * blocksOf(tensor.count) + 1;
    }
    return static_cast<uint64_t>(numbers) * sizeof(float);
}

void lambStep(const Queue& queue, const RuleConstants& rule, double learning_rate, const StepExtras& extras,
              std::span<const StepTensor> tensors, void* workspace) {
    RatesArguments rates{};
    rates.learning_rate = learning_rate;
    normStep(queue, rule, "lamb_moments_f32", rates, extras, tensors, workspace);
}

void larsStep(const Queue& queue, const optirs_lars_args& args, const StepExtras& extras,
              std::span<const StepTensor> tensors, void* workspace) {
    RatesArguments rates{};
    rates.is_lars = 1;
    rates.learning_rate = args.learning_rate;
    rates.trust = args.trust_coefficient;
    rates.weight_decay = args.weight_decay;
    rates.epsilon = args.epsilon;
    normStep(queue, momentumRule(0, args.weight_decay, args.momentum), "lars_squares_f32", rates, extras,
             tensors, workspace);
}

uint64_t gradientNormBytes(std::span<const Gradient> gradients) {
    int64_t blocks = 0;
    for (const Gradient& gradient : gradients) {
        blocks += blocksOf(gradient.count);
    }
    return static_cast<uint64_t>(blocks) * sizeof(float);
}

void gradientNorm(const Queue& queue, std::span<const Gradient> gradients, const GradientNorm& outputs,
                  void* workspace) {
    auto* sums = static_cast<float*>(workspace);
    int64_t done = 0;
    // A launch has gradients of one type, which follow each other.
    for (size_t first = 0; first < gradients.size();) {
        const Element element = gradients[first].element;
        size_t end = first;
        while (end < gradients.size() && gradients[end].element == element) {
            ++end;
        }
        static constexpr const char* kNames[] = {"grad_squares_f32", "grad_squares_bf16", "grad_squares_f16"};
        const int64_t bytes = element == Element::kF32 ? 4 : 2;
        SquaresArguments arguments{};
        packTensors<Gradient>(
            arguments, kSquaresTensors, gradients.subspan(first, end - first),
            [&](const Gradient& gradient, int64_t skipped, int64_t count, int64_t first_block) {
                arguments.tensors[arguments.tensor_count] = {
                    .data = static_cast<const char*>(gradient.data) + skipped * bytes,
                    .count = count,
                    .first_block = first_block};
            },
            [&](int64_t blocks) {
                arguments.sums = sums + done;
                launchKernel(queue, {"optimizer_norms", kNames[static_cast<size_t>(element)]}, blocks,
                             &arguments);
                done += blocks;
            });
        first = end;
    }
    const GradientNormArguments arguments = {.sums = sums,
                                             .blocks = done,
                                             .scale = outputs.scale,
                                             .max_norm = outputs.max_norm,
                                             .norm = outputs.norm,
                                             .grad_scale = outputs.grad_scale,
                                             .non_finite = outputs.non_finite};
    launchKernel(queue, {"optimizer_norms", "grad_norm"}, 1, &arguments);
}

}  // namespace optirs::cuda
