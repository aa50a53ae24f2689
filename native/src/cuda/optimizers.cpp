#include "src/cuda/optimizers.h"

#include <algorithm>

#include "src/core/state_map.h"

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

float* floats(void* address) { return static_cast<float*>(address); }

void* behind(void* address, int64_t bytes) {
    return address == nullptr ? nullptr : static_cast<char*>(address) + bytes;
}

OptimizerTensor pieceOf(const StepTensor& tensor, int64_t done, OptimizerTensor) {
    const auto from = [&](void* address) { return floats(behind(address, 4 * done)); };
    return {.param = from(tensor.param),
            .grad = from(tensor.grad),
            .state1 = from(tensor.state1),
            .state2 = from(tensor.state2),
            .count = 0,
            .first_block = 0};
}

MixedTensor pieceOf(const StepTensor& tensor, int64_t done, MixedTensor) {
    const auto state = [&](void* address, const float* scales) {
        return behind(address, (scales == nullptr ? 4 : 1) * done);
    };
    const auto scales = [&](float* address) { return floats(behind(address, done / kStateBlock * 4)); };
    return {.param = behind(tensor.param, elementBytes(tensor.param_type) * done),
            .grad = behind(tensor.grad, elementBytes(tensor.grad_type) * done),
            .state1 = state(tensor.state1, tensor.scales1),
            .state2 = state(tensor.state2, tensor.scales2),
            .scales1 = scales(tensor.scales1),
            .scales2 = scales(tensor.scales2),
            .master = behind(tensor.master, (tensor.masters == Masters::kF32 ? 4 : 2) * done),
            .cast = behind(tensor.cast, done),
            .count = 0,
            .first_block = 0,
            .index = 0,
            .param_type = tensor.param_type,
            .grad_type = tensor.grad_type,
            .cast_type = tensor.cast_type,
            .masters = tensor.masters};
}

/// Fills launches with the tensors of a step and calls launch(blocks) for each.
template <class Arguments, class Launch>
void packSteps(Arguments& arguments, std::span<const StepTensor> tensors, Launch&& launch) {
    packTensors<StepTensor>(
        arguments, static_cast<int>(std::size(arguments.tensors)), tensors,
        [&](const StepTensor& tensor, int64_t done, int64_t count, int64_t first_block) {
            auto& piece = arguments.tensors[arguments.tensor_count];
            piece = pieceOf(tensor, done, piece);
            piece.count = count;
            piece.first_block = static_cast<decltype(piece.first_block)>(first_block);
            if constexpr (requires { piece.index; }) {
                piece.index = static_cast<int32_t>(&tensor - tensors.data());
            }
        },
        launch);
}

/// Whether the kernels for f32 serve the step.
bool isPlain(std::span<const StepTensor> tensors, const StepExtras& extras) {
    return extras.cast_amax == nullptr && std::ranges::all_of(tensors, [](const StepTensor& tensor) {
               return tensor.param_type == Element::kF32 && tensor.grad_type == Element::kF32 &&
                      tensor.scales1 == nullptr && tensor.scales2 == nullptr && tensor.cast == nullptr;
           });
}

void fill(StepConstants& arguments, const RuleConstants& rule, const StepExtras& extras) {
    std::ranges::copy(rule.c, arguments.c);
    arguments.grad_scale = extras.grad_scale;
    arguments.skip = extras.skip;
    arguments.zero_grads = extras.zero_grads ? 1 : 0;
}

/// Calls work(arguments) with those that serve the step.
template <class Work>
void withArguments(const Queue& queue, const RuleConstants& rule, const StepExtras& extras,
                   std::span<const StepTensor> tensors, Work&& work) {
    if (isPlain(tensors, extras)) {
        StepArguments arguments{};
        fill(arguments, rule, extras);
        return work(arguments);
    }
    if (extras.cast_amax != nullptr) {
        const auto count = static_cast<int64_t>(tensors.size());
        const ClearAmaxArguments clear = {.amax = extras.cast_amax, .count = count, .skip = extras.skip};
        launchKernel(queue, {"optimizer_mixed", "clear_amax"}, (count + kThreads - 1) / kThreads, &clear);
    }
    MixedStepArguments arguments{};
    fill(arguments, rule, extras);
    arguments.cast_scale = extras.cast_scale;
    arguments.cast_amax = extras.cast_amax;
    work(arguments);
}

/// The kernel of a formula, for f32 and for other types.
struct StepNames {
    const char* f32;
    const char* mixed;
};

StepNames namesOf(Rule rule) {
#define OPTIRS_STEP_NAMES(name) {"step_" name "_f32", "step_" name "_mixed"}
    switch (rule) {
        case Rule::kSgd:
            return OPTIRS_STEP_NAMES("sgd");
        case Rule::kMomentum:
            return OPTIRS_STEP_NAMES("momentum");
        case Rule::kAdam:
            return OPTIRS_STEP_NAMES("adam");
        case Rule::kAdamW:
            return OPTIRS_STEP_NAMES("adamw");
        case Rule::kFirstMoment:
            return OPTIRS_STEP_NAMES("first_moment");
        case Rule::kAdaBound:
            return OPTIRS_STEP_NAMES("adabound");
        case Rule::kMoments:
            break;  // a part of LAMB, with sums
        case Rule::kLamb:
            return OPTIRS_STEP_NAMES("lamb");
        case Rule::kLion:
            return OPTIRS_STEP_NAMES("lion");
        case Rule::kAdagrad:
            return OPTIRS_STEP_NAMES("adagrad");
        case Rule::kAdaDelta:
            return OPTIRS_STEP_NAMES("adadelta");
        case Rule::kRmsProp:
            return OPTIRS_STEP_NAMES("rmsprop");
        case Rule::kLookahead:
            return OPTIRS_STEP_NAMES("lookahead");
    }
#undef OPTIRS_STEP_NAMES
    return {};
}

void launchStep(const Queue& queue, Rule rule, int64_t blocks, const StepArguments& arguments) {
    launchKernel(queue, {"optimizer", namesOf(rule).f32}, blocks, &arguments);
}
void launchStep(const Queue& queue, Rule rule, int64_t blocks, const MixedStepArguments& arguments) {
    launchKernel(queue, {"optimizer_mixed", namesOf(rule).mixed}, blocks, &arguments);
}

void launchSums(const Queue& queue, const StepNames& names, int64_t blocks, const StepArguments& arguments) {
    launchKernel(queue, {"optimizer_norms", names.f32}, blocks, &arguments);
}
void launchSums(const Queue& queue, const StepNames& names, int64_t blocks,
                const MixedStepArguments& arguments) {
    launchKernel(queue, {"optimizer_norms", names.mixed}, blocks, &arguments);
}

/// A step whose rate depends on norms of the whole tensor: sums of blocks by a kernel of `sums`, rates, and
/// the step. Nobody has a tensor that would be cut.
void normStep(const Queue& queue, const RuleConstants& rule, const StepNames& sums, RatesArguments rates,
              const StepExtras& extras, std::span<const StepTensor> tensors, void* workspace) {
    // One launch after the other uses the same memory.
    auto* memory = static_cast<float*>(workspace);
    withArguments(queue, rule, extras, tensors, [&](auto& arguments) {
        packSteps(arguments, tensors, [&](int64_t blocks) {
            arguments.sums = memory;
            arguments.rates = nullptr;
            launchSums(queue, sums, blocks, arguments);
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
    });
}

}  // namespace

void step(const Queue& queue, const RuleConstants& rule, const StepExtras& extras,
          std::span<const StepTensor> tensors) {
    withArguments(queue, rule, extras, tensors, [&](auto& arguments) {
        packSteps(arguments, tensors,
                  [&](int64_t blocks) { launchStep(queue, rule.rule, blocks, arguments); });
    });
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
    normStep(queue, rule, {"lamb_moments_f32", "lamb_moments_mixed"}, rates, extras, tensors, workspace);
}

void larsStep(const Queue& queue, const optirs_lars_args& args, const StepExtras& extras,
              std::span<const StepTensor> tensors, void* workspace) {
    RatesArguments rates{};
    rates.is_lars = 1;
    rates.learning_rate = args.learning_rate;
    rates.trust = args.trust_coefficient;
    rates.weight_decay = args.weight_decay;
    rates.epsilon = args.epsilon;
    normStep(queue, momentumRule(0, args.weight_decay, args.momentum),
             {"lars_squares_f32", "lars_squares_mixed"}, rates, extras, tensors, workspace);
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
        const int64_t bytes = elementBytes(element);
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
