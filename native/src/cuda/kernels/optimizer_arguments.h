// The arguments of the optimizers' kernels; see arguments.h.
#pragma once

#include <cstdint>

#include "arguments.h"

namespace optirs::cuda {

inline constexpr int64_t kOptimizerChunk = 4096;  // elements of a block

/// What all tensors of a step share.
struct StepConstants {
    float c[12];              // constants of the formula: core/optimizer_rules.h
    const float* rates;       // [tensor_count] for c[kRate] of the formula, NULL where it is the same for all
    const float* grad_scale;  // [1]; NULL for 1
    const float* skip;        // [1]: not 0 for a step that changes nothing; NULL for 0
    float* sums;              // [blocks, 2]: squares of each block, of steps that need norms
    int32_t zero_grads;       // gradients are set to 0 once they are read
    int32_t tensor_count;
};

/// One parameter of a multi-tensor step and what belongs to it; what the step does not have is NULL.
struct OptimizerTensor {
    float* param;
    float* grad;
    float* state1;
    float* state2;
    int64_t count;
    int64_t first_block;  // its blocks follow each other
};

inline constexpr int kOptimizerTensors = 72;  // what fits 4 KB of arguments

/// A step by one formula.
struct StepArguments : StepConstants {
    OptimizerTensor tensors[kOptimizerTensors];
};

/// What is beside a 16-bit parameter: nothing, or the f32 number that it is rounded from, or the lower half
/// of that.
enum class Masters : uint8_t { kNone, kF32, kRemainders };

/// The same where not everything is f32.
struct MixedTensor {
    void* param;
    void* grad;
    void* state1;    // f32, or codes where there are scales
    void* state2;    //
    float* scales1;  // [ceil(count / kStateBlock)]
    float* scales2;  //
    void* master;    // f32 or s16
    void* cast;      // receives the new parameter times the scale of casts
    int64_t count;
    int32_t first_block;
    int32_t index;  // in the lists of the step, for cast_scale and cast_amax
    Element param_type;
    Element grad_type;
    Float8 cast_type;
    Masters masters;
};

inline constexpr int kMixedTensors = 45;

struct MixedStepArguments : StepConstants {
    const float* cast_scale;  // [tensors of the step]; NULL for 1
    uint32_t* cast_amax;      // likewise, the bits of max |new parameter|, raised; NULL if it is not wanted
    MixedTensor tensors[kMixedTensors];
};

struct ClearAmaxArguments {
    uint32_t* amax;  // [count]
    int64_t count;
    const float* skip;  // as of StepConstants
};

/// Adam of the rows of a table that have gradients; those of equal indices are added up.
struct SparseAdamArguments {
    float c[12];              // constants of Rule::kAdam
    void* param;              // [rows, width]
    Indices indices;          // [count]; those out of range are passed over
    const void* grads;        // [count, width]
    const float* grad_scale;  // [1]; NULL for 1
    float* exp_avg;           // [rows, width]
    float* exp_avg_sq;        // [rows, width]
    uint32_t* ends;  // [rows, 2]: count less the first gradient of the row, the last one plus 1; 0 for none
    int64_t rows;
    int64_t width;
    int64_t count;
    Element param_type;
    Element grad_type;
};

inline constexpr int64_t kWarpColumns = 256;  // that a warp updates

/// From the sums of all blocks to the rate of each tensor, a block for each.
struct RatesArguments {
    const float* sums;
    float* rates;  // [tensor_count]
    double learning_rate;
    double trust;  // LARS only, as what follows
    double weight_decay;
    double epsilon;
    int32_t is_lars;
    int32_t tensor_count;
    int64_t first_blocks[kOptimizerTensors + 1];
};

/// A gradient whose squares are summed.
struct SquaresTensor {
    const void* data;
    int64_t count;
    int64_t first_block;
};

inline constexpr int kSquaresTensors = 160;

struct SquaresArguments {
    float* sums;  // [blocks]
    int32_t tensor_count;
    SquaresTensor tensors[kSquaresTensors];
};

struct GradientNormArguments {
    const float* sums;
    int64_t blocks;
    const float* scale;  // [1]; NULL for 1
    double max_norm;     // 0 for no clipping
    float* norm;         // [1]
    float* grad_scale;   // [1]; NULL if it is not wanted
    float* non_finite;   // [1]; NULL if it is not wanted
};

}  // namespace optirs::cuda
