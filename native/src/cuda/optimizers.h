// Optimizer steps over lists of tensors.
#pragma once

#include <cstdint>
#include <span>

#include "src/cuda/launch.h"

namespace optirs::cuda {

struct AdamW {
    int64_t step;  // from 1
    double learning_rate;
    double beta1;
    double beta2;
    double epsilon;
    double weight_decay;
};

/// One parameter of a step, dense f32; state2 NULL where the step has one state.
struct StepTensor {
    float* param;
    const float* grad;
    float* state1;
    float* state2;
    int64_t count;
};

/// As many launches as it takes; each updates up to kOptimizerTensors tensors.
void adamw(const Queue& queue, const AdamW& options, std::span<const StepTensor> tensors);

}  // namespace optirs::cuda
