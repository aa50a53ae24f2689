// Optimizer steps over lists of tensors.
#pragma once

#include <cstdint>
#include <span>

#include "src/core/optimizer_rules.h"
#include "src/cuda/kernels/optimizer_arguments.h"
#include "src/cuda/row_kernels.h"

namespace optirs::cuda {

/// One parameter of a step, dense; what the step does not have is NULL.
struct StepTensor {
    void* param;
    void* grad;
    void* state1;  // f32, or codes where there are scales
    void* state2;
    int64_t count;
    float* scales1 = nullptr;
    float* scales2 = nullptr;
    void* master = nullptr;  // f32, or s16 remainders
    void* cast = nullptr;
    Element param_type = Element::kF32;
    Element grad_type = Element::kF32;
    Float8 cast_type = Float8::kE4M3;
    Masters masters = Masters::kNone;
};

/// What every step can do besides.
struct StepExtras {
    const float* grad_scale = nullptr;  // [1] on the device; NULL for 1
    const float* skip = nullptr;        // [1] on the device: not 0 for a step that changes nothing
    bool zero_grads = false;
    const float* cast_scale = nullptr;  // [tensors] on the device; NULL for 1
    uint32_t* cast_amax = nullptr;      // [tensors] on the device; NULL if they are not wanted
};

/// As many launches as it takes; each updates up to kOptimizerTensors tensors, or kMixedTensors where there
/// is more to them than f32.
void step(const Queue& queue, const RuleConstants& rule, const StepExtras& extras,
          std::span<const StepTensor> tensors);

/// Bytes that lambStep and larsStep need for the sums of squares of blocks, and the rates of tensors.
uint64_t normStepBytes(std::span<const StepTensor> tensors);
/// `rule` has no rate.
void lambStep(const Queue& queue, const RuleConstants& rule, double learning_rate, const StepExtras& extras,
              std::span<const StepTensor> tensors, void* workspace);
void larsStep(const Queue& queue, const optirs_lars_args& args, const StepExtras& extras,
              std::span<const StepTensor> tensors, void* workspace);

struct Gradient {
    const void* data;
    int64_t count;
    Element element;
};
/// Where the results of gradientNorm go; see optirs_grad_norm_args.
struct GradientNorm {
    const float* scale;
    double max_norm;
    float* norm;
    float* grad_scale;
    float* non_finite;
};
uint64_t gradientNormBytes(std::span<const Gradient> gradients);
void gradientNorm(const Queue& queue, std::span<const Gradient> gradients, const GradientNorm& outputs,
                  void* workspace);

}  // namespace optirs::cuda
