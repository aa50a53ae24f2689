#include "src/cuda/optimizers.h"

#include <cmath>

namespace optirs::cuda {
namespace {

constexpr int64_t kMaxBlocks = 0x7fffffff;

/// Fills launches with tensors and calls launch(blocks) for each of them. A tensor of more blocks than a
/// launch has is cut.
template <class Arguments, class Launch>
void packTensors(Arguments& arguments, std::span<const StepTensor> tensors, Launch&& launch) {
    int64_t blocks = 0;
    arguments.tensor_count = 0;
    const auto flush = [&] {
        if (arguments.tensor_count > 0) {
            launch(blocks);
        }
        blocks = 0;
        arguments.tensor_count = 0;
    };
    for (const StepTensor& tensor : tensors) {
        for (int64_t done = 0; done < tensor.count;) {
            if (arguments.tensor_count == kOptimizerTensors || blocks == kMaxBlocks) {
                flush();
            }
            const int64_t room = (kMaxBlocks - blocks) * kOptimizerChunk;
            const int64_t count = tensor.count - done < room ? tensor.count - done : room;
            arguments.tensors[arguments.tensor_count++] = {
                .param = tensor.param + done,
                .grad = tensor.grad + done,
                .state1 = tensor.state1 + done,
                .state2 = tensor.state2 == nullptr ? nullptr : tensor.state2 + done,
                .count = count,
                .first_block = blocks};
            blocks += (count + kOptimizerChunk - 1) / kOptimizerChunk;
            done += count;
        }
    }
    flush();
}

}  // namespace

void adamw(const Queue& queue, const AdamW& options, std::span<const StepTensor> tensors) {
    const auto step = static_cast<double>(options.step);
    AdamWArguments arguments;
    arguments.beta1 = static_cast<float>(options.beta1);
    arguments.one_minus_beta1 = static_cast<float>(1 - options.beta1);
    arguments.beta2 = static_cast<float>(options.beta2);
    arguments.one_minus_beta2 = static_cast<float>(1 - options.beta2);
    arguments.decay = static_cast<float>(1 - options.learning_rate * options.weight_decay);
    arguments.rate = static_cast<float>(options.learning_rate / (1 - std::pow(options.beta1, step)));
    arguments.correction = static_cast<float>(1 / std::sqrt(1 - std::pow(options.beta2, step)));
    arguments.epsilon = static_cast<float>(options.epsilon);
    packTensors(arguments, tensors,
                [&](int64_t blocks) { launchKernel(queue, {"optimizer", "adamw_f32"}, blocks, &arguments); });
}

}  // namespace optirs::cuda
